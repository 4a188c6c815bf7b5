import { type Collection, usualInlineBytes } from '../define/collection.ts'
import type { EventToEmit } from '../define/event.ts'
import type { JobToEmit } from '../define/job.ts'
import { InvalidInputError } from '../errors.ts'
import { uuid } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import type { Clock } from '../ports/clock.ts'
import type { Job } from '../ports/queue.ts'
import type { DomainEvent, Key, ListEntry, NewRow, Page, Row, StateStore, StoredEvent, Write } from '../ports/state-store.ts'
import type { AuditDetail } from '../tenancy/audit/entry.ts'
import { type Place, StoredRecord } from './record.ts'
import type { Sealing } from './sealing.ts'
import { removeTexts, writtenOver } from './texts-apart.ts'
import type { ActionOutcome, Deed, Trail } from './trail.ts'

/** One write of a commit; made by `insert`, `update`, `replace`, `remove`, `check` and `count`, read by `State.commit`. */
export type RecordWrite =
  | { readonly insert: AnyCollectionOf; readonly place: Place; readonly fields: object; readonly sealed: Texts }
  | {
      readonly update: AnyCollectionOf
      readonly record: StoredRecord<object, object>
      readonly fields: object
      readonly sealed: Texts
    }
  | { readonly replace: AnyCollectionOf; readonly place: Place; readonly fields: object; readonly sealed: Texts }
  | { readonly remove: AnyCollectionOf; readonly record: StoredRecord<object, object> }
  | { readonly check: AnyCollectionOf; readonly record: StoredRecord<object, object> }
  | {
      readonly count: AnyCollectionOf
      readonly place: Place
      readonly amounts: Amounts
      readonly max?: Amounts
      readonly expires?: number
    }

type AnyCollectionOf = Collection<object, object, string>
type Texts = Readonly<Record<string, string | undefined>>
type Amounts = Readonly<Record<string, number>>
type SealedTexts<Sealed> = { readonly [Field in keyof Sealed]?: string }

/** Makes a record; the commit fails with ConflictError when it exists. */
export function insert<Plain extends object, Sealed extends object, Lists extends string>(
  collection: Collection<Plain, Sealed, Lists>,
  place: Place,
  fields: Plain,
  sealed: SealedTexts<Sealed> = {},
): RecordWrite {
  return { insert: collection as unknown as AnyCollectionOf, place, fields, sealed: sealed as Texts }
}

/** Replaces a record's plain fields and the sealed fields given; others stay. ConflictError when it changed since it was read. */
export function update<Plain extends object, Sealed extends object, Lists extends string>(
  collection: Collection<Plain, Sealed, Lists>,
  record: StoredRecord<Plain, Sealed>,
  fields: Plain,
  sealed: SealedTexts<Sealed> = {},
): RecordWrite {
  return { update: collection as unknown as AnyCollectionOf, record: record as never, fields, sealed: sealed as Texts }
}

/** Makes a record, or takes the place of whatever is there: for what one owner writes, whom another write of the commit proves. */
export function replace<Plain extends object, Sealed extends object, Lists extends string>(
  collection: Collection<Plain, Sealed, Lists>,
  place: Place,
  fields: Plain,
  sealed: SealedTexts<Sealed> = {},
): RecordWrite {
  return { replace: collection as unknown as AnyCollectionOf, place, fields, sealed: sealed as Texts }
}

/** Removes a record. ConflictError when it changed since it was read. */
export function remove<Plain extends object, Sealed extends object, Lists extends string>(
  collection: Collection<Plain, Sealed, Lists>,
  record: StoredRecord<Plain, Sealed>,
): RecordWrite {
  return { remove: collection as unknown as AnyCollectionOf, record: record as never }
}

/** Writes nothing. The commit fails with ConflictError when the record changed since it was read. */
export function check<Plain extends object, Sealed extends object, Lists extends string>(
  collection: Collection<Plain, Sealed, Lists>,
  record: StoredRecord<Plain, Sealed>,
): RecordWrite {
  return { check: collection as unknown as AnyCollectionOf, record: record as never }
}

/**
 * Adds to a record of counts, which is made when absent. LimitError, and nothing is changed, when one would pass its `max`.
 * @param expires when the record expires, milliseconds UTC; set where it has no time yet, so that the first one given stays.
 */
export function count<Counts extends object>(
  collection: Collection<Counts>,
  place: Place,
  amounts: Partial<Counts> & Amounts,
  max?: Partial<Counts> & Amounts,
  expires?: number,
): RecordWrite {
  return {
    count: collection as unknown as AnyCollectionOf,
    place,
    amounts,
    ...(max ? { max } : {}),
    ...(expires === undefined ? {} : { expires }),
  }
}

export interface Commit extends ActionOutcome {
  readonly writes: readonly RecordWrite[]
  readonly emit?: readonly (EventToEmit | JobToEmit)[]
  /** 'relaxed' may be lost when power fails, and costs no wait for the disk. */
  readonly durability?: 'synced' | 'relaxed'
  /** What the audit trail is told with it, beside what was asked for. A commit with an entry holds one write less. */
  readonly deed?: Deed
}

/** One tenant's records and events: a wrapper around StateStore that binds the tenant, validates, seals and opens. */
export class State {
  readonly #tenant: string
  readonly #correlationId: string
  readonly #weight: number | undefined
  readonly #store: StateStore
  readonly #sealing: Sealing
  readonly #clock: Clock
  readonly #trail: Trail | undefined

  constructor(parts: {
    readonly tenant: string
    readonly correlationId: string
    /** What the tenant weighs next to others; carried by its jobs. */
    readonly weight?: number | undefined
    readonly store: StateStore
    readonly sealing: Sealing
    readonly clock: Clock
    /** Where what is done is put down; absent for the system's own housekeeping. */
    readonly trail?: Trail | undefined
  }) {
    this.#tenant = parts.tenant
    this.#trail = parts.trail
    this.#weight = parts.weight
    this.#correlationId = parts.correlationId
    this.#store = parts.store
    this.#sealing = parts.sealing
    this.#clock = parts.clock
  }

  /** Sees every commit before it. @throws NewerSchemaError for what newer code wrote. */
  async get<Plain extends object, Sealed extends object, Lists extends string>(
    collection: Collection<Plain, Sealed, Lists>,
    place: Place,
  ): Promise<StoredRecord<Plain, Sealed> | undefined> {
    const row = await this.#store.get(this.#key(collection.name, place))
    return row && new StoredRecord(collection, row, this.#sealing)
  }

  /** A partition's records in order of `sort`. Sees every commit before it. */
  async *read<Plain extends object, Sealed extends object, Lists extends string>(
    collection: Collection<Plain, Sealed, Lists>,
    partition: string,
    after?: string,
  ): AsyncGenerator<StoredRecord<Plain, Sealed>> {
    for await (const row of this.#store.read(this.#tenant, collection.name, partition, after)) {
      yield new StoredRecord(collection, row, this.#sealing)
    }
  }

  /** A page of one of the collection's lists. May lag behind commits. Leaves out what newer code wrote. */
  async list<Plain extends object, Sealed extends object, Lists extends string>(
    collection: Collection<Plain, Sealed, Lists>,
    list: Lists,
    query: { readonly group?: string; readonly descending?: boolean; readonly after?: string; readonly limit: number },
  ): Promise<Page<StoredRecord<Plain, Sealed>>> {
    const { group = defaultGroup, ...rest } = query
    const page = await this.#store.list({
      ...rest,
      group,
      tenant: this.#tenant,
      collection: collection.name,
      list: collection.listNames.indexOf(list),
    })
    const readable = page.items.filter((row) => row.schema <= collection.schema)
    return { ...page, items: readable.map((row) => new StoredRecord(collection, row, this.#sealing)) }
  }

  /**
   * All or nothing, together with the events and jobs emitted.
   * @returns the records inserted and updated, in the order of the writes (undefined for the others).
   * @throws ConflictError, LimitError, TooLargeError, InvalidInputError; nothing is changed then.
   */
  async commit(commit: Commit): Promise<readonly (StoredRecord<object, object> | undefined)[]> {
    const entry = await this.#trail?.entry(commit.deed, commit)
    const over = await writtenOver(this.#store, commit.writes, (collection, place) => this.#key(collection, place))
    // At a time: texts that lie apart are put meanwhile.
    const writes = await Promise.all(commit.writes.map((write) => this.#write(write)))
    if (entry) writes.push(await this.#write(entry.write))
    // A refusal that was told a moment ago.
    if (commit.deed && writes.length === 0 && !commit.emit?.length) return []
    const emit = (commit.emit ?? []).map((entry) => (entry.kind === 'event' ? this.#event(entry) : this.#job(entry)))
    await this.#store.commit({ writes, emit }, commit.durability ?? 'synced')
    entry?.kept()
    await removeTexts(this.#sealing, over)
    return commit.writes.map((write, index) => {
      const stored = writes[index]
      if (!stored || !('put' in stored)) return undefined
      const collection = 'insert' in write ? write.insert : 'update' in write ? write.update : undefined
      const version = stored.ifVersion === 'absent' || stored.ifVersion === undefined ? 1 : stored.ifVersion + 1
      return collection && new StoredRecord(collection, { ...stored.put, version } as Row, this.#sealing)
    })
  }

  /** One update, with its commit; returns the record as it is now. */
  async update<Plain extends object, Sealed extends object, Lists extends string>(
    collection: Collection<Plain, Sealed, Lists>,
    record: StoredRecord<Plain, Sealed>,
    fields: Plain,
    options: Omit<Commit, 'writes'> & { readonly sealed?: SealedTexts<Sealed>; readonly also?: readonly RecordWrite[] } = {},
  ): Promise<StoredRecord<Plain, Sealed>> {
    const { sealed, also = [], ...rest } = options
    const [updated] = await this.commit({ ...rest, writes: [update(collection, record, fields, sealed), ...also] })
    return updated as StoredRecord<Plain, Sealed>
  }

  /** Puts a deed down by itself. */
  async record(deed: Deed, durability: 'synced' | 'relaxed' = 'synced'): Promise<void> {
    if (this.#trail) await this.commit({ writes: [], deed, durability })
  }

  /** Puts down the action that was asked for, where no commit did: it changed nothing, but it was done. */
  async recordAction(): Promise<void> {
    if (this.#trail?.untold) await this.commit({ writes: [] })
  }

  /** What the trail was told of the action besides who asked for what. */
  get actionDetail(): AuditDetail | undefined {
    return this.#trail?.detail
  }

  /** What is sealed in a row of this tenant, opened; for export, which knows rows and not their collections. */
  async reveal(row: Row): Promise<Readonly<Record<string, string>>> {
    const texts: Record<string, string> = {}
    const place = { ...row, tenant: this.#tenant }
    for (const [field, sealed] of Object.entries(row.sealed)) texts[field] = await this.#sealing.openField(place, field, sealed)
    return texts
  }

  /** The tenant's events, oldest first, from behind a sequence. */
  events(query: { readonly after: number; readonly limit: number; readonly type?: string }): Promise<readonly StoredEvent[]> {
    return this.#store.events(this.#tenant, query)
  }

  /** An HMAC under the tenant's key: finds equal values without keeping them readable. */
  lookup(purpose: string, value: string): Promise<string> {
    return this.#sealing.lookup(this.#tenant, purpose, value)
  }

  async #write(write: RecordWrite): Promise<Write> {
    if ('count' in write) {
      const { place, amounts, max, expires } = write
      return {
        add: this.#key(write.count.name, place),
        amounts,
        ...(max ? { max } : {}),
        ...(expires === undefined ? {} : { expires: Math.ceil(expires) }),
      }
    }
    // Its own key, made of where the record is: the record itself may come from another tenant's state.
    if ('remove' in write) return { delete: this.#key(write.remove.name, write.record), ifVersion: write.record.version }
    if ('check' in write) return { check: this.#key(write.check.name, write.record), ifVersion: write.record.version }
    if ('replace' in write) {
      const key = this.#key(write.replace.name, write.place)
      return { put: await this.#row(write.replace, key, write.fields, {}, write.sealed) }
    }
    const collection = 'insert' in write ? write.insert : write.update
    const key = this.#key(collection.name, 'insert' in write ? write.place : write.record)
    const kept = 'update' in write ? write.record.row.sealed : {}
    const put = await this.#row(collection, key, write.fields, kept, write.sealed)
    return { put, ifVersion: 'insert' in write ? 'absent' : write.record.version }
  }

  async #row(collection: AnyCollectionOf, key: Key, fields: object, kept: NewRow['sealed'], texts: Texts): Promise<NewRow> {
    const parsed = collection.plain.safeParse(fields)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      throw new InvalidInputError(`A record of ${collection.name} is malformed.`, {
        code: 'invalid_record',
        field: issue?.path.join('.') ?? '',
      })
    }
    const sealed: Record<string, Uint8Array> = { ...kept }
    for (const [field, text] of Object.entries(texts)) {
      if (text !== undefined) sealed[field] = await this.#sealing.sealField(key, field, text, this.#inlineBytes(collection))
    }
    const lists = collection.listNames.map((name): ListEntry | null => {
      const list = collection.lists[name]
      return list ? { group: list.group?.(fields) ?? defaultGroup, order: list.order(fields) } : null
    })
    const expires = collection.expires?.(fields)
    return {
      ...key,
      schema: collection.schema,
      index: fields as JsonObject,
      sealed,
      lists,
      ...(expires === undefined ? {} : { expires: Math.ceil(expires) }),
    }
  }

  #inlineBytes({ inlineBytes = usualInlineBytes, isRewritten = false }: AnyCollectionOf): number {
    return isRewritten ? Math.min(inlineBytes, this.#store.rewrittenBytes ?? inlineBytes) : inlineBytes
  }

  #key(collection: string, place: Place): Key {
    return { tenant: this.#tenant, collection, partition: place.partition, sort: place.sort ?? '@' }
  }

  #event(entry: EventToEmit): DomainEvent {
    return { ...entry, id: uuid(this.#clock), tenant: this.#tenant, correlationId: this.#correlationId, time: this.#clock.now() }
  }

  #job(entry: JobToEmit): Job {
    const { queue, version, id, lane, notBefore, body } = entry
    return {
      queue,
      tenant: this.#tenant,
      id,
      lane,
      ...(this.#weight === undefined ? undefined : { weight: this.#weight }),
      ...(notBefore === undefined ? undefined : { notBefore }),
      version,
      correlationId: this.#correlationId,
      body,
    }
  }
}

const defaultGroup = 'all'
