import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { get, pathOf } from '../../api/client.ts'
import type { ListPage } from '../../api/lists.ts'
import { useLive } from '../../api/live.ts'
import type { Filters } from './filters.ts'
import { type Ended, endedBy, rowsOf, withNewest } from './merge-rows.ts'
import { type LogEvent, listPath, type RequestRow } from './request.ts'

/** Soon there; whoever looks further down has far to go. */
const firstPageSize = 100
const pageSize = 500
const newestSize = 100
/** However many events come, the list changes so often. Milliseconds. */
const pace = 700
/** What no event tells of, such as another attempt, is seen so late. */
const lookAgain = 5_000
/** The same where texts are opened to be looked through. */
const lookAgainInTexts = 15_000
/** A sparse search goes on by itself until it has so many. */
const enoughFound = 40

type Pages = InfiniteData<ListPage<RequestRow>, string | undefined>

export interface Requests {
  readonly rows: readonly RequestRow[]
  readonly error: Error | null
  readonly isLoading: boolean
  /** What is shown is still what was asked for before. */
  readonly isChanging: boolean
  readonly isLoadingMore: boolean
  readonly hasMore: boolean
  readonly loadMore: () => void
  readonly retry: () => void
}

/**
 * The requests that are asked for, newest first, live: what events tell changes the rows that they are about, and while `follows` the newest
 * are put in front.
 */
export function useRequests(filters: Filters, follows: boolean): Requests {
  const queries = useQueryClient()
  const key = useMemo(() => [listPath, 'pages', filters], [filters])
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      get<ListPage<RequestRow>>(
        pathOf(listPath, [], { ...filters, limit: pageParam === undefined ? firstPageSize : pageSize, after: pageParam }),
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    // All pages anew would be many calls: the newest are asked for by themselves.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: lookAgain,
    placeholderData: keepPreviousData,
  })
  const isThere = list.data !== undefined && !list.isPlaceholderData
  const newest = useQuery({
    queryKey: [listPath, 'newest', filters],
    queryFn: ({ signal }) => get<ListPage<RequestRow>>(pathOf(listPath, [], { ...filters, limit: newestSize }), signal),
    enabled: follows && isThere,
    refetchInterval: filters.text === undefined ? lookAgain : lookAgainInTexts,
    gcTime: 0,
  })
  useEffect(() => {
    const page = newest.data
    if (page && isThere)
      queries.setQueryData<Pages>(key, (before) => {
        if (!before) return before
        const pages = [...withNewest(before.pages, page, newestSize)]
        return { pages, pageParams: before.pageParams.slice(0, pages.length) }
      })
  }, [newest.data, isThere, key, queries])

  const isCheap = filters.text === undefined
  const lookNow = useCallback(() => {
    if (isCheap) void queries.invalidateQueries({ queryKey: [listPath, 'newest'] })
  }, [isCheap, queries])
  const ended = useEnds(lookNow)
  const rows = useMemo(() => rowsOf(list.data?.pages ?? [], ended, filters.status), [list.data, ended, filters.status])

  const { hasNextPage, isFetching, isFetchNextPageError: failed, fetchNextPage } = list
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetching && !failed) void fetchNextPage()
  }, [hasNextPage, isFetching, failed, fetchNextPage])
  useEffect(() => {
    if (rows.length < enoughFound) loadMore()
  }, [rows.length, loadMore])
  return {
    rows,
    error: list.error ?? newest.error,
    isLoading: list.isPending,
    isChanging: list.isPlaceholderData,
    isLoadingMore: list.isFetchingNextPage,
    hasMore: hasNextPage,
    loadMore,
    retry: () => void (failed ? fetchNextPage() : list.refetch()),
  }
}

/** How requests ended since the page was opened. @param onNews told at a bounded pace that something happened. */
function useEnds(onNews: () => void): ReadonlyMap<string, Ended> {
  const [ended, setEnded] = useState<ReadonlyMap<string, Ended>>(new Map())
  const waiting = useRef(new Map<string, Ended>())
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  useLive('/api/events/stream', ({ event, data }) => {
    if (!event.startsWith('genai.request.')) return
    const told = data as LogEvent
    const end = endedBy(told)
    if (end) waiting.current.set(told.subject, end)
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      const news = waiting.current
      waiting.current = new Map()
      if (news.size > 0) setEnded((before) => new Map([...before, ...news].slice(-mostRemembered)))
      onNews()
    }, pace)
  })
  return ended
}

const mostRemembered = 20_000
