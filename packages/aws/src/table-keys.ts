import type { Key, ListEntry, ListQuery } from '@plinth/core'

/**
 * How keys lie in the table. Every partition key begins with the tenant and `#`, so that a policy with `dynamodb:LeadingKeys`
 * can hold whoever works for a tenant to its own items. Tenant and collection are escaped, so that parts never run into each other.
 *
 *     <tenant>#<collection>#<partition>   <sort>       a row
 *     <tenant>#<collection>#<group>       <order>      its place in a list, in that list's index
 *     <tenant>##events                    <sequence>   an event; no collection has an empty name
 *     <tenant>##sequence                  @            the tenant's last sequence
 *     <tenant>##jobs                      <id>         a job that the relay hasn't sent yet
 */
export interface ItemKey {
  readonly pk: string
  readonly sk: string
}

export function rowKey({ tenant, collection, partition, sort }: Key): ItemKey {
  return { pk: partitionKey(tenant, collection, partition), sk: sort }
}

export function partitionKey(tenant: string, collection: string, partition: string): string {
  return `${escapePart(tenant)}#${escapePart(collection)}#${partition}`
}

export function listKey({ tenant, collection }: Pick<Key, 'tenant' | 'collection'>, { group }: Pick<ListEntry, 'group'>): string {
  return partitionKey(tenant, collection, group)
}

export function groupOf(listPartition: string, key: Pick<Key, 'tenant' | 'collection'>): string {
  return listPartition.slice(partitionKey(key.tenant, key.collection, '').length)
}

export function parseRowKey({ pk, sk }: ItemKey): Key {
  const [tenant = '', collection = ''] = pk.split('#', 2)
  return {
    tenant: unescapePart(tenant),
    collection: unescapePart(collection),
    partition: pk.slice(tenant.length + collection.length + 2),
    sort: sk,
  }
}

export function eventsKey(tenant: string): string {
  return `${escapePart(tenant)}##events`
}

export function eventKey(tenant: string, sequence: number): ItemKey {
  return { pk: eventsKey(tenant), sk: sequenceText(sequence) }
}

/** Sequences as text, in their order: up to the largest whole number that JavaScript knows. */
export function sequenceText(sequence: number): string {
  return String(sequence).padStart(16, '0')
}

export function sequenceKey(tenant: string): ItemKey {
  return { pk: `${escapePart(tenant)}##sequence`, sk: '@' }
}

export function jobKey(tenant: string, id: string): ItemKey {
  return { pk: jobsKey(tenant), sk: id }
}

export function jobsKey(tenant: string): string {
  return `${escapePart(tenant)}##jobs`
}

/** What the partition keys of a tenant's items begin with, and those among them that are no rows. */
export function tenantPrefixes(tenant: string): { readonly all: string; readonly notRows: string } {
  return { all: `${escapePart(tenant)}#`, notRows: `${escapePart(tenant)}##` }
}

/** The names of a list's index and its attributes. */
export function listIndex(list: number): { readonly name: string; readonly partition: string; readonly sort: string } {
  return { name: `list${list}`, partition: `l${list}p`, sort: `l${list}s` }
}

/** The separator of places; below every character that a key may hold. */
const separator = '\x1f'

/** Where a page ended, for the next one. Holds nothing of the tenant, so a cursor can't lead elsewhere. */
export function cursorOf({ partition, sort }: Key, order: string): string {
  return [order, partition, sort].join(separator)
}

export function parseCursor(query: ListQuery, after: string): { readonly key: Key; readonly order: string } | undefined {
  const [order, partition, sort, ...more] = after.split(separator)
  if (!order || !partition || !sort || more.length > 0) return undefined
  return { key: { tenant: query.tenant, collection: query.collection, partition, sort }, order }
}

/** A place in the whole table, as it is read through. */
export function placeOf({ pk, sk }: ItemKey): string {
  return pk + separator + sk
}

export function parsePlace(place: string): ItemKey | undefined {
  const [pk, sk, ...more] = place.split(separator)
  return pk && sk && more.length === 0 ? { pk, sk } : undefined
}

function escapePart(part: string): string {
  return part.replace(/[%#]/g, (character) => (character === '%' ? '%25' : '%23'))
}

function unescapePart(part: string): string {
  return part.replaceAll('%23', '#').replaceAll('%25', '%')
}
