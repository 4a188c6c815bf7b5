import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { changeLimits, type JsonValue, type Key, type ListEntry, type NewRow, type Row } from '@plinth/core'
import { groupOf, type ItemKey, listIndex, listKey, parseRowKey, rowKey } from './table-keys.ts'

/**
 * An item of the table. Of a row: `v` version, `h` schema, `e` when it expires (milliseconds), `ttl` the same in seconds for
 * DynamoDB's own removal, `c` the change that wrote it, `f_…` plain fields, `s_…` sealed ones, `l0p`, `l0s`, … places in lists.
 */
export type Item = Record<string, AttributeValue>

/** What may be added to is a number of DynamoDB's own; everything else is JSON. */
const plainPrefix = 'f_'
const sealedPrefix = 's_'
/** DynamoDB's numbers end a little above this; larger ones are kept as JSON. */
const largestNumber = 1e125
const smallestNumber = 1e-125

export function plainName(field: string): string {
  return plainPrefix + field
}

export function keyItem({ pk, sk }: ItemKey): { readonly pk: AttributeValue.SMember; readonly sk: AttributeValue.SMember } {
  return { pk: { S: pk }, sk: { S: sk } }
}

export function numberValue(value: number): AttributeValue.NMember {
  return { N: String(value) }
}

/** @param change the change that writes it. */
export function rowItem(row: NewRow, version: number, change: string): Item {
  const item: Item = { ...keyItem(rowKey(row)), v: numberValue(version), h: numberValue(row.schema), c: { S: change } }
  if (row.expires !== undefined) Object.assign(item, expiryOf(row.expires))
  for (const [field, value] of Object.entries(row.index)) item[plainPrefix + field] = plainValue(value)
  for (const [field, bytes] of Object.entries(row.sealed)) item[sealedPrefix + field] = { B: bytes }
  for (const [list, entry] of row.lists.entries()) {
    if (!entry) continue
    const { partition, sort } = listIndex(list)
    item[partition] = { S: listKey(row, entry) }
    item[sort] = { S: entry.order }
  }
  return item
}

/** When a row expires, for readers and for DynamoDB. */
export function expiryOf(expires: number): { readonly e: AttributeValue; readonly ttl: AttributeValue } {
  return { e: numberValue(expires), ttl: numberValue(Math.ceil(expires / 1_000)) }
}

export function rowOf(item: Item): Row {
  const key = parseRowKey({ pk: text(item.pk), sk: text(item.sk) })
  const index: [string, JsonValue][] = []
  const sealed: [string, Uint8Array][] = []
  for (const [name, value] of Object.entries(item)) {
    if (name.startsWith(plainPrefix)) index.push([name.slice(plainPrefix.length), plainOf(value)])
    else if (name.startsWith(sealedPrefix)) sealed.push([name.slice(sealedPrefix.length), new Uint8Array(value.B ?? [])])
  }
  return {
    ...key,
    version: versionOf(item),
    schema: Number(item.h?.N),
    ...(item.e?.N === undefined ? {} : { expires: Number(item.e.N) }),
    index: Object.fromEntries(index),
    sealed: Object.fromEntries(sealed),
    lists: listsOf(item, key),
  }
}

export function versionOf(item: Item): number {
  return Number(item.v?.N)
}

/** Whether a row's time is over: it counts as absent then. */
export function isExpired(item: Item, now: number): boolean {
  return item.e?.N !== undefined && Number(item.e.N) <= now
}

export function text(value: AttributeValue | undefined): string {
  return value?.S ?? ''
}

function plainValue(value: JsonValue | undefined): AttributeValue {
  if (typeof value !== 'number') return { S: JSON.stringify(value ?? null) }
  const size = Math.abs(value)
  return size === 0 || (size < largestNumber && size > smallestNumber) ? { N: String(value) } : { S: JSON.stringify(value) }
}

function plainOf(value: AttributeValue): JsonValue {
  return value.N === undefined ? (JSON.parse(text(value)) as JsonValue) : Number(value.N)
}

function listsOf(item: Item, key: Key): (ListEntry | null)[] {
  const lists: (ListEntry | null)[] = []
  for (let list = 0; list < changeLimits.lists; list++) {
    const { partition, sort } = listIndex(list)
    const [place, order] = [item[partition], item[sort]]
    if (!place || !order) continue
    while (lists.length < list) lists.push(null)
    lists.push({ group: groupOf(text(place), key), order: text(order) })
  }
  return lists
}
