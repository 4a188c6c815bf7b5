import { z } from 'zod'
import { type Collection, defineCollection, type NoFields } from '../define/collection.ts'
import { timeOrder } from '../ids.ts'
import type { StopReason } from '../language-model/call.ts'
import type { Usage } from '../language-model/catalogue.ts'
import type { Lane } from '../ports/queue.ts'

export type RequestStatus = 'processing' | 'completed' | 'failed' | 'cancelled'

export interface TimelineEntry {
  /** Counts all entries, those that were dropped included. */
  readonly number: number
  /** Milliseconds UTC. */
  readonly at: number
  readonly type: 'received' | 'started' | 'throttled' | 'retrying' | 'completed' | 'failed' | 'cancelled' | 'redriven'
  readonly attempt?: number
  /** A stable code or a wait; never content. */
  readonly detail?: string
}

/** What may be read without the tenant's key. Times are milliseconds UTC. */
export interface RequestFields {
  readonly request_id: string
  readonly user_id: string
  /** The model asked for. */
  readonly model_id: string
  readonly max_tokens: number
  readonly priority: Lane
  readonly status: RequestStatus
  /** Counts redrives, from 1. */
  readonly round: number
  /** Starts in all rounds, those that were cut off or throttled included. */
  readonly attempts: number
  /** Of this round: starts that a throttle ended, and starts that a transient fault ended. The rest were cut off. */
  readonly throttled: number
  readonly faults: number
  /** `attempts` when this round began. */
  readonly attempts_before: number
  readonly accepted: number
  readonly not_before?: number
  readonly ended?: number
  /** The acknowledgement, as it was first given. */
  readonly estimated_completion: string
  readonly estimated_completion_at: number
  /** HMAC of the body, to tell a repetition from a reuse. */
  readonly body_digest: string
  readonly correlation_id: string
  readonly answered_by?: string
  readonly stop_reason?: StopReason
  readonly usage?: Usage
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean }
  readonly timeline: readonly TimelineEntry[]
}

/** What only the tenant's key opens. */
export interface RequestTexts {
  readonly prompt: string
  readonly result: string
}

/** Finished requests, and the keys that name them, are kept for 30 days. */
export const requestRetention: number = 30 * 24 * 3_600_000
const longestTimeline = 100

const plain: z.ZodType<RequestFields> = z.custom<RequestFields>((fields) => {
  const { request_id, status, attempts, timeline } = fields as RequestFields
  return (
    typeof request_id === 'string' &&
    typeof status === 'string' &&
    Number.isInteger(attempts) &&
    timeline.length <= longestTimeline
  )
})

export const requests: Collection<RequestFields, RequestTexts, 'created' | 'status'> = defineCollection<
  RequestFields,
  RequestTexts,
  'created' | 'status'
>({
  name: 'requests',
  schema: 1,
  plain,
  sealed: ['prompt', 'result'],
  lists: {
    created: { order: creationOrder },
    status: { group: (fields) => fields.status, order: creationOrder },
  },
  expires: (fields) => (fields.ended === undefined ? undefined : fields.ended + requestRetention),
})

/** What was accepted under an idempotency key. The key itself is the caller's and is kept as an HMAC. */
export interface IdempotencyFields {
  readonly request_id: string
  readonly body_digest: string
  /** When its retention begins: when it was accepted, or from when the request may be worked. */
  readonly made: number
}

export const idempotencyKeys: Collection<IdempotencyFields> = defineCollection<IdempotencyFields>({
  name: 'idempotency-keys',
  schema: 1,
  plain: z.strictObject({ request_id: z.string(), body_digest: z.string(), made: z.number() }),
  sealed: [],
  lists: {},
  expires: (fields) => fields.made + requestRetention,
})

/** How much a tenant has waiting or running. */
export interface Backlog {
  readonly requests: number
}

export const backlogs: Collection<Backlog> = defineCollection<Backlog>({
  name: 'backlogs',
  schema: 1,
  plain: z.object({ requests: z.number() }),
  sealed: [],
  lists: {},
})

export const backlogPlace = { partition: 'requests' } as const

export interface DeadLetterFields {
  readonly request_id: string
  readonly reason: string
  readonly message: string
  readonly attempts: number
  readonly round: number
  readonly at: number
}

/** Work that could not succeed, with its reason; named by its request. */
export const deadLetters: Collection<DeadLetterFields, NoFields, 'created'> = defineCollection<
  DeadLetterFields,
  NoFields,
  'created'
>({
  name: 'dead-letters',
  schema: 1,
  plain: z.strictObject({
    request_id: z.string(),
    reason: z.string(),
    message: z.string(),
    attempts: z.number(),
    round: z.number(),
    at: z.number(),
  }),
  sealed: [],
  lists: { created: { order: (fields) => `${timeOrder(fields.at)}~${fields.request_id}` } },
  expires: (fields) => fields.at + requestRetention,
})

/** The timeline with one more entry; the middle of a very long one is dropped, its beginning and end never. */
export function withEntry(timeline: readonly TimelineEntry[], entry: Omit<TimelineEntry, 'number'>): TimelineEntry[] {
  const kept = timeline.length < longestTimeline ? timeline : [...timeline.slice(0, 20), ...timeline.slice(21)]
  return [...kept, { number: (timeline.at(-1)?.number ?? 0) + 1, ...entry }]
}

function creationOrder(fields: RequestFields): string {
  return `${timeOrder(fields.accepted)}~${fields.request_id}`
}
