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
import type { CommitOperation, EventTuple, JobTuple } from './database/operation.ts'
import type { DatabaseSource } from './database/source.ts'
import {
  checkPlace,
  decodeRow,
  encodeRow,
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
  /** Told of the jobs of a commit, after it: they are in the queue's table already, in the same transaction. */
  onJobs?(jobs: readonly Job[]): void
  /** Told after a commit that emitted events. */
  onEvents?(): void
}

/**
 * StateStore on SQLite. Reads run here, on their own connection; commits go to the writer's thread, where those of one
 * moment share a transaction. All records, of all tenants, lie in one table under keys that begin with the tenant.
 */
export class SqliteStateStore implements StateStore {
  readonly #options: SqliteStateStoreOptions
  readonly #get: StatementSync
  readonly #read: StatementSync
  readonly #lists: readonly { readonly ascending: StatementSync; readonly descending: StatementSync }[]
  readonly #events: StatementSync
  readonly #eventsOfType: StatementSync

  constructor(options: SqliteStateStoreOptions) {
    this.#options = options
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
    const stored = this.#get.get(keyText(key)) as unknown as StoredRow | undefined
    return stored && this.#live(stored) ? decodeRow(stored) : undefined
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
    const items = shown.map(decodeRow)
    return found.length > query.limit && last ? { items, after: listPlace(last, query.list, prefix) } : { items }
  }

  async commit(change: Change, durability: 'synced' | 'relaxed' = 'synced'): Promise<void> {
    checkChange(change)
    const emitted = change.emit ?? []
    const jobs = emitted.filter((entry): entry is Job => 'queue' in entry)
    const now = this.#options.clock.now()
    await this.#options.database.submit(encodeChange(change, jobs, now), durability === 'synced')
    if (jobs.length > 0) this.#options.onJobs?.(jobs)
    if (jobs.length < emitted.length) this.#options.onEvents?.()
  }

  async add(key: Key, field: string, amount: number, max?: number): Promise<number> {
    checkChange({ writes: [{ add: key, amounts: { [field]: amount }, ...(max === undefined ? {} : { max: { [field]: max } }) }] })
    const now = this.#options.clock.now()
    return Number(
      await this.#options.database.submit({ kind: 'add', now, key: keyText(key), field, amount, max: max ?? null }, true),
    )
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

/** A stored event; its sequence is a column of its own. */
export function decodeEvent(sequence: number, body: string): StoredEvent {
  return { ...(JSON.parse(body) as DomainEvent), sequence }
}

/** A job as its row. Those in the past are ready at once. */
export function encodeJob(job: Job, now: number): JobTuple {
  const due = job.notBefore !== undefined && job.notBefore > now ? Math.ceil(job.notBefore) : 0
  return [job.queue, job.lane, job.tenant, due, JSON.stringify(job)]
}

function encodeChange(change: Change, jobs: readonly Job[], now: number): CommitOperation {
  const puts: CommitOperation['puts'][number][] = []
  const deletes: [string, number][] = []
  const checks: [string, number][] = []
  const adds: CommitOperation['adds'][number][] = []
  for (const write of change.writes) {
    if ('put' in write) puts.push(encodeRow(write.put, versionNumber(write.ifVersion)))
    else if ('delete' in write) deletes.push([keyText(write.delete), versionNumber(write.ifVersion)])
    else if ('check' in write) checks.push([keyText(write.check), versionNumber(write.ifVersion)])
    else adds.push([keyText(write.add), write.amounts, write.max ?? null])
  }
  const events: EventTuple[] = []
  for (const entry of change.emit ?? [])
    if (!('queue' in entry)) events.push([entry.tenant, Math.floor(entry.time), entry.type, JSON.stringify(entry)])
  return { kind: 'commit', now, puts, deletes, checks, adds, events, jobs: jobs.map((job) => encodeJob(job, now)) }
}

function versionNumber(ifVersion: number | 'absent' | undefined): number {
  if (ifVersion === undefined) return -1
  return ifVersion === 'absent' ? 0 : ifVersion
}
