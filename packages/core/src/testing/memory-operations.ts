import { InvalidInputError } from '../errors.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import {
  checkTenantRemoval,
  checkTenantRows,
  type Operations,
  type OutboxEntry,
  type TenantRemoval,
  type TenantRows,
} from '../ports/operations.ts'
import { type Job, jobLimits } from '../ports/queue.ts'
import { type DomainEvent, keyText, type Page, type Row, type StoredEvent } from '../ports/state-store.ts'
import { cloneRow, expired, type MemoryRows } from './memory-rows.ts'

/** Between the parts of a place; below every character that a key may hold. */
const separator = '\x1f'

interface LoggedEvent {
  readonly event: StoredEvent
  readonly position: string
}

/** The event log and the outbox of a {@link MemoryStateStore}. Jobs wait in the outbox for the relay, as on AWS. */
export class MemoryOperations implements Operations {
  readonly #clock: Clock
  readonly #rows: MemoryRows
  readonly #logs = new Map<string, LoggedEvent[]>()
  readonly #sequences = new Map<string, number>()
  readonly #outbox = new Map<string, OutboxEntry>()
  readonly #wakers = new Set<() => void>()
  #position = 0
  #waking = false
  #timer: { readonly at: number; readonly timer: Timer } | undefined

  constructor(options: { readonly clock: Clock; readonly rows: MemoryRows }) {
    this.#clock = options.clock
    this.#rows = options.rows
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
    return this.#rows.removeExpired(this.#clock.now(), limit)
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

  async rows(tenant: string, query: TenantRows): Promise<Page<Row>> {
    checkTenantRows(tenant, query)
    const { after = '', limit } = query
    if (query.after !== undefined && after.split(separator).length !== 3)
      throw new InvalidInputError('This is no place among rows.', { field: 'after' })
    const now = this.#clock.now()
    const rows = this.#rows.ofTenant(tenant).filter((row) => !expired(row, now) && placeOf(row) > after)
    const items = rows.slice(0, limit).map(cloneRow)
    const last = items.at(-1)
    return last && rows.length > limit ? { items, after: placeOf(last) } : { items }
  }

  async removeTenant(tenant: string, removal: TenantRemoval): Promise<number> {
    checkTenantRemoval(tenant, removal)
    const { keep, limit } = removal
    const entries = [...this.#outbox.values()].filter(({ entry }) => entry.tenant === tenant)
    const jobs = entries.filter(({ entry }) => 'queue' in entry).slice(0, limit)
    for (const { position } of jobs) this.#outbox.delete(position)
    const events = this.#logs.get(tenant)?.splice(0, limit - jobs.length) ?? []
    for (const { position } of events) this.#outbox.delete(position)
    const others = this.#rows.ofTenant(tenant).filter(({ collection }) => !keep.includes(collection))
    const rows = others.slice(0, limit - jobs.length - events.length)
    this.#rows.apply(
      this.#clock.now(),
      rows.map((row) => ({ key: row, row: undefined })),
    )
    const removed = jobs.length + events.length + rows.length
    // The sequence last: while there are events, the next one has to follow them.
    return removed < limit && this.#sequences.delete(tenant) ? removed + 1 : removed
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

/** A row's key without its tenant, in the order of keys. */
function placeOf(row: Row): string {
  return keyText(row).slice(row.tenant.length + 1)
}

function checkCount(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1) throw new InvalidInputError('A limit is a whole number from 1.', { field: 'limit' })
}
