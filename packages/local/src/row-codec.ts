import { InvalidInputError, type Key, type ListEntry, type NewRow, type Row } from '@plinth/core'
import type { Field } from './database/operation.ts'

const separator = '\x1f'

/** The columns of a stored row. */
export interface StoredRow {
  readonly key: string
  readonly version: number
  readonly schema: number
  readonly expires: number | null
  readonly plain: string
  readonly sealed: Uint8Array | null
  readonly list0: string | null
  readonly list1: string | null
  readonly list2: string | null
}

export const rowColumns = 'key, version, schema, expires, plain, sealed, list0, list1, list2'

/** Appends a row in the form that it has in a commit. @returns what {@link decodeRow} will find, but for the version. */
export function encodeRow(
  fields: Field[],
  key: string,
  row: NewRow,
  plain: string,
  ifVersion: number,
): Omit<StoredRow, 'version'> {
  const stored = {
    key,
    schema: row.schema,
    expires: row.expires ?? null,
    plain,
    sealed: packSealed(row.sealed),
    list0: listText(row, row.lists[0]),
    list1: listText(row, row.lists[1]),
    list2: listText(row, row.lists[2]),
  }
  const { schema, expires, sealed, list0, list1, list2 } = stored
  fields.push(key, ifVersion, schema, expires, plain, sealed, list0, list1, list2)
  return stored
}

function listText(row: NewRow, entry: ListEntry | null | undefined): string | null {
  if (!entry) return null
  return `${listPrefix(row.tenant, row.collection, entry.group)}${entry.order}${separator}${row.partition}${separator}${row.sort}`
}

export function decodeRow(stored: StoredRow, key: Key = keyOf(stored.key)): Row {
  const { tenant, collection, partition, sort } = key
  return {
    tenant,
    collection,
    partition,
    sort,
    version: stored.version,
    schema: stored.schema,
    ...(stored.expires === null ? {} : { expires: stored.expires }),
    index: JSON.parse(stored.plain) as Row['index'],
    sealed: unpackSealed(stored.sealed),
    lists: decodeLists(stored),
  }
}

function keyOf(text: string): Key {
  const [tenant = '', collection = '', partition = '', sort = ''] = text.split(separator)
  return { tenant, collection, partition, sort }
}

/** What every entry of a list's group begins with. */
export function listPrefix(tenant: string, collection: string, group: string): string {
  return `${tenant}${separator}${collection}${separator}${group}${separator}`
}

/** Where a page of a list ended: the entry without its {@link listPrefix}, which the next query brings itself. */
export function listPlace(stored: StoredRow, list: number, prefix: string): string {
  return ([stored.list0, stored.list1, stored.list2][list] ?? '').slice(prefix.length)
}

/** What a tenant's keys begin with. */
export function tenantPrefix(tenant: string): string {
  return tenant + separator
}

/** Whose a key is, as {@link tenantPrefix} has it. */
export function tenantPrefixOf(key: string): string {
  return key.slice(0, key.indexOf(separator) + 1)
}

/** What a collection's keys begin with. */
export function collectionPrefix(tenant: string, collection: string): string {
  return `${tenant}${separator}${collection}${separator}`
}

/** What a partition's keys begin with. */
export function partitionPrefix(key: Omit<Key, 'sort'>): string {
  return `${key.tenant}${separator}${key.collection}${separator}${key.partition}${separator}`
}

/** The first text behind all that begin with `prefix`; keys hold nothing above `~`. */
export function prefixEnd(prefix: string): string {
  return `${prefix}\x7f`
}

export function checkPlace(after: string | undefined): string {
  if (after !== undefined && after.split(separator).length !== 3)
    throw new InvalidInputError('There is no such place.', { field: 'after' })
  return after ?? ''
}

function decodeLists({ list0, list1, list2 }: StoredRow): (ListEntry | null)[] {
  const lists: (ListEntry | null)[] = []
  for (const [list, text] of [list0, list1, list2].entries()) {
    if (text === null) continue
    while (lists.length < list) lists.push(null)
    const [, , group = '', order = ''] = text.split(separator)
    lists.push({ group, order })
  }
  return lists
}

// Each field: length of the name (1 byte), name, length of the content (4 bytes), content.
function packSealed(sealed: NewRow['sealed']): Uint8Array | null {
  let size = 0
  for (const name in sealed) size += 5 + Buffer.byteLength(name) + (sealed[name]?.byteLength ?? 0)
  if (size === 0) return null
  // Memory of its own: a view into Node's shared pool would cross to the other thread with the whole pool.
  const packed = Buffer.from(new ArrayBuffer(size))
  let at = 0
  for (const name in sealed) {
    const content = sealed[name] ?? new Uint8Array(0)
    const length = packed.write(name, at + 1)
    packed[at] = length
    at = packed.writeUInt32BE(content.byteLength, at + 1 + length)
    packed.set(content, at)
    at += content.byteLength
  }
  return new Uint8Array(packed.buffer)
}

function unpackSealed(packed: Uint8Array | null): Record<string, Uint8Array> {
  const sealed: Record<string, Uint8Array> = {}
  if (!packed) return sealed
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  for (let at = 0; at < bytes.byteLength; ) {
    const name = bytes.toString('utf8', at + 1, at + 1 + bytes.readUInt8(at))
    at += 1 + bytes.readUInt8(at)
    const length = bytes.readUInt32BE(at)
    sealed[name] = packed.slice(at + 4, at + 4 + length)
    at += 4 + length
  }
  return sealed
}
