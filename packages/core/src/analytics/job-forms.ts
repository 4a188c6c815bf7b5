/** The forms of triage's jobs. @module */
import { z } from 'zod'
import type { TickBody } from './shards/shard-jobs.ts'

export interface TriageBody {
  readonly stream: string
  /** Of the model's call. */
  readonly call_id: string
  readonly incidents: readonly string[]
}

export const triageJobName = { name: 'analytics.triage', version: 1 } as const

export const tickForm: z.ZodType<TickBody> = z.strictObject({ stream: z.string() })
export const triageForm: z.ZodType<TriageBody> = z.strictObject({
  stream: z.string(),
  call_id: z.string(),
  incidents: z.array(z.string()),
})
