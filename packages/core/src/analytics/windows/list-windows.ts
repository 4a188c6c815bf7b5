import { fromCursor, toCursor, wrongCursor } from '../../define/forms.ts'
import type { StoredRecord } from '../../scope/record.ts'
import type { Uses } from '../../scope/scope.ts'
import type { WindowResult } from './window.ts'
import { unpackResults } from './window-form.ts'
import { orderOf, sliceGroup, slicesOf, type WindowLists, type WindowRowFields, windowRows } from './window-rows.ts'

export interface WindowQuery {
  readonly stream: string
  readonly key?: string | undefined
  /** A window's name. */
  readonly window?: string | undefined
  /** Only windows that begin then or later: milliseconds UTC. */
  readonly from?: number | undefined
  /** Only windows that begin before. */
  readonly to?: number | undefined
  /** Results: 1–1000. */
  readonly limit: number
  /** The `next_cursor` of the page before, of the same query. */
  readonly after?: string | undefined
}

type WindowRow = StoredRecord<WindowRowFields, { results: string }>

const rowsAtATime = 20
/** A page looks at no more rows than this. */
const mostRows = 500

/** Behind so many matching results of the row at `order`; and for each source where the page begins that has its next row. */
type Position = readonly [order: string, taken: number, ...starts: (string | null)[]]

/**
 * The results of closed windows, newest first: those of one key in strict order; those of several keys so within a page, and page by page as
 * windows were closed together. A page that looked at 500 rows ends there, perhaps with fewer than `limit`, and a cursor.
 * @throws InvalidInputError for a cursor of another list.
 */
export async function listWindows(
  scope: Uses<'state'>,
  query: WindowQuery,
): Promise<{ readonly items: readonly WindowResult[]; readonly next_cursor: string | null }> {
  const { stream, key, limit, after } = query
  const groups = key === undefined ? [stream] : slicesOf(key).map((slice) => sliceGroup(stream, slice))
  const [from, before, ...starts] = after === undefined ? [undefined, 0] : positionOf(after, groups.length)
  const list = key === undefined ? 'time' : 'slice'
  const sources = groups.map((group, at) => new NewestRows(scope, list, group, { from, start: starts[at] ?? undefined }))
  const items: WindowResult[] = []
  for (let looked = 1; ; looked++) {
    const source = await newest(sources)
    const row = await source?.first()
    if (!source || !row || row.fields.to <= (query.from ?? Number.NEGATIVE_INFINITY))
      return { items: newestFirst(items), next_cursor: null }
    const order = orderOf(row.fields)
    const taken = order === from ? before : 0
    const found = mayHold(row.fields, query) ? await resultsOf(row, query) : []
    const wanted = found.slice(taken, taken + limit - items.length)
    items.push(...wanted)
    if (items.length === limit || looked === mostRows) {
      const position: Position = [order, taken + wanted.length, ...sources.map(({ start }) => start ?? null)]
      return { items: newestFirst(items), next_cursor: toCursor(JSON.stringify(position)) }
    }
    source.drop()
  }
}

/** Rows hold the windows of some keys each, which overlap in time. */
function newestFirst(items: readonly WindowResult[]): readonly WindowResult[] {
  return items.toSorted((one, other) => other.start - one.start)
}

/** The rows of one list, newest first. */
class NewestRows {
  /** Where the page begins that its first row is on. */
  start: string | undefined
  readonly #scope: Uses<'state'>
  readonly #list: WindowLists
  readonly #group: string
  readonly #from: string | undefined
  #rows: readonly WindowRow[] = []
  #at = 0
  #next: string | undefined
  #isRead = false

  /** @param place.from the first order that is wanted; @param place.start the page to look for it. */
  constructor(
    scope: Uses<'state'>,
    list: WindowLists,
    group: string,
    place: { readonly from: string | undefined; readonly start: string | undefined },
  ) {
    this.#scope = scope
    this.#list = list
    this.#group = group
    this.#from = place.from
    this.#next = place.start
  }

  async first(): Promise<WindowRow | undefined> {
    while (this.#at >= this.#rows.length && !(this.#isRead && this.#next === undefined)) await this.#read()
    return this.#rows[this.#at]
  }

  drop(): void {
    this.#at++
  }

  async #read(): Promise<void> {
    const { state } = this.#scope
    const query = { group: this.#group, descending: true, limit: rowsAtATime }
    const page = await state.list(windowRows, this.#list, {
      ...query,
      ...(this.#next === undefined ? {} : { after: this.#next }),
    })
    const from = this.#from
    this.#rows = from === undefined ? page.items : page.items.filter(({ fields }) => orderOf(fields) <= from)
    this.#at = 0
    this.start = this.#next
    this.#next = page.after
    this.#isRead = true
  }
}

/** The source whose next row is the newest. */
async function newest(sources: readonly NewestRows[]): Promise<NewestRows | undefined> {
  let best: { readonly source: NewestRows; readonly order: string } | undefined
  for (const source of sources) {
    const row = await source.first()
    const order = row && orderOf(row.fields)
    if (order !== undefined && (!best || order > best.order)) best = { source, order }
  }
  return best?.source
}

function mayHold({ windows, from }: WindowRowFields, query: WindowQuery): boolean {
  return (query.window === undefined || windows.includes(query.window)) && (query.to === undefined || from < query.to)
}

async function resultsOf(row: WindowRow, query: WindowQuery): Promise<readonly WindowResult[]> {
  const results = unpackResults((await row.open('results')) ?? '[]')
  const { key, window, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query
  return results
    .filter((result) => (key === undefined || result.key === key) && (window === undefined || result.window === window))
    .filter(({ start }) => start >= from && start < to)
    .reverse()
}

function positionOf(cursor: string, sources: number): Position {
  try {
    const position = JSON.parse(fromCursor(cursor) ?? '') as Position
    const [order, taken, ...starts] = position
    const isSound = typeof order === 'string' && Number.isSafeInteger(taken) && taken >= 0 && starts.length === sources
    if (isSound && starts.every((start) => start === null || typeof start === 'string')) return position
  } catch {
    // Said below.
  }
  throw wrongCursor()
}
