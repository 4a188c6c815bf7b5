import { InvalidInputError, NotFoundError, TooLargeError, WrongStateError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { noUsage } from '../rag/usage.ts'
import type { Uses } from '../scope/scope.ts'
import { filterInput } from '../tenancy/filters/filter-input.ts'
import { type KeyOption, keepWorkflow } from './create-workflow.ts'
import { getWorkflow } from './manage-workflow.ts'
import { withAllBehind } from './plan/graph.ts'
import type { Budget, Plan, Step } from './plan/plan.ts'
import type { JournalEntry, StepResult } from './run/journal.ts'
import { rowsOf } from './run/journal-writer.ts'
import type { RunState } from './run/run-state.ts'
import { checkOutput } from './steps/check-output.ts'
import type { WorkflowFields } from './workflows.ts'

export interface Fork {
  /** The step from which it goes its own way. */
  readonly step?: string | undefined
  /** What the step is to do instead. */
  readonly prompt?: string | undefined
  /** What the step is taken to have given, instead of being done: in the form that the plan asks of it. */
  readonly result?: string | undefined
  readonly approval?: 'none' | 'plan' | undefined
  /** Of the new run; default: the same as the other's, anew. */
  readonly budget?: Budget | undefined
}

/**
 * Begins a run with what another one has done: the step, and what depends on it, is done anew; of the rest, what is completed at this moment
 * is kept, and isn't paid for again. The other run stays as it is. What came before in a session goes along for the same user only.
 * @throws NotFoundError; WrongStateError without a plan; InvalidInputError; TooLargeError when what is kept doesn't go into one commit.
 */
export async function forkWorkflow(
  scope: Uses<'state'>,
  id: string,
  fork: Fork,
  options: KeyOption = {},
): Promise<WorkflowFields> {
  const { step: stepId, prompt, result, approval = 'none' } = fork
  const { record, state } = await getWorkflow(scope, id)
  if (stepId === undefined) throw new InvalidInputError('The step is missing.', { field: 'step' })
  if (prompt !== undefined && result !== undefined)
    throw new InvalidInputError('A step is done with another prompt or has another result, not both.', { field: 'result' })
  const { plan } = state
  if (!plan) throw new WrongStateError('The workflow has no plan yet.')
  const step = plan.steps.find(({ id: each }) => each === stepId)
  if (!step) throw new NotFoundError('step')
  const edited = prompt === undefined ? plan : withPrompt(plan, stepId, (await filterInput(scope, prompt, 'prompt')).text)
  const given = result === undefined ? undefined : givenFor(step, (await filterInput(scope, result, 'result')).text)
  const { fields } = record
  const budget = fork.budget ?? fields.budget
  const isOwn = fields.user_id === scope.caller.user
  const { session_id: sessionId, session } = fields
  const texts = { request: await record.open('request'), agents: await record.open('agents') }
  const earlier = isOwn ? await record.open('earlier') : undefined
  const body = { fork: id, ...fork, approval } as unknown as JsonObject
  const at = scope.clock.now()
  try {
    return await keepWorkflow(scope, body, options, {
      fields: {
        // As its journal begins.
        status: approval === 'plan' ? 'awaiting_approval' : 'running',
        approval,
        forked_from: { workflow_id: id, step_id: stepId },
        ...(budget ? { budget } : {}),
        ...(isOwn && sessionId !== undefined && session !== undefined ? { session_id: sessionId, session } : {}),
      },
      texts: { request: texts.request ?? '', agents: texts.agents ?? '[]', ...(earlier === undefined ? {} : { earlier }) },
      rows: rowsOf([
        ...keptFrom(state, stepId, at),
        ...(given === undefined ? [] : [{ at, kind: 'kept', step: stepId, result: given, by: scope.caller.user } as const]),
        { at, kind: 'planned', plan: edited, source: 'forked', usage: noUsage },
      ]),
    })
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error
    throw new TooLargeError('What this workflow has done is too much to be kept in a fork.', { cause: error })
  }
}

/** What was done, but for the step and what depends on it. */
function keptFrom({ plan, steps }: RunState, stepId: string, at: number): readonly JournalEntry[] {
  const anew = withAllBehind(plan?.steps ?? [], [stepId])
  return (plan?.steps ?? []).flatMap(({ id }): readonly JournalEntry[] => {
    const { status, result, givenBy: by } = steps.get(id) ?? {}
    const whose = by === undefined ? {} : { by }
    return status === 'completed' && result && !anew.has(id) ? [{ at, kind: 'kept', step: id, result, ...whose }] : []
  })
}

/** What somebody wrote is held against what an agent's answer would be: what follows relies on its form. */
function givenFor(step: Step, text: string): StepResult {
  const checked = checkOutput(step, text)
  if ('fault' in checked) throw new InvalidInputError(checked.fault, { field: 'result' })
  return { text, ...checked }
}

function withPrompt(plan: Plan, stepId: string, prompt: string): Plan {
  return { ...plan, steps: plan.steps.map((step) => (step.id === stepId ? { ...step, prompt } : step)) }
}
