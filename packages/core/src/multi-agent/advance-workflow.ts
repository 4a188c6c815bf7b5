import { publishEvent } from '../define/event.ts'
import type { JobContext } from '../define/job.ts'
import { PlinthError } from '../errors.ts'
import type { Timer } from '../ports/clock.ts'
import { sleep } from '../ports/clock.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Scope } from '../scope/scope.ts'
import { changedAgents } from './agents/changed-agents.ts'
import { workflowWaits } from './events.ts'
import { finishWorkflow, noteStatus, restWorkflow } from './finish-workflow.ts'
import type { AdvanceBody } from './jobs.ts'
import { planWorkflow, replanWorkflow } from './plan-workflow.ts'
import { JournalWriter, RunLostError } from './run/journal-writer.ts'
import { Ownership, takeOwnership } from './run/ownership.ts'
import { loadRun, type Run, readState } from './run/run.ts'
import { RunEngine } from './run/run-engine.ts'
import type { RunState } from './run/run-state.ts'
import { slotsOf } from './run/step-slots.ts'
import { TenantWatch } from './run/tenant-watch.ts'
import { inWorkflow, type TracedRun } from './spans.ts'
import { stepWork } from './steps/step-work.ts'

const renewEvery = 10_000
/** A run that somebody else has is looked at again so soon. */
const patience = 1_000
/** What waits longer than this is left to the queue. */
const longestNap = 10_000
/** Steps of one run that run at a time. */
const concurrency = 16
/** Before a delivery ends, to keep what happened and give the run back, milliseconds. */
const handOverTime = 15_000

/**
 * Goes on with a workflow until it ends, or waits for somebody. One process has it at a time; one that takes over from one that died goes
 * on by the journal: what finished stays, what was in flight starts again (R68).
 */
export async function advanceWorkflow(scope: Scope, body: AdvanceBody, context: JobContext): Promise<Outcome> {
  const { lease } = context
  const run = await loadRun(scope, body.workflow_id)
  if (!run) return { done: true }
  if (!(await scope.isActive())) return { retryAt: scope.clock.now() + patience }
  const taken = await takeOwnership(scope, body.workflow_id, context)
  if (!(taken instanceof Ownership)) return { retryAt: Math.min(taken.until, scope.clock.now() + patience) }
  const lost = new AbortController()
  const renewal = renew(scope, taken, lost)
  const owned: Owned = {
    run,
    epoch: taken.epoch,
    signal: AbortSignal.any([lease.signal, lost.signal]),
    ...(lease.endsAt === undefined ? {} : { endsAt: lease.endsAt - handOverTime }),
  }
  try {
    return await inWorkflow(scope, run, (traced) => open(traced, owned))
  } catch (error) {
    // What was in flight starts again, here or where the run is by then.
    if (owned.signal.aborted || (PlinthError.is(error) && error.retryable)) return { retryAt: scope.clock.now() + patience }
    throw error
  } finally {
    renewal.stop()
    await taken.release().catch(() => {})
  }
}

/** A run, and the right to it. */
interface Owned {
  readonly run: Run
  readonly epoch: number
  readonly signal: AbortSignal
  /** When this process has to be done with it, milliseconds UTC. */
  readonly endsAt?: number
}

async function open(traced: TracedRun, { run, epoch, signal, endsAt }: Owned): Promise<Outcome> {
  const { scope, trace } = traced
  const { state, next } = await readState(scope, run.fields)
  if (state.ending) return { done: true }
  traced.follows(state)
  const { seconds } = run.fields.budget ?? {}
  const watch = new TenantWatch(scope)
  const engine = new RunEngine({
    runId: run.id,
    state,
    clock: scope.clock,
    limits: {
      concurrency,
      concurrencyOf: (type) => run.agents.get(type)?.limits.concurrency,
      slots: slotsOf(scope.clock, scope.tenant.tenant_id),
      ...(seconds === undefined ? {} : { deadline: () => deadlineOf(run, state, seconds) }),
      endsAt,
      isHeld: () => watch.isSuspended,
      longestNap,
    },
    journal: (listener) => new JournalWriter({ scope, runId: run.id, epoch, next, listener }),
    work: stepWork(scope, run, state),
    announce: (step) => publishEvent(workflowWaits, run.id, { workflow_id: run.id, ...(step ? { step_id: step } : {}) }),
  })
  try {
    const changed = epoch === 1 ? [] : await changedAgents(scope, run.agents)
    const more = changed.length === 0 ? {} : { agents_changed: changed }
    await engine.take({ at: scope.clock.now(), kind: 'owned', epoch, trace, ...more })
    return state.ending ? { done: true } : await conduct(scope, run, { engine, watch }, signal)
  } finally {
    watch.stop()
    engine.close()
  }
}

/** A run has so long from when it was asked for, or taken up again; waiting for somebody doesn't count. */
function deadlineOf({ fields }: Run, { againAt, rested }: RunState, seconds: number): number {
  return (againAt ?? fields.created) + rested + seconds * 1_000
}

async function conduct(
  scope: Scope,
  run: Run,
  { engine, watch }: { readonly engine: RunEngine; readonly watch: TenantWatch },
  signal: AbortSignal,
): Promise<Outcome> {
  const { state } = engine
  for (;;) {
    // Whoever delivers jobs lets those of a suspended tenant wait.
    if (watch.isSuspended && !state.stopping) return { retryAt: scope.clock.now() + patience }
    const again = state.planAgainAt
    if (again - scope.clock.now() > longestNap && !state.stopping) return { retryAt: soonest(engine, again) }
    if (state.status === 'planning' && !state.stopping) {
      await until(scope, engine, again, signal)
      if (!state.stopping) await planWorkflow(scope, run, engine, signal)
      continue
    }
    if (state.status === 'running') await noteStatus(scope, run, engine)
    const rest = await engine.run(signal)
    if ('ending' in rest) {
      if (await finishWorkflow(scope, run, engine, rest.ending)) return { done: true }
    } else if ('replan' in rest) {
      await until(scope, engine, again, signal)
      if (!state.stopping) await replanWorkflow(scope, run, engine, signal)
    } else if ('wakeAt' in rest) return { retryAt: soonest(engine, rest.wakeAt) }
    else if ('handOver' in rest) return { retryAt: scope.clock.now() }
    else if (await restWorkflow(scope, run, engine)) return { done: true }
  }
}

/** A run that is left until a time is looked at when its own time is over, if that is sooner. */
function soonest({ deadline }: RunEngine, time: number): number {
  return Math.min(time, deadline ?? time)
}

async function until(scope: Scope, engine: RunEngine, time: number, signal: AbortSignal): Promise<void> {
  const wait = time - scope.clock.now()
  if (wait > 0) await engine.during(signal, (stop) => sleep(scope.clock, wait, stop))
}

function renew(scope: Scope, owned: Ownership, lost: AbortController): { stop(): void } {
  let timer: Timer | undefined
  let isOver = false
  const again = (): void => {
    // Whoever has left it must not take it again.
    if (isOver) return
    timer = scope.clock.setTimer(renewEvery, () => {
      owned.renew().then(
        (isOwn) => (isOwn ? again() : lost.abort(new RunLostError())),
        // It is tried again until the lease is over; what is written meanwhile is fenced by the journal.
        (error: unknown) => (PlinthError.is(error) && error.retryable ? again() : lost.abort(error)),
      )
    })
  }
  again()
  return {
    stop: () => {
      isOver = true
      timer?.cancel()
    },
  }
}
