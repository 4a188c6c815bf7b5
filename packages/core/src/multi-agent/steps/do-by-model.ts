import { boundaryFor } from '../../language-model/boundary.ts'
import type { Scope } from '../../scope/scope.ts'
import { type StepOutcome, synthesis } from '../run/journal.ts'
import type { StepEnd } from '../run/run-engine.ts'
import type { StepState } from '../run/step-state.ts'
import { earlierContext, textsOf } from '../session.ts'
import { readResult } from '../tools/read-result.ts'
import type { SourceTools } from '../tools/source-tools.ts'
import { toolsFor } from '../tools/tools.ts'
import { checkOutput, formOf } from './check-output.ts'
import { citeSources } from './cite-sources.ts'
import { type ContextRoom, gatherDependencyContext } from './dependency-context.ts'
import { firstPrompt, roomFor } from './first-prompt.ts'
import { judge } from './judge.ts'
import { AgentFault, type AgentRun, runAgent, type Used } from './run-agent.ts'
import type { StepTry } from './step-work.ts'

/** What is wrong with an answer is told to the agent at its next try. */
const checks: ReadonlySet<string> = new Set(['output_check_failed', 'criteria_not_met'])

/** Does a step with a language model: asks it, checks and judges what it gives, and ties it to its sources. */
export async function doByModel(scope: Scope, attempt: StepTry): Promise<StepEnd> {
  const { call } = attempt
  const { step } = call.state
  const offered = await toolsOf(scope, attempt)
  const room = roomFor(scope, call.state, attempt, offered.tools.includes(readResult))
  const end = await runAgent(scope, runOf(attempt, offered, room))
  const { usage, toolCalls, made } = end
  if ('waits' in end) return { outcome: { status: 'awaiting_approval', calls: end.waits }, usage, toolCalls, made }
  const { text, found, truncated } = end
  const checked = checkOutput(step, text)
  if ('fault' in checked) return { outcome: refused('output_check_failed', checked.fault), usage, toolCalls, made }
  const used: Used = { usage, toolCalls, made }
  const unmet = await judged(scope, attempt, { text, room, used })
  if (unmet !== undefined) return { outcome: refused('criteria_not_met', unmet), ...used }
  const cited = await citeSources(scope, { text, found, results: call.results })
  const more = {
    ...(step.success_criteria?.length ? { criteria: 'met' as const } : {}),
    ...(truncated ? { truncated } : {}),
  }
  return { outcome: { status: 'completed', text, ...checked, ...cited, ...more }, ...used }
}

/** Whoever puts the results together is given them, and can have the rest of those that were cut. */
async function toolsOf(scope: Scope, { call, agent }: StepTry): Promise<SourceTools> {
  const { signal, state } = call
  if (state.step.id !== synthesis) return toolsFor(scope, agent, state.step, { signal, isBegun: isBegun(state) })
  return { tools: agent.tools.includes(readResult.name) ? [readResult] : [], unreachable: [] }
}

function isBegun({ conversation }: StepState): boolean {
  return (conversation ?? []).length > 0
}

function runOf(attempt: StepTry, { tools, unreachable }: SourceTools, room: ContextRoom): AgentRun {
  const { run, state, call, agent, model, budget, results } = attempt
  const { step, error, conversation, decision } = call.state
  const retryReason = error && checks.has(error.code) ? error.message : undefined
  const { key, signal, keep, settled } = call
  return {
    ...{ agent, model, tools, budget, results, key, signal, keep, settled, decision, retryReason },
    kept: conversation,
    schema: formOf(step),
    prompt: firstPrompt({
      ...{ run, state, agent, room, unreachable, retryReason },
      stepState: call.state,
      results: call.results,
      hasTools: tools.length > 0,
    }),
  }
}

/** Why an answer doesn't meet its step's criteria; undefined: it does, or there are none. */
async function judged(
  scope: Scope,
  { run, call, model, budget }: StepTry,
  { text, room, used }: { readonly text: string; readonly room: ContextRoom; readonly used: Used },
): Promise<string | undefined> {
  const { step } = call.state
  if (!step.success_criteria?.length) return undefined
  const boundary = boundaryFor([...textsOf(run.earlier), ...call.results.map(({ result }) => result.text)])
  const gave = gatherDependencyContext(call.results, boundary, { ...room, canReadRest: false })
  const context = [earlierContext(run.earlier, boundary), gave].filter((text) => text !== '').join('\n\n')
  try {
    return await judge(scope, {
      ...{ model, budget, context, used },
      task: step.prompt,
      criteria: step.success_criteria,
      answer: text,
      key: call.key,
      signal: call.signal,
    })
  } catch (error) {
    throw new AgentFault(error, used)
  }
}

function refused(code: string, message: string): StepOutcome {
  return { status: 'failed', code, message, retryable: true }
}
