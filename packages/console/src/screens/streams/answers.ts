/** What the API says of streams, alerts and rules, as far as the screen shows it. @module */

export interface WindowSetting {
  readonly name: string
  readonly kind: 'tumbling' | 'sliding' | 'session'
  readonly size_seconds?: number
  readonly slide_seconds?: number
  readonly gap_seconds?: number
}

export interface StreamSettings {
  readonly name: string
  readonly created_at: string
  readonly shards: number
  readonly fields: Readonly<Record<string, string>>
  readonly windows: readonly WindowSetting[]
  readonly allowed_lateness_seconds: number
  readonly retention_days: number
}

export interface Stream extends StreamSettings {
  readonly records: number
  readonly late: number
  readonly duplicates: number
  readonly quarantined: number
  readonly anomalies: number
  readonly incidents: number
  readonly watermark: string | null
  readonly last_record_at: string | null
  readonly lag_ms: number
  readonly model_calls: {
    readonly made: number
    readonly saved: number
    readonly usd: number
    readonly saved_usd: number
    readonly call_per_record: {
      readonly model_id: string
      readonly input_tokens: number
      readonly output_tokens: number
      readonly usd: number
    }
  }
}

/** The numbers of one record, with what was expected of each before it came. */
export interface Point {
  readonly key: string
  readonly timestamp: string
  readonly values: Readonly<Record<string, number>>
  readonly expected: Readonly<Record<string, readonly [low: number, high: number]>>
  readonly anomalous: readonly string[]
}

export interface Anomaly {
  readonly key: string
  readonly field: string
  readonly timestamp: string
  readonly kind: 'value' | 'category' | 'silence'
  readonly value: number | string | null
  readonly score: number
  readonly reason: string
}

export interface Analysis {
  readonly patterns: readonly string[]
  readonly risk_level: string
  readonly recommended_actions: readonly string[]
  readonly confidence: number
  readonly alert_priority: number
}

export interface Evidence {
  readonly incident_id: string
  readonly by: 'statistics' | 'model'
  readonly statistics: Analysis
  readonly finding: Omit<Anomaly, 'key'> & {
    readonly expected?: readonly [low: number, high: number]
    readonly recent: readonly (readonly [time: string, value: number])[]
  }
  readonly related: readonly string[]
  readonly findings: number
  readonly keys: number
  readonly model_id?: string
  readonly note?: string
}

export interface Insight {
  readonly insight_id: string
  readonly stream: string
  readonly key: string
  readonly timestamp: string
  readonly data_point: Readonly<Record<string, unknown>>
  readonly analysis: Analysis
  readonly evidence: Evidence
  readonly processing_time: number
}

export interface Alert {
  readonly alert_id: string
  readonly stream: string
  readonly key: string
  readonly alert_type: string
  readonly rule_id: string
  readonly timestamp: string
  readonly severity: string
  readonly analysis: Partial<Analysis>
  readonly recommended_actions: readonly string[]
  readonly evidence: Partial<Evidence>
  readonly status: 'open' | 'acknowledged' | 'recovered'
  readonly incident_id: string
  readonly incidents: number
  readonly findings: number
  readonly acknowledged_by: string | null
}

export interface NumberAggregate {
  readonly mean: number
  readonly min: number
  readonly max: number
  readonly p95: number
}

export interface ClosedWindow {
  readonly window: string
  readonly key: string
  readonly start: string
  readonly end: string
  readonly count: number
  readonly numbers: Readonly<Record<string, NumberAggregate>>
  readonly categories: Readonly<Record<string, { readonly count: number; readonly distinct: number }>>
}

export interface Appended {
  readonly accepted: number
  readonly rejected: readonly {
    readonly index: number
    readonly error: { readonly code: string; readonly message: string; readonly field?: string }
  }[]
}

export interface Rule {
  readonly rule_id: string
  readonly name?: string
  readonly alert_type: string
  readonly stream?: string
  readonly key?: string
  readonly on: 'record' | 'window' | 'insight'
  readonly window?: string
  readonly field: string
  readonly operator: string
  readonly threshold?: number | string
  readonly for_seconds?: number
  readonly cool_down_seconds?: number
  readonly severity?: string
  readonly enabled?: boolean
  readonly built_in?: true
}

export interface Rules {
  readonly items: readonly Rule[]
  readonly version: number
}

export interface BackTest {
  readonly alerts: readonly {
    readonly alert_type: string
    readonly stream: string
    readonly key: string
    readonly timestamp: string
    readonly until: string
    readonly severity: string
    readonly fired: number
  }[]
  readonly counts: readonly {
    readonly rule_id: string
    readonly alert_type: string
    readonly fired: number
    readonly alerts: number
  }[]
  readonly read: { readonly insights: number; readonly windows: number }
  readonly cut: boolean
  readonly notes: readonly string[]
}
