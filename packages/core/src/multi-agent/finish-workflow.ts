import { publishEvent } from '../define/event.ts'
import { startJob } from '../define/job.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { update } from '../scope/state.ts'
import { workflowFinished } from './events.ts'
import { forgetJobName } from './forget-workflow.ts'
import type { Ending } from './run/journal.ts'
import type { Run } from './run/run.ts'
import type { RunEngine } from './run/run-engine.ts'
import type { RunStatus } from './run/run-state.ts'
import { answerShown } from './session.ts'
import { type WorkflowFields, workflows } from './workflows.ts'

/**
 * One commit ends a run: its last entry, what lists show of it, the event, and the job by which it is forgotten when its time has come.
 * @returns false when somebody wrote to its journal meanwhile, which may change how it ends: nothing is kept then.
 */
export async function finishWorkflow(
  scope: Uses<'state'>,
  run: Run,
  { state, journal }: RunEngine,
  ending: Ending,
): Promise<boolean> {
  const at = scope.clock.now()
  const entry = { at, kind: 'ended', ending } as const
  const isKept = await changeRecord(scope, run, (record) => {
    const fields: WorkflowFields = { ...record.fields, status: ending.status, updated: at, ended: at, usage: state.usage }
    const forSession = ending.status === 'completed' && fields.session !== undefined
    const answer = forSession ? { answer: answerShown(ending.text) } : {}
    const code = ending.status === 'failed' ? { code: ending.code } : {}
    return journal.commit([entry], {
      writes: [update(workflows, record, fields, answer)],
      emit: [
        publishEvent(workflowFinished, run.id, { workflow_id: run.id, status: ending.status, ...code }),
        startJob(forgetJobName, {
          id: run.id,
          lane: 'low',
          notBefore: at + fields.kept_for,
          body: { workflow_id: run.id },
        }),
      ],
    })
  })
  if (isKept) state.apply(entry)
  return isKept
}

/**
 * Says in lists, and in the journal, that nothing goes on until somebody acts.
 * @returns false when somebody has meanwhile.
 */
export async function restWorkflow(scope: Uses<'state'>, run: Run, { state, journal }: RunEngine): Promise<boolean> {
  await journal.settled()
  if (state.isAtRest) return true
  const at = scope.clock.now()
  const entry = { at, kind: 'rests' } as const
  const isKept = await changeRecord(scope, run, (record) => {
    const fields: WorkflowFields = { ...record.fields, status: 'awaiting_approval', updated: at, usage: state.usage }
    return journal.commit([entry], { writes: [update(workflows, record, fields)] })
  })
  if (isKept) state.apply(entry)
  return isKept
}

/** Says in lists where a run stands; only the journal says it for certain. */
export async function noteStatus(scope: Uses<'state'>, run: Run, { state }: RunEngine): Promise<void> {
  const status: RunStatus = state.status
  await changeRecord(scope, run, async (record) => {
    if (record.fields.status === status) return true
    const fields: WorkflowFields = { ...record.fields, status, updated: scope.clock.now(), usage: state.usage }
    await scope.state.update(workflows, record, fields, { durability: 'relaxed' })
    return true
  })
}

/** @returns what the change does; true when the run isn't there any more. */
async function changeRecord(
  scope: Uses<'state'>,
  run: Run,
  change: (record: Run['record']) => Promise<boolean>,
): Promise<boolean> {
  return retryConflicts(async () => {
    const record = await scope.state.get(workflows, { partition: run.id })
    return record ? change(record) : true
  })
}
