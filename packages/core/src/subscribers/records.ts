import { z } from 'zod'
import { type Collection, defineCollection, type NoFields } from '../define/collection.ts'
import { timeOrder } from '../ids.ts'
import type { Place } from '../scope/record.ts'
import type { Errand } from './errand.ts'
import type { EventPattern } from './event-pattern.ts'

const day = 24 * 3_600_000

/** Who wants to be told of events. Times are milliseconds UTC. */
export interface SubscriberFields {
  readonly subscriber_id: string
  readonly pattern: EventPattern
  readonly target: 'webhook' | 'queue'
  readonly status: 'active' | 'disabled'
  /** `gone`: its receiver said that it is there no more. */
  readonly disabled_reason?: 'gone' | 'caller'
  readonly created: number
  readonly updated: number
  /** When its secret was last changed. */
  readonly rotated?: number
  /** What its maker held of the permissions that content needs: a webhook is told that much of it. */
  readonly content?: readonly string[]
}

/** A webhook's; the URL of one may be a secret itself. */
export interface SubscriberTexts extends SecretTexts {
  readonly url: string
}

/** What signs webhooks: now, and until the last change. */
export interface SecretTexts {
  readonly secret: string
  readonly previous_secret: string
}

/** All of a tenant's lie in one partition, in order of their ids: the dispatcher reads it once a batch. */
export const subscribersPartition = 'subscribers'

export const subscribers: Collection<SubscriberFields, SubscriberTexts, 'created'> = defineCollection<
  SubscriberFields,
  SubscriberTexts,
  'created'
>({
  name: 'subscribers',
  schema: 1,
  plain: z.strictObject({
    subscriber_id: z.string(),
    pattern: z.custom<EventPattern>((pattern) => typeof pattern === 'object' && pattern !== null),
    target: z.enum(['webhook', 'queue']),
    status: z.enum(['active', 'disabled']),
    disabled_reason: z.enum(['gone', 'caller']).exactOptional(),
    created: z.number(),
    updated: z.number(),
    rotated: z.number().exactOptional(),
    content: z.array(z.string()).exactOptional(),
  }),
  sealed: ['url', 'secret', 'previous_secret'],
  lists: { created: { order: (fields) => `${timeOrder(fields.created)}~${fields.subscriber_id}` } },
})

/** How much of each a tenant has. */
interface SubscriberCounts {
  readonly subscribers: number
  /** Replays that aren't at their end. */
  readonly replays: number
}

export const subscriberCounts: Collection<SubscriberCounts> = defineCollection<SubscriberCounts>({
  name: 'subscriber-counts',
  schema: 1,
  plain: z.object({ subscribers: z.number(), replays: z.number() }),
  sealed: [],
  lists: {},
})

export const countsPlace = { partition: 'counts' } as const

/** The tenant's own secret, which signs what goes to callback URLs. */
export interface WebhookSecretFields {
  readonly made: number
  readonly rotated?: number
}

export const webhookSecrets: Collection<WebhookSecretFields, SecretTexts> = defineCollection<WebhookSecretFields, SecretTexts>({
  name: 'webhook-secrets',
  schema: 1,
  plain: z.strictObject({ made: z.number(), rotated: z.number().exactOptional() }),
  sealed: ['secret', 'previous_secret'],
  lists: {},
})

export const secretPlace = { partition: 'webhook-secret' } as const

/** Why an attempt failed: a stable code, the answer's status, the system's word for it. Never a URL or what a receiver wrote. */
export interface Fault {
  readonly code: string
  readonly status?: number
  readonly reason?: string
}

/** One event on its way to one target, however often it was sent on that way. */
export interface DeliveryFields extends Errand {
  readonly delivery_id: string
  readonly event_id: string
  readonly event_type: string
  readonly subject: string
  readonly status: 'pending' | 'delivered' | 'failed' | 'dropped'
  /** The one job that may work on it now: others that carry the same errand find nothing to do. */
  readonly job: string
  /** Starts, those that were cut off included. */
  readonly attempts: number
  /** Counts redrives, from 1. */
  readonly round: number
  /** Attempts of this round that failed. */
  readonly failures: number
  readonly fault?: Fault
  readonly created: number
  /** When it is tried next. */
  readonly next?: number
  readonly ended?: number
}

export const deliveries: Collection<DeliveryFields, NoFields, 'created'> = defineCollection<DeliveryFields, NoFields, 'created'>({
  name: 'deliveries',
  schema: 1,
  plain: z.custom<DeliveryFields>((fields) => {
    const { delivery_id, sequence, status, attempts } = fields as DeliveryFields
    return (
      typeof delivery_id === 'string' && Number.isInteger(sequence) && typeof status === 'string' && Number.isInteger(attempts)
    )
  }),
  sealed: [],
  lists: {
    created: { group: (fields) => fields.target, order: (fields) => `${timeOrder(fields.created)}~${fields.delivery_id}` },
  },
  expires: ({ ended, status }) => (ended === undefined ? undefined : ended + (status === 'failed' ? 30 : 7) * day),
})

/** An event's delivery to a target is one record, whoever sends the job for it, and how often. */
export function deliveryPlace({ target, sequence, replay_id }: Errand): Place {
  return { partition: target, sort: sequenceOrder(sequence, replay_id) }
}

/** An event that waits in a pull queue. */
export interface MessageFields {
  readonly subscriber_id: string
  readonly sequence: number
  readonly replay_id?: string
  /** From then on it can be received. */
  readonly visible: number
  /** Of the last time that it was handed out. */
  readonly receipt?: string
  /** How often it was handed out. */
  readonly receives: number
  readonly created: number
}

export const messages: Collection<MessageFields, NoFields, 'visible'> = defineCollection<MessageFields, NoFields, 'visible'>({
  name: 'subscriber-messages',
  schema: 1,
  plain: z.strictObject({
    subscriber_id: z.string(),
    sequence: z.number(),
    replay_id: z.string().exactOptional(),
    visible: z.number(),
    receipt: z.string().exactOptional(),
    receives: z.number(),
    created: z.number(),
  }),
  sealed: [],
  lists: {
    visible: {
      group: (fields) => fields.subscriber_id,
      order: (fields) => `${timeOrder(fields.visible)}~${sequenceOrder(fields.sequence, fields.replay_id)}`,
    },
  },
  expires: (fields) => fields.created + 14 * day,
})

/** The tenant's events from one time or sequence on, once more. */
export interface ReplayFields {
  readonly replay_id: string
  readonly status: 'running' | 'completed'
  readonly type?: string
  /** Only to this one. */
  readonly subscriber_id?: string
  /** Events of an earlier time are left out, though they stand behind `from_sequence`. */
  readonly from_time?: number
  readonly from_sequence: number
  readonly to_sequence: number
  /** Everything before it is done; and of this one's subscribers all up to the one named. */
  readonly next_sequence: number
  readonly after_subscriber?: string
  /** How many deliveries it has begun. */
  readonly deliveries: number
  readonly created: number
  readonly ended?: number
}

export const replays: Collection<ReplayFields> = defineCollection<ReplayFields>({
  name: 'replays',
  schema: 1,
  plain: z.strictObject({
    replay_id: z.string(),
    status: z.enum(['running', 'completed']),
    type: z.string().exactOptional(),
    subscriber_id: z.string().exactOptional(),
    from_time: z.number().exactOptional(),
    from_sequence: z.number(),
    to_sequence: z.number(),
    next_sequence: z.number(),
    after_subscriber: z.string().exactOptional(),
    deliveries: z.number(),
    created: z.number(),
    ended: z.number().exactOptional(),
  }),
  sealed: [],
  lists: {},
  expires: ({ ended }) => (ended === undefined ? undefined : ended + 30 * day),
})

/** A sequence as text in the order of numbers; replays of one event stand behind it. */
export function sequenceOrder(sequence: number, replayId?: string): string {
  return `${sequence.toString().padStart(16, '0')}${replayId === undefined ? '' : `~${replayId}`}`
}
