import type { ServerEvent } from '../define/route.ts'
import { sleep, timestamp } from '../ports/clock.ts'
import { envelope } from '../ports/event-bus.ts'
import type { Uses } from '../scope/scope.ts'
import { showRequest } from './forms.ts'
import { getRequest } from './manage.ts'

/** How often a follower looks again, milliseconds. */
const every = 250
const eventsAtATime = 100

/**
 * A request's progress from behind a number: `status` for each entry of its timeline, at the end `done`, or `error` when it
 * failed or was cancelled, with the whole request. Numbers are kept, so that a follower that was cut off goes on where it was.
 */
export async function* followRequest(
  scope: Uses<'state'>,
  requestId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for (let seen = after; !signal.aborted; await pause(scope, signal)) {
    const record = await getRequest(scope, requestId)
    const { status, timeline } = record.fields
    for (const { number, at, ...entry } of timeline) {
      if (idOf(number) <= seen) continue
      seen = idOf(number)
      yield { id: seen, event: 'status', data: { request_id: requestId, ...entry, at: timestamp(at) } }
    }
    if (status === 'processing') continue
    const last = idOf(timeline.at(-1)?.number ?? 0) + 1
    if (last > after)
      yield { id: last, event: status === 'completed' ? 'done' : 'error', data: await showRequest(scope.caller.tenant, record) }
    return
  }
}

/** Even numbers for entries, so that what closes a round has the odd one behind its last entry, and no other ever gets it. */
function idOf(number: number): number {
  return number * 2
}

/** The tenant's events from behind a sequence, as they come. */
export async function* followEvents(
  scope: Uses<'state'>,
  after: number,
  type: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for (let seen = after; !signal.aborted; ) {
    const found = await scope.state.events({ after: seen, limit: eventsAtATime, ...(type === undefined ? {} : { type }) })
    for (const event of found) {
      seen = event.sequence
      yield { id: event.sequence, event: event.type, data: envelope(event) }
    }
    if (found.length < eventsAtATime) await pause(scope, signal)
  }
}

/** The sequence of the newest event, 0 when there is none: found by doubling and halving, since sequences have no gaps. */
export async function newestSequence(scope: Uses<'state'>): Promise<number> {
  const beyond = async (after: number): Promise<boolean> => (await scope.state.events({ after, limit: 1 })).length === 0
  let high = 1
  while (!(await beyond(high))) high *= 2
  let low = Math.floor(high / 2)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await beyond(middle)) high = middle
    else low = middle + 1
  }
  return high
}

/** Ends early, without an error, when the follower is gone. */
function pause(scope: Uses<never>, signal: AbortSignal): Promise<void> {
  return sleep(scope.clock, every, signal).catch(() => {})
}
