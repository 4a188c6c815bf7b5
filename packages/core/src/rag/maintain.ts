import { type JobContext, startJob } from '../define/job.ts'
import { uuid } from '../ids.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { maintainJob } from './jobs.ts'
import { changeSpaces } from './spaces.ts'

/** Segments up to which the index is left alone. */
const few = 8
/** What was removed is taken out of storage with what is removed shortly after it, milliseconds. */
const patience = 30_000
/** The same of what was added: while much is ingested, it is merged so often. */
const growthPatience = 10_000
/** A time that is so near has come already by the clock of another process. */
const slack = 5_000

/** Has the index tidied soon where it has become many segments: by one job, however many documents come meanwhile. */
export async function tidyAfterGrowth(scope: Uses<'search' | 'state'>): Promise<void> {
  const { segments } = await scope.search.status()
  if (segments >= few) await tidyAt(scope, 'tidied', scope.clock.now() + growthPatience)
}

/** The same after something was removed. */
export function tidyAfterRemoval(scope: Uses<'state'>): Promise<void> {
  return tidyAt(scope, 'tidied', scope.clock.now() + patience)
}

/**
 * Merges small parts of the index, and takes what was removed out of storage, until nothing is left to do. Some of what was removed waits for
 * more to be removed: a job comes back for it when its time is over, so that deletions are complete also where nothing else happens.
 */
export async function maintainIndex(scope: Uses<'search' | 'state'>, _body: object, { lease }: JobContext): Promise<Outcome> {
  while (!lease.signal.aborted) {
    if (await scope.search.maintain({ signal: lease.signal })) continue
    const { removalsDue } = await scope.search.status()
    if (removalsDue !== undefined) await tidyAt(scope, 'purged', Math.max(removalsDue, scope.clock.now() + patience))
    return { done: true }
  }
  return { retryAt: scope.clock.now() }
}

/** Starts a job for a time, unless one waits that comes no later. */
async function tidyAt(scope: Uses<'state'>, field: 'tidied' | 'purged', time: number): Promise<void> {
  const now = scope.clock.now()
  const job = startJob(maintainJob, { id: uuid(scope.clock), lane: 'low', notBefore: time, body: {} })
  const waits = (waiting = 0): boolean => waiting > now + slack && waiting <= time
  await changeSpaces(scope, (spaces) => (waits(spaces[field]) ? spaces : { ...spaces, [field]: time }), [job])
}
