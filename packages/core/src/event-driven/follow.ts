import { untilNextLook } from '../define/look-again.ts'
import type { ServerEvent } from '../define/route.ts'
import { timestamp } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'
import { showRequest } from './forms.ts'
import { getRequest } from './manage.ts'
import { readProgress, streamId } from './progress.ts'
import type { RequestFields, RequestRecord } from './requests.ts'
import type { TimelineEntry } from './timeline.ts'

/**
 * A request's progress from behind an id: `status` for each entry of its timeline, `token` for the text that a start brought,
 * at the end `done`, or `error` when it failed, was cancelled or expired, with the whole request. The tokens since the last
 * `started` are, joined, the result's text. Ids ({@link streamId}) are kept, so that a follower that was cut off goes on where it was.
 */
export async function* followRequest(
  scope: Uses<'state'>,
  requestId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for (let seen = after; !signal.aborted; await untilNextLook(scope, signal)) {
    const record = await getRequest(scope, requestId)
    for await (const event of newEvents(scope, record, seen)) {
      seen = event.id
      yield event
    }
    const { status, timeline } = record.fields
    if (status === 'processing') continue
    if (!isTold(record.fields, after))
      yield {
        id: closingId(timeline),
        event: status === 'completed' ? 'done' : 'error',
        data: await showRequest(scope.caller.tenant, record),
      }
    return
  }
}

/** Whether a request has ended, and its last event is that one: nothing follows. */
export function isTold({ status, timeline }: RequestFields, id: number): boolean {
  return status !== 'processing' && id >= closingId(timeline)
}

function closingId(timeline: readonly TimelineEntry[]): number {
  return streamId(timeline.at(-1)?.number ?? 0, 1)
}

async function* newEvents(scope: Uses<'state'>, record: RequestRecord, after: number): AsyncGenerator<ServerEvent> {
  const { request_id, timeline } = record.fields
  let seen = after
  for (const [index, { number, at, ...entry }] of timeline.entries()) {
    const id = streamId(number)
    if (id > seen) yield { id, event: 'status', data: { request_id, ...entry, at: timestamp(at) } }
    seen = Math.max(seen, id)
    const next = timeline[index + 1]
    if (entry.type !== 'started' || (next && seen >= streamId(next.number))) continue
    for await (const { end, text } of newTexts(scope, record, number, next, seen - id)) {
      seen = streamId(number, end)
      yield { id: seen, event: 'token', data: { request_id, text } }
    }
  }
}

/** What came of a start's text behind an offset, up to what is known now; all of it, when it is the request's result. */
async function* newTexts(
  scope: Uses<'state'>,
  record: RequestRecord,
  start: number,
  next: TimelineEntry | undefined,
  offset: number,
): AsyncGenerator<{ readonly end: number; readonly text: string }> {
  if (next?.type === 'completed') {
    const text = (await record.open('result')) ?? ''
    if (text.length > offset) yield { end: text.length, text: text.slice(offset) }
    return
  }
  let seen = offset
  for await (const { end, text } of readProgress(scope, record.fields.request_id, start, offset)) {
    // A piece that was lost in a power cut leaves a gap: what is behind it comes with the result.
    if (end - text.length > seen) return
    yield { end, text: text.slice(seen - (end - text.length)) }
    seen = end
  }
}
