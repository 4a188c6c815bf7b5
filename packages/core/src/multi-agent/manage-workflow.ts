import { startJob } from '../define/job.ts'
import { ForbiddenError, InvalidInputError, NotFoundError, ReusedError, WrongStateError } from '../errors.ts'
import { uuid } from '../ids.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { update } from '../scope/state.ts'
import { keyOfCaller } from './create-workflow.ts'
import { advanceJob } from './jobs.ts'
import { namesInWords } from './plan/names-in-words.ts'
import { requirePlan } from './plan/validate-plan.ts'
import { type JournalEntry, synthesis } from './run/journal.ts'
import { journalRow } from './run/journal-writer.ts'
import { agentsOf, readState } from './run/run.ts'
import type { RunState } from './run/run-state.ts'
import type { StepState } from './run/step-state.ts'
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

/**
 * What somebody's word is about: the plan, a step that is to start, or calls of tools that a step stopped at. A word that doesn't name calls
 * or a plan's revision counts for the first that is asked about: once there was a word on a step, or a plan was made anew, what waits has to
 * be named, so that nobody agrees to what they haven't seen.
 */
export interface About {
  readonly step?: string | undefined
  /** The ids of those calls, as they were shown: where others wait by now, the word doesn't count. */
  readonly calls?: readonly string[] | undefined
  /** Of the plan, as it was shown. */
  readonly revision?: number | undefined
  /** The same word sent again counts once, whatever waits by then. */
  readonly idempotencyKey?: string | undefined
}

/**
 * Agrees to a plan, as it is or changed, or to a step. A changed plan runs with the eyes of whoever asked for the run, so nobody else may
 * give one.
 * @throws WrongStateError when nothing waits; ForbiddenError `not_the_requester`; InvalidInputError for a plan; ReusedError for a key.
 */
export async function approveWorkflow(
  scope: Uses<'state'>,
  id: string,
  { plan: given, ...about }: About & { readonly plan?: unknown },
): Promise<Workflow> {
  const { step } = about
  const sent = await sentAs(scope, about, { approved: true, plan: given })
  return put(scope, id, async ({ record, state }) => {
    if (isSentAgain(state, sent)) return undefined
    requireWaiting(state, about)
    if (given !== undefined) requireChangeable(scope, { record, state })
    const rules = { agents: await agentsOf(record), budget: record.fields.budget }
    const plan = given === undefined ? undefined : requirePlan(given, rules)
    if (plan && step !== undefined) throw new InvalidInputError('A step is approved without a plan.', { field: 'plan' })
    return {
      kind: 'approved',
      at: scope.clock.now(),
      by: scope.caller.user,
      ...(step === undefined ? {} : { step }),
      ...(plan ? { plan } : {}),
      ...sent,
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
  { reason, ...about }: About & { readonly reason: string },
): Promise<Workflow> {
  const { step } = about
  const sent = await sentAs(scope, about, { approved: false, reason })
  return put(scope, id, async ({ state }) => {
    if (isSentAgain(state, sent)) return undefined
    requireWaiting(state, about)
    const by = scope.caller.user
    return { kind: 'rejected', at: scope.clock.now(), by, reason, ...(step === undefined ? {} : { step }), ...sent }
  })
}

type Sent = Pick<JournalEntry & { readonly kind: 'approved' }, 'sent'>

/** What tells a word that is sent again: each caller has keys of their own. */
async function sentAs(scope: Uses<'state'>, { idempotencyKey: key, ...about }: About, word: object): Promise<Sent> {
  if (key === undefined) return {}
  const said = canonicalJson({ ...about, ...word } as unknown as JsonObject)
  return {
    sent: {
      key: await scope.state.lookup('workflow word key', keyOfCaller(scope, key)),
      digest: await scope.state.lookup('workflow word', said),
    },
  }
}

/** @throws ReusedError when the key came with another word. */
function isSentAgain(state: RunState, { sent }: Sent): boolean {
  const before = sent && state.sent.get(sent.key)
  if (before === undefined) return false
  if (before !== sent?.digest) throw new ReusedError('Idempotency-Key', 'Idempotency-Key')
  return true
}

function requireChangeable({ caller }: Uses<'state'>, { record, state }: Workflow): void {
  if (record.fields.user_id !== caller.user)
    throw new ForbiddenError(
      'not_the_requester',
      'A plan is changed by whoever asked for the workflow; others agree to it, reject it, or ask for one of their own.',
    )
  if (state.replans > 0) throw new WrongStateError('A plan that was made anew is agreed to, or rejected, as it is.')
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
    const failed = step.status === 'failed' ? [] : failedBefore(state, step)
    if (failed.length > 0)
      throw new WrongStateError(
        `The step was left out because of what failed before it; have that done again: ${namesInWords(failed)}.`,
      )
    return { kind: 'retried', at: scope.clock.now(), by: scope.caller.user, step: stepId }
  })
}

/** The steps whose failure would have a step left out again; none where something that it needs has completed, or begins anew with it. */
function failedBefore({ steps }: RunState, step: StepState): readonly string[] {
  const failed = new Set<string>()
  const known = new Map<string, boolean>()
  const canStart = ({ step: { id, dependencies } }: StepState): boolean => {
    const found = known.get(id)
    if (found !== undefined) return found
    let can = dependencies.length === 0
    for (const needed of dependencies) {
      const other = steps.get(needed)
      if (other?.status === 'failed') failed.add(needed)
      else if (other && (other.status === 'completed' || canStart(other))) can = true
    }
    known.set(id, can)
    return can
  }
  return canStart(step) ? [] : [...failed]
}

function requireWaiting(state: RunState, { step, calls, revision }: About): void {
  if (step === undefined) {
    if (state.status !== 'awaiting_approval' || state.stopping) {
      const waiting = waitingSteps(state)
      const hint = waiting === '' ? ' for approval.' : `; these steps do: ${waiting}.`
      throw new WrongStateError(`The plan does not wait${hint}`)
    }
    if (revision === undefined ? state.replans > 0 : revision !== state.revision)
      throw new WrongStateError(`The plan that waits is its revision ${state.revision}: a word on it names that.`)
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
  if (!calls && waiting.size > 0 && found.decided)
    throw new WrongStateError(`The step waits with other calls than before: a word on them names ${namesInWords([...waiting])}.`)
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
