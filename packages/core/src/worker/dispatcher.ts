import type { Pattern } from '../define/pattern.ts'
import type { Subscriber } from '../define/subscriber.ts'
import { uuid } from '../ids.ts'
import { faultOf, type Log } from '../log.ts'
import { envelope } from '../ports/event-bus.ts'
import type { Job } from '../ports/queue.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { Operator } from '../scope/operator.ts'
import { NewerSchemaError } from '../scope/record.ts'
import { errandJob, type Target } from '../subscribers/errand.ts'
import { matchesEvent } from '../subscribers/match-event.ts'
import { type SubscriberFields, subscribers, subscribersPartition } from '../subscribers/records.ts'

const jobsAtATime = 256

/** A job with the event that it tells of. */
interface Telling {
  readonly event: StoredEvent
  readonly job: Job
}

/**
 * Finds who wants to be told of an event, and sends each a job of its own: webhooks and pull queues of the event's tenant,
 * handlers in code, and the URL that a request named for its end. At least once: those who work the jobs see to it that an event is told
 * once.
 */
export class Dispatcher {
  readonly #operator: Operator
  readonly #log: Log
  readonly #handlers: readonly Subscriber[]

  constructor(parts: { readonly operator: Operator; readonly patterns: readonly Pattern[]; readonly log: Log }) {
    this.#operator = parts.operator
    this.#log = parts.log
    this.#handlers = parts.patterns.flatMap((pattern) => pattern.subscribers ?? [])
  }

  /**
   * Sends the jobs of some events. A tenant's subscribers are read each time, once for all of its events: who was just added is
   * told, and who was removed isn't.
   * @returns the events for which not every job could be sent; they have to be dispatched again. Never throws.
   */
  async dispatch(events: readonly StoredEvent[]): Promise<ReadonlySet<StoredEvent>> {
    const failed = new Set<StoredEvent>()
    const tenants = [...Map.groupBy(events, (event) => event.tenant).values()]
    const found = await Promise.all(tenants.map((own) => this.#tellings(own, failed)))
    const tellings = found.flat()
    for (let start = 0; start < tellings.length; start += jobsAtATime)
      await this.#send(tellings.slice(start, start + jobsAtATime), failed)
    return failed
  }

  /** What there is to tell of one tenant's events. */
  async #tellings(events: readonly StoredEvent[], failed: Set<StoredEvent>): Promise<Telling[]> {
    const tenant = events[0]?.tenant ?? ''
    try {
      const rows = await this.#subscribersOf(tenant)
      return events.flatMap((event) => this.#targets(event, rows).map((target) => this.#telling(event, target)))
    } catch (error) {
      for (const event of events) failed.add(event)
      this.#log.error({ tenant_id: tenant, fault: faultOf(error) }, "A tenant's subscribers could not be read; its events wait.")
      return []
    }
  }

  /** @throws NewerSchemaError: an older process must not pass over what a newer one keeps. */
  async #subscribersOf(tenant: string): Promise<readonly SubscriberFields[]> {
    const found: SubscriberFields[] = []
    for await (const row of this.#operator.store.read(tenant, subscribers.name, subscribersPartition)) {
      if (row.schema > subscribers.schema) throw new NewerSchemaError(subscribers.name)
      found.push(row.index as unknown as SubscriberFields)
    }
    return found
  }

  #targets(event: StoredEvent, rows: readonly SubscriberFields[]): Target[] {
    const callback: Target[] = event.callback ? [`callback:${event.subject}`] : []
    if (rows.length === 0 && this.#handlers.length === 0) return callback
    const shown = envelope(event)
    const wanted = rows.filter((row) => row.status === 'active' && matchesEvent(row.pattern, shown))
    const handlers = this.#handlers.filter((handler) => matchesEvent(handler.pattern, shown))
    return [
      ...callback,
      ...wanted.map((row): Target => `subscriber:${row.subscriber_id}`),
      ...handlers.map((handler): Target => `handler:${handler.name}`),
    ]
  }

  #telling(event: StoredEvent, target: Target): Telling {
    const { tenant, correlationId, sequence } = event
    // An id of its own each time: the delivery's record knows by it which of several jobs has the errand.
    const job = errandJob({ target, sequence }, { id: uuid(this.#operator.clock) })
    return { event, job: { ...job, tenant, correlationId } }
  }

  async #send(tellings: readonly Telling[], failed: Set<StoredEvent>): Promise<void> {
    try {
      const results = await this.#operator.queue.send(tellings.map(({ job }) => job))
      for (const [index, { event }] of tellings.entries()) if (!results[index]?.sent) failed.add(event)
    } catch (error) {
      for (const { event } of tellings) failed.add(event)
      this.#log.warn({ fault: faultOf(error) }, 'Jobs for subscribers could not be sent, and will be.')
    }
  }
}
