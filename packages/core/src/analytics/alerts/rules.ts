import type { RiskLevel } from '../insight.ts'

/** What a rule looks at: each record, each closed window, or each insight. */
export type RuleSubject = 'record' | 'window' | 'insight'

export const operators = ['>', '>=', '<', '<=', '==', '!=', 'contains', 'absent'] as const
export type Operator = (typeof operators)[number]

/** When an alert is raised, as data. */
export interface AlertRule {
  readonly rule_id: string
  /** For people. */
  readonly name?: string
  /** Of the alert that it raises; several rules may share one. */
  readonly alert_type: string
  /** Of one stream only. */
  readonly stream?: string
  /** Of one key only, or with a star at its end of all keys that begin so. */
  readonly key?: string
  readonly on: RuleSubject
  /** Of windows of one name only. */
  readonly window?: string
  /**
   * What is compared. Of a record: a name in its data, with dots into objects. Of a window: `count`, `rate`, or a field with an aggregate
   * such as `temperature.p95`. Of an insight: a path such as `analysis.risk_level` or `data_point.temperature`.
   */
  readonly field: string
  readonly operator: Operator
  /** Absent for the operator `absent` alone. */
  readonly threshold?: number | string
  /** For so long, in event time, it has to hold without a break; 0: once is enough. */
  readonly for_seconds: number
  /** What comes again within this time, of the same key, belongs to the alert that there is. */
  readonly cool_down_seconds: number
  /** Of its alerts; absent: the risk level of the insight. */
  readonly severity?: RiskLevel
  readonly enabled: boolean
}

export const ruleLimits: {
  readonly rules: number
  readonly name: number
  readonly key: number
  readonly field: number
  readonly threshold: number
  /** Of times, in seconds. */
  readonly seconds: number
} = { rules: 100, name: 100, key: 256, field: 128, threshold: 256, seconds: 7 * 24 * 3_600 }

export const defaultCoolDown = 300

const builtIn = {
  on: 'insight',
  for_seconds: 0,
  cool_down_seconds: defaultCoolDown,
  enabled: true,
} as const

/** The seed's three (R77–R79): each is judged by itself, so that one insight may raise three alerts (R80). */
export const defaultRules: readonly AlertRule[] = [
  {
    ...builtIn,
    rule_id: 'high_priority',
    name: 'Alert priority of 4 or 5',
    alert_type: 'high_priority',
    field: 'analysis.alert_priority',
    operator: '>=',
    threshold: 4,
  },
  {
    ...builtIn,
    rule_id: 'high_risk',
    name: 'High risk',
    alert_type: 'high_risk',
    field: 'analysis.risk_level',
    operator: '==',
    threshold: 'high',
  },
  {
    ...builtIn,
    rule_id: 'anomaly_detected',
    name: 'A pattern that speaks of an anomaly',
    alert_type: 'anomaly_detected',
    field: 'analysis.patterns',
    operator: 'contains',
    threshold: 'anomaly',
  },
]

/** Of every Plinth. */
export const defaultAlertTypes: ReadonlySet<string> = new Set(defaultRules.map((rule) => rule.alert_type))

/** Whether a rule is about this key of this stream. */
export function concerns(rule: Pick<AlertRule, 'stream' | 'key'>, stream: string, key: string): boolean {
  if (rule.stream !== undefined && rule.stream !== stream) return false
  if (rule.key === undefined) return true
  return rule.key.endsWith('*') ? key.startsWith(rule.key.slice(0, -1)) : key === rule.key
}
