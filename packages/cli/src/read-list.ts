import { InvalidInputError } from '@plinth/core'
import type { Client } from './client.ts'

export interface List<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

const longestPage = 1_000

/**
 * Reads a list of a server page by page, until it has so many items.
 * @param filter more of the query, such as `status=failed`.
 */
export async function readList<Item>(
  client: Pick<Client, 'call'>,
  path: string,
  limit: number,
  filter = '',
): Promise<List<Item>> {
  const items: Item[] = []
  let after: string | null = null
  do {
    const query = new URLSearchParams(filter)
    query.set('limit', String(Math.min(longestPage, limit - items.length)))
    if (after !== null) query.set('after', after)
    const page = (await client.call('GET', `${path}?${query}`)) as List<Item>
    items.push(...page.items)
    after = page.next_cursor
  } while (after !== null && items.length < limit)
  return { items, next_cursor: after }
}

/** The value of `--limit`. */
export function limitOf(text: string): number {
  const limit = Number(text)
  if (/^\d{1,7}$/.test(text) && limit > 0) return limit
  throw new InvalidInputError('--limit must be a whole number above 0.', { field: 'limit' })
}

/** Below a list that has more. */
export function moreWords(list: List<unknown>): string[] {
  return list.next_cursor === null ? [] : ['There are more: --limit shows more.']
}
