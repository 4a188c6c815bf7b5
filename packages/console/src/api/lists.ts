import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import { get, pathOf } from './client.ts'

/** A page of a list, newest first unless its path says otherwise. */
export interface ListPage<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

export type ListQuery<Item> = UseInfiniteQueryResult<InfiniteData<ListPage<Item>>>

/** Milliseconds until it is asked for anew; may depend on what is in it. */
type Interval<Item> =
  | number
  | false
  | ((query: { readonly state: { readonly data: InfiniteData<ListPage<Item>> | undefined } }) => number | false)

/**
 * A list of the API, page after page.
 * @param query further parameters of the list; part of its key.
 */
export function useList<Item>(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
  options: { readonly limit?: number; readonly refetchInterval?: Interval<Item>; readonly enabled?: boolean } = {},
): ListQuery<Item> {
  const { limit = 50, ...rest } = options
  return useInfiniteQuery({
    queryKey: [path, query, limit],
    queryFn: ({ pageParam, signal }) => get<ListPage<Item>>(pathOf(path, [], { ...query, limit, after: pageParam }), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    ...rest,
  })
}

/** Asks for the next page, but not while something is on its way, which would begin anew, nor again for one that failed. */
export function loadMore<Item>(query: ListQuery<Item>): void {
  if (query.hasNextPage && !query.isFetching && !query.isFetchNextPageError) void query.fetchNextPage()
}

/** What was loaded of a list so far. */
export function itemsOf<Item>(query: ListQuery<Item>): readonly Item[] {
  return query.data?.pages.flatMap(({ items }) => items) ?? []
}
