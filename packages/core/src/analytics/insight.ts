import type { JsonObject } from '../json.ts'
import type { Finding } from './finding.ts'

export type RiskLevel = 'low' | 'medium' | 'high'

/** What analysis says of an incident (R75), whoever made it. */
export interface Analysis {
  readonly patterns: readonly string[]
  readonly risk_level: RiskLevel
  readonly recommended_actions: readonly string[]
  /** In [0,1]. */
  readonly confidence: number
  /** A whole number, 1 to 5. */
  readonly alert_priority: number
}

/** What an analysis rests on. */
export interface Evidence {
  readonly incident_id: string
  /** Who made the analysis. */
  readonly by: 'statistics' | 'model'
  /** What the statistics say by rule: it stands beside a model's analysis, and is the analysis when there is none. */
  readonly statistics: Analysis
  /** The finding that told of it, without the record. */
  readonly finding: Omit<Finding, 'data_point'>
  /** Other keys of the incident, at most ten. */
  readonly related: readonly string[]
  /** Findings of the incident so far. */
  readonly findings: number
  /** Keys of the incident so far: exact up to a thousand, else at least so many. */
  readonly keys: number
  readonly model_id?: string
  /** Why no model was asked, or what came of it: in words. */
  readonly note?: string
}

/** R76, with its evidence. One for each key of an incident: updated as the incident goes on. */
export interface Insight {
  readonly insight_id: string
  readonly stream: string
  readonly key: string
  /** Of the record: milliseconds UTC; shown as RFC 3339. */
  readonly timestamp: number
  readonly data_point: JsonObject
  readonly analysis: Analysis
  readonly evidence: Evidence
  /** Seconds from the acceptance of the record to the insight. */
  readonly processing_time: number
}
