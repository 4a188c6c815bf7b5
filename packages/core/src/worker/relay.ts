import type { Log } from '../log.ts'
import type { Timer } from '../ports/clock.ts'
import { publishLimit } from '../ports/event-bus.ts'
import type { OutboxEntry } from '../ports/operations.ts'
import type { Job } from '../ports/queue.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { Operator } from '../scope/operator.ts'
import { recordRelayed } from '../telemetry.ts'
import type { Dispatcher } from './dispatcher.ts'

const batch = 256
const firstPause = 200
const longestPause = 30_000

/**
 * Sends what commits emitted: events to the bus and to those who subscribed, jobs to the queue; then settles them. What isn't
 * taken (a failed entry of a batch, an outage) is sent again, so everything goes out at least once, under its own id.
 */
export class Relay {
  readonly #operator: Operator
  readonly #log: Log
  readonly #dispatcher: Dispatcher | undefined
  #running: Promise<void> | undefined
  #again = false
  #stopped = false
  #pause = firstPause
  #timer: Timer | undefined
  readonly #unsubscribe: () => void

  /** @param parts.dispatcher without one, nobody but the bus is told. */
  constructor(parts: { readonly operator: Operator; readonly log: Log; readonly dispatcher?: Dispatcher }) {
    this.#operator = parts.operator
    this.#log = parts.log
    this.#dispatcher = parts.dispatcher
    this.#unsubscribe = parts.operator.operations.onPending(() => this.#wake())
    this.#wake()
  }

  /** Ends after the batch that is on its way. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#unsubscribe()
    this.#timer?.cancel()
    await this.#running
  }

  #wake(): void {
    this.#again = true
    if (this.#running || this.#stopped || this.#timer) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      if (this.#again) this.#wake()
    })
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      try {
        const { sent, failed, seen } = await this.sendPending()
        if (failed > 0) return this.#pauseAfter({ sent, failed })
        this.#pause = firstPause
        if (seen >= batch) this.#again = true
      } catch (error) {
        return this.#pauseAfter({ error })
      }
    }
  }

  /** Sends one batch; for the handlers of a platform that calls the relay instead of running it. */
  async sendPending(): Promise<{ readonly seen: number; readonly sent: number; readonly failed: number }> {
    const entries = await this.#operator.operations.pending(batch)
    const settled = [...(await this.#publish(entries)), ...(await this.#enqueue(entries))]
    if (settled.length > 0) await this.#operator.operations.settle(settled)
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
    const settled = positions(jobs, (index) => results[index]?.sent === true)
    recordRelayed('job', 'sent', settled.length)
    recordRelayed('job', 'failed', jobs.length - settled.length)
    return settled
  }

  #pauseAfter(fields: Readonly<Record<string, unknown>>): void {
    const delay = this.#pause * (0.5 + this.#operator.clock.random() / 2)
    this.#pause = Math.min(this.#pause * 2, longestPause)
    this.#log.warn(fields, 'The relay could not send everything and will try again.')
    this.#timer = this.#operator.clock.setTimer(delay, () => {
      this.#timer = undefined
      this.#wake()
    })
  }
}

function positions(entries: readonly OutboxEntry[], taken: (index: number) => boolean): string[] {
  return entries.filter((_, index) => taken(index)).map((entry) => entry.position)
}

function eventOf({ entry }: OutboxEntry): StoredEvent {
  return entry as StoredEvent
}
