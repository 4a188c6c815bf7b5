import { type JobContext, startJob } from '../define/job.ts'
import { uuid } from '../ids.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { maintainJob } from './jobs.ts'
import { changeSpaces, type Spaces } from './spaces.ts'

/** Segments up to which the index is left alone. */
const few = 8
/** What was added is merged, and what was removed taken out of storage, with what comes shortly after it, milliseconds. */
const patience = 10_000
/** The same of what may wait for longer, where its time has come. */
const purgePatience = 30_000
/** So long a job tidies one index before those of other tenants have their turn, milliseconds: where documents come all the time it never ends. */
const turn = 2_000
/** A job that was due so long ago is taken to be lost, milliseconds. */
const lostAfter = 10 * 60_000

/** Has the index tidied soon where it has become many segments: by one job, however many documents come meanwhile. */
export async function tidyAfterGrowth(scope: Uses<'search' | 'state'>): Promise<void> {
  const { segments } = await scope.search.status()
  if (segments >= few) await tidyAt(scope, 'tidied', scope.clock.now() + patience)
}

/** The same after something was removed. */
export function tidyAfterRemoval(scope: Uses<'state'>): Promise<void> {
  return tidyAt(scope, 'tidied', scope.clock.now() + patience)
}

/**
 * Merges small parts of the index, and takes what was removed out of storage, until nothing is left to do. Some of what was removed waits for
 * more to be removed: a job comes back for it when its time is over, so that deletions are complete also where nothing else happens.
 */
export async function maintainIndex(scope: Uses<'search' | 'state'>, _body: object, context: JobContext): Promise<Outcome> {
  const { clock } = scope
  const { signal } = context.lease
  const until = clock.now() + turn
  while (!signal.aborted && clock.now() < until) {
    if (await scope.search.maintain({ signal })) continue
    // What comes from here on starts a job of its own; what came until here is looked for once more.
    await leave(scope, context)
    if (await scope.search.maintain({ signal })) await tidyAt(scope, 'tidied', clock.now() + patience)
    const { removalsDue } = await scope.search.status()
    if (removalsDue !== undefined) await tidyAt(scope, 'purged', Math.max(removalsDue, clock.now() + purgePatience))
    return { done: true }
  }
  return { retryAt: clock.now() }
}

const reasons = ['tidied', 'purged'] as const

/** Starts a job for a time, unless one that comes no later hasn't ended. */
async function tidyAt(scope: Uses<'state'>, why: (typeof reasons)[number], time: number): Promise<void> {
  const now = scope.clock.now()
  const by = `${why}_by` as const
  const job = startJob(maintainJob, { id: uuid(scope.clock), lane: 'low', notBefore: time, body: {} })
  const waits = ({ [why]: at = 0, [by]: id }: Spaces): boolean => id !== undefined && at > now - lostAfter && at <= time
  await changeSpaces(scope, (spaces) => (waits(spaces) ? spaces : { ...spaces, [why]: time, [by]: job.id }), [job])
}

/** Says that this job has ended. */
async function leave(scope: Uses<'state'>, { job }: JobContext): Promise<void> {
  await changeSpaces(scope, (spaces) => {
    const why = reasons.find((each) => spaces[`${each}_by`] === job.id)
    if (!why) return spaces
    const { [why]: _, [`${why}_by` as const]: __, ...others } = spaces
    return others
  })
}
