import { publishLimit } from '../ports/event-bus.ts'
import type { OutboxEntry } from '../ports/operations.ts'
import type { Job } from '../ports/queue.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { Operator } from '../scope/operator.ts'
import { recordRelayed } from '../telemetry.ts'
import type { Dispatcher } from './dispatcher.ts'

/** So many entries are sent at a time. */
export const outboxBatch = 256

/** What became of some entries. What failed is still pending. */
export interface Sent {
  readonly seen: number
  readonly sent: number
  readonly failed: number
}

/**
 * Sends what commits emitted: events to the bus and to those who subscribed, jobs to the queue; then settles them. What isn't taken
 * (a failed entry of a batch, an outage) stays pending, so everything goes out at least once, under its own id.
 */
export class OutboxSender {
  readonly #operator: Operator
  readonly #dispatcher: Dispatcher | undefined

  /** @param parts.dispatcher without one, nobody but the bus is told. */
  constructor(parts: { readonly operator: Operator; readonly dispatcher?: Dispatcher }) {
    this.#operator = parts.operator
    this.#dispatcher = parts.dispatcher
  }

  /** What is pending, at most {@link outboxBatch}. */
  async sendPending(): Promise<Sent> {
    return this.send(await this.#operator.operations.pending(outboxBatch))
  }

  /** @throws what a bus or a queue that is out throws; what the other one took is settled by then. */
  async send(entries: readonly OutboxEntry[]): Promise<Sent> {
    const outcomes = await Promise.allSettled([this.#publish(entries), this.#enqueue(entries)])
    const settled = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
    if (settled.length > 0) await this.#operator.operations.settle(settled)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    return { seen: entries.length, sent: settled.length, failed: entries.length - settled.length }
  }

  async #publish(entries: readonly OutboxEntry[]): Promise<string[]> {
    const events = entries.filter((entry) => 'type' in entry.entry)
    const published: OutboxEntry[] = []
    const dispatching = this.#dispatcher?.dispatch(events.map(eventOf))
    try {
      for (let start = 0; start < events.length; start += publishLimit) {
        const group = events.slice(start, start + publishLimit)
        const results = await this.#operator.bus.publish(group.map(eventOf))
        published.push(...group.filter((_, index) => results[index]?.published))
      }
    } finally {
      await dispatching
    }
    const untold = await dispatching
    const settled = published.filter((entry) => !untold?.has(eventOf(entry))).map((entry) => entry.position)
    recordRelayed('event', 'sent', settled.length)
    recordRelayed('event', 'failed', events.length - settled.length)
    return settled
  }

  async #enqueue(entries: readonly OutboxEntry[]): Promise<string[]> {
    const jobs = entries.filter((entry) => 'queue' in entry.entry)
    if (jobs.length === 0) return []
    const results = await this.#operator.queue.send(jobs.map((entry) => entry.entry as Job))
    const settled = jobs.filter((_, index) => results[index]?.sent === true).map((entry) => entry.position)
    recordRelayed('job', 'sent', settled.length)
    recordRelayed('job', 'failed', jobs.length - settled.length)
    return settled
  }
}

function eventOf({ entry }: OutboxEntry): StoredEvent {
  return entry as StoredEvent
}
