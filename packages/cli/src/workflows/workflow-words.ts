/** A workflow in words for a person. @module */
import { printable } from '../printable.ts'
import { fieldList, table } from '../table.ts'
import { countOf, shellWord } from '../words.ts'
import type { ChangedWorkflow, ShownPlan, ShownStep, ShownWorkflow, Usage, WorkflowSummary } from './answers.ts'

/**
 * A line a step, in the order of the plan.
 * @param most characters of its prompt that are shown.
 */
export function planLines({ steps }: ShownPlan, most: number = shortLine): string[] {
  return steps.map(({ id, agent_type, prompt, dependencies, approval }) => {
    const behind = dependencies.length > 0 ? `, after ${shortened(dependencies.join(', '))}` : ''
    const asks = approval ? ', asks first' : ''
    return printable(`  ${id} (${agent_type}${behind}${asks}): ${shortened(prompt, most)}`)
  })
}

/**
 * What became of a step, such as `find: completed in 0.4 s, 1234 tokens, 0.0012 USD at list prices`.
 * @param name in the place of its id.
 */
export function stepLine(step: ShownStep, name: string = step.step_id): string {
  const { status, attempts, started_at, ended_at, usage, error } = step
  // A start that ended with a question, or was cut off, is no failure; and what went wrong before may be known still.
  const comesAgain = error ? `failed at start ${attempts}, comes again` : 'goes on'
  const again = status === 'pending' && attempts > 0 ? comesAgain : status.replace('_', ' ')
  const time = started_at !== null && ended_at !== null ? ` in ${seconds(Date.parse(ended_at) - Date.parse(started_at))}` : ''
  const cost = status === 'running' || usage.input_tokens + usage.output_tokens === 0 ? '' : `, ${costWords(usage)}`
  return printable(`  ${name}: ${again}${time}${cost}${error ? `: ${error.message}` : ''}`)
}

export function costWords({ input_tokens, output_tokens, usd }: Usage): string {
  return `${countOf(input_tokens + output_tokens, 'token')}, ${usd.toFixed(4)} USD at list prices`
}

export function workflowTable(workflows: readonly WorkflowSummary[]): string[] {
  return table(
    ['WORKFLOW', 'STATUS', 'MADE', 'TOKENS', 'USD'],
    workflows.map(({ workflow_id, status, created_at, usage }) => [
      workflow_id,
      status,
      created_at.slice(0, 19).replace('T', ' '),
      String(usage.input_tokens + usage.output_tokens),
      usage.usd.toFixed(4),
    ]),
    new Set([3, 4]),
  )
}

/** All of it: what was asked, the steps with what each cost, the result. */
export function workflowWords(workflow: ShownWorkflow): string[] {
  const { plan, steps, synthesis, result, error } = workflow
  return [
    ...fieldList({
      workflow: workflow.workflow_id,
      status: workflow.status.replace('_', ' '),
      request: shortened(workflow.request),
      plan: plan?.source,
      cost: costWords(workflow.usage),
      error: error && `${error.message} (${error.code})`,
    }),
    ...(workflow.waits_for === 'plan' && plan ? ['', ...planLines(plan, mostShown)] : []),
    ...(plan?.steps ?? []).flatMap(({ id, prompt }) => (steps[id] ? [stepLine(steps[id]), ...heldLines(steps[id], prompt)] : [])),
    ...(synthesis && synthesis.status !== 'pending' ? [stepLine(synthesis, 'synthesis')] : []),
    ...(result ? ['', result.text.trimEnd()] : []),
    ...approvalCommands(workflow),
    ...afterFailure(workflow),
  ]
}

/** What a step waits with: the calls that somebody has to agree to, or its task. */
function heldLines({ status, pending_calls: calls = [] }: ShownStep, prompt: string): string[] {
  if (status !== 'awaiting_approval') return []
  if (calls.length === 0) return [printable(`    ${shortened(prompt, mostShown)}`)]
  return calls.map(({ tool, input }) => printable(`    ${tool} ${shortened(JSON.stringify(input), mostShown)}`))
}

/** What acting on a workflow came to, and how to see what becomes of it where it goes on. */
export function changedWords(
  { workflow_id: id, status, waits_for: what }: ChangedWorkflow,
  verb: string,
  { step }: { readonly step?: string } = {},
): string[] {
  if (status === 'cancelled') return [`${id} is cancelled already.`]
  if (verb === 'cancel') return [`${id} is being cancelled.`]
  if (verb === 'reject' && step === undefined) return [`${id} is being cancelled: its plan is rejected.`]
  const decided = { approve: 'approved', reject: 'rejected' }[verb]
  const first = decided && step !== undefined ? [printable(`The step ${step} is ${decided}.`)] : []
  if (status !== 'awaiting_approval')
    return [...first, `${id} is ${status}. To see how it goes on: plinth workflows get ${id} --follow`]
  return [
    ...first,
    `${id} waits for approval of ${what === 'plan' ? 'its plan' : 'steps'}. To see it: plinth workflows get ${id}`,
  ]
}

const mostRetries = 10

/** What can be done about a workflow that failed. */
export function afterFailure({ workflow_id: id, status, steps, synthesis, error }: ShownWorkflow): string[] {
  if (status !== 'failed') return []
  const isSpent = (fault: ShownStep['error']): boolean => fault?.code === 'workflow_budget_exhausted'
  const isLate = (fault: ShownStep['error']): boolean => fault?.code === 'deadline_exceeded'
  const all = Object.values(steps)
  const left = all.filter((step) => step.status === 'cancelled' || step.status === 'skipped')
  // The time of a workflow begins anew with a retry, which takes in all that was broken off; what was used of a budget stays used.
  const again = [
    ...all.filter((step) => step.status === 'failed' && !isSpent(step.error)),
    ...(isLate(error) ? left.slice(0, 1) : []),
  ]
  const title = `To have it done again${isLate(error) ? ', with as much time as before' : ''}:`
  const retries = again.slice(0, mostRetries).map((step) => `  plinth workflows retry ${id} ${step.step_id}`)
  return [
    ...(retries.length > 0 ? [title, ...retries] : []),
    ...([error, synthesis?.error, ...all.map((step) => step.error)].some(isSpent)
      ? ["A retry can't help where a budget is spent, and keeps that budget: begin anew with a larger one, by plinth run."]
      : []),
  ]
}

/** How to go on with a workflow that waits for somebody. */
export function approvalCommands({ workflow_id: id, status, waits_for: what, steps, plan }: ShownWorkflow): string[] {
  if (status !== 'awaiting_approval') return []
  const revision = plan && plan.revision > 1 ? ` --revision ${plan.revision}` : ''
  const waiting =
    what === 'plan' ? [revision] : Object.values(steps).flatMap((step) => (step.status === status ? [named(step)] : []))
  return waiting.flatMap((option) => {
    return [`  plinth workflows approve ${id}${option}`, `  plinth workflows reject ${id}${option} --reason "…"`]
  })
}

/** A step, with the calls that it waits with: a word on them is none on others. */
function named({ step_id: id, pending_calls: calls = [] }: ShownStep): string {
  return ` --step ${id}${calls.map(({ call_id: call }) => ` --call ${shellWord(call)}`).join('')}`
}

const shortLine = 80
/** Of what somebody has to agree to; JSON has all of it. */
const mostShown = 2_000

function shortened(text: string, most: number = shortLine): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > most ? `${line.slice(0, most - 1).toWellFormed()}…` : line
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(milliseconds < 9_950 ? 1 : 0)} s`
}
