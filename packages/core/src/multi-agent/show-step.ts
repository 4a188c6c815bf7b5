/** One step with all that is known of it: who does it, what its agent is told, and what came of each try. @module */
import { z } from 'zod'
import { NotFoundError, PlinthError } from '../errors.ts'
import type { Usage } from '../language-model/catalogue.ts'
import { timestamp } from '../ports/clock.ts'
import { inAll, noUsage } from '../rag/usage.ts'
import type { Uses } from '../scope/scope.ts'
import type { AgentDefinition } from './agents/agent.ts'
import { isRulesOnly } from './plan/make-plan.ts'
import { type JournalEntry, type MadeCall, synthesis } from './run/journal.ts'
import { readJournal } from './run/journal-writer.ts'
import { resultsFor } from './run/results-for.ts'
import { agentsOf } from './run/run.ts'
import { RunState } from './run/run-state.ts'
import { isOver, type StepState } from './run/step-state.ts'
import type { EarlierRun } from './session.ts'
import { showStep, stepFields } from './show-workflow.ts'
import { firstPrompt, roomFor } from './steps/first-prompt.ts'
import { readResult } from './tools/read-result.ts'
import { narrowed } from './tools/tools.ts'
import { agentForm, showAgent } from './workflow-forms.ts'
import { workflows } from './workflows.ts'

const triedAs = z.enum(['running', 'completed', 'failed', 'awaiting_approval', 'cancelled', 'cut_off'])

export const stepForm: z.ZodType = z.object({
  ...stepFields,
  /** As the run began with it; null: it wasn't there. */
  agent: agentForm.nullable(),
  /** What its model is told in its first turn. Null: the steps that it needs haven't ended, or no language model does it. */
  prompt: z.object({ system: z.string(), user: z.string() }).nullable(),
  /** What the steps that it needs gave, whole. */
  context: z.array(z.object({ step_id: z.string(), text: z.string() })),
  tries: z.array(
    z.object({
      attempt: z.number().int(),
      status: triedAs,
      started_at: z.iso.datetime(),
      ended_at: z.iso.datetime().nullable(),
      error: z.object({ code: z.string(), message: z.string() }).optional(),
      usage: z.object({ input_tokens: z.number(), output_tokens: z.number(), usd: z.number(), latency_ms: z.number() }),
      /** The beginning of each call's arguments and answer, of up to 40 calls. */
      calls: z.array(z.object({ tool: z.string(), input: z.string(), answer: z.string(), failed: z.boolean().optional() })),
    }),
  ),
})

/**
 * @param stepId of the plan; `@synthesis`: the step in which results are put together.
 * @throws NotFoundError
 */
export async function showStepWhole(
  scope: Uses<'state' | 'models'>,
  { workflowId, stepId }: { readonly workflowId: string; readonly stepId: string },
): Promise<object> {
  const record = await scope.state.get(workflows, { partition: workflowId })
  if (!record) throw new NotFoundError('workflow')
  const { entries } = await readJournal(scope, workflowId)
  const state = new RunState({ approval: record.fields.approval === 'plan' })
  for (const entry of entries) state.apply(entry)
  const stepState = state.steps.get(stepId)
  if (!stepState) throw new NotFoundError('step')
  const agent = (await agentsOf(record)).get(stepState.step.agent_type)
  const run = {
    request: (await record.open('request')) ?? '',
    earlier: JSON.parse((await record.open('earlier')) ?? '[]') as readonly EarlierRun[],
  }
  return {
    ...showStep(stepState),
    agent: agent ? showAgent(agent, scope.models.defaultModel) : null,
    prompt: agent ? promptOf(scope, { run, state, stepState, agent }) : null,
    context: resultsFor(state, stepState).map(({ step, result }) => ({ step_id: step, text: result.text })),
    tries: triesOf(entries, stepId),
  }
}

/** Made again as it was made for the model: the same steps' results give the same words. */
function promptOf(
  scope: Uses<'models'>,
  told: Omit<Parameters<typeof firstPrompt>[0], 'results' | 'room' | 'hasTools'> & { readonly agent: AgentDefinition },
): object | null {
  const { state, stepState, agent } = told
  const { step } = stepState
  const needed = step.id === synthesis ? [...state.steps.keys()].filter((id) => id !== synthesis) : step.dependencies
  if (needed.some((id) => !hasEnded(state.steps.get(id)))) return null
  try {
    const model = scope.models.resolve(agent.model_id)
    if (isRulesOnly(model)) return null
    const tools = step.tools === undefined ? agent.tools : narrowed(agent.tools, step.tools)
    const room = roomFor(scope, stepState, { agent, model }, tools.includes(readResult.name))
    const prompt = firstPrompt({ ...told, results: resultsFor(state, stepState), room, hasTools: tools.length > 0 })
    return Object.fromEntries(prompt.map(({ role, content }) => [role, textOf(content)]))
  } catch (error) {
    // The model that it ran with may be gone by now.
    if (PlinthError.is(error)) return null
    throw error
  }
}

function hasEnded(state: StepState | undefined): boolean {
  return state === undefined || isOver(state)
}

function textOf(content: string | readonly object[]): string {
  if (typeof content === 'string') return content
  return content.map((part) => ('text' in part ? String(part.text) : '')).join('\n')
}

interface Tried {
  readonly attempt: number
  readonly started_at: string
  status: z.infer<typeof triedAs>
  ended_at: string | null
  error?: { readonly code: string; readonly message: string }
  usage: Usage
  calls: readonly MadeCall[]
}

/** Each start of a step, oldest first. */
function triesOf(entries: readonly JournalEntry[], stepId: string): readonly Tried[] {
  const tries: Tried[] = []
  for (const entry of entries) {
    const open = tries.at(-1)?.status === 'running' ? tries.at(-1) : undefined
    if (entry.kind === 'owned' && open) Object.assign(open, { status: 'cut_off', ended_at: timestamp(entry.at) })
    if (!('step' in entry) || entry.step !== stepId) continue
    if (entry.kind === 'started')
      tries.push({
        attempt: entry.attempt,
        status: 'running',
        started_at: timestamp(entry.at),
        ended_at: null,
        usage: noUsage,
        calls: [],
      })
    if (!open || (entry.kind !== 'conversed' && entry.kind !== 'finished') || open.attempt !== entry.attempt) continue
    open.usage = inAll(open.usage, entry.usage)
    open.calls = [...open.calls, ...(entry.made ?? [])]
    if (entry.kind === 'finished') endWith(open, entry)
  }
  return tries
}

function endWith(open: Tried, { at, outcome }: JournalEntry & { readonly kind: 'finished' }): void {
  open.status = outcome.status
  open.ended_at = timestamp(at)
  if (outcome.status === 'failed' || outcome.status === 'cancelled') open.error = { code: outcome.code, message: outcome.message }
}
