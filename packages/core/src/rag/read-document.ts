/** What of a document is found: its text, and the chunks that it was cut into. @module */
import { toCursor, wrongCursor } from '../define/forms.ts'
import { NotFoundError } from '../errors.ts'
import type { Uses } from '../scope/scope.ts'
import { type DocumentRecord, getDocument, mayRead } from './access.ts'
import { revisionPlace } from './documents.ts'
import type { StretchQuery } from './forms.ts'
import { pageNumbers } from './page-numbers.ts'
import { allText, chunksFrom, readText } from './text.ts'

/** The text that offsets index, or a stretch of it. @throws NotFoundError, also for a document that was never read. */
export async function documentText(scope: Uses<'state'>, id: string, { start = 0, end }: StretchQuery): Promise<string> {
  const { record, place } = await readable(scope, id)
  if (start > 0 || end !== undefined) {
    const { characters } = record.fields
    return readText(scope, place, start, Math.max(start, Math.min(end ?? characters, characters)))
  }
  let text = ''
  for await (const block of allText(scope, place)) text += block
  return text
}

export interface ShownChunk {
  readonly ordinal: number
  readonly start: number
  readonly end: number
  readonly content: string
  readonly context: string
  readonly page?: number
}

/** A page of its chunks, in the order of the text. @throws NotFoundError; InvalidInputError for a cursor that is none. */
export async function documentChunks(
  scope: Uses<'state'>,
  id: string,
  { limit, after }: { readonly limit: number; readonly after?: string },
): Promise<{ readonly items: readonly ShownChunk[]; readonly next_cursor: string | null }> {
  const { record, place } = await readable(scope, id)
  if (after !== undefined && !/^\d{1,9}$/.test(after)) throw wrongCursor()
  const first = after === undefined ? 0 : Number(after) + 1
  const pageAt = await pageNumbers(record)
  const chunks = await chunksFrom(scope, place, first, limit)
  const items = await Promise.all(
    chunks.map(async ({ start, end, context }, index) => {
      const page = pageAt(start)
      const content = await readText(scope, place, start, end)
      return { ordinal: first + index, start, end, content, context, ...(page === undefined ? {} : { page }) }
    }),
  )
  const last = first + items.length - 1
  const isMore = items.length === limit && last + 1 < record.fields.chunks_count
  return { items, next_cursor: toCursor(isMore ? String(last) : undefined) }
}

async function readable(scope: Uses<'state'>, id: string): Promise<{ readonly record: DocumentRecord; readonly place: string }> {
  const record = await getDocument(scope, id)
  const { document_id, live } = record.fields
  if (live === undefined || !(await mayRead(scope, record))) throw new NotFoundError('text')
  return { record, place: revisionPlace(document_id, live) }
}
