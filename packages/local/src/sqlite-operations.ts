import type { StatementSync } from 'node:sqlite'
import type { Clock, Operations, OutboxEntry } from '@plinth/core'
import type { DatabaseSource } from './database/source.ts'
import { decodeEvent } from './sqlite-state-store.ts'

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
  readonly #listeners = new Set<() => void>()

  constructor(options: { readonly database: DatabaseSource; readonly clock: Clock }) {
    this.#database = options.database
    this.#clock = options.clock
    const { reader } = options.database
    this.#next = reader.prepare('SELECT position, sequence, body FROM event WHERE position > ? ORDER BY position LIMIT ?')
    this.#one = reader.prepare('SELECT position, sequence, body FROM event WHERE position = ?')
    this.#shown = Number(reader.prepare("SELECT value FROM meta WHERE name = 'relayed'").get()?.value ?? 0)
  }

  /** To be called after a commit that emitted events. */
  committed(): void {
    for (const wake of this.#listeners) wake()
  }

  async pending(limit: number): Promise<readonly OutboxEntry[]> {
    const again = [...this.#unsettled].slice(0, limit).flatMap((position) => this.#one.all(position))
    const fresh = again.length < limit ? this.#next.all(this.#shown, limit - again.length) : []
    for (const row of fresh) {
      this.#shown = Number(row.position)
      this.#unsettled.add(this.#shown)
    }
    return [...again, ...fresh].map((row) => ({
      position: String(row.position),
      entry: decodeEvent(Number(row.sequence), String(row.body)),
    }))
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
