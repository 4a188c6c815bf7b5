import { timestamp } from './clock.ts'
import type { StoredEvent } from './state-store.ts'

/** The bus that the seed names (R120), and the source of everything on it (R17). */
export const eventBusName = 'genai-eventbus'
export const eventSource = 'genai.service'

/** The most events of one `publish`. */
export const publishLimit = 10

export type PublishResult = { readonly published: true } | { readonly published: false; readonly code: string }

/**
 * The outward edge: what happened, told to whoever listens. Only the relay publishes.
 *
 * Promises: a result an entry, in their order; an entry that is published reaches every subscriber at least once, with its
 * id, so that a subscriber can tell a repetition. Order is not promised.
 */
export interface EventBus {
  /** At most 10 events a call; more are refused with TooLargeError, and none is published. */
  publish(events: readonly StoredEvent[]): Promise<readonly PublishResult[]>
}

/** An event as it stands on the bus and in the API. `detail` holds references, never content. */
export interface EventEnvelope {
  readonly id: string
  readonly source: typeof eventSource
  readonly type: string
  readonly time: string
  readonly version: number
  readonly correlation_id: string
  readonly tenant_id: string
  readonly subject: string
  readonly sequence: number
  readonly detail: StoredEvent['detail']
}

/** The outward form of an event. */
export function envelope(event: StoredEvent): EventEnvelope {
  return {
    id: event.id,
    source: eventSource,
    type: event.type,
    time: timestamp(event.time),
    version: event.version,
    correlation_id: event.correlationId,
    tenant_id: event.tenant,
    subject: event.subject,
    sequence: event.sequence,
    detail: event.detail,
  }
}
