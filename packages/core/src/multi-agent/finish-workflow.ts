import { publishEvent } from '../define/event.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { update } from '../scope/state.ts'
import { workflowFinished, workflowWaits } from './events.ts'
import type { Ending } from './run/journal.ts'
import type { Run } from './run/run.ts'
import type { RunEngine } from './run/run-engine.ts'
import { type WorkflowFields, workflows } from './workflows.ts'

/** One commit ends a run: its last entry, what lists show of it, and the event. */
export async function finishWorkflow(
  scope: Uses<'state'>,
  run: Run,
  { state, journal }: RunEngine,
  ending: Ending,
): Promise<void> {
  const at = scope.clock.now()
  const entry = { at, kind: 'ended', ending } as const
  await changeRecord(scope, run, async (record) => {
    const fields: WorkflowFields = { ...record.fields, status: ending.status, updated: at, ended: at, usage: state.usage }
    const code = ending.status === 'failed' ? { code: ending.code } : {}
    await journal.commit([entry], {
      writes: [update(workflows, record, fields)],
      emit: [publishEvent(workflowFinished, run.id, { workflow_id: run.id, status: ending.status, ...code })],
    })
  })
  state.apply(entry)
}

/** Says in lists, and by events, that a run waits for somebody. */
export async function noteStatus(scope: Uses<'state'>, run: Run, { state, journal }: RunEngine): Promise<void> {
  await journal.settled()
  const waiting = [...state.steps.values()].filter(({ status }) => status === 'awaiting_approval')
  const told =
    state.status === 'awaiting_approval'
      ? [publishEvent(workflowWaits, run.id, { workflow_id: run.id })]
      : waiting.slice(0, 9).map(({ step }) => publishEvent(workflowWaits, run.id, { workflow_id: run.id, step_id: step.id }))
  await changeRecord(scope, run, async (record) => {
    const fields: WorkflowFields = {
      ...record.fields,
      status: waiting.length > 0 ? 'awaiting_approval' : state.status,
      updated: scope.clock.now(),
      usage: state.usage,
    }
    await scope.state.commit({ writes: [update(workflows, record, fields)], emit: told })
  })
}

async function changeRecord(scope: Uses<'state'>, run: Run, change: (record: Run['record']) => Promise<void>): Promise<void> {
  await retryConflicts(async () => {
    const record = await scope.state.get(workflows, { partition: run.id })
    if (record) await change(record)
  })
}
