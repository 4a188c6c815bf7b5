import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { anyVersion, type Field } from './operation.ts'

/** What the writer must know of a record that is there. */
export interface Kept {
  readonly id: number
  readonly version: number
  readonly expires: number | null
  readonly plain: string
  readonly list0: string | null
  readonly list1: string | null
  readonly list2: string | null
}

/** The columns of a record as they are written, but key and version. */
export interface Columns {
  readonly schema: Field
  readonly expires: Field
  readonly plain: Field
  readonly sealed: Field
  readonly list0: Field
  readonly list1: Field
  readonly list2: Field
}

const indexed = ['expires', 'list0', 'list1', 'list2'] as const

/** A record of numbers that changes often: written once a transaction, however many operations add to it. */
interface Counter {
  readonly kept: Kept | undefined
  readonly live: boolean
  version: number
  expires: number | null
  fields: Record<string, number>
}

/** Records, on the writer's side. */
export class RecordTable {
  readonly #find: StatementSync
  readonly #insert: StatementSync
  /** By which indexed columns are set, as bits. */
  readonly #updates: readonly StatementSync[]
  readonly #updatePlain: StatementSync
  readonly #updateCounter: StatementSync
  readonly #delete: StatementSync
  readonly #removeExpired: StatementSync
  readonly #removeRange: StatementSync
  readonly #counters = new Map<string, Counter>()

  constructor(database: DatabaseSync) {
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#find = prepare('SELECT id, version, expires, plain, list0, list1, list2 FROM record WHERE key = ?')
    this.#insert = prepare(
      'INSERT INTO record(key, version, schema, expires, plain, sealed, list0, list1, list2) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    // A column that is set costs its index a removal and an insertion, also when nothing changes: only what changed is set.
    this.#updates = Array.from({ length: 2 ** indexed.length }, (_, bits) => {
      const columns = indexed.filter((_, index) => bits & (1 << index)).map((column) => `, ${column} = ?`)
      return prepare(`UPDATE record SET version = ?, schema = ?, plain = ?, sealed = ?${columns.join('')} WHERE id = ?`)
    })
    this.#updatePlain = prepare('UPDATE record SET version = ?, plain = ? WHERE id = ?')
    this.#updateCounter = prepare('UPDATE record SET version = ?, plain = ?, expires = ? WHERE id = ?')
    this.#delete = prepare('DELETE FROM record WHERE id = ?')
    this.#removeExpired = prepare('DELETE FROM record WHERE id IN (SELECT id FROM record WHERE expires <= ? LIMIT ?)')
    this.#removeRange = prepare(
      'DELETE FROM record WHERE id IN (SELECT id FROM record WHERE key > ? AND key < ? ORDER BY key LIMIT ?)',
    )
  }

  find(key: string): Kept | undefined {
    const counter = this.#counters.get(key)
    if (counter) this.#writeCounter(key, counter)
    return this.#find.get(key) as unknown as Kept | undefined
  }

  put(key: string, columns: Columns, kept: Kept | undefined, now: number): void {
    if (!kept) {
      const { schema, expires, plain, sealed, list0, list1, list2 } = columns
      this.#insert.run(key, 1, schema, expires, plain, sealed, list0, list1, list2)
      return
    }
    let bits = 0
    const changed: Field[] = []
    for (const [index, column] of indexed.entries()) {
      if (kept[column] === columns[column]) continue
      bits |= 1 << index
      changed.push(columns[column])
    }
    // An expired row may still lie where a new one is put; the new one starts anew.
    const version = isLive(kept, now) ? kept.version + 1 : 1
    this.#updates[bits]?.run(version, columns.schema, columns.plain, columns.sealed, ...changed, kept.id)
  }

  delete(kept: Kept): void {
    this.#delete.run(kept.id)
  }

  /**
   * @param expires what the record gets when it has no time yet.
   * @returns the sums and how to keep them, or what is in the way.
   */
  sum(
    key: string,
    amounts: Readonly<Record<string, number>>,
    most: Readonly<Record<string, number>> | null,
    expires: number | null,
    now: number,
  ): { limit: string } | { notNumber: string } | { fields: Record<string, number>; write: () => void } {
    const counter = this.#counter(key, now)
    const fields = { ...counter.fields }
    for (const [field, amount] of Object.entries(amounts)) {
      const before: unknown = fields[field] ?? 0
      if (typeof before !== 'number' || fields[field] === null) return { notNumber: key }
      const sum = before + amount
      if (most?.[field] !== undefined && sum > most[field]) return { limit: key }
      fields[field] = sum
    }
    const write = (): void => {
      counter.fields = fields
      counter.version++
      counter.expires ??= expires
      this.#counters.set(key, counter)
    }
    return { fields, write }
  }

  removeExpired(now: number, limit: number): number {
    this.writeCounters()
    return Number(this.#removeExpired.run(now, limit).changes)
  }

  /** Removes records between two keys. */
  removeBetween(from: string, to: string, limit: number): number {
    this.writeCounters()
    return Number(this.#removeRange.run(from, to, limit).changes)
  }

  /** To be called before the transaction ends. */
  writeCounters(): void {
    for (const [key, counter] of this.#counters) this.#writeCounter(key, counter)
  }

  /** To be called when the transaction was undone. */
  forget(): void {
    this.#counters.clear()
  }

  #counter(key: string, now: number): Counter {
    const counter = this.#counters.get(key)
    if (!counter) return this.#readCounter(key, now)
    // Its time may be over by now, although the transaction isn't.
    if (counter.expires === null || counter.expires > now) return counter
    return { kept: counter.kept, live: false, version: 0, expires: null, fields: {} }
  }

  #readCounter(key: string, now: number): Counter {
    const kept = this.#find.get(key) as unknown as Kept | undefined
    const live = isLive(kept, now)
    return {
      kept,
      live,
      version: live ? kept.version : 0,
      expires: live ? kept.expires : null,
      fields: live ? (JSON.parse(kept.plain) as Record<string, number>) : {},
    }
  }

  #writeCounter(key: string, { kept, live, version, expires, fields }: Counter): void {
    this.#counters.delete(key)
    const plain = JSON.stringify(fields)
    if (!kept) this.#insert.run(key, version, 1, expires, plain, null, null, null, null)
    else if (!live) this.#updates.at(-1)?.run(version, 1, plain, null, expires, null, null, null, kept.id)
    else if (kept.expires === expires) this.#updatePlain.run(version, plain, kept.id)
    else this.#updateCounter.run(version, plain, expires, kept.id)
  }
}

/** Whether a write that asks for a version may go on. An expired row counts as absent. */
export function matches(kept: Kept | undefined, ifVersion: number, now: number): boolean {
  if (ifVersion === anyVersion) return true
  return isLive(kept, now) ? kept.version === ifVersion : ifVersion === 0
}

function isLive(kept: Kept | undefined, now: number): kept is Kept {
  return kept !== undefined && (kept.expires === null || kept.expires > now)
}
