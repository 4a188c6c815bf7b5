/**
 * What OpenTelemetry is told of workflows, in the words of the GenAI conventions: a span for the workflow, one for each try of a step below
 * it, and one for each call of a tool below that. Names, ids and counts; never what was asked, found or answered.
 * @module
 */
import type { Attributes, Span } from '@opentelemetry/api'
import type { Usage } from '../language-model/catalogue.ts'
import { toolServerOf } from '../ports/tool-source.ts'
import type { Scope } from '../scope/scope.ts'
import {
  below,
  inSpan,
  linkTo,
  markFailed,
  recordStep,
  recordTool,
  recordWorkflow,
  spanNames,
  traceparentOf,
} from '../telemetry.ts'
import { builtInAgents } from './agents/built-in.ts'
import type { MadePlan } from './plan/make-plan.ts'
import { orchestrator } from './plan/validate-plan.ts'
import type { Run } from './run/run.ts'
import type { StepCall, StepEnd } from './run/run-engine.ts'
import type { RunState } from './run/run-state.ts'
import { builtInTools } from './tools/tools.ts'

/** A run at work in this process, as its span tells of it. */
export interface TracedRun {
  readonly scope: Scope
  /** For the journal; undefined where the span isn't recorded. */
  readonly trace: string | undefined
  /** Whose run it is. Where another span had it before, this one is linked to the first. */
  follows(state: RunState): void
}

/** Goes on with a run in a span, which is found by the correlation id of whoever asked for the run, whoever woke it. */
export function inWorkflow<Result>(
  scope: Scope,
  run: Pick<Run, 'id' | 'fields'>,
  work: (traced: TracedRun) => Promise<Result>,
): Promise<Result> {
  const attributes = { 'gen_ai.operation.name': 'invoke_workflow', 'plinth.workflow.id': run.id }
  const caller = { ...scope.caller, correlationId: run.fields.correlation_id }
  return inSpan(caller, spanNames.workflow, attributes, async (span) => {
    let followed: RunState | undefined
    const follows = (state: RunState): void => {
      followed = state
      if (state.trace !== undefined) linkTo(span, state.trace)
    }
    try {
      return await work({ scope: below({ ...scope, caller }, span), trace: traceparentOf(span), follows })
    } finally {
      if (followed) tellRun(span, followed)
    }
  })
}

function tellRun(span: Span, { status, usage, steps, ending, startedAt = 0, updatedAt }: RunState): void {
  span.setAttributes({ ...usageAttributes(usage), 'plinth.workflow.status': status, 'plinth.workflow.steps': steps.size })
  if (!ending) return
  if (ending.status === 'failed') markFailed(span, ending.code)
  recordWorkflow(ending.status, updatedAt - startedAt)
}

/** Does a try of a step in a span. */
export function inStep(
  scope: Scope,
  runId: string,
  call: Pick<StepCall, 'state' | 'attempt'>,
  work: (scope: Scope, span: Span) => Promise<StepEnd>,
): Promise<StepEnd> {
  const { id, agent_type: agent } = call.state.step
  const attributes = { 'plinth.workflow.id': runId, 'plinth.step.id': id, 'plinth.step.attempt': call.attempt }
  const started = scope.clock.now()
  return inAgent(scope, agent, attributes, async (within, span) => {
    const end = await work(within, span)
    const { outcome, usage, toolCalls } = end
    span.setAttributes({ ...usageAttributes(usage), 'plinth.step.tool_calls': toolCalls })
    const code = 'code' in outcome ? outcome.code : undefined
    if (code !== undefined) markFailed(span, code)
    recordStep(agentLabel(agent), code ?? outcome.status, scope.clock.now() - started)
    return end
  })
}

/** Lets the orchestrator make a plan in a span. */
export function inPlanning(scope: Scope, runId: string, make: (scope: Scope) => Promise<MadePlan>): Promise<MadePlan> {
  return inAgent(scope, orchestrator, { 'plinth.workflow.id': runId }, async (within, span) => {
    const made = await make(within)
    span.setAttributes({
      ...usageAttributes(made.usage),
      'plinth.plan.source': made.source,
      'plinth.plan.steps': made.plan.steps.length,
    })
    return made
  })
}

function inAgent<Result>(
  scope: Scope,
  agent: string,
  attributes: Attributes,
  work: (scope: Scope, span: Span) => Promise<Result>,
): Promise<Result> {
  const all = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': agent, ...attributes }
  return inSpan(scope.caller, `${spanNames.agent} ${agent}`, all, (span) => work(below(scope, span), span))
}

/** Calls a tool in a span. @param work gives something that says that it is `failed`, or that has no such word. */
export async function inTool<Answer extends object>(
  scope: Scope,
  tool: { readonly name: string; readonly callId?: string },
  work: (scope: Scope) => Promise<Answer>,
): Promise<Answer> {
  const { name, callId } = tool
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.type': 'function',
    ...(callId === undefined ? {} : { 'gen_ai.tool.call.id': callId }),
  }
  const started = scope.clock.now()
  let outcome: 'done' | 'failed' = 'failed'
  try {
    return await inSpan(scope.caller, `${spanNames.tool} ${name}`, attributes, async (span) => {
      const answer = await work(below(scope, span))
      if ('failed' in answer && answer.failed) markFailed(span, 'tool_failed')
      else outcome = 'done'
      return answer
    })
  } finally {
    recordTool(toolLabel(name), outcome, scope.clock.now() - started)
  }
}

function usageAttributes({ input_tokens: input, output_tokens: output, usd }: Usage): Attributes {
  return { 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output, 'plinth.usage.usd': usd }
}

const ownAgents: ReadonlySet<string> = new Set(builtInAgents.map(({ type }) => type))
const ownTools: ReadonlySet<string> = new Set(['fetch_url', ...builtInTools.map(({ name }) => name)])

function agentLabel(type: string): string {
  return ownAgents.has(type) ? type : 'custom'
}

function toolLabel(name: string): string {
  if (ownTools.has(name)) return name
  return toolServerOf(name) === undefined ? 'custom' : 'mcp'
}
