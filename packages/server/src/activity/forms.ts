import { z } from 'zod'

const percentiles = { p50_ms: z.number().nullable(), p95_ms: z.number().nullable(), p99_ms: z.number().nullable() }
const count = z.number().int()

/** Requests over HTTP: `errors` by 500 and above, `refused` by 400 to 499, `throttled` by 429, which is not among them. */
const requestCounts = { requests: count, errors: count, refused: count, throttled: count, ...percentiles }
const modelCounts = {
  calls: count,
  errors: count,
  throttled: count,
  input_tokens: count,
  output_tokens: count,
  usd: z.number(),
  ...percentiles,
}
const counted = { count, more: z.boolean() }
const standing = {
  requests: z.object({ ...counted, oldest_age_ms: z.number().nullable() }),
  dead_letters: z.object(counted),
  open_alerts: z.object(counted),
}
/** Where the figures of the last hour are kept, and since when. */
const kept = z.object({ in: z.literal('memory'), since: z.iso.datetime(), minutes: count })

export const overviewForm: z.ZodType = z.object({
  platform: z.string(),
  region: z.string(),
  version: z.string(),
  models: z.object({ default_model: z.string(), is_extractive: z.boolean(), default_embedding_model: z.string() }),
  patterns: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      summary: z.string(),
      status: z.enum(['idle', 'serving', 'failing']),
      ...requestCounts,
    }),
  ),
  requests_per_minute: z.number(),
  last_hour: z.object(requestCounts),
  spending: z.object({ today_usd: z.number(), month_usd: z.number(), monthly_budget_usd: z.number().nullable() }),
  ...standing,
  kept,
})

export const metricsForm: z.ZodType = z.object({
  kept,
  minutes: z.array(z.object({ at: z.iso.datetime(), http: z.object(requestCounts), models: z.object(modelCounts) })),
  total: z.object({ http: z.object(requestCounts), models: z.object(modelCounts) }),
  routes: z.array(z.object({ route: z.string(), ...requestCounts })),
  models: z.array(z.object({ model_id: z.string(), ...modelCounts })),
  ...standing,
  streams: z.array(z.object({ name: z.string(), records: count, lag_ms: z.number(), last_record_age_ms: z.number().nullable() })),
})
