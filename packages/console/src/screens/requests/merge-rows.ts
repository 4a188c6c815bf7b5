import type { ListPage } from '../../api/lists.ts'
import type { Failure, LogEvent, RequestRow, Status, Usage } from './request.ts'

type Pages = readonly ListPage<RequestRow>[]

/**
 * The pages of a list with its newest page put in front: each request once, as it was told last.
 * @param limit how many the newest page was asked for.
 */
export function withNewest(pages: Pages, newest: ListPage<RequestRow>, limit: number): Pages {
  if (newest.next_cursor === null || pages.length === 0) return [newest]
  const fresh = new Set(newest.items.map(({ request_id }) => request_id))
  const isKnown = pages.some(({ items }) => items.some(({ request_id }) => fresh.has(request_id)))
  // A whole page of which nothing was known: what lies between isn't known either.
  if (!isKnown && newest.items.length >= limit) return [newest]
  const oldest = newest.items.at(-1)?.accepted_at
  // What is as new as those, and isn't among them, is no longer what is asked for.
  const remains = ({ request_id, accepted_at }: RequestRow): boolean =>
    !fresh.has(request_id) && (oldest === undefined || accepted_at <= oldest)
  return pages.map((page, index) => {
    const items = page.items.filter(remains)
    return { ...page, items: index === 0 ? [...newest.items, ...items] : items }
  })
}

/** How a request ended, as its event told it. */
export type Ended = Pick<RequestRow, 'status' | 'ended_at' | 'usage' | 'error'>

/** @returns undefined for events of another kind. */
export function endedBy({ type, time, detail }: LogEvent): Ended | undefined {
  if (type === 'genai.request.completed')
    return { status: 'completed', ended_at: time, usage: detail.usage as Usage, error: null }
  if (type !== 'genai.request.failed') return undefined
  const status: Status = detail.status === 'cancelled' ? 'cancelled' : 'failed'
  return { status, ended_at: time, usage: null, error: detail.error as Failure }
}

/** The rows of all pages, with what events told since they were loaded. */
export function rowsOf(pages: Pages, ended: ReadonlyMap<string, Ended>, status: Status | undefined): readonly RequestRow[] {
  const rows = pages.flatMap(({ items }) => items).map((row) => withEnd(row, ended.get(row.request_id)))
  return status === undefined ? rows : rows.filter((row) => row.status === status)
}

function withEnd(row: RequestRow, end: Ended | undefined): RequestRow {
  // A redrive began after that end, or the row knows of it already.
  if (end?.ended_at == null || row.status !== 'processing') return row
  const since = row.timeline.findLast(({ type }) => type === 'redriven')?.at ?? row.accepted_at
  return end.ended_at < since ? row : { ...row, ...end, usage: end.usage ?? row.usage }
}
