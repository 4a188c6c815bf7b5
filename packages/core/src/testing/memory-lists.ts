import { InvalidInputError } from '../errors.ts'
import type { ListQuery, Page, Row } from '../ports/state-store.ts'

/** Where a row is in a list: its order there, then its key. */
type Position = readonly [order: string, partition: string, sort: string]

/** A page of a list over these rows, in any order, of the query's tenant and collection. */
export function pageOf(rows: readonly Row[], query: ListQuery): Page<Row> {
  const direction = query.descending ? -1 : 1
  const after = query.after === undefined ? undefined : parse(query.after, marks(query))
  const found: { readonly row: Row; readonly position: Position }[] = []
  for (const row of rows) {
    const entry = row.lists[query.list]
    if (entry?.group !== query.group) continue
    const position: Position = [entry.order, row.partition, row.sort]
    if (after === undefined || direction * compare(position, after) > 0) found.push({ row, position })
  }
  found.sort((left, right) => direction * compare(left.position, right.position))
  const items = found.slice(0, query.limit)
  const last = items.at(-1)
  const more = last !== undefined && found.length > items.length
  return { items: items.map(({ row }) => row), ...(more ? { after: format(last.position, marks(query)) } : {}) }
}

function compare(left: Position, right: Position): number {
  for (const [index, part] of left.entries()) {
    const other = right[index] ?? ''
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}

/** What a place belongs to: one from another list, group or direction isn't taken. */
function marks(query: ListQuery): string {
  return JSON.stringify([query.collection, query.list, query.group, query.descending === true])
}

function format(position: Position, list: string): string {
  return btoa(JSON.stringify([...position, list]))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function parse(after: string, list: string): Position {
  let parts: unknown
  try {
    parts = JSON.parse(atob(after.replaceAll('-', '+').replaceAll('_', '/')))
  } catch {
    parts = undefined
  }
  if (Array.isArray(parts) && parts.length === 4 && parts.every((part) => typeof part === 'string')) {
    const [order = '', partition = '', sort = '', of] = parts as string[]
    if (of === list) return [order, partition, sort]
  }
  throw new InvalidInputError('The list can only be continued with what its last page gave.', { field: 'after' })
}
