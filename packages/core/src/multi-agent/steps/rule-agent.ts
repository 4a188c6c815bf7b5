/**
 * Agents where no language model answers: they call their tools by rule, quote, compute, and put together. What they quote is found in
 * its sources word for word, what they compute shows its formula, and all of it is labelled as what it is.
 * @module
 */
import { noUsage } from '../../rag/usage.ts'
import type { Scope } from '../../scope/scope.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import { type StepResult, synthesis } from '../run/journal.ts'
import type { StepCall, StepEnd } from '../run/run-engine.ts'
import type { RunState } from '../run/run-state.ts'
import { analyse, analysisText } from './rules/analyse.ts'
import type { Finding } from './rules/facts.ts'
import { writeReport } from './rules/report.ts'
import { nothingSaid, research } from './rules/research.ts'

/** Of the questions of other steps, as a step is told apart from them. */
const mostOthers = 200

/** Does a step by rules: looks into documents, compares figures, or writes the report, by what the agent has for tools. */
export async function runRuleAgent(
  scope: Scope,
  {
    call,
    agent,
    request,
    state,
  }: { readonly call: StepCall; readonly agent: AgentDefinition; readonly request: string; readonly state: RunState },
): Promise<StepEnd> {
  const { step } = call.state
  if (step.id === synthesis || agent.type === 'report') return done(reportOf(call, request, state))
  if (agent.tools.includes('search_knowledge') && step.tools?.includes('search_knowledge') !== false) {
    const others = [...state.steps.values()].flatMap(({ step: other }) => (other.id === step.id ? [] : [other.prompt]))
    const { result, usage, toolCalls } = await research(scope, step.prompt, others.slice(0, mostOthers), call.signal)
    return { outcome: { status: 'completed', ...result }, usage, toolCalls }
  }
  if (call.results.length === 0) return done({ text: nothingSaid, sources: [] })
  return done(
    analysisText(
      analyse(
        findingsOf(
          call,
          state,
          call.results.map(({ step: id }) => id),
        ),
        request,
      ),
    ).result(),
  )
}

function reportOf({ state: { step }, results }: StepCall, request: string, state: RunState): StepResult {
  const looked = step.id === synthesis ? [...state.steps.keys()].filter((id) => id !== synthesis) : step.dependencies
  const isAnalysis = (id: string): boolean => state.steps.get(id)?.step.agent_type === 'analysis'
  const of = (ids: readonly string[]): readonly Finding[] => findingsOf({ results }, state, ids)
  const findings = of(looked.filter((id) => !isAnalysis(id)))
  const analysed = of(looked.filter(isAnalysis)).flatMap(({ result }) => result ?? [])
  const hasAnalysis = looked.some(isAnalysis)
  const analyses = hasAnalysis ? analysed : [analysisText(analyse(findings, request)).result()]
  return writeReport({ title: request, findings, analyses })
}

function findingsOf({ results }: Pick<StepCall, 'results'>, state: RunState, ids: readonly string[]): readonly Finding[] {
  return ids.flatMap((id) => {
    const step = state.steps.get(id)?.step
    return step ? [{ question: step.prompt, result: results.find((each) => each.step === id)?.result }] : []
  })
}

function done(result: StepResult): StepEnd {
  return { outcome: { status: 'completed', ...result }, usage: noUsage, toolCalls: 0 }
}
