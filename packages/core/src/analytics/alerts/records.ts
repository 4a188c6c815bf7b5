import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import { timeOrder } from '../../ids.ts'
import type { StoredRecord } from '../../scope/record.ts'
import type { Severity } from './judge-insight.ts'

export type AlertStatus = 'open' | 'acknowledged' | 'recovered'

/** One alert: of one type and one incident, and of those of its key that came within its cool-down. Times are milliseconds UTC. */
export interface AlertFields {
  readonly alert_id: string
  readonly stream: string
  readonly key: string
  readonly alert_type: string
  readonly rule_id: string
  readonly severity: Severity
  /** The analysis's alert_priority. */
  readonly priority: number
  readonly status: AlertStatus
  /** The latest one. */
  readonly incident_id: string
  /** The one whose data it shows. */
  readonly insight_id: string
  /** An HMAC of the sealed fields: tells whether they change. */
  readonly content: string
  /** Incidents that belong to it. */
  readonly incidents: number
  /** Findings of the latest incident. */
  readonly findings: number
  /** Milliseconds. */
  readonly cool_down: number
  /** How bad it has been: each step up is told once. */
  readonly worst: { readonly severity: Severity; readonly priority: number }
  /** What was told last of its being open or over, and when. */
  readonly told: 'opened' | 'recovered'
  readonly told_at: number
  /** Of the record that it shows. */
  readonly timestamp: number
  readonly created: number
  readonly updated: number
  readonly recovered?: number
  readonly acknowledged?: number
  readonly acknowledged_by?: string
}

/** As JSON, each. */
export interface AlertTexts {
  readonly data: string
  readonly analysis: string
  readonly recommended_actions: string
  readonly evidence: string
}

export type AlertRecord = StoredRecord<AlertFields, AlertTexts>

const severity = z.enum(['unknown', 'low', 'medium', 'high'])
/** After it was last touched. */
const retention: number = 30 * 24 * 3_600_000

const newestFirst = (fields: AlertFields): string => `${timeOrder(fields.created)}~${fields.alert_id}`

export const alerts: Collection<AlertFields, AlertTexts, 'created' | 'status' | 'stream'> = defineCollection<
  AlertFields,
  AlertTexts,
  'created' | 'status' | 'stream'
>({
  name: 'alerts',
  schema: 1,
  plain: z.strictObject({
    alert_id: z.string(),
    stream: z.string(),
    key: z.string(),
    alert_type: z.string(),
    rule_id: z.string(),
    severity,
    priority: z.number(),
    status: z.enum(['open', 'acknowledged', 'recovered']),
    incident_id: z.string(),
    insight_id: z.string(),
    content: z.string(),
    incidents: z.number(),
    findings: z.number(),
    cool_down: z.number(),
    worst: z.strictObject({ severity, priority: z.number() }),
    told: z.enum(['opened', 'recovered']),
    told_at: z.number(),
    timestamp: z.number(),
    created: z.number(),
    updated: z.number(),
    recovered: z.number().exactOptional(),
    acknowledged: z.number().exactOptional(),
    acknowledged_by: z.string().exactOptional(),
  }),
  sealed: ['data', 'analysis', 'recommended_actions', 'evidence'],
  lists: {
    created: { order: newestFirst },
    status: { group: (fields) => fields.status, order: newestFirst },
    stream: { group: (fields) => fields.stream, order: newestFirst },
  },
  expires: (fields) => fields.updated + retention,
})

/** Which alert there is of a type: for an incident, or as the latest of a key. */
export interface AlertPointerFields {
  readonly alert_id: string
  readonly alert_type: string
  readonly made: number
}

export const alertPointers: Collection<AlertPointerFields> = defineCollection<AlertPointerFields>({
  name: 'alert-pointers',
  schema: 1,
  plain: z.strictObject({ alert_id: z.string(), alert_type: z.string(), made: z.number() }),
  sealed: [],
  lists: {},
  expires: (fields) => fields.made + retention,
})

/** All types of one incident lie together: two who raise the same alert of one incident write the same row, and one of them fails. */
export function incidentPartition(incidentId: string): string {
  return `incident:${incidentId}`
}
