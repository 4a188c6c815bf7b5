import { ConflictError, InvalidInputError, LimitError } from '../errors.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { Clock } from '../ports/clock.ts'
import type { Operations } from '../ports/operations.ts'
import {
  type Change,
  checkChange,
  checkEventQuery,
  checkKey,
  checkListQuery,
  checkRead,
  type Key,
  keyName,
  type ListQuery,
  type NewRow,
  type Page,
  type Row,
  type StateStore,
  type StoredEvent,
  type Write,
  writtenKey,
} from '../ports/state-store.ts'
import { pageOf } from './memory-lists.ts'
import { MemoryOperations } from './memory-operations.ts'
import { byBytes, cloneRow, expired, MemoryRows } from './memory-rows.ts'

/** State in memory: the simplest that keeps every promise of the port, and the model for the others. */
export class MemoryStateStore implements StateStore {
  readonly #clock: Clock
  readonly #rows = new MemoryRows()
  readonly #operations: MemoryOperations

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock
    this.#operations = new MemoryOperations({ clock: options.clock, rows: this.#rows })
  }

  /** The work across tenants on this store. */
  get operations(): Operations {
    return this.#operations
  }

  async get(key: Key): Promise<Row | undefined> {
    checkKey(key)
    const row = this.#live(key)
    return row && cloneRow(row)
  }

  async *read(tenant: string, collection: string, partition: string, after?: string): AsyncGenerator<Row> {
    checkRead(tenant, collection, partition, after)
    // What is there when the reading starts; a row that goes meanwhile isn't given any more.
    const sorts = [...(this.#rows.partition(tenant, collection, partition)?.keys() ?? [])].sort(byBytes)
    for (const sort of sorts) {
      const row = after === undefined || sort > after ? this.#live({ tenant, collection, partition, sort }) : undefined
      if (row) yield cloneRow(row)
    }
  }

  async list(query: ListQuery): Promise<Page<Row>> {
    return this.listBehind(query, 0, 0)
  }

  /**
   * The list as it was so many commits ago (as far as the store remembers), but not longer ago than a time: what an index
   * that lags would show.
   */
  async listBehind(query: ListQuery, commits: number, milliseconds: number): Promise<Page<Row>> {
    checkListQuery(query)
    const now = this.#clock.now()
    const rows = this.#rows.collection(query.tenant, query.collection, commits, now - milliseconds)
    const page = pageOf(
      rows.filter((row) => !expired(row, now)),
      query,
    )
    return { ...page, items: page.items.map(cloneRow) }
  }

  async commit(change: Change, _durability?: 'synced' | 'relaxed'): Promise<void> {
    checkChange(change)
    // Everything is decided before anything is written; there is no await in between.
    const changed = change.writes.filter((write) => !('check' in write) || this.#check(write.check, write.ifVersion))
    const rows = changed.map((write) => ({ key: writtenKey(write), row: this.#next(write) }))
    this.#rows.apply(this.#clock.now(), rows)
    this.#operations.append(change.emit ?? [])
  }

  async add(key: Key, field: string, amount: number, max?: number): Promise<number> {
    const write: Write = { add: key, amounts: { [field]: amount }, ...(max === undefined ? {} : { max: { [field]: max } }) }
    checkChange({ writes: [write] })
    const row = this.#next(write)
    this.#rows.apply(this.#clock.now(), [{ key, row }])
    return Number(row?.index[field])
  }

  async events(
    tenant: string,
    query: { readonly after: number; readonly limit: number; readonly type?: string },
  ): Promise<readonly StoredEvent[]> {
    checkEventQuery(tenant, query)
    return this.#operations.events(tenant, query)
  }

  #live(key: Key): Row | undefined {
    const row = this.#rows.get(key)
    return row && !expired(row, this.#clock.now()) ? row : undefined
  }

  /** Always false, for the filter above: a check writes nothing. */
  #check(key: Key, ifVersion: number | 'absent'): boolean {
    if ((this.#live(key)?.version ?? 'absent') !== ifVersion) throw new ConflictError(keyName(key))
    return false
  }

  /** The row as the write leaves it. */
  #next(write: Write): Row | undefined {
    const key = writtenKey(write)
    const current = this.#live(key)
    const version = (current?.version ?? 0) + 1
    if ('add' in write) {
      const expires = current?.expires ?? write.expires
      const index = sums(write, current?.index ?? {})
      return { ...(current ?? countRow(key)), ...(expires === undefined ? {} : { expires }), version, index }
    }
    if ('ifVersion' in write && write.ifVersion !== undefined) this.#check(key, write.ifVersion)
    return 'put' in write ? cloneRow({ ...write.put, version }) : undefined
  }
}

function countRow(key: Key): Omit<NewRow, 'index'> {
  const { tenant, collection, partition, sort } = key
  return { tenant, collection, partition, sort, schema: 1, sealed: {}, lists: [] }
}

function sums(write: Extract<Write, { add: Key }>, index: JsonObject): JsonObject {
  const fields = new Map<string, JsonValue>(Object.entries(index))
  for (const [field, amount] of Object.entries(write.amounts)) {
    const before = fields.has(field) ? fields.get(field) : 0
    if (typeof before !== 'number')
      throw new InvalidInputError(`The field ${field} holds no number.`, { code: 'invalid_change', field })
    const most = write.max?.[field]
    if (most !== undefined && before + amount > most) throw new LimitError(keyName(write.add))
    fields.set(field, before + amount)
  }
  return Object.fromEntries(fields)
}
