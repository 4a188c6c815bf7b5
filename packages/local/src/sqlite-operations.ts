import type { StatementSync } from 'node:sqlite'
import type { Clock, Operations, OutboxEntry, StoredEvent } from '@plinth/core'
import type { DatabaseSource } from './database/source.ts'
import { decodeEvent } from './sqlite-state-store.ts'

/** So many events wait for the relay in memory; more are read from the file again. */
const mostFresh = 4_096

interface Positioned {
  readonly position: number
  readonly event: StoredEvent
}

/**
 * Operations on SQLite. The event log is the outbox: the relay's place in it is one number, which moves on over everything
 * that is settled without a gap. Jobs never wait here, since a commit puts them into the queue's table itself.
 */
export class SqliteOperations implements Operations {
  readonly #database: DatabaseSource
  readonly #clock: Clock
  readonly #next: StatementSync
  readonly #one: StatementSync
  /** Shown to the relay and not settled yet, in order. */
  readonly #unsettled = new Set<number>()
  #shown: number
  /** Committed by this process and not shown yet, in order: nothing has to be read from the file while it is complete. */
  #fresh: Positioned[] = []
  #complete = false
  readonly #listeners = new Set<() => void>()

  constructor(options: { readonly database: DatabaseSource; readonly clock: Clock }) {
    this.#database = options.database
    this.#clock = options.clock
    const { reader } = options.database
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
    const again = [...this.#unsettled].slice(0, limit).flatMap((position) => this.#one.all(position).map(decode))
    const fresh = again.length < limit ? this.#takeFresh(limit - again.length) : []
    for (const { position } of fresh) {
      this.#shown = position
      this.#unsettled.add(position)
    }
    return [...again, ...fresh].map(({ position, event }) => ({ position: String(position), entry: event }))
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
}

function decode(row: Record<string, unknown>): Positioned {
  return { position: Number(row.position), event: decodeEvent(Number(row.sequence), String(row.body)) }
}
