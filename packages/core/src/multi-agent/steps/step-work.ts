import type { Span } from '@opentelemetry/api'
import { PlinthError } from '../../errors.ts'
import type { ResolvedModel } from '../../language-model/catalogue.ts'
import { noUsage } from '../../rag/usage.ts'
import type { Scope } from '../../scope/scope.ts'
import { type AgentDefinition, usualSystemPrompt } from '../agents/agent.ts'
import { isDeferral } from '../ask-within.ts'
import { isRulesOnly } from '../plan/make-plan.ts'
import type { Run } from '../run/run.ts'
import { budgetOfRun, RunBudget, RunBudgetError, usedBy } from '../run/run-budget.ts'
import type { StepCall, StepEnd, StepWork } from '../run/run-engine.ts'
import type { RunState } from '../run/run-state.ts'
import { inStep } from '../spans.ts'
import type { KnownResults } from '../tools/tool.ts'
import { doByModel } from './do-by-model.ts'
import { doByRules } from './do-by-rules.ts'
import { AgentFault } from './run-agent.ts'

/** What a try of a step is given. */
export interface StepTry {
  readonly run: Run
  readonly state: RunState
  readonly call: StepCall
  readonly agent: AgentDefinition
  readonly model: ResolvedModel
  /** The step's, within the run's. */
  readonly budget: RunBudget
  readonly results: KnownResults
}

/** execute_agent_step of the seed: what a step of this run does (R61–R63). */
export function stepWork(scope: Scope, run: Run, state: RunState): StepWork {
  const results: KnownResults = {
    get: (id) => state.steps.get(id)?.result,
    *steps() {
      for (const [id, { result }] of state.steps) if (result) yield id
    },
  }
  const within = async (below: Scope, call: StepCall, span: Span): Promise<StepEnd> => {
    const { step } = call.state
    const timeout = new AbortController()
    const { milliseconds, isBudget } = timeFor(call)
    const timer = scope.clock.setTimer(milliseconds, () => timeout.abort())
    try {
      await call.settled()
      const signal = AbortSignal.any([call.signal, timeout.signal])
      const agent = agentFor(run, step.agent_type)
      const model = scope.models.resolve(agent.model_id)
      span.setAttribute('gen_ai.request.model', model.id)
      const budget = new RunBudget({
        limits: step.budget ?? {},
        what: `budget of the step ${step.id}`,
        used: usedBy(call.state),
        outer: budgetOfRun(run, state),
      })
      if (isBudget && milliseconds <= 0) throw new RunBudgetError(`time of the step ${step.id}`, budget)
      const attempt: StepTry = { run, state, call: { ...call, signal }, agent, model, budget, results }
      return await (isRulesOnly(model) ? doByRules(below, attempt) : doByModel(below, attempt))
    } catch (error) {
      if (call.signal.aborted || !timeout.signal.aborted) return failed(error)
      return timedOut(error, milliseconds, isBudget)
    } finally {
      timer.cancel()
    }
  }
  return (call) => inStep(scope, run.id, call, (below, span) => within(below, call, span))
}

/** How long a try may take, and whether that is what is left of its step's time for all tries. */
function timeFor({ timeout, state: { step, ran } }: StepCall): { readonly milliseconds: number; readonly isBudget: boolean } {
  const left = step.budget?.seconds === undefined ? Number.POSITIVE_INFINITY : step.budget.seconds * 1_000 - ran
  return left < timeout ? { milliseconds: Math.max(0, left), isBudget: true } : { milliseconds: timeout, isBudget: false }
}

function agentFor(run: Run, type: string): AgentDefinition {
  const found = run.agents.get(type)
  return found ?? { type, system_prompt: usualSystemPrompt, tools: [], capabilities: [], limits: {}, version: 0 }
}

function timedOut(error: unknown, milliseconds: number, isBudget: boolean): StepEnd {
  const end = failed(error)
  const message = `The step took longer than ${milliseconds / 1_000} seconds.`
  if (!isBudget) return { ...end, outcome: { status: 'failed', code: 'step_timed_out', message, retryable: true } }
  return {
    ...end,
    outcome: {
      status: 'failed',
      code: 'workflow_budget_exhausted',
      message: `${message} Its budget has no more.`,
      retryable: false,
    },
  }
}

/** What went wrong, in words without content. */
function failed(error: unknown): StepEnd {
  const used = error instanceof AgentFault ? error.used : { usage: noUsage, toolCalls: 0 }
  const cause = error instanceof AgentFault ? error.cause : error
  if (!PlinthError.is(cause)) {
    const message = 'The step failed in a way that it does not know.'
    return { ...used, outcome: { status: 'failed', code: 'internal', message, retryable: true } }
  }
  const { code, message, retryable, retryAfter } = cause
  const wait = retryAfter === undefined ? {} : { wait: retryAfter * 1_000 }
  const deferred = isDeferral(cause) ? { deferred: true } : {}
  return { ...used, outcome: { status: 'failed', code, message, retryable, ...wait, ...deferred } }
}
