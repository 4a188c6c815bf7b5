/**
 * Agents where no language model answers: they call their tools by rule, quote, compute, and put together. What they quote is found in
 * its sources word for word, what they compute shows its formula, and all of it is labelled as what it is.
 * @module
 */

import { textOfAnswer } from '../../gateway/answer-text.ts'
import { inAll, noUsage } from '../../rag/usage.ts'
import type { Scope } from '../../scope/scope.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import { askWithin } from '../ask-within.ts'
import { type StepResult, synthesis } from '../run/journal.ts'
import type { RunBudget } from '../run/run-budget.ts'
import type { StepCall, StepEnd } from '../run/run-engine.ts'
import type { RunState } from '../run/run-state.ts'
import type { StepState } from '../run/step-state.ts'
import { formOf } from './check-output.ts'
import { analyse, analysisText } from './rules/analyse.ts'
import type { Finding } from './rules/facts.ts'
import { writeReport } from './rules/report.ts'
import { nothingSaid, type Researched, research } from './rules/research.ts'

/** Of the questions of other steps, as a step is told apart from them. */
const mostOthers = 200
const formTokens = 2_000

interface RuleStep {
  readonly call: StepCall
  readonly agent: AgentDefinition
  readonly request: string
  /** The session's requests before, oldest first. */
  readonly earlier: readonly string[]
  readonly state: RunState
  readonly budget: RunBudget
}

/**
 * Does a step by rules: looks into documents, compares figures, or writes the report, by what the agent has for tools. Where the step asks
 * for JSON of a form, the embedded model fills it in from that text.
 */
export async function runRuleAgent(scope: Scope, step: RuleStep): Promise<StepEnd> {
  const made = await byRules(scope, step)
  const isAsked = formOf(step.call.state.step) !== undefined && (made.result.sources ?? []).length > 0
  const { result, ...used } = isAsked ? await inForm(scope, step, made) : made
  return { outcome: { status: 'completed', ...result }, ...used }
}

async function byRules(scope: Scope, { call, agent, request, earlier, state, budget }: RuleStep): Promise<Researched> {
  const { step } = call.state
  const done = (result: StepResult): Researched => ({ result, usage: noUsage, toolCalls: 0 })
  if (step.id === synthesis || agent.type === 'report') return done(reportOf(call, request, state))
  if (agent.tools.includes('search_knowledge') && step.tools?.includes('search_knowledge') !== false) {
    const others = [...state.steps.values()].flatMap(({ step: other }) => (other.id === step.id ? [] : [other.prompt]))
    const asked = { question: step.prompt, others: others.slice(0, mostOthers), earlier }
    return research(scope, asked, { budget, signal: call.signal })
  }
  if (call.results.length === 0) return done({ text: nothingSaid, sources: [] })
  const ids = call.results.map(({ step: id }) => id)
  return done(analysisText(analyse(findingsOf(call, state, ids), request)).result())
}

async function inForm(
  scope: Scope,
  { call, agent, budget }: RuleStep,
  { result, usage, ...used }: Researched,
): Promise<Researched> {
  const { step } = call.state
  const { content, used: asked } = await askWithin(scope, {
    model: scope.models.resolve(agent.model_id),
    // Without the task, whose words would be taken for what was found.
    prompt: [{ role: 'user', content: [{ type: 'text', text: result.text.replaceAll(/^- [^:\n]+: |\s?\[\d+\]/gm, '') }] }],
    maxTokens: formTokens,
    form: { name: 'result', schema: formOf(step) ?? {} },
    budget,
    what: 'workflow.step',
    invocation: call.key,
    signal: call.signal,
  })
  return { result: { text: textOfAnswer(content), sources: result.sources }, usage: inAll(usage, asked), ...used }
}

function reportOf({ state: { step }, results }: StepCall, request: string, state: RunState): StepResult {
  const looked = step.id === synthesis ? [...state.steps.keys()].filter((id) => id !== synthesis) : step.dependencies
  const isAnalysis = (id: string): boolean => state.steps.get(id)?.step.agent_type === 'analysis'
  const findings = findingsOf(
    { results },
    state,
    looked.filter((id) => !isAnalysis(id)),
  )
  const analysed = findingsOf({ results }, state, looked.filter(isAnalysis))
  const analyses =
    analysed.length > 0 ? analysed.flatMap(({ result }) => result ?? []) : [analysisText(analyse(findings, request)).result()]
  const noAnalysis = analysed.filter(({ leftOut }) => leftOut !== undefined)
  return writeReport({
    title: request,
    findings: [...findings, ...noAnalysis.map((each) => ({ ...each, question: 'The analysis of what was found' }))],
    analyses,
  })
}

function findingsOf({ results }: Pick<StepCall, 'results'>, { steps }: RunState, ids: readonly string[]): readonly Finding[] {
  return ids.flatMap((id) => {
    const state = steps.get(id)
    const result = results.find((each) => each.step === id)?.result
    return state ? [{ question: state.step.prompt, result, ...(result ? {} : { leftOut: whyNot(state) }) }] : []
  })
}

/** Why a step gave nothing, in words of ours but for what whoever rejected it said. */
function whyNot({ status, error }: StepState): string | undefined {
  if (error?.code === 'step_rejected') return `rejected (${error.message})`
  if (error) return `${status === 'skipped' ? 'skipped' : 'failed'} with ${error.code}`
  return status === 'skipped' || status === 'cancelled' ? `${status}, since a step that it needs was not done` : undefined
}
