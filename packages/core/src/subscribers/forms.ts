import { z } from 'zod'
import { pageFields, pageOf, time, wholeNumber } from '../define/forms.ts'
import { timestamp } from '../ports/clock.ts'
import { envelope } from '../ports/event-bus.ts'
import type { Uses } from '../scope/scope.ts'
import { allows } from '../tenancy/permissions.ts'
import { findPatternProblem } from './event-pattern.ts'
import type { NewSubscriber, SubscriberRecord } from './manage-subscribers.ts'
import type { ReceivedMessage } from './pull-queue.ts'
import type { DeliveryFields, ReplayFields, SubscriberFields } from './records.ts'
import type { NewReplay } from './replay.ts'
import type { ShownSecret } from './secrets.ts'

export interface IdParams {
  readonly id: string
}

export const idParams: z.ZodType<IdParams> = z.strictObject({ id: z.string().min(1).max(300) })
export const listQuery: z.ZodType<{ readonly limit: number; readonly after?: string | undefined }> = z.strictObject(pageFields)

/** Checked where it is written, so that the refusal names the part at fault. */
// Any value, and not z.record, which drops `__proto__` without a word: what is left of such a pattern would match everything.
const pattern = z
  .unknown()
  .superRefine((value, context) => {
    const problem = findPatternProblem(value)
    if (problem) context.addIssue({ code: 'custom', path: [...problem.path], message: problem.message })
  })
  .transform((value) => value as Readonly<Record<string, unknown>>)
  .meta({ type: 'object' })

export const newSubscriberForm: z.ZodType<NewSubscriber> = z.strictObject({
  pattern: pattern.optional(),
  target: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('webhook'), url: z.string() }),
    z.strictObject({ type: z.literal('queue') }),
  ]),
})

export interface SubscriberChange {
  readonly pattern?: Readonly<Record<string, unknown>>
  readonly status?: SubscriberFields['status']
}

export const subscriberChangeForm: z.ZodType<SubscriberChange> = z.strictObject({
  pattern: pattern.exactOptional(),
  status: z.enum(['active', 'disabled']).exactOptional(),
})

export interface ReceiveBody {
  readonly max: number
  readonly visibility_seconds: number
}

export const receiveForm: z.ZodType<ReceiveBody> = z.strictObject({
  max: wholeNumber(1, 100).default(10),
  visibility_seconds: wholeNumber(1, 43_200).default(30),
})

export interface AcknowledgeBody {
  readonly receipts?: readonly string[] | undefined
}

export const acknowledgeForm: z.ZodType<AcknowledgeBody> = z.strictObject({
  receipts: z.array(z.string().min(1).max(200)).min(1).max(100).optional(),
})

const sequenceOrTime = z.union(
  [
    z
      .number()
      .int()
      .min(0)
      .transform((sequence) => ({ sequence })),
    time.transform((from) => ({ time: from })),
  ],
  {
    error: 'Must be an RFC 3339 time such as 2026-01-31T12:00:00Z, or a sequence number.',
  },
)

export const replayBodyForm: z.ZodType<NewReplay> = z.strictObject({
  from: sequenceOrTime,
  type: z.string().min(1).max(100).exactOptional(),
  subscriber_id: z.string().min(1).max(300).exactOptional(),
})

const instant = z.iso.datetime()
const status = z.enum(['active', 'disabled'])
const shownSubscriber = z.object({
  subscriber_id: z.string(),
  pattern: z.record(z.string(), z.unknown()),
  target: z.union([z.object({ type: z.literal('webhook'), url: z.string() }), z.object({ type: z.literal('queue') })]),
  status,
  disabled_reason: z.enum(['gone', 'caller']).nullable(),
  content_permissions: z.array(z.string()).optional(),
  created_at: instant,
  updated_at: instant,
})

export const subscriberForm: z.ZodType = shownSubscriber
export const madeSubscriberForm: z.ZodType = shownSubscriber.extend({ secret: z.string().optional() })
export const subscriberListForm: z.ZodType = pageOf(shownSubscriber)
export const secretForm: z.ZodType = z.object({ secret: z.string(), previous_valid_until: instant.nullable() })

const shownEvent = z.object({
  id: z.string(),
  source: z.literal('genai.service'),
  type: z.string(),
  time: instant,
  version: z.number().int(),
  correlation_id: z.string(),
  tenant_id: z.string(),
  subject: z.string(),
  sequence: z.number().int(),
  detail: z.record(z.string(), z.unknown()),
  content: z.record(z.string(), z.unknown()).optional(),
})

export const messagesForm: z.ZodType = z.object({
  messages: z.array(z.object({ event: shownEvent, receipt: z.string(), receives: z.number().int() })),
})

export const acknowledgedForm: z.ZodType = z.object({
  acknowledged: z.array(z.string()),
  refused: z.array(z.object({ receipt: z.string(), code: z.enum(['unknown', 'stale']) })),
})

const fault = z.object({ code: z.string(), status: z.number().int().optional(), reason: z.string().optional() })

export const deliveryListForm: z.ZodType = pageOf(
  z.object({
    delivery_id: z.string(),
    event_id: z.string(),
    event_type: z.string(),
    subject: z.string(),
    sequence: z.number().int(),
    replay_id: z.string().nullable(),
    status: z.enum(['pending', 'delivered', 'failed', 'dropped']),
    attempts: z.number().int(),
    round: z.number().int(),
    error: fault.nullable(),
    created_at: instant,
    next_attempt_at: instant.nullable(),
    ended_at: instant.nullable(),
  }),
)

export const replayForm: z.ZodType = z.object({
  replay_id: z.string(),
  status: z.enum(['running', 'completed']),
  type: z.string().nullable(),
  subscriber_id: z.string().nullable(),
  from_sequence: z.number().int(),
  to_sequence: z.number().int(),
  next_sequence: z.number().int(),
  deliveries: z.number().int(),
  created_at: instant,
  ended_at: instant.nullable(),
})

/** A subscriber as it leaves. A webhook's URL may be a secret: who may only read is shown where it leads, not the rest. */
export async function showSubscriber(scope: Uses<never>, record: SubscriberRecord): Promise<object> {
  const { fields } = record
  const url = fields.target === 'webhook' ? ((await record.open('url')) ?? '') : ''
  const whole = allows(scope.caller.permissions, 'requests:write')
  return {
    subscriber_id: fields.subscriber_id,
    pattern: fields.pattern,
    target: fields.target === 'queue' ? { type: 'queue' } : { type: 'webhook', url: whole ? url : `${new URL(url).origin}/…` },
    status: fields.status,
    disabled_reason: fields.disabled_reason ?? null,
    ...(fields.target === 'webhook' ? { content_permissions: fields.content ?? [] } : {}),
    created_at: timestamp(fields.created),
    updated_at: timestamp(fields.updated),
  }
}

export function showSecretReply({ secret, previousUntil }: ShownSecret): object {
  return { secret, previous_valid_until: previousUntil === undefined ? null : timestamp(previousUntil) }
}

export function showMessage({ event, content, receipt, receives }: ReceivedMessage): object {
  return { event: { ...envelope(event), ...(content ? { content } : {}) }, receipt, receives }
}

export function showDelivery(fields: DeliveryFields): object {
  const { delivery_id, event_id, event_type, subject, sequence, replay_id, attempts, round, fault: error, next, ended } = fields
  return {
    delivery_id,
    event_id,
    event_type,
    subject,
    sequence,
    replay_id: replay_id ?? null,
    status: fields.status,
    attempts,
    round,
    error: error ?? null,
    created_at: timestamp(fields.created),
    next_attempt_at: next === undefined || fields.status !== 'pending' ? null : timestamp(next),
    ended_at: ended === undefined ? null : timestamp(ended),
  }
}

export function showReplay(fields: ReplayFields): object {
  const { replay_id, status: at, type, subscriber_id, from_sequence, to_sequence, next_sequence, created, ended } = fields
  return {
    replay_id,
    status: at,
    type: type ?? null,
    subscriber_id: subscriber_id ?? null,
    from_sequence,
    to_sequence,
    next_sequence,
    deliveries: fields.deliveries,
    created_at: timestamp(created),
    ended_at: ended === undefined ? null : timestamp(ended),
  }
}
