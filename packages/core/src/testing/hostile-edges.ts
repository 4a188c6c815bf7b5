import type { Clock } from '../ports/clock.ts'
import type { EventBus, PublishResult } from '../ports/event-bus.ts'
import {
  checkTenantRemoval,
  checkTenantRows,
  type Operations,
  type OutboxEntry,
  type TenantRemoval,
  type TenantRows,
} from '../ports/operations.ts'
import type { Page, Row, StoredEvent } from '../ports/state-store.ts'
import type { Hostility } from './hostile.ts'
import { noAnswer } from './hostile-state-store.ts'

const longestDelay = 5_000
const remembered = 100

/** A bus that keeps its promises, and no more. */
export class HostileEventBus implements EventBus {
  readonly #inner: EventBus
  readonly #clock: Clock
  readonly #hostility: Hostility

  constructor(inner: EventBus, clock: Clock, hostility: Hostility) {
    this.#inner = inner
    this.#clock = clock
    this.#hostility = hostility
  }

  async publish(events: readonly StoredEvent[]): Promise<readonly PublishResult[]> {
    // One by one the limit wouldn't show.
    if (events.length > 10) return this.#inner.publish(events)
    const results: PublishResult[] = []
    const cut =
      this.#hostility.happens('failPublish') && this.#hostility.sometimes(0.25)
        ? this.#hostility.below(events.length + 1)
        : undefined
    for (const [index, event] of events.entries()) {
      if (index === cut) throw noAnswer()
      const fails = this.#hostility.happens('failPublish')
      if (!fails || this.#hostility.sometimes(0.4)) await this.#inner.publish([event])
      if (this.#hostility.happens('duplicatePublish')) this.#publishLater(event)
      results.push(fails ? { published: false, code: 'throttled' } : { published: true })
    }
    return results
  }

  #publishLater(event: StoredEvent): void {
    const copy = structuredClone(event)
    this.#clock.setTimer(this.#hostility.below(longestDelay), () => void this.#inner.publish([copy]))
  }
}

/**
 * Operations that keep their promises, and no more: what was settled shows again, and settling fails half done. So does the removal of a
 * tenant, as often; and as often a page of rows is short, or empty.
 */
export class HostileOperations implements Operations {
  readonly #inner: Operations
  readonly #hostility: Hostility
  readonly #shown = new Map<string, OutboxEntry>()
  #settled: OutboxEntry[] = []

  constructor(inner: Operations, hostility: Hostility) {
    this.#inner = inner
    this.#hostility = hostility
  }

  async pending(limit: number): Promise<readonly OutboxEntry[]> {
    const fresh = await this.#inner.pending(limit)
    for (const entry of fresh) remember(this.#shown, entry)
    if (this.#settled.length === 0 || !this.#hostility.happens('resendSettled')) return fresh
    const again = this.#settled[this.#hostility.below(this.#settled.length)]
    return again ? [structuredClone(again), ...fresh].slice(0, limit) : fresh
  }

  async settle(positions: readonly string[]): Promise<void> {
    const fails = this.#hostility.happens('failSettle')
    const done = fails ? positions.slice(0, Math.floor(positions.length / 2)) : positions
    await this.#inner.settle(done)
    for (const position of done) {
      const entry = this.#shown.get(position)
      if (entry) this.#settled.push(entry)
      this.#shown.delete(position)
    }
    this.#settled.splice(0, this.#settled.length - remembered)
    if (fails) throw noAnswer()
  }

  onPending(wake: () => void): () => void {
    return this.#inner.onPending(wake)
  }

  removeExpired(limit: number): Promise<number> {
    return this.#inner.removeExpired(limit)
  }

  trimEvents(before: number, limit: number): Promise<number> {
    return this.#inner.trimEvents(before, limit)
  }

  async rows(tenant: string, query: TenantRows): Promise<Page<Row>> {
    checkTenantRows(tenant, query)
    if (query.limit === 1 || !this.#hostility.happens('failSettle')) return this.#inner.rows(tenant, query)
    const page = await this.#inner.rows(tenant, { ...query, limit: this.#hostility.below(query.limit - 1) + 1 })
    // An empty page goes on where this one began.
    const empty = query.after !== undefined && page.after !== undefined && this.#hostility.sometimes(0.5)
    return empty ? { items: [], after: query.after } : page
  }

  async removeTenant(tenant: string, removal: TenantRemoval): Promise<number> {
    checkTenantRemoval(tenant, removal)
    const fails = this.#hostility.happens('failSettle')
    const limit = fails ? Math.ceil(removal.limit / 2) : removal.limit
    const removed = await this.#inner.removeTenant(tenant, { ...removal, limit })
    for (const [position, { entry }] of this.#shown) if (entry.tenant === tenant) this.#shown.delete(position)
    this.#settled = this.#settled.filter(({ entry }) => entry.tenant !== tenant)
    if (fails) throw noAnswer()
    return removed
  }
}

function remember(shown: Map<string, OutboxEntry>, entry: OutboxEntry): void {
  shown.set(entry.position, structuredClone(entry))
  const oldest = shown.keys().next()
  if (shown.size > remembered && !oldest.done) shown.delete(oldest.value)
}
