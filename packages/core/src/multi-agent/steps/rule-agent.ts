/**
 * Agents where no language model answers: they call their tools by rule, quote, and put together. What they give is found in its sources
 * word for word, and is labelled as what it is.
 * @module
 */
import { answerQuestion } from '../../rag/answer-question.ts'
import { noUsage } from '../../rag/usage.ts'
import type { Scope } from '../../scope/scope.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import { synthesis } from '../run/journal.ts'
import type { StepCall, StepEnd } from '../run/run-engine.ts'
import type { RunState } from '../run/run-state.ts'
import { analyse } from './rules/analyse.ts'
import { type Finding, writeReport } from './rules/report.ts'

const passages = 5
const nothing = 'The documents do not say.'

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
  if (agent.tools.includes('search_knowledge')) return look(scope, step.prompt, call)
  return done({ text: call.results.length > 0 ? analyse(call.results) : nothing, sources: sourcesOf(call) })
}

async function look(scope: Scope, question: string, { signal }: StepCall): Promise<StepEnd> {
  const answer = await answerQuestion(scope, { query: question, top_k: passages }, signal)
  const { response, sources, citations, abstained, usage } = answer
  const outcome = abstained
    ? ({ status: 'completed', text: nothing, sources: [] } as const)
    : ({ status: 'completed', text: response, sources, citations } as const)
  return { outcome, usage, toolCalls: 1 }
}

function reportOf({ state: { step }, results }: StepCall, request: string, state: RunState): ReturnType<typeof writeReport> {
  const looked = step.id === synthesis ? [...state.steps.keys()] : step.dependencies
  const findings: Finding[] = []
  let analysis: string | undefined
  for (const id of looked) {
    const other = state.steps.get(id)
    if (!other || id === synthesis) continue
    const result = results.find((each) => each.step === id)?.result
    if (other.step.agent_type === 'analysis') analysis = result?.text
    else findings.push({ question: other.step.prompt, result })
  }
  return writeReport({ title: request, findings, analysis })
}

function sourcesOf({ results }: StepCall): readonly string[] {
  return [...new Set(results.flatMap(({ result }) => result.sources ?? []))]
}

function done(result: { readonly text: string; readonly sources?: readonly string[] | undefined }): StepEnd {
  return { outcome: { status: 'completed', ...result }, usage: noUsage, toolCalls: 0 }
}
