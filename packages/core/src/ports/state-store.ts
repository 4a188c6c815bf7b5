import { InvalidInputError, TooLargeError } from '../errors.ts'
import { type JsonObject, jsonBytes } from '../json.ts'
import { type Job, jobLimits } from './queue.ts'

/** Where a row is. Each part is 1–512 printable ASCII characters; order of `sort` is the order of its bytes. */
export interface Key {
  readonly tenant: string
  readonly collection: string
  readonly partition: string
  readonly sort: string
}

/**
 * Where a row shows in one of its collection's lists: a group, and its place there. Both are plain, made like the parts of a
 * key (1–512 printable ASCII characters), and places are in the order of their bytes.
 */
export interface ListEntry {
  readonly group: string
  readonly order: string
}

/** A row as it is handed in. */
export interface NewRow extends Key {
  /** The version of the collection's schema that wrote it. */
  readonly schema: number
  /** From this time (milliseconds UTC) on the row is gone for every reader, and removed some time later. */
  readonly expires?: number
  /** Plain fields. */
  readonly index: JsonObject
  /** Sealed fields: ciphertext. */
  readonly sealed: Readonly<Record<string, Uint8Array>>
  /** The row's entries in up to {@link changeLimits.lists} lists, by the list's number; nulls at the end may be dropped. */
  readonly lists: readonly (ListEntry | null)[]
}

export interface Row extends NewRow {
  /** Grows by one with every write of the row; 1 for a row that was absent (never there, deleted or expired). */
  readonly version: number
}

/** Something that happened. Kept in the order of `sequence` until its retention ends, and published by the relay. */
export interface DomainEvent {
  readonly kind: 'event'
  /** Unique, and the same however often it is published. */
  readonly id: string
  /** Such as `genai.request.received`. */
  readonly type: string
  /** The version of the event's form. */
  readonly version: number
  readonly tenant: string
  /** What it is about, such as a request's id. */
  readonly subject: string
  readonly correlationId: string
  /** Milliseconds UTC. */
  readonly time: number
  /** References, never content. */
  readonly detail: JsonObject
  /** Someone asked to be told of what this closes; an internal mark, which the event's outward form doesn't show. */
  readonly callback?: true
}

export interface StoredEvent extends DomainEvent {
  /** 1, 2, 3, … per tenant, without gaps, in the order of commits. */
  readonly sequence: number
}

export type Write =
  /** Makes or replaces a row. Without `ifVersion` whatever is there is replaced. */
  | { readonly put: NewRow; readonly ifVersion?: number | 'absent' }
  /** Removes a row; without `ifVersion` an absent one is fine. */
  | { readonly delete: Key; readonly ifVersion?: number }
  /** Writes nothing, and fails the change when the row isn't at that version. */
  | { readonly check: Key; readonly ifVersion: number | 'absent' }
  /**
   * Adds to numbers among the plain fields of a row (an absent field is 0), which is made when absent: with schema 1, in no
   * list. Fails with LimitError when a sum would be above its `max`, also one that an amount below zero brings down; with
   * InvalidInputError when a field holds no number. `expires` (milliseconds UTC) is set where the row has none: so the row that is
   * made expires then, and one that has a time keeps it.
   */
  | {
      readonly add: Key
      readonly amounts: Readonly<Record<string, number>>
      readonly max?: Readonly<Record<string, number>>
      readonly expires?: number
    }

export interface Change {
  /** All of one tenant, no key twice. */
  readonly writes: readonly Write[]
  /** Of the same tenant. */
  readonly emit?: readonly (DomainEvent | Job)[]
}

export interface ListQuery {
  readonly tenant: string
  readonly collection: string
  /** The list's number. */
  readonly list: number
  readonly group: string
  readonly descending?: boolean
  /** Continue behind this place: `after` of the page before, of the same query. InvalidInputError when it is malformed. */
  readonly after?: string
  /** 1–1000; else InvalidInputError. */
  readonly limit: number
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Where the next page starts; absent at the end. */
  readonly after?: string
}

/**
 * Rows, in partitions, with versions; and the log of what happened.
 *
 * Promises:
 * - `get`, `read` and `events` see every change committed before they were called; `list` may lag behind.
 * - `commit` is all or nothing, and with 'synced' (the default) it is on stable storage when it resolves. A job or event
 *   in `emit` exists exactly when the rest of the change does. 'relaxed' survives the death of the process, but may be
 *   lost, together with every relaxed change after it, when power fails; for progress and attempts.
 * - A change that fails changes nothing: ConflictError names the key whose version was another, LimitError the counter.
 *   Only after an UnavailableError it may have happened, whole, or not at all: the answer was lost.
 * - `list` goes by `order`; rows of equal order come in any order. A row that stays where it is shows once over the pages,
 *   whatever is put beside it meanwhile.
 * - Expired rows are never returned, and count as absent for `ifVersion` and `add`.
 * - Nothing of one tenant is visible under another's name.
 *
 * Limits: see {@link changeLimits}; more is refused with TooLargeError before anything is written. What is malformed is
 * refused with InvalidInputError, on every method.
 */
export interface StateStore {
  /** Of a sealed text that is written over and over, more bytes cost more here than an object does. Absent: none do. */
  readonly rewrittenBytes?: number
  get(key: Key): Promise<Row | undefined>
  /** A partition's rows in order of `sort`, from behind `after`. */
  read(tenant: string, collection: string, partition: string, after?: string): AsyncIterable<Row>
  list(query: ListQuery): Promise<Page<Row>>
  commit(change: Change, durability?: 'synced' | 'relaxed'): Promise<void>
  /**
   * Adds to one number of one row and returns the new sum; LimitError when it would pass `max`. Not idempotent: after an
   * error that isn't a LimitError it may have happened or not.
   */
  add(key: Key, field: string, amount: number, max?: number): Promise<number>
  /** The tenant's events with a sequence above `after`, oldest first, at most `limit` (1–1000), of one type if given. */
  events(
    tenant: string,
    query: { readonly after: number; readonly limit: number; readonly type?: string },
  ): Promise<readonly StoredEvent[]>
}

/** The limits of one change, the same on every platform (DynamoDB's transactions set them). */
export const changeLimits: {
  readonly writes: 90
  readonly emitted: 9
  readonly bytes: number
  readonly rowBytes: number
  /** Of an event's detail; a bus that refused a larger one would hold up the log. */
  readonly eventBytes: number
  readonly lists: 3
} = {
  writes: 90,
  emitted: 9,
  bytes: 3 * 1024 * 1024,
  rowBytes: 350 * 1024,
  eventBytes: 64 * 1024,
  lists: 3,
}

const pageLimit = 1000

const keyPart = /^[\x20-\x7e]{1,512}$/
/** The text of a key whose four parts are all well formed. */
const wholeKey = /^[\x20-\x7e]{1,512}(?:\x1f[\x20-\x7e]{1,512}){3}$/

/** Refuses a key that some platform couldn't keep. */
export function checkKey(key: Key): void {
  checkKeyParts(key.tenant, key.collection, key.partition, key.sort)
}

/** Refuses what `read` can't be asked; adapters call it first. */
export function checkRead(tenant: string, collection: string, partition: string, after?: string): void {
  checkKeyParts(tenant, collection, partition, after ?? ' ')
}

/** Refuses what `list` can't be asked; what `after` holds is the adapter's to check. */
export function checkListQuery(query: ListQuery): void {
  checkKeyParts(query.tenant, query.collection, query.group)
  checkPageLimit(query.limit)
  if (!Number.isInteger(query.list) || query.list < 0 || query.list >= changeLimits.lists)
    throw new InvalidInputError('There is no such list.', { field: 'list' })
}

/** Refuses what `events` can't be asked. */
export function checkEventQuery(tenant: string, query: { readonly after: number; readonly limit: number }): void {
  checkKeyParts(tenant)
  checkPageLimit(query.limit)
  if (!Number.isSafeInteger(query.after) || query.after < 0)
    throw new InvalidInputError('Sequences are whole numbers from 0.', { field: 'after' })
}

/** Refuses what can't be part of a key. */
export function checkKeyParts(...parts: readonly string[]): void {
  if (parts.every((part) => keyPart.test(part))) return
  throw new InvalidInputError('A key is made of 1 to 512 printable ASCII characters a part.', { code: 'invalid_key' })
}

/** Refuses what can't be the limit of a page. */
export function checkPageLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLimit)
    throw new InvalidInputError('A limit is from 1 to 1000.', { field: 'limit' })
}

/** The key as text; the separator is below every character that a key may hold, so that order is kept. */
export function keyText(key: Key): string {
  return `${key.tenant}\x1f${key.collection}\x1f${key.partition}\x1f${key.sort}`
}

/** The key without its tenant, as errors name it. */
export function keyName(key: Key): string {
  return `${key.collection}/${key.partition}/${key.sort}`
}

/** A change's parts as texts: made once, to weigh them and to keep them. */
export interface ChangeTexts {
  /** {@link keyText} of each write. */
  readonly keys: readonly string[]
  /** The plain fields of each put, as JSON; empty for other writes. */
  readonly rows: readonly string[]
  /** Each event and job, as JSON. */
  readonly emitted: readonly string[]
}

/**
 * Refuses a change that breaks the port's rules, the same way on every platform; adapters call it first.
 * @throws TooLargeError, or InvalidInputError with code `invalid_change`.
 */
export function checkChange(change: Change): ChangeTexts {
  const { writes, emit = [] } = change
  if (writes.length > changeLimits.writes || emit.length > changeLimits.emitted) {
    throw new TooLargeError(`A change holds at most ${changeLimits.writes} writes and ${changeLimits.emitted} events and jobs.`)
  }
  const tenant = writes[0] ? writtenKey(writes[0]).tenant : emit[0]?.tenant
  if (tenant === undefined) throw new InvalidInputError('A change writes something.', { code: 'invalid_change' })
  const texts = { keys: [] as string[], rows: [] as string[], emitted: [] as string[] }
  for (const write of writes) {
    const key = checkWrite(write, tenant)
    if (texts.keys.includes(key)) throw new InvalidInputError('A change names a key twice.', { code: 'invalid_change' })
    texts.keys.push(key)
    texts.rows.push('put' in write ? JSON.stringify(write.put.index) : '')
  }
  for (const entry of emit) {
    if (entry.tenant !== tenant) throw severalTenants()
    texts.emitted.push(JSON.stringify(entry))
  }
  if (writes.length === 0) checkKeyParts(tenant)
  // Nearly every change is far below the limits, as the lengths of its texts show; only else the exact size is worth its price.
  if (boundOf(change, texts) > jobLimits.bytes) checkSize(change)
  return texts
}

/** A size that nothing in the change, nor the whole, is above: a character takes three bytes at most. */
function boundOf(change: Change, { rows, emitted }: ChangeTexts): number {
  let bytes = 0
  for (const text of rows) bytes += text.length * 3
  for (const text of emitted) bytes += text.length * 3
  for (const write of change.writes) {
    if (!('put' in write)) continue
    for (const field in write.put.sealed) bytes += write.put.sealed[field]?.byteLength ?? 0
  }
  return bytes
}

/** @returns the text of its key. */
function checkWrite(write: Write, tenant: string): string {
  const key = writtenKey(write)
  const text = keyText(key)
  if (!wholeKey.test(text)) checkKey(key)
  if (key.tenant !== tenant) throw severalTenants()
  if ('put' in write) checkRow(write.put)
  if ('add' in write) {
    checkAmounts(write.amounts, write.max)
    checkExpiry(write.expires)
  }
  return text
}

function severalTenants(): InvalidInputError {
  return new InvalidInputError('A change belongs to one tenant.', { code: 'invalid_change' })
}

/** The key that a write is about. */
export function writtenKey(write: Write): Key {
  if ('put' in write) return write.put
  if ('delete' in write) return write.delete
  return 'check' in write ? write.check : write.add
}

function checkRow(row: NewRow): void {
  if (row.lists.length > changeLimits.lists)
    throw new InvalidInputError('A row shows in at most three lists.', { code: 'invalid_change' })
  for (const entry of row.lists) if (entry) checkKeyParts(entry.group, entry.order)
  checkExpiry(row.expires)
}

function checkExpiry(expires: number | undefined): void {
  if (expires !== undefined && !Number.isSafeInteger(expires))
    throw new InvalidInputError('A row expires at a whole millisecond.', { code: 'invalid_change' })
}

/** Refuses a change of more bytes than the limits. What the queue or the bus would never take must not get into the outbox. */
function checkSize(change: Change): void {
  let total = 0
  const weigh = (bytes: number, most: number, what: string): void => {
    if (bytes > most) throw new TooLargeError(`${what} holds at most ${most} bytes.`)
    total += bytes
  }
  for (const write of change.writes) {
    if (!('put' in write)) continue
    let bytes = jsonBytes(write.put.index)
    for (const field in write.put.sealed) bytes += write.put.sealed[field]?.byteLength ?? 0
    weigh(bytes, changeLimits.rowBytes, 'A row')
  }
  for (const entry of change.emit ?? []) {
    if ('queue' in entry) weigh(jsonBytes(entry.body), jobLimits.bytes, 'A job')
    else weigh(jsonBytes(entry.detail), changeLimits.eventBytes, 'An event')
  }
  if (total > changeLimits.bytes) throw new TooLargeError(`A change holds at most ${changeLimits.bytes} bytes.`)
}

function checkAmounts(amounts: Readonly<Record<string, number>>, max: Readonly<Record<string, number>> = {}): void {
  if ([...Object.values(amounts), ...Object.values(max)].every(Number.isFinite)) return
  throw new InvalidInputError('Only numbers can be added.', { code: 'invalid_change' })
}
