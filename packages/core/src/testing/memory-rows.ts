import type { JsonObject } from '../json.ts'
import { type Key, keyText, type Row } from '../ports/state-store.ts'

type Partitions = Map<string, Map<string, Row>>

/** So many commits can be looked back on. */
const remembered = 64

/** Rows by collection and partition, and what the last commits replaced. Rows are never changed, only replaced. */
export class MemoryRows {
  readonly #collections = new Map<string, Partitions>()
  /** For each of the last commits, what was there before it. */
  readonly #replaced: {
    readonly at: number
    readonly rows: readonly { readonly key: Key; readonly before: Row | undefined }[]
  }[] = []

  get(key: Key): Row | undefined {
    return this.partition(key.tenant, key.collection, key.partition)?.get(key.sort)
  }

  partition(tenant: string, collection: string, partition: string): ReadonlyMap<string, Row> | undefined {
    return this.#collections.get(collectionText(tenant, collection))?.get(partition)
  }

  /** A collection's rows, in no order, as they were so many commits ago, but with all commits up to a time. */
  collection(tenant: string, collection: string, commitsAgo: number, upTo: number): Row[] {
    const rows = new Map<string, Row>()
    for (const partition of this.#collections.get(collectionText(tenant, collection))?.values() ?? []) {
      for (const row of partition.values()) rows.set(keyText(row), row)
    }
    if (commitsAgo > 0) {
      const undone = this.#replaced.slice(-commitsAgo).filter((commit) => commit.at > upTo)
      for (const { key, before } of undone.reverse().flatMap((commit) => commit.rows)) {
        if (key.tenant !== tenant || key.collection !== collection) continue
        if (before) rows.set(keyText(key), before)
        else rows.delete(keyText(key))
      }
    }
    return [...rows.values()]
  }

  /** A tenant's rows, of all collections, in the order of their keys. */
  ofTenant(tenant: string): Row[] {
    const rows: Row[] = []
    for (const [text, partitions] of this.#collections) {
      if (!text.startsWith(collectionText(tenant, ''))) continue
      for (const partition of partitions.values()) rows.push(...partition.values())
    }
    return rows.sort((left, right) => byBytes(keyText(left), keyText(right)))
  }

  /** One commit, at a time. */
  apply(at: number, changes: readonly { readonly key: Key; readonly row: Row | undefined }[]): void {
    this.#replaced.push({ at, rows: changes.map(({ key }) => ({ key: plainKey(key), before: this.get(key) })) })
    if (this.#replaced.length > remembered) this.#replaced.shift()
    for (const { key, row } of changes) {
      if (row) this.#set(row)
      else this.#remove(key)
    }
  }

  removeExpired(now: number, limit: number): number {
    let removed = 0
    for (const partitions of this.#collections.values()) {
      for (const rows of partitions.values()) {
        for (const row of rows.values()) {
          if (removed === limit) return removed
          if (!expired(row, now)) continue
          this.#remove(row)
          removed++
        }
      }
    }
    return removed
  }

  #set(row: Row): void {
    const text = collectionText(row.tenant, row.collection)
    const partitions: Partitions = this.#collections.get(text) ?? new Map()
    this.#collections.set(text, partitions)
    const rows = partitions.get(row.partition) ?? new Map<string, Row>()
    partitions.set(row.partition, rows)
    rows.set(row.sort, row)
  }

  #remove(key: Key): void {
    const partitions = this.#collections.get(collectionText(key.tenant, key.collection))
    const rows = partitions?.get(key.partition)
    rows?.delete(key.sort)
    if (rows?.size === 0) partitions?.delete(key.partition)
  }
}

function collectionText(tenant: string, collection: string): string {
  return `${tenant}\x1f${collection}`
}

function plainKey({ tenant, collection, partition, sort }: Key): Key {
  return { tenant, collection, partition, sort }
}

export function expired(row: Row, now: number): boolean {
  return row.expires !== undefined && row.expires <= now
}

/** A copy that shares nothing, with a row's own fields only, as a database would give it. */
export function cloneRow(row: Row): Row {
  const { tenant, collection, partition, sort, version, schema, expires, index, sealed, lists } = row
  return {
    tenant,
    collection,
    partition,
    sort,
    version,
    schema,
    ...(expires === undefined ? {} : { expires }),
    index: JSON.parse(JSON.stringify(index)) as JsonObject,
    sealed: Object.fromEntries(Object.entries(sealed).map(([field, bytes]) => [field, new Uint8Array(bytes)])),
    lists: lists.map((entry) => entry && { group: entry.group, order: entry.order }),
  }
}

/** Keys are ASCII, so that the order of characters is the order of bytes. */
export function byBytes(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
