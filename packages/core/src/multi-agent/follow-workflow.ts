import { untilNextLook } from '../define/look-again.ts'
import type { ServerEvent } from '../define/route.ts'
import { timestamp } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'
import type { Workflow } from './manage-workflow.ts'
import { readJournal } from './run/journal-writer.ts'
import { showWorkflow } from './show-workflow.ts'
import { closingId, WorkflowChanges } from './workflow-changes.ts'
import { workflows } from './workflows.ts'

/**
 * A run as it happens, from behind an id: `status`, `plan`, `step` and `synthesis` for each change, `approval`; then `done`, or `error`,
 * with the whole run. Ids say where in its journal something happened, so that a follower that was cut off goes on where it was.
 */
export async function* followWorkflow(
  scope: Uses<'state'>,
  record: Workflow['record'],
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const { workflow_id: id, created, approval } = record.fields
  const changes = new WorkflowChanges(id, { approval: approval === 'plan' })
  const begun = { workflow_id: id, at: timestamp(created), status: changes.state.status }
  if (after < 1) yield { id: 1, event: 'status', data: begun }
  for (let row = 0; ; ) {
    const { entries, next } = await readJournal(scope, id, row)
    row = next
    for (const entry of entries) for (const event of changes.tell(entry)) if (event.id > after) yield event
    const { state } = changes
    if (state.ending) {
      const last = closingId(changes.entries)
      const now = (await scope.state.get(workflows, { partition: id })) ?? record
      if (last <= after) return
      const event = state.ending.status === 'completed' ? 'done' : 'error'
      yield { id: last, event, data: await showWorkflow(scope.caller.tenant, { record: now, state }) }
      return
    }
    if (signal.aborted) return
    await untilNextLook(scope, signal)
  }
}

/** Whether a run has ended, and this is the id of its last event, or one behind it. */
export async function isTold(scope: Uses<'state'>, { fields }: Workflow['record'], id: number): Promise<boolean> {
  if (fields.ended === undefined) return false
  const { entries } = await readJournal(scope, fields.workflow_id)
  return id >= closingId(entries.length)
}
