import type { StatementSync } from 'node:sqlite'
import {
  type Clock,
  checkTenantRemoval,
  checkTenantRows,
  type Operations,
  type OutboxEntry,
  type Page,
  type Row,
  type StoredEvent,
  type TenantRemoval,
  type TenantRows,
  UnavailableError,
} from '@plinth/core'
import type { Removed } from './database/operation.ts'
import type { DatabaseSource } from './database/source.ts'
import type { RecentRows } from './recent-rows.ts'
import { decodeEvent } from './sqlite-state-store.ts'
import { rangesOf, TenantRowReader } from './tenant-rows.ts'

/** So many events wait for the relay in memory; more are read from the file again. */
const mostFresh = 4_096

interface Positioned {
  readonly position: number
  readonly event: StoredEvent
}

export interface SqliteOperationsOptions {
  readonly database: DatabaseSource
  readonly clock: Clock
  /** The state store's own. */
  readonly recent?: RecentRows
  /** Told of the positions of ready jobs that were removed with their tenant. */
  onJobsRemoved?(positions: readonly number[]): void
}

/**
 * Operations on SQLite. The event log is the outbox: the relay's place in it is one number, which moves on over everything
 * that is settled without a gap. Jobs never wait here, since a commit puts them into the queue's table itself.
 *
 * With the last of a tenant its bytes go from the file's free room and from its log. While another process reads the file
 * they can't, and removing fails with UnavailableError `storage_in_use` after everything was removed.
 */
export class SqliteOperations implements Operations {
  readonly #options: SqliteOperationsOptions
  readonly #database: DatabaseSource
  readonly #clock: Clock
  readonly #rows: TenantRowReader
  readonly #next: StatementSync
  readonly #one: StatementSync
  /** Shown to the relay and not settled yet, in order. */
  readonly #unsettled = new Set<number>()
  #shown: number
  /** Committed by this process and not shown yet, in order: nothing has to be read from the file while it is complete. */
  #fresh: Positioned[] = []
  #complete = false
  readonly #listeners = new Set<() => void>()

  constructor(options: SqliteOperationsOptions) {
    this.#options = options
    this.#database = options.database
    this.#clock = options.clock
    const { reader } = options.database
    this.#rows = new TenantRowReader(reader, options.clock)
    this.#next = reader.prepare('SELECT position, sequence, body FROM event WHERE position > ? ORDER BY position LIMIT ?')
    this.#one = reader.prepare('SELECT position, sequence, body FROM event WHERE position = ?')
    this.#shown = Number(reader.prepare("SELECT value FROM meta WHERE name = 'relayed'").get()?.value ?? 0)
  }

  /** To be called after a commit that emitted events, with the position of the first. */
  committed(events: readonly StoredEvent[], first: number): void {
    if (this.#fresh.length + events.length > mostFresh) this.#complete = false
    if (!this.#complete) this.#fresh = []
    else for (const [index, event] of events.entries()) this.#fresh.push({ position: first + index, event })
    for (const wake of this.#listeners) wake()
  }

  async pending(limit: number): Promise<readonly OutboxEntry[]> {
    const again = this.#takeUnsettled(limit)
    const fresh = again.length < limit ? this.#takeFresh(limit - again.length) : []
    for (const { position } of fresh) {
      this.#shown = position
      this.#unsettled.add(position)
    }
    return [...again, ...fresh].map(({ position, event }) => ({ position: String(position), entry: event }))
  }

  #takeUnsettled(limit: number): readonly Positioned[] {
    const found: Positioned[] = []
    for (const position of this.#unsettled) {
      if (found.length === limit) break
      const row = this.#one.get(position)
      if (row) found.push(decode(row))
      // It went with its tenant.
      else this.#unsettled.delete(position)
    }
    return found
  }

  #takeFresh(limit: number): readonly Positioned[] {
    if (!this.#complete) {
      const read = this.#next.all(this.#shown, limit).map(decode)
      // What is committed from now on is told; what was told before is either among these or behind them.
      if (read.length < limit) this.#complete = true
      return read
    }
    const taken = this.#fresh.splice(0, limit)
    return taken.filter(({ position }) => position > this.#shown)
  }

  async settle(positions: readonly string[]): Promise<void> {
    for (const position of positions) this.#unsettled.delete(Number(position))
    const first = this.#unsettled.values().next()
    await this.#database.submit({ kind: 'relayed', position: first.done ? this.#shown : first.value - 1 }, false)
  }

  onPending(wake: () => void): () => void {
    this.#listeners.add(wake)
    return () => this.#listeners.delete(wake)
  }

  async removeExpired(limit: number): Promise<number> {
    return Number(await this.#database.submit({ kind: 'removeExpired', now: this.#clock.now(), limit }, false))
  }

  async trimEvents(before: number, limit: number): Promise<number> {
    return Number(
      await this.#database.submit({ kind: 'trimEvents', before, upTo: this.#shown, except: [...this.#unsettled], limit }, false),
    )
  }

  async rows(tenant: string, query: TenantRows): Promise<Page<Row>> {
    checkTenantRows(tenant, query)
    return this.#rows.page(tenant, query)
  }

  async removeTenant(tenant: string, removal: TenantRemoval): Promise<number> {
    checkTenantRemoval(tenant, removal)
    const { keep, limit } = removal
    const { recent, onJobsRemoved } = this.#options
    recent?.beginTenant(tenant)
    let removed: unknown
    try {
      removed = await this.#database.submit({ kind: 'removeTenant', tenant, ranges: rangesOf(tenant, keep), limit }, true)
    } finally {
      recent?.endTenant(tenant)
    }
    const { amount, jobs } = removed as Removed
    if (jobs.length > 0) onJobsRemoved?.(jobs)
    // Some of what is fresh may be gone: what is left is read from the file.
    this.#fresh = []
    this.#complete = false
    if (amount === 0) await this.#erase()
    return amount
  }

  async #erase(): Promise<void> {
    if (await this.#database.submit({ kind: 'erase' }, true)) return
    const message = 'Another process reads the database; what was removed can be erased when it has ended.'
    throw new UnavailableError('storage_in_use', message, { retryAfter: 5 })
  }
}

function decode(row: Record<string, unknown>): Positioned {
  return { position: Number(row.position), event: decodeEvent(Number(row.sequence), String(row.body)) }
}
