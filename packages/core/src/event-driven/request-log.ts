import type { StoredEvent } from '../ports/state-store.ts'
import { firstSequenceSince, newestSequence } from '../scope/event-log.ts'
import type { Uses } from '../scope/scope.ts'
import type { RequestFields } from './requests.ts'
import type { TimelineEntry } from './timeline.ts'

/** What the log tells of: the rest of a timeline is the worker's own business. */
const told: ReadonlySet<TimelineEntry['type']> = new Set(['received', 'completed', 'failed', 'cancelled', 'expired'])
/** An event has the time of its commit, a moment after its timeline's; so many others may lie between. */
const nearby = 1_000

/** The events that tell of a request, oldest first, found by the times of its timeline; those that the log has no more are left out. */
export async function eventsOf(scope: Uses<'state'>, { request_id, timeline }: RequestFields): Promise<readonly StoredEvent[]> {
  const newest = await newestSequence(scope)
  const found = new Map<number, StoredEvent>()
  for (const { at, type } of timeline) {
    if (!told.has(type)) continue
    const first = await firstSequenceSince(scope, at, newest)
    const events = await scope.state.events({ after: first - 1, limit: nearby })
    const event = events.find(({ subject, sequence }) => subject === request_id && !found.has(sequence))
    if (event) found.set(event.sequence, event)
  }
  return [...found.values()].toSorted((one, other) => one.sequence - other.sequence)
}
