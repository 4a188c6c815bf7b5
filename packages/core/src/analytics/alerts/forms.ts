/** Forms of the routes about alerts and their rules. @module */
import { z } from 'zod'
import { type PageQuery, pageFields, pageOf, time } from '../../define/forms.ts'
import type { JsonObject } from '../../json.ts'
import { timestamp } from '../../ports/clock.ts'
import type { Evidence } from '../insight.ts'
import { showEvidence } from '../insights.ts'
import { streamName } from '../stream-forms.ts'
import { alertBody, alertSubject, opened } from './alert-content.ts'
import type { BacktestRequest, BacktestResult } from './backtest.ts'
import type { RuleSet } from './keep-rules.ts'
import type { AlertRecord, AlertStatus } from './records.ts'
import { rulesForm } from './rule-forms.ts'
import { type AlertRule, defaultRules, operators } from './rules.ts'

export interface AlertParams {
  readonly id: string
}

export const alertParams: z.ZodType<AlertParams> = z.strictObject({ id: z.string().min(1).max(300) })

export interface AlertListQuery extends PageQuery {
  readonly status?: AlertStatus | undefined
  readonly stream?: string | undefined
  readonly alert_type?: string | undefined
}

const status = z.enum(['open', 'acknowledged', 'recovered'])
const severity = z.enum(['low', 'medium', 'high', 'unknown'])

export const alertListQuery: z.ZodType<AlertListQuery> = z.strictObject({
  ...pageFields,
  status: status.optional(),
  stream: streamName.optional(),
  alert_type: z.string().min(1).max(64).optional(),
})

const instant = z.iso.datetime()
const analysis = z.object({
  patterns: z.array(z.string()),
  risk_level: z.enum(['low', 'medium', 'high']),
  recommended_actions: z.array(z.string()),
  confidence: z.number(),
  alert_priority: z.number().int(),
})
const data = z.record(z.string(), z.unknown())

const shownAlert = z.object({
  alert_id: z.string(),
  stream: z.string(),
  key: z.string(),
  alert_type: z.string(),
  rule_id: z.string(),
  subject: z.string(),
  timestamp: instant,
  severity,
  data,
  analysis,
  recommended_actions: z.array(z.string()),
  evidence: z.record(z.string(), z.unknown()),
  status,
  incident_id: z.string(),
  insight_id: z.string(),
  incidents: z.number().int(),
  findings: z.number().int(),
  created_at: instant,
  updated_at: instant,
  recovered_at: instant.nullable(),
  acknowledged_at: instant.nullable(),
  acknowledged_by: z.string().nullable(),
})

export const alertForm: z.ZodType = shownAlert
export const alertListForm: z.ZodType = pageOf(shownAlert)

/** An alert as it leaves, opened. */
export async function showAlert(record: AlertRecord): Promise<JsonObject> {
  const { fields } = record
  const { alert_type, ...body } = await alertBody(record)
  return {
    alert_id: fields.alert_id,
    stream: fields.stream,
    key: fields.key,
    alert_type: fields.alert_type,
    rule_id: fields.rule_id,
    subject: alertSubject(fields.alert_type),
    ...body,
    evidence: showEvidence((await opened(record, 'evidence', {})) as unknown as Evidence),
    status: fields.status,
    incident_id: fields.incident_id,
    insight_id: fields.insight_id,
    incidents: fields.incidents,
    findings: fields.findings,
    created_at: timestamp(fields.created),
    updated_at: timestamp(fields.updated),
    recovered_at: fields.recovered === undefined ? null : timestamp(fields.recovered),
    acknowledged_at: fields.acknowledged === undefined ? null : timestamp(fields.acknowledged),
    acknowledged_by: fields.acknowledged_by ?? null,
  }
}

export interface RulesBody {
  readonly rules: readonly AlertRule[]
  readonly version?: number
}

export const rulesBody: z.ZodType<RulesBody> = z.strictObject({
  rules: rulesForm,
  version: z.number().int().min(0).exactOptional(),
})

const shownRule = z.object({
  rule_id: z.string(),
  name: z.string().optional(),
  alert_type: z.string(),
  stream: z.string().optional(),
  key: z.string().optional(),
  on: z.enum(['record', 'window', 'insight']),
  window: z.string().optional(),
  field: z.string(),
  operator: z.enum(operators),
  threshold: z.union([z.number(), z.string()]).optional(),
  for_seconds: z.number(),
  cool_down_seconds: z.number(),
  severity: severity.optional(),
  enabled: z.boolean(),
  built_in: z.literal(true).optional(),
})

export const rulesReply: z.ZodType = z.object({
  items: z.array(shownRule),
  next_cursor: z.null(),
  version: z.number().int(),
})

/** All rules: those that are built in are marked, so that the others are what a change begins with. */
export function showRules({ rules, version }: RuleSet): object {
  return { items: [...defaultRules.map((rule) => ({ ...rule, built_in: true })), ...rules], next_cursor: null, version }
}

export const backtestBody: z.ZodType<BacktestRequest> = z
  .strictObject({
    rules: rulesForm.optional(),
    stream: streamName.optional(),
    from: time.optional(),
    to: time.optional(),
  })
  .refine(({ from = 0, to = from }) => from <= to, { path: ['to'], message: 'Must not be before from.' })

export const backtestForm: z.ZodType = z.object({
  alerts: z.array(
    z.object({
      alert_type: z.string(),
      rule_ids: z.array(z.string()),
      stream: z.string(),
      key: z.string(),
      subject: z.string(),
      timestamp: instant,
      until: instant,
      severity,
      fired: z.number().int(),
      data,
      analysis: analysis.nullable(),
      recommended_actions: z.array(z.string()),
    }),
  ),
  counts: z.array(z.object({ rule_id: z.string(), alert_type: z.string(), fired: z.number().int(), alerts: z.number().int() })),
  read: z.object({ insights: z.number().int(), windows: z.number().int() }),
  cut: z.boolean(),
  notes: z.array(z.string()),
})

export function showBacktest({ alerts, ...rest }: BacktestResult): object {
  const shown = alerts.map(({ timestamp: begun, until, analysis: said, ...alert }) => ({
    ...alert,
    subject: alertSubject(alert.alert_type),
    timestamp: timestamp(begun),
    until: timestamp(until),
    analysis: said ?? null,
    recommended_actions: said?.recommended_actions ?? [],
  }))
  return { alerts: shown, ...rest }
}
