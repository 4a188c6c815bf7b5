import { fromCursor, wrongCursor } from '../define/forms.ts'
import type { Uses } from '../scope/scope.ts'
import type { RequestListQuery } from './forms.ts'
import { type RequestRecord, requests } from './requests.ts'

/** So many are looked at for one page, and so many where their texts have to be opened for it. */
const mostLookedAt = 2_000
const mostOpened = 500

/**
 * A page of the requests that a query asks for, newest first. Status has a list of its own; whatever else is asked for is looked for in
 * the order of the list. That ends after a bounded number of requests: then the page may hold fewer than its limit, or none, and says
 * where to go on.
 * @throws InvalidInputError for a cursor that no list gave.
 */
export async function findRequests(
  scope: Uses<'state'>,
  query: RequestListQuery,
): Promise<{ readonly items: readonly RequestRecord[]; readonly after?: string | undefined }> {
  const { status, limit, after: cursor, model_id, priority, text } = query
  const isPlain = model_id === undefined && priority === undefined && text === undefined
  const items: RequestRecord[] = []
  let after = cursor === undefined ? undefined : fromCursor(cursor)
  if (cursor !== undefined && after === undefined) throw wrongCursor()
  for (let left = text === undefined ? mostLookedAt : mostOpened; ; ) {
    // As many as are missing: where the page is full, the cursor stands behind its last.
    const amount = isPlain ? limit : Math.min(limit - items.length, left)
    const page = await scope.state.list(requests, status === undefined ? 'created' : 'status', {
      ...(status === undefined ? {} : { group: status }),
      ...(after === undefined ? {} : { after }),
      limit: amount,
      descending: true,
    })
    for (const record of page.items) if (isPlain || (await isAskedFor(record, query))) items.push(record)
    after = page.after
    left -= amount
    if (isPlain || after === undefined || items.length === limit || left <= 0) return { items, after }
  }
}

async function isAskedFor(record: RequestRecord, { model_id, priority, text }: RequestListQuery): Promise<boolean> {
  const { fields } = record
  if (model_id !== undefined && fields.model_id !== model_id && fields.answered_by !== model_id) return false
  if (priority !== undefined && fields.priority !== priority) return false
  if (text === undefined) return true
  const wanted = text.toLowerCase()
  const has = (one: string | undefined): boolean => one?.toLowerCase().includes(wanted) ?? false
  const { request_id, user_id, correlation_id, error } = fields
  if ([request_id, user_id, correlation_id, error?.code, error?.message].some(has)) return true
  return has(await record.open('prompt')) || has(await record.open('result'))
}
