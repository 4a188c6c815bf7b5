/** What happened to a request, in order: the entries of its timeline, and how attempts stand in it. @module */
import type { RequestFields } from './requests.ts'

export interface TimelineEntry {
  /** Counts all entries, those that were dropped or moved included. */
  readonly number: number
  /** Milliseconds UTC. */
  readonly at: number
  readonly type:
    | 'received'
    | 'waiting'
    | 'started'
    | 'throttled'
    | 'retrying'
    | 'completed'
    | 'failed'
    | 'cancelled'
    | 'expired'
    | 'redriven'
  readonly attempt?: number
  /** A stable code or a wait; never content. */
  readonly detail?: string
}

export const longestTimeline = 100

/** The timeline with one more entry; the middle of a very long one is dropped, its beginning and end never. */
export function withEntry(timeline: readonly TimelineEntry[], entry: Omit<TimelineEntry, 'number'>): TimelineEntry[] {
  const kept = timeline.length < longestTimeline ? timeline : [...timeline.slice(0, 20), ...timeline.slice(21)]
  return [...kept, { number: (timeline.at(-1)?.number ?? 0) + 1, ...entry }]
}

/** One start of a request's work, as the worker knows it who made it. */
export interface Start {
  /** Milliseconds UTC. */
  readonly at: number
  /** How many deliveries of this round's job the queue knows to have been cut off before. */
  readonly cutOffs: number
  /** The number of the timeline's last entry when it was made. */
  readonly after: number
  /** Its place in the request's timeline, once it is kept there. */
  readonly kept?: { readonly number: number; readonly attempt: number }
}

/**
 * All starts of a request so far, this one not counted: those that are kept, and those that the queue knows to have been cut
 * off before they were. The starts of a round that no throttle and no fault ended were cut off, or still run.
 */
export function startsBefore({ attempts, attempts_before, throttled, faults }: RequestFields, cutOffs: number): number {
  const unended = attempts - attempts_before - throttled - faults
  return attempts + Math.max(0, cutOffs - unended)
}

/**
 * The fields with a start as the last entry of the timeline, as it must be when the start's end or its text follows: where
 * two workers have one job, the entries of one attempt stay together, and a start that is kept already moves behind the other's.
 */
export function withStart(fields: RequestFields, start: Start): RequestFields {
  const { at, kept } = start
  const { timeline } = fields
  if (kept && timeline.at(-1)?.number === kept.number) return fields
  const attempt = kept?.attempt ?? startsBefore(fields, start.cutOffs) + 1
  const others = kept ? timeline.filter((entry) => entry.number !== kept.number) : timeline
  return {
    ...fields,
    attempts: Math.max(fields.attempts, attempt),
    timeline: withEntry(others, { at, type: 'started', attempt }),
  }
}

/** A start that a commit kept as the last entry of this timeline. */
export function keptStart(start: Start, timeline: readonly TimelineEntry[]): Start {
  return keptAs(start, timeline.at(-1))
}

/** A start of which nobody knows whether the commit that kept it happened: as it stands in the timeline, if it does. */
export function startIn(start: Start, timeline: readonly TimelineEntry[]): Start {
  const since = start.kept?.number ?? start.after
  return keptAs(
    start,
    timeline.findLast(({ type, at, number }) => type === 'started' && at === start.at && number > since),
  )
}

/** Whether a start is kept in this timeline, also where nobody knows whether the commit happened. */
export function isIn(timeline: readonly TimelineEntry[], start: Start): boolean {
  const { kept, at, after } = start
  if (kept) return timeline.some(({ number }) => number === kept.number)
  return timeline.some((entry) => entry.type === 'started' && entry.at === at && entry.number > after)
}

/** Whether what ended a start is kept, too. */
export function hasEnded(timeline: readonly TimelineEntry[], { kept }: Start): boolean {
  const next = kept && timeline[timeline.findIndex((entry) => entry.number === kept.number) + 1]
  return next !== undefined && next.type !== 'started' && next.attempt === kept?.attempt
}

function keptAs(start: Start, entry: TimelineEntry | undefined): Start {
  return entry?.attempt === undefined ? start : { ...start, kept: { number: entry.number, attempt: entry.attempt } }
}
