import { startJob } from '../define/job.ts'
import { InvalidInputError, NotFoundError, WrongStateError } from '../errors.ts'
import { uuid } from '../ids.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { update } from '../scope/state.ts'
import { advanceJob } from './jobs.ts'
import { namesInWords } from './plan/names-in-words.ts'
import { requirePlan } from './plan/validate-plan.ts'
import { type JournalEntry, synthesis } from './run/journal.ts'
import { journalRow } from './run/journal-writer.ts'
import { agentsOf, readState } from './run/run.ts'
import type { RunState } from './run/run-state.ts'
import { type WorkflowFields, type WorkflowTexts, workflows } from './workflows.ts'

export interface Workflow {
  readonly record: StoredRecord<WorkflowFields, WorkflowTexts>
  readonly state: RunState
}

/** A run as its journal tells it. @throws NotFoundError, the same for another tenant's. */
export async function getWorkflow(scope: Uses<'state'>, id: string): Promise<Workflow & { readonly next: number }> {
  const record = await scope.state.get(workflows, { partition: id })
  if (!record) throw new NotFoundError('workflow')
  return { record, ...(await readState(scope, record.fields)) }
}

/** What somebody's word is about: the plan, a step that is to start, or calls of tools that a step stopped at. */
export interface AboutStep {
  readonly step?: string | undefined
  /** The ids of those calls, as they were shown: where others wait by now, the word doesn't count. */
  readonly calls?: readonly string[] | undefined
}

/** Agrees to a plan, as it is or changed, or to a step. @throws WrongStateError when nothing waits; InvalidInputError for a plan. */
export async function approveWorkflow(
  scope: Uses<'state'>,
  id: string,
  { step, calls, plan: given }: AboutStep & { readonly plan?: unknown },
): Promise<Workflow> {
  return put(scope, id, async ({ record, state }) => {
    requireWaiting(state, { step, calls })
    const rules = { agents: await agentsOf(record), budget: record.fields.budget }
    const plan = given === undefined ? undefined : requirePlan(given, rules)
    if (plan && step !== undefined) throw new InvalidInputError('A step is approved without a plan.', { field: 'plan' })
    return {
      kind: 'approved',
      at: scope.clock.now(),
      by: scope.caller.user,
      ...(step === undefined ? {} : { step }),
      ...(plan ? { plan } : {}),
    }
  })
}

/**
 * Doesn't agree. A plan that is rejected ends the run; a step that is rejected before it starts has failed; calls of tools that are rejected
 * aren't made, and the agent is told why and goes on.
 */
export async function rejectWorkflow(
  scope: Uses<'state'>,
  id: string,
  { step, calls, reason }: AboutStep & { readonly reason: string },
): Promise<Workflow> {
  return put(scope, id, async ({ state }) => {
    requireWaiting(state, { step, calls })
    return { kind: 'rejected', at: scope.clock.now(), by: scope.caller.user, reason, ...(step === undefined ? {} : { step }) }
  })
}

/** Ends a run; what its steps do is ended, too. Twice is fine. @throws WrongStateError when it has ended in another way. */
export async function cancelWorkflow(scope: Uses<'state'>, id: string, reason: string): Promise<Workflow> {
  return put(scope, id, async ({ state }) => {
    if (state.stopping?.status === 'cancelled' || state.ending?.status === 'cancelled') return undefined
    if (state.ending) throw new WrongStateError(`The workflow is ${state.ending.status}.`)
    return { kind: 'cancelled', at: scope.clock.now(), by: scope.caller.user, reason }
  })
}

/** Wakes a run that goes on by itself in any case; for those who don't want to wait. @throws WrongStateError when it has ended. */
export async function resumeWorkflow(scope: Uses<'state'>, id: string): Promise<Workflow> {
  const found = await getWorkflow(scope, id)
  if (found.state.ending) throw new WrongStateError(`The workflow is ${found.state.ending.status}.`)
  await scope.state.commit({ writes: [], emit: [wake(scope, id)], resource: `workflows/${id}` })
  return found
}

/** Has a step done again that failed or was left out, and what was left out behind it. @throws NotFoundError, WrongStateError. */
export async function retryStep(scope: Uses<'state'>, id: string, stepId: string): Promise<Workflow> {
  return put(scope, id, async ({ state }) => {
    const step = state.steps.get(stepId)
    if (!step || stepId === synthesis) throw new NotFoundError('step')
    if (state.ending?.status !== 'failed') throw new WrongStateError('Only steps of a workflow that failed can be tried again.')
    if (step.status === 'completed') throw new WrongStateError('The step is completed.')
    return { kind: 'retried', at: scope.clock.now(), by: scope.caller.user, step: stepId }
  })
}

function requireWaiting(state: RunState, { step, calls }: AboutStep): void {
  if (step === undefined) {
    if (state.status !== 'awaiting_approval' || state.stopping) {
      const waiting = waitingSteps(state)
      const hint = waiting === '' ? ' for approval.' : `; these steps do: ${waiting}.`
      throw new WrongStateError(`The plan does not wait${hint}`)
    }
    return
  }
  const found = state.steps.get(step)
  if (!found || step === synthesis) {
    const waiting = waitingSteps(state)
    throw new NotFoundError(waiting === '' ? 'step' : `step; these wait: ${waiting}`)
  }
  if (found.status !== 'awaiting_approval' || state.stopping) throw new WrongStateError('The step does not wait for approval.')
  const waiting = new Set((found.calls ?? []).map(({ call_id }) => call_id))
  if (calls && (calls.length !== waiting.size || calls.some((call) => !waiting.has(call))))
    throw new WrongStateError('These are not the calls that wait for approval.')
}

/** The ids of steps that wait for somebody's word, some of them where there are many; '' for none. */
function waitingSteps({ steps, stopping }: RunState): string {
  const waiting = [...steps].flatMap(([id, { status }]) => (status === 'awaiting_approval' && !stopping ? [id] : []))
  return namesInWords(waiting)
}

/** One commit puts an entry behind all that are there, and wakes whoever goes on with the run. */
async function put(
  scope: Uses<'state'>,
  id: string,
  decide: (workflow: Workflow) => Promise<JournalEntry | undefined>,
): Promise<Workflow> {
  return retryConflicts(async () => {
    const workflow = await getWorkflow(scope, id)
    const entry = await decide(workflow)
    if (!entry) return workflow
    const { record, state, next } = workflow
    state.apply(entry)
    const { ended: _, ...open } = record.fields
    const reopened = record.fields.ended !== undefined && !state.ending
    await scope.state.commit({
      writes: [
        journalRow(id, next, { at: entry.at }, JSON.stringify([entry])),
        ...(reopened ? [update(workflows, record, { ...open, status: 'running', updated: entry.at })] : []),
      ],
      emit: [wake(scope, id)],
      resource: `workflows/${id}`,
    })
    return workflow
  }, 50)
}

/** A job's id is its own: by it an owner that was cut off is known. */
function wake({ clock }: Uses<never>, id: string): ReturnType<typeof startJob> {
  return startJob(advanceJob, { id: `${id}:${uuid(clock)}`, lane: 'high', body: { workflow_id: id } })
}
