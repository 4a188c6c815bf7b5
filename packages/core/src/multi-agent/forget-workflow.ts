import type { AnyCollection } from '../define/collection.ts'
import type { JobContext, JobDefinition } from '../define/job.ts'
import type { Outcome } from '../ports/queue.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { remove } from '../scope/state.ts'
import type { AdvanceBody } from './jobs.ts'
import { journals, owners, workflows } from './workflows.ts'

/** By what a commit starts the job; its definition stands in `jobs.ts`. */
export const forgetJobName: Pick<JobDefinition<AdvanceBody>, 'name' | 'version'> = { name: 'multi-agent.forget', version: 1 }

/** Rows in one commit. */
const atATime = 80

/**
 * Removes what is kept of a run, when it has been kept for as long as it was to be. One that was taken up again meanwhile stays: its next end
 * starts another job. Done again, it removes what is left.
 */
export async function forgetWorkflow(
  scope: Uses<'state'>,
  { workflow_id: id }: AdvanceBody,
  _context: JobContext,
): Promise<Outcome> {
  const record = await scope.state.get(workflows, { partition: id })
  if (record) {
    const { ended, kept_for: keptFor } = record.fields
    if (ended === undefined || ended + keptFor > scope.clock.now()) return { done: true }
    // By its time it can't be seen any more; the row goes with the rest.
    await retryConflicts(() => scope.state.commit({ writes: [remove(workflows, record)], durability: 'relaxed' }))
  }
  await removeAll(scope, journals, id)
  await removeAll(scope, owners, id)
  return { done: true }
}

async function removeAll(scope: Uses<'state'>, collection: AnyCollection, partition: string): Promise<void> {
  for (;;) {
    const writes: ReturnType<typeof remove>[] = []
    for await (const row of scope.state.read(collection, partition)) {
      writes.push(remove(collection, row))
      if (writes.length === atATime) break
    }
    if (writes.length === 0) return
    await scope.state.commit({ writes, durability: 'relaxed' })
  }
}
