import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Clock, Page, Row, TenantRows } from '@plinth/core'
import { checkPlace, collectionPrefix, decodeRow, prefixEnd, rowColumns, type StoredRow, tenantPrefix } from './row-codec.ts'

/** A page ends when it holds so much, however few rows that are. */
const pageBytes = 1024 * 1024

/** Reads a tenant's rows in the order of their keys. */
export class TenantRowReader {
  readonly #clock: Clock
  readonly #read: StatementSync

  constructor(reader: DatabaseSync, clock: Clock) {
    this.#clock = clock
    this.#read = reader.prepare(
      `SELECT ${rowColumns} FROM record WHERE key > ? AND key < ? AND (expires IS NULL OR expires > ?) ORDER BY key`,
    )
  }

  page(tenant: string, { after, limit }: TenantRows): Page<Row> {
    const prefix = tenantPrefix(tenant)
    const found = this.#read.iterate(prefix + checkPlace(after), prefixEnd(prefix), this.#clock.now())
    const items: Row[] = []
    let bytes = 0
    let last = ''
    for (const stored of found as Iterable<unknown> as Iterable<StoredRow>) {
      if (items.length === limit || bytes >= pageBytes) return { items, after: last.slice(prefix.length) }
      items.push(decodeRow(stored))
      bytes += stored.plain.length + (stored.sealed?.byteLength ?? 0)
      last = stored.key
    }
    return { items }
  }
}

/** The keys between which a tenant's rows lie, but for those of the collections to keep. */
export function rangesOf(tenant: string, keep: readonly string[]): readonly (readonly [from: string, to: string])[] {
  const ranges: (readonly [string, string])[] = []
  let from = tenantPrefix(tenant)
  for (const kept of keep.map((collection) => collectionPrefix(tenant, collection)).sort()) {
    ranges.push([from, kept])
    from = prefixEnd(kept)
  }
  return [...ranges, [from, prefixEnd(tenantPrefix(tenant))]]
}
