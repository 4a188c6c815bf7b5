import { PlinthError } from '../../errors.ts'
import { noUsage } from '../../rag/usage.ts'
import type { Scope } from '../../scope/scope.ts'
import { type AgentDefinition, usualSystemPrompt } from '../agents/agent.ts'
import { isRulesOnly } from '../plan/make-plan.ts'
import { synthesis } from '../run/journal.ts'
import type { Run } from '../run/run.ts'
import { RunBudget } from '../run/run-budget.ts'
import type { StepCall, StepEnd, StepWork } from '../run/run-engine.ts'
import type { RunState } from '../run/run-state.ts'
import { toolsFor } from '../tools/tools.ts'
import { checkOutput } from './check-output.ts'
import { runRuleAgent } from './rule-agent.ts'
import { AgentFault, runAgent } from './run-agent.ts'
import { stepPrompt } from './step-prompt.ts'
import { synthesisPrompt } from './synthesis-prompt.ts'

const usualTimeout = 600_000

/** execute_agent_step of the seed: what a step of this run does (R61–R63). */
export function stepWork(scope: Scope, run: Run, state: RunState): StepWork {
  const whole = new RunBudget({
    limits: run.fields.budget ?? {},
    what: "workflow's budget",
    used: { usd: state.usage.usd, tokens: state.usage.input_tokens + state.usage.output_tokens, tool_calls: state.toolCalls },
  })
  return async (call) => {
    const { step } = call.state
    const timeout = new AbortController()
    const limit = (step.timeout ?? usualTimeout / 1_000) * 1_000
    const timer = scope.clock.setTimer(limit, () => timeout.abort())
    try {
      await call.settled()
      const signal = AbortSignal.any([call.signal, timeout.signal])
      return await work(scope, run, state, { ...call, signal }, whole)
    } catch (error) {
      if (!call.signal.aborted && timeout.signal.aborted) return timedOut(error, limit)
      return failed(error)
    } finally {
      timer.cancel()
    }
  }
}

async function work(scope: Scope, run: Run, state: RunState, call: StepCall, whole: RunBudget): Promise<StepEnd> {
  const { step, error, toolCalls, usage } = call.state
  const agent = agentFor(run, step.agent_type)
  if (isRulesOnly(scope.models.resolve(agent.model_id))) return runRuleAgent(scope, { call, agent, request: run.request, state })
  const budget = new RunBudget({
    limits: step.budget ?? {},
    what: `budget of the step ${step.id}`,
    used: { usd: usage.usd, tokens: usage.input_tokens + usage.output_tokens, tool_calls: toolCalls },
    outer: whole,
  })
  const results = new Map([...state.steps].flatMap(([id, { result }]) => (result ? [[id, result]] : [])))
  const told = { step, results: call.results, retryReason: error?.code === checkFailed ? error.message : undefined }
  const prompt =
    step.id === synthesis
      ? synthesisPrompt({ agent, request: run.request, state, ...told })
      : stepPrompt({ systemPrompt: agent.system_prompt, ...told })
  const answer = await runAgent(scope, {
    agent,
    prompt,
    tools: step.id === synthesis ? [] : toolsFor(agent, step),
    budget,
    results,
    key: call.key,
    signal: call.signal,
  })
  const { text, usage: used, toolCalls: called } = answer
  const checked = checkOutput(step, text)
  if ('fault' in checked) {
    const outcome = { status: 'failed', code: checkFailed, message: checked.fault, retryable: true } as const
    return { outcome, usage: used, toolCalls: called }
  }
  const sources = [
    ...new Set([...answer.passages.map(({ source }) => source), ...call.results.flatMap(({ result }) => result.sources ?? [])]),
  ]
  return { outcome: { status: 'completed', text, ...checked, sources }, usage: used, toolCalls: called }
}

const checkFailed = 'output_check_failed'

function agentFor(run: Run, type: string): AgentDefinition {
  const found = run.agents.get(type)
  return found ?? { type, system_prompt: usualSystemPrompt, tools: [], capabilities: [], limits: {}, version: 0 }
}

function timedOut(error: unknown, limit: number): StepEnd {
  const end = failed(error)
  const message = `The step took longer than ${limit / 1_000} seconds.`
  return { ...end, outcome: { status: 'failed', code: 'step_timed_out', message, retryable: true } }
}

/** What went wrong, in words without content. */
function failed(error: unknown): StepEnd {
  const spent =
    error instanceof AgentFault ? { usage: error.usage, toolCalls: error.toolCalls } : { usage: noUsage, toolCalls: 0 }
  const cause = error instanceof AgentFault ? error.cause : error
  if (!PlinthError.is(cause)) {
    const message = 'The step failed in a way that it does not know.'
    return { ...spent, outcome: { status: 'failed', code: 'internal', message, retryable: true } }
  }
  const { code, message, retryable, retryAfter } = cause
  const wait = retryAfter === undefined ? {} : { wait: retryAfter * 1_000 }
  return { ...spent, outcome: { status: 'failed', code, message, retryable, ...wait } }
}
