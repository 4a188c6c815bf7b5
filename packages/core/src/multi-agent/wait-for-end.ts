/** Somebody outside who waits for the end of a run, such as an execution of a state machine. @module */
import { NotFoundError } from '../errors.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { getWorkflow, type Workflow } from './manage-workflow.ts'
import { workflows } from './workflows.ts'

/**
 * Keeps, sealed, by what somebody is told when a run ends; of several the last one counts. Whoever keeps it before the end is told by the
 * event of the end.
 * @returns whether the run has ended already, so that nobody will tell.
 * @throws NotFoundError
 */
export async function waitForEnd(scope: Uses<'state'>, id: string, waiter: string): Promise<boolean> {
  return retryConflicts(async () => {
    const record = await scope.state.get(workflows, { partition: id })
    if (!record) throw new NotFoundError('workflow')
    if ((await record.open('waiter')) !== waiter)
      await scope.state.update(workflows, record, record.fields, { sealed: { waiter } })
    return record.fields.ended !== undefined
  })
}

/** A run that has ended, and by what somebody is told; undefined when nobody waits, when it goes on, or when it isn't there. */
export async function endFor(
  scope: Uses<'state'>,
  id: string,
): Promise<{ readonly waiter: string; readonly workflow: Workflow } | undefined> {
  const record = await scope.state.get(workflows, { partition: id })
  const waiter = await record?.open('waiter')
  if (!record || waiter === undefined) return undefined
  const workflow = await getWorkflow(scope, id)
  return workflow.state.ending ? { waiter, workflow } : undefined
}
