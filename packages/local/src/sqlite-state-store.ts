import type { StatementSync } from 'node:sqlite'
import {
  type Change,
  type Clock,
  checkChange,
  checkEventQuery,
  checkKey,
  checkListQuery,
  checkRead,
  type DomainEvent,
  type Job,
  type Key,
  keyText,
  type ListQuery,
  type Page,
  type Row,
  type StateStore,
  type StoredEvent,
} from '@plinth/core'
import { encodeChange } from './change-codec.ts'
import type { Emitted } from './database/operation.ts'
import type { DatabaseSource } from './database/source.ts'
import type { RecentRows } from './recent-rows.ts'
import {
  checkPlace,
  decodeRow,
  listPlace,
  listPrefix,
  partitionPrefix,
  prefixEnd,
  rowColumns,
  type StoredRow,
} from './row-codec.ts'

const readAtATime = 500

export interface SqliteStateStoreOptions {
  readonly database: DatabaseSource
  readonly clock: Clock
  /** What was last written and read, where nobody else writes the file. */
  readonly recent?: RecentRows
  /** Told of the jobs of a commit, after it: they are in the queue's table already, the first at that position, as they were due at that time. */
  onJobs?(jobs: readonly Job[], position: number, now: number): void
  /** Told of the events of a commit, after it: they are in the log already, the first at that position. */
  onEvents?(events: readonly StoredEvent[], position: number): void
}

/**
 * StateStore on SQLite. Reads run here, on their own connection; commits go to the writer's thread, where those of one
 * moment share a transaction. All records, of all tenants, lie in one table under keys that begin with the tenant.
 */
export class SqliteStateStore implements StateStore {
  readonly #options: SqliteStateStoreOptions
  readonly #recent: RecentRows | undefined
  /** Null: read once. */
  readonly #rows = new WeakMap<StoredRow, Row | null>()
  readonly #get: StatementSync
  readonly #read: StatementSync
  readonly #lists: readonly { readonly ascending: StatementSync; readonly descending: StatementSync }[]
  readonly #events: StatementSync
  readonly #eventsOfType: StatementSync

  constructor(options: SqliteStateStoreOptions) {
    this.#options = options
    this.#recent = options.recent
    const { reader } = options.database
    this.#get = reader.prepare(`SELECT ${rowColumns} FROM record WHERE key = ?`)
    this.#read = reader.prepare(`SELECT ${rowColumns} FROM record WHERE key > ? AND key < ? ORDER BY key LIMIT ?`)
    this.#lists = ['list0', 'list1', 'list2'].map((list) => ({
      ascending: reader.prepare(
        `SELECT ${rowColumns} FROM record WHERE ${list} > ? AND ${list} < ? AND (expires IS NULL OR expires > ?) ORDER BY ${list} LIMIT ?`,
      ),
      descending: reader.prepare(
        `SELECT ${rowColumns} FROM record WHERE ${list} > ? AND ${list} < ? AND (expires IS NULL OR expires > ?) ORDER BY ${list} DESC LIMIT ?`,
      ),
    }))
    this.#events = reader.prepare('SELECT sequence, body FROM event WHERE tenant = ? AND sequence > ? ORDER BY sequence LIMIT ?')
    this.#eventsOfType = reader.prepare(
      'SELECT sequence, body FROM event WHERE tenant = ? AND sequence > ? AND type = ? ORDER BY sequence LIMIT ?',
    )
  }

  async get(key: Key): Promise<Row | undefined> {
    checkKey(key)
    const text = keyText(key)
    const stored = this.#recent?.get(text) ?? this.#readRow(text)
    return stored && this.#live(stored) ? this.#decoded(stored, key) : undefined
  }

  /** A row that is read again and again, as every request does its tenant's, is decoded once; nobody can change it in place. */
  #decoded(stored: StoredRow, key: Key): Row {
    const known = this.#rows.get(stored)
    if (known) return known
    const row = decodeRow(stored, key)
    if (known === null) {
      freeze(row.index)
      this.#rows.set(stored, row)
    } else if (stored.sealed === null) this.#rows.set(stored, null)
    return row
  }

  #readRow(key: string): StoredRow | undefined {
    const stored = this.#get.get(key) as unknown as StoredRow | undefined
    if (stored) this.#recent?.add(stored)
    return stored
  }

  async *read(tenant: string, collection: string, partition: string, after?: string): AsyncGenerator<Row> {
    checkRead(tenant, collection, partition, after)
    const prefix = partitionPrefix({ tenant, collection, partition })
    let from = prefix + (after ?? '')
    for (;;) {
      const found = this.#read.all(from, prefixEnd(prefix), readAtATime) as unknown as StoredRow[]
      for (const stored of found) if (this.#live(stored)) yield decodeRow(stored)
      const last = found.at(-1)
      if (!last || found.length < readAtATime) return
      from = last.key
    }
  }

  async list(query: ListQuery): Promise<Page<Row>> {
    checkListQuery(query)
    const statements = this.#lists[query.list]
    if (!statements) return { items: [] }
    const prefix = listPrefix(query.tenant, query.collection, query.group)
    const place = checkPlace(query.after)
    const [from, to] = query.descending
      ? [prefix, place === '' ? prefixEnd(prefix) : prefix + place]
      : [prefix + place, prefixEnd(prefix)]
    const statement = query.descending ? statements.descending : statements.ascending
    const found = statement.all(from, to, this.#options.clock.now(), query.limit + 1) as unknown as StoredRow[]
    const shown = found.slice(0, query.limit)
    const last = shown.at(-1)
    const items = shown.map((stored) => decodeRow(stored))
    return found.length > query.limit && last ? { items, after: listPlace(last, query.list, prefix) } : { items }
  }

  async commit(change: Change, durability: 'synced' | 'relaxed' = 'synced'): Promise<void> {
    const texts = checkChange(change)
    const now = this.#options.clock.now()
    const { fields, inserted, changed, events, jobs } = encodeChange(change, texts, now)
    for (const { key } of changed) this.#recent?.begin(key)
    let kept = false
    let emitted: unknown
    try {
      emitted = await this.#options.database.submit({ kind: 'commit', fields }, durability === 'synced')
      kept = true
    } finally {
      for (const { key, row } of changed) this.#recent?.end(key, kept ? row : undefined)
    }
    for (const row of inserted) this.#recent?.add(row)
    if (emitted !== undefined) this.#tell(events, jobs, emitted as Emitted, now)
  }

  #tell(events: readonly DomainEvent[], jobs: readonly Job[], [position = 0, ...sequences]: Emitted, now: number): void {
    if (events.length > 0) {
      this.#options.onEvents?.(
        events.map((event, index) => ({ ...event, sequence: sequences[index] ?? 0 })),
        position,
      )
    }
    if (jobs.length > 0) this.#options.onJobs?.(jobs, position + events.length, now)
  }

  async add(key: Key, field: string, amount: number, max?: number): Promise<number> {
    checkChange({ writes: [{ add: key, amounts: { [field]: amount }, ...(max === undefined ? {} : { max: { [field]: max } }) }] })
    const now = this.#options.clock.now()
    const text = keyText(key)
    this.#recent?.begin(text)
    try {
      return Number(await this.#options.database.submit({ kind: 'add', now, key: text, field, amount, max: max ?? null }, true))
    } finally {
      this.#recent?.end(text, undefined)
    }
  }

  async events(
    tenant: string,
    query: { readonly after: number; readonly limit: number; readonly type?: string },
  ): Promise<readonly StoredEvent[]> {
    checkEventQuery(tenant, query)
    const { after, limit, type } = query
    const found = type === undefined ? this.#events.all(tenant, after, limit) : this.#eventsOfType.all(tenant, after, type, limit)
    return found.map((row) => decodeEvent(Number(row.sequence), String(row.body)))
  }

  #live(stored: StoredRow): boolean {
    return stored.expires === null || stored.expires > this.#options.clock.now()
  }
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze(inner)
}

/** A stored event; its sequence is a column of its own. */
export function decodeEvent(sequence: number, body: string): StoredEvent {
  return { ...(JSON.parse(body) as DomainEvent), sequence }
}
