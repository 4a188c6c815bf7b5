import { InvalidInputError } from '../errors.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Operations, OutboxEntry } from '../ports/operations.ts'
import { type Job, jobLimits } from '../ports/queue.ts'
import type { DomainEvent, StoredEvent } from '../ports/state-store.ts'

interface LoggedEvent {
  readonly event: StoredEvent
  readonly position: string
}

/** The event log and the outbox of a {@link MemoryStateStore}. Jobs wait in the outbox for the relay, as on AWS. */
export class MemoryOperations implements Operations {
  readonly #clock: Clock
  readonly #removeRows: (limit: number) => number
  readonly #logs = new Map<string, LoggedEvent[]>()
  readonly #sequences = new Map<string, number>()
  readonly #outbox = new Map<string, OutboxEntry>()
  readonly #wakers = new Set<() => void>()
  #position = 0
  #waking = false
  #timer: { readonly at: number; readonly timer: Timer } | undefined

  constructor(options: { readonly clock: Clock; readonly removeRows: (limit: number) => number }) {
    this.#clock = options.clock
    this.#removeRows = options.removeRows
  }

  /** Keeps what a commit emits; called inside the commit, never fails. */
  append(emitted: readonly (DomainEvent | Job)[]): void {
    for (const given of emitted) {
      const entry = structuredClone(given)
      const position = String(++this.#position).padStart(12, '0')
      this.#outbox.set(position, { position, entry: 'queue' in entry ? entry : this.#log(entry, position) })
    }
    if (emitted.length > 0) this.#wake()
  }

  events(
    tenant: string,
    query: { readonly after: number; readonly limit: number; readonly type?: string },
  ): readonly StoredEvent[] {
    const log = (this.#logs.get(tenant) ?? []).map((logged) => logged.event)
    const wanted = log.filter((event) => event.sequence > query.after && (query.type === undefined || event.type === query.type))
    return structuredClone(wanted.slice(0, query.limit))
  }

  async pending(limit: number): Promise<readonly OutboxEntry[]> {
    checkCount(limit)
    const near: OutboxEntry[] = []
    for (const entry of this.#outbox.values()) {
      if (near.length === limit) break
      if (this.#shows(entry)) near.push(structuredClone(entry))
    }
    return near
  }

  async settle(positions: readonly string[]): Promise<void> {
    for (const position of positions) this.#outbox.delete(position)
  }

  onPending(wake: () => void): () => void {
    const own = (): void => wake()
    this.#wakers.add(own)
    return () => void this.#wakers.delete(own)
  }

  async removeExpired(limit: number): Promise<number> {
    checkCount(limit)
    return this.#removeRows(limit)
  }

  async trimEvents(before: number, limit: number): Promise<number> {
    checkCount(limit)
    let removed = 0
    for (const [tenant, log] of this.#logs) {
      const kept = log.filter(({ event, position }) => {
        const goes = event.time < before && !this.#outbox.has(position) && removed < limit
        if (goes) removed++
        return !goes
      })
      this.#logs.set(tenant, kept)
    }
    return removed
  }

  #log(event: DomainEvent, position: string): StoredEvent {
    const sequence = (this.#sequences.get(event.tenant) ?? 0) + 1
    this.#sequences.set(event.tenant, sequence)
    const stored = { ...event, sequence }
    const log = this.#logs.get(event.tenant)
    if (log) log.push({ event: stored, position })
    else this.#logs.set(event.tenant, [{ event: stored, position }])
    return stored
  }

  #shows({ entry }: OutboxEntry): boolean {
    return showsAt(entry) <= this.#clock.now()
  }

  /** Soon, and once for everything that became pending meanwhile. */
  #wake(): void {
    if (this.#waking) return
    this.#waking = true
    queueMicrotask(() => {
      this.#waking = false
      let showing = false
      let next = Number.POSITIVE_INFINITY
      for (const entry of this.#outbox.values()) {
        if (this.#shows(entry)) showing = true
        else next = Math.min(next, showsAt(entry.entry))
      }
      if (next < (this.#timer?.at ?? Number.POSITIVE_INFINITY)) this.#wakeAt(next)
      if (showing) for (const wake of [...this.#wakers]) wake()
    })
  }

  #wakeAt(at: number): void {
    this.#timer?.timer.cancel()
    const timer = this.#clock.setTimer(at - this.#clock.now(), () => {
      this.#timer = undefined
      this.#wake()
    })
    this.#timer = { at, timer }
  }
}

/** From when on an entry is for the relay: a job far ahead waits until the queue would take it. */
function showsAt(entry: StoredEvent | Job): number {
  return 'queue' in entry ? (entry.notBefore ?? 0) - jobLimits.aheadMilliseconds : 0
}

function checkCount(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1) throw new InvalidInputError('A limit is a whole number from 1.', { field: 'limit' })
}
