/** Forms of the routes about streams. @module */
import { z } from 'zod'
import { numberBetween, type PageQuery, pageFields, pageOf, time, wholeNumber } from '../define/forms.ts'
import { timestamp } from '../ports/clock.ts'
import { recordLimits } from './record.ts'
import type { QuarantinedRecord } from './shards/quarantine.ts'
import { type StreamSettings, streamLimits } from './streams.ts'
import { windowLimits } from './windows/check-windows.ts'
import type { WindowDefinition, WindowResult } from './windows/window.ts'

const second = 1_000
const day = 24 * 60 * 60 * second

export interface StreamParams {
  readonly name: string
}

export const streamName: z.ZodType<string, string> = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/, 'Must be 1 to 128 letters, digits, dots, underscores and hyphens.')

export const streamParams: z.ZodType<StreamParams> = z.strictObject({ name: streamName })

/** Records are read one by one (read-records.ts): what is wrong with one says so itself. */
export interface NewRecords {
  readonly records: readonly unknown[]
}

const newRecord = z.object({
  key: z.string().min(1).max(recordLimits.key),
  data: z.object({}).catchall(z.unknown()).meta({ description: 'At most 64 KiB.' }),
  timestamp: z.string().meta({ format: 'date-time', description: 'Default: now.' }).optional(),
  id: z.string().max(recordLimits.id).meta({ description: 'Counts once, however often it is sent.' }).optional(),
})

/** Says in OpenAPI what a record is, and lets all of them through. */
export const newRecords: z.ZodType<NewRecords> = z.strictObject({
  records: z
    .array(z.unknown())
    .max(recordLimits.records)
    .meta({ items: z.toJSONSchema(newRecord, { io: 'input' }) }),
})

export const appendedForm: z.ZodType = z.object({
  accepted: z.number(),
  rejected: z.array(
    z.object({
      index: z.number(),
      error: z.object({
        code: z.string(),
        message: z.string(),
        retryable: z.boolean(),
        field: z.string().optional(),
      }),
    }),
  ),
  rejected_count: z.number().optional().meta({ description: 'Where more were rejected than are listed.' }),
})

/** What may be set of a stream, as it is handed in. */
export interface NewSettings {
  readonly fields: StreamSettings['fields']
  readonly windows: StreamSettings['windows']
  /** Milliseconds. */
  readonly lateness: number
  /** Milliseconds. */
  readonly retention: number
  readonly shards: number
}

const fieldName = z.string().min(1).max(128)
/** Of a window, seconds. */
const length = numberBetween(windowLimits.shortest / second, windowLimits.longest / second)
const windowName = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'Must be 1 to 64 letters, digits, dots, underscores, colons and hyphens.')

const newWindow: z.ZodType<WindowDefinition> = z
  .discriminatedUnion('kind', [
    z.strictObject({ name: windowName, kind: z.literal('tumbling'), size_seconds: length }),
    z.strictObject({ name: windowName, kind: z.literal('sliding'), size_seconds: length, slide_seconds: length }),
    z.strictObject({ name: windowName, kind: z.literal('session'), gap_seconds: length }),
  ])
  .transform((given): WindowDefinition => {
    const { name, kind } = given
    if (kind === 'session') return { name, kind, gap: milliseconds(given.gap_seconds) }
    const size = milliseconds(given.size_seconds)
    return kind === 'tumbling' ? { name, kind, size } : { name, kind, size, slide: milliseconds(given.slide_seconds) }
  })

function milliseconds(seconds: number): number {
  return Math.round(seconds * second)
}

export const newSettings: z.ZodType<Partial<NewSettings>> = z
  .strictObject({
    fields: z
      .record(fieldName, z.enum(['number', 'category', 'ignore']))
      .refine((fields) => Object.keys(fields).length <= streamLimits.fields, `Must hold at most ${streamLimits.fields} fields.`)
      .optional(),
    windows: z.array(newWindow).max(streamLimits.windows).optional(),
    allowed_lateness_seconds: numberBetween(0, 86_400).transform(milliseconds).optional(),
    retention_days: numberBetween(1, 365)
      .transform((days) => Math.round(days * day))
      .optional(),
    shards: wholeNumber(1, streamLimits.shards).optional(),
  })
  .transform(({ fields, windows, allowed_lateness_seconds: lateness, retention_days: retention, shards }) => ({
    ...(fields === undefined ? {} : { fields }),
    ...(windows === undefined ? {} : { windows }),
    ...(lateness === undefined ? {} : { lateness }),
    ...(retention === undefined ? {} : { retention }),
    ...(shards === undefined ? {} : { shards }),
  }))

export const streamListQuery: z.ZodType<PageQuery> = z.strictObject(pageFields)

const key = z.string().min(1).max(recordLimits.key).optional()

export interface InsightListQuery extends PageQuery {
  readonly key?: string | undefined
}

export const insightListQuery: z.ZodType<InsightListQuery> = z.strictObject({ ...pageFields, key })

export interface WindowListQuery extends PageQuery {
  readonly key?: string | undefined
  readonly window?: string | undefined
  /** Milliseconds UTC: windows that end behind it. */
  readonly from?: number | undefined
  /** Milliseconds UTC: windows that begin before. */
  readonly to?: number | undefined
}

export const windowListQuery: z.ZodType<WindowListQuery> = z.strictObject({
  ...pageFields,
  key,
  window: windowName.optional(),
  from: time.optional(),
  to: time.optional(),
})

export interface EventsQuery {
  readonly key?: string | undefined
}

export const eventsQuery: z.ZodType<EventsQuery> = z.strictObject({ key })

const when = z.iso.datetime()

const settings = z.object({
  name: z.string(),
  created_at: when,
  updated_at: when,
  shards: z.number().int(),
  fields: z.record(z.string(), z.string()),
  windows: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['tumbling', 'sliding', 'session']),
      size_seconds: z.number().optional(),
      slide_seconds: z.number().optional(),
      gap_seconds: z.number().optional(),
    }),
  ),
  allowed_lateness_seconds: z.number(),
  retention_days: z.number(),
})

const count = z.number().int()

export const settingsForm: z.ZodType = settings
export const streamListForm: z.ZodType = pageOf(settings)
export const streamForm: z.ZodType = settings.extend({
  records: count,
  bytes: count,
  late: count,
  duplicates: count,
  quarantined: count,
  anomalies: count,
  windows_closed: count,
  findings: count,
  incidents: count,
  insights: count,
  watermark: when.nullable(),
  last_record_at: when.nullable(),
  lag_ms: z.number(),
  model_calls: z.object({
    made: count,
    saved: count,
    analysed: count,
    skipped: count,
    failed: count,
    input_tokens: count,
    output_tokens: count,
    usd: z.number(),
    saved_usd: z.number().meta({ description: 'What a call for each record would have cost, less what was spent.' }),
    call_per_record: z
      .object({ model_id: z.string(), input_tokens: count, output_tokens: count, usd: z.number() })
      .meta({ description: 'What saved_usd is reckoned with: one call about one record, at the list price of a model.' }),
  }),
  shard_metrics: z.array(
    z.object({
      shard: count,
      records: count,
      last_batch: z.object({ records: count, bytes: count, anomalies: count, lag_ms: z.number() }),
      processing_ms: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }),
    }),
  ),
})

export const insightListForm: z.ZodType = pageOf(
  z.object({
    insight_id: z.string(),
    stream: z.string(),
    key: z.string(),
    timestamp: when,
    data_point: z.record(z.string(), z.unknown()),
    analysis: z.object({
      patterns: z.array(z.string()),
      risk_level: z.enum(['low', 'medium', 'high']),
      recommended_actions: z.array(z.string()),
      confidence: z.number(),
      alert_priority: z.number().int(),
    }),
    evidence: z.record(z.string(), z.unknown()),
    processing_time: z.number(),
  }),
)

export const windowListForm: z.ZodType = pageOf(
  z.object({
    window: z.string(),
    key: z.string(),
    start: when,
    end: when,
    count,
    rate: z.number(),
    numbers: z.record(
      z.string(),
      z.object({
        count,
        sum: z.number(),
        min: z.number(),
        max: z.number(),
        mean: z.number(),
        variance: z.number(),
        p50: z.number(),
        p95: z.number(),
        p99: z.number(),
      }),
    ),
    categories: z.record(z.string(), z.object({ count, distinct: z.number() })),
  }),
)

export interface PointListQuery extends PageQuery {
  readonly key?: string | undefined
}

export const pointListQuery: z.ZodType<PointListQuery> = z.strictObject({ ...pageFields, key })

export const pointListForm: z.ZodType = pageOf(
  z.object({
    stream: z.string(),
    key: z.string(),
    timestamp: when,
    values: z.record(z.string(), z.number()),
    score: z.number().meta({ description: "The greatest of its values', from 0 to 1." }),
    expected: z
      .record(z.string(), z.tuple([z.number(), z.number()]))
      .meta({ description: 'By field: between what its value was expected to be, before it came.' }),
    anomalous: z.array(z.string()).meta({ description: 'Fields whose value is an anomaly.' }),
  }),
)

export const quarantineForm: z.ZodType = pageOf(
  z.object({
    sequence: z.string(),
    index: count,
    fault: z.string(),
    reason: z.string(),
    accepted_at: when,
    text: z.string(),
  }),
)

/** A closed window, as it leaves. */
export function showWindowResult({ start, end, ...rest }: WindowResult): object {
  return { ...rest, start: timestamp(start), end: timestamp(end) }
}

export function showQuarantined({ accepted, ...rest }: QuarantinedRecord): object {
  return { ...rest, accepted_at: timestamp(accepted) }
}
