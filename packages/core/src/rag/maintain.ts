import { type JobContext, type JobToEmit, startJob } from '../define/job.ts'
import { uuid } from '../ids.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { maintainJob } from './jobs.ts'

/** Segments up to which the index is left alone. */
const few = 8
/** What was removed is taken out of storage with what is removed shortly after it. */
const patience = 30_000

/** The job that tidies the index, where that is due. */
export async function startMaintenance(
  scope: Uses<'search'>,
  { removed = false }: { readonly removed?: boolean } = {},
): Promise<readonly JobToEmit[]> {
  const now = scope.clock.now()
  if (removed) return [startJob(maintainJob, { id: uuid(scope.clock), lane: 'low', notBefore: now + patience, body: {} })]
  const { segments } = await scope.search.status()
  return segments > 0 && segments % few === 0 ? [startJob(maintainJob, { id: uuid(scope.clock), lane: 'low', body: {} })] : []
}

/** Merges small parts of the index, and takes what was removed out of storage, until nothing is left to do. */
export async function maintainIndex(scope: Uses<'search'>, _body: object, { lease }: JobContext): Promise<Outcome> {
  while (!lease.signal.aborted) {
    if (!(await scope.search.maintain({ signal: lease.signal }))) return { done: true }
  }
  return { retryAt: scope.clock.now() }
}
