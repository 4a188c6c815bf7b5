import { z } from 'zod'
import { type Collection, defineCollection, type NoFields } from '../define/collection.ts'
import { timeOrder } from '../ids.ts'
import type { StopReason } from '../language-model/call.ts'
import type { Usage } from '../language-model/catalogue.ts'
import type { Lane } from '../ports/queue.ts'
import type { StoredRecord } from '../scope/record.ts'
import { type Errand, errandForm } from '../subscribers/errand.ts'
import type { DirectedFinding } from '../tenancy/filters/filter-input.ts'
import type { Reservation } from '../tenancy/meter/meter.ts'
import type { TenantSettings } from '../tenancy/tenant.ts'
import type { EstimateBasis } from './tenant-estimates.ts'
import { longestTimeline, type TimelineEntry } from './timeline.ts'

export type RequestStatus = 'processing' | 'completed' | 'failed' | 'cancelled'

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
  /** From when on it is not worked any more; anew with each round. */
  readonly expires_at: number
  /** Whether someone is to be told of its end. */
  readonly callback?: true
  /** What it may use of the tenant's limits, until it ends. */
  readonly reservation?: Reservation
  /** What the tenant's filters found in the prompt and the result. */
  readonly findings?: readonly DirectedFinding[]
  readonly ended?: number
  /** How long it is kept after its end, milliseconds; absent: {@link requestRetention}. */
  readonly kept_for?: number
  /** What was asked for, where a fallback is asked instead; and how many of the tenant's fallbacks were gone through. */
  readonly asked_for?: { readonly model_id: string; readonly max_tokens: number }
  readonly fallbacks?: number
  /** The acknowledgement, as it was first given. */
  readonly estimated_completion: string
  readonly estimated_completion_at: number
  /** What the estimate stood on. */
  readonly estimate_basis?: EstimateBasis
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
interface RequestTexts {
  readonly prompt: string
  readonly result: string
  readonly callback_url: string
}

export type RequestRecord = StoredRecord<RequestFields, RequestTexts>

/** A round that nobody set an end to ends after so long; else what is throttled and never worked would wait for ever. */
const lifetime = 7 * 24 * 3_600_000

/** When a round expires that begins at a time, or may not be worked before another. */
export function defaultExpiry(begins: number, notBefore = 0): number {
  return Math.max(begins, notBefore) + lifetime
}

/** Finished requests, and the keys that name them, are kept for 30 days. */
const requestRetention: number = 30 * 24 * 3_600_000

const plain: z.ZodType<RequestFields> = z.custom<RequestFields>((fields) => {
  const { request_id, status, attempts, expires_at, timeline } = fields as RequestFields
  return (
    typeof request_id === 'string' &&
    typeof status === 'string' &&
    Number.isInteger(attempts) &&
    Number.isInteger(expires_at) &&
    timeline.length <= longestTimeline
  )
})

export const requests: Collection<RequestFields, RequestTexts, 'created' | 'status'> = defineCollection<
  RequestFields,
  RequestTexts,
  'created' | 'status'
>({
  name: 'requests',
  schema: 2,
  plain,
  sealed: ['prompt', 'result', 'callback_url'],
  lists: {
    created: { order: creationOrder },
    status: { group: (fields) => fields.status, order: creationOrder },
  },
  expires: (fields) => (fields.ended === undefined ? undefined : fields.ended + (fields.kept_for ?? requestRetention)),
  upgrades: {
    1: (older: Omit<RequestFields, 'expires_at'>): RequestFields => {
      const begun = older.timeline.findLast((entry) => entry.type === 'redriven')?.at ?? older.accepted
      return { ...older, expires_at: defaultExpiry(begun, older.not_before) }
    },
  },
})

/** How long a request of this tenant is kept after its end, where it says. */
export function keptFor({ retention }: Pick<TenantSettings, 'retention'>): Pick<RequestFields, 'kept_for'> {
  const { requests_days: days } = retention
  return days === undefined ? {} : { kept_for: days * 24 * 3_600_000 }
}

/** What was accepted under an idempotency key. The key itself is the caller's and is kept as an HMAC. */
interface IdempotencyFields {
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

/** How much a tenant has waiting or running: in all, and in each lane where it was counted. */
export interface Backlog {
  readonly requests: number
  readonly high?: number
  readonly normal?: number
  readonly low?: number
}

export const backlogs: Collection<Backlog> = defineCollection<Backlog>({
  name: 'backlogs',
  schema: 1,
  plain: z.object({ requests: z.number() }),
  sealed: [],
  lists: {},
})

export const backlogPlace = { partition: 'requests' } as const

/** One more or one less, in a lane. */
export function backlogChange(lane: Lane, by: 1 | -1): { readonly requests: number; readonly [lane: string]: number } {
  return { requests: by, [lane]: by }
}

export interface DeadLetterFields {
  /** Absent for a request that failed. */
  readonly kind?: 'delivery'
  /** Default: `request_id`. */
  readonly dead_letter_id?: string
  /** Of a delivery: which event could not be told to whom. */
  readonly errand?: Errand
  /** Of a delivery: what its event is about. */
  readonly request_id: string
  readonly reason: string
  readonly message: string
  readonly attempts: number
  readonly round: number
  readonly at: number
  /** As of the request. */
  readonly kept_for?: number
}

/** Work that could not succeed, with its reason: a request, named by its id, or an event's delivery. */
export const deadLetters: Collection<DeadLetterFields, NoFields, 'created'> = defineCollection<
  DeadLetterFields,
  NoFields,
  'created'
>({
  name: 'dead-letters',
  schema: 1,
  plain: z.strictObject({
    kind: z.literal('delivery').exactOptional(),
    dead_letter_id: z.string().exactOptional(),
    errand: errandForm.exactOptional(),
    request_id: z.string(),
    reason: z.string(),
    message: z.string(),
    attempts: z.number(),
    round: z.number(),
    at: z.number(),
    kept_for: z.number().exactOptional(),
  }),
  sealed: [],
  lists: { created: { order: (fields) => `${timeOrder(fields.at)}~${fields.request_id}` } },
  expires: (fields) => fields.at + (fields.kept_for ?? requestRetention),
})

function creationOrder(fields: RequestFields): string {
  return `${timeOrder(fields.accepted)}~${fields.request_id}`
}
