import { PlinthError } from '../errors.ts'
import { ModelFailure } from '../language-model/failure.ts'
import { noUsage } from '../rag/usage.ts'
import type { Scope } from '../scope/scope.ts'
import { usualSystemPrompt } from './agents/agent.ts'
import { isDeferral } from './ask-within.ts'
import { type MadePlan, type MakePlanInput, makePlan } from './plan/make-plan.ts'
import type { Plan } from './plan/plan.ts'
import { orchestrator } from './plan/validate-plan.ts'
import { RunLostError } from './run/journal-writer.ts'
import type { Run } from './run/run.ts'
import { budgetOfRun } from './run/run-budget.ts'
import type { RunEngine } from './run/run-engine.ts'
import { inPlanning } from './spans.ts'

const usualMaxTokens = 2_000
const mostReplans = 2

/** plan_workflow of the seed (R59): the caller's plan, or the orchestrator's. */
export async function planWorkflow(scope: Scope, run: Run, engine: RunEngine, signal: AbortSignal): Promise<void> {
  const given = await run.record.open('plan')
  const at = (): number => scope.clock.now()
  if (given) {
    engine.put({ at: at(), kind: 'planned', plan: JSON.parse(given) as Plan, source: 'caller', usage: noUsage })
    return
  }
  const made = await orTold(scope, engine, signal, (stop) =>
    inPlanning(scope, run.id, (within) => makePlan(within, { ...inputOf(run, engine), key: `${run.id}:plan`, signal: stop })),
  )
  if (made)
    engine.put({ at: at(), kind: 'planned', plan: made.plan, source: made.source, faults: made.faults, usage: made.usage })
}

/** Plans anew what is left, after a step that asked for that has failed for good. */
export async function replanWorkflow(scope: Scope, run: Run, engine: RunEngine, signal: AbortSignal): Promise<void> {
  const { state } = engine
  const failed = state.replanFor
  if (!failed) return
  const { id } = failed.step
  const because = `${id}: ${failed.error?.message ?? 'It failed.'}`
  const now = scope.clock.now()
  if (state.replans >= mostReplans) {
    engine.put({ at: now, kind: 'unplanned', code: 'step_failed', message: because, retryable: false, wait: 0 })
    state.replanFor = undefined
    return
  }
  const done = new Map(
    [...state.steps].flatMap(([stepId, { step, result }]) =>
      result ? [[stepId, `${stepId}: ${step.prompt.slice(0, 300)}`]] : [],
    ),
  )
  const made = await orTold(scope, engine, signal, (stop) =>
    inPlanning(scope, run.id, (within) =>
      makePlan(within, {
        ...inputOf(run, engine),
        sofar: { done: [...done.values()], failed: because },
        begun: { taken: new Set(state.steps.keys()), done: new Set(done.keys()) },
        key: `${run.id}:replan:${state.replans + 1}`,
        signal: stop,
      }),
    ),
  )
  if (made) engine.put({ at: scope.clock.now(), kind: 'replanned', steps: made.plan.steps, because, usage: made.usage })
}

function inputOf(run: Run, { state }: RunEngine): Omit<MakePlanInput, 'key' | 'signal'> {
  const agent = run.agents.get(orchestrator)
  return {
    request: run.request,
    earlier: run.earlier,
    agents: [...run.agents.values()],
    systemPrompt: agent?.system_prompt ?? usualSystemPrompt,
    modelId: agent?.model_id,
    maxTokens: agent?.limits.max_tokens ?? usualMaxTokens,
    spends: budgetOfRun(run, state),
    ...(run.fields.budget ? { budget: run.fields.budget } : {}),
  }
}

/**
 * What keeps a plan from being made is put down; a fault that may pass is tried again.
 * @returns undefined then, and when the run is to end before there is a plan.
 */
async function orTold(
  scope: Scope,
  engine: RunEngine,
  signal: AbortSignal,
  make: (signal: AbortSignal) => Promise<MadePlan>,
): Promise<MadePlan | undefined> {
  try {
    return await engine.during(signal, make)
  } catch (error) {
    if (signal.aborted || error instanceof RunLostError || !PlinthError.is(error)) throw error
    const wait = (error.retryAfter ?? (error instanceof ModelFailure ? 1 : 0)) * 1_000
    engine.put({
      at: scope.clock.now(),
      kind: 'unplanned',
      code: error.code,
      message: error.message,
      retryable: error.retryable,
      wait,
      ...(isDeferral(error) ? { deferred: true } : {}),
    })
    return undefined
  }
}
