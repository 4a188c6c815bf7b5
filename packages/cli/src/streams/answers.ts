/** What a server says of streams, as far as it is shown. @module */

export interface ShownStream {
  readonly name: string
  readonly created_at: string
  readonly shards: number
}

export interface StreamFigures extends ShownStream {
  readonly fields: Readonly<Record<string, string>>
  readonly windows: readonly Readonly<Record<string, string | number>>[]
  readonly allowed_lateness_seconds: number
  readonly retention_days: number
  readonly records: number
  readonly bytes: number
  readonly late: number
  readonly duplicates: number
  readonly quarantined: number
  readonly anomalies: number
  readonly incidents: number
  readonly watermark: string | null
  readonly last_record_at: string | null
  readonly model_calls: { readonly made: number; readonly saved: number; readonly usd: number }
}

export interface ShownInsight {
  readonly insight_id: string
  readonly key: string
  readonly timestamp: string
  readonly analysis: {
    readonly patterns: readonly string[]
    readonly risk_level: string
    readonly alert_priority: number
  }
}

interface ShownNumber {
  readonly count: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly p95: number
}

export interface ShownWindow {
  readonly window: string
  readonly key: string
  readonly start: string
  readonly count: number
  readonly numbers: Readonly<Record<string, ShownNumber>>
}

export interface ShownAlert {
  readonly alert_id: string
  readonly stream: string
  readonly key: string
  readonly alert_type: string
  readonly timestamp: string
  readonly severity: string
  readonly status: string
}
