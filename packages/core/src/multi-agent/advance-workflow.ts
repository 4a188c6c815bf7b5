import type { JobContext } from '../define/job.ts'
import { PlinthError } from '../errors.ts'
import type { Timer } from '../ports/clock.ts'
import { sleep } from '../ports/clock.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Scope } from '../scope/scope.ts'
import { finishWorkflow, noteStatus } from './finish-workflow.ts'
import type { AdvanceBody } from './jobs.ts'
import { planWorkflow, replanWorkflow } from './plan-workflow.ts'
import { JournalWriter, RunLostError, readJournal } from './run/journal-writer.ts'
import { Ownership, takeOwnership } from './run/ownership.ts'
import { loadRun, type Run } from './run/run.ts'
import { RunEngine } from './run/run-engine.ts'
import { RunState } from './run/run-state.ts'
import { stepWork } from './steps/step-work.ts'

const renewEvery = 10_000
/** A run that somebody else has is looked at again so soon. */
const patience = 1_000
/** What waits longer than this is left to the queue. */
const longestNap = 10_000
/** Steps of one run that run at a time. */
const concurrency = 16

/**
 * Goes on with a workflow until it ends, or waits for somebody. One process has it at a time; one that takes over from one that died goes
 * on by the journal: what finished stays, what was in flight starts again (R68).
 */
export async function advanceWorkflow(scope: Scope, body: AdvanceBody, { lease }: JobContext): Promise<Outcome> {
  const run = await loadRun(scope, body.workflow_id)
  if (!run) return { done: true }
  const taken = await takeOwnership(scope, body.workflow_id)
  if (!(taken instanceof Ownership)) return { retryAt: Math.min(taken.until, scope.clock.now() + patience) }
  const lost = new AbortController()
  const renewal = renew(scope, taken, lost)
  try {
    return await conduct(scope, run, taken, AbortSignal.any([lease.signal, lost.signal]))
  } catch (error) {
    if (error instanceof RunLostError || lost.signal.aborted) return { retryAt: scope.clock.now() + patience }
    throw error
  } finally {
    renewal.stop()
    await taken.release().catch(() => {})
  }
}

async function conduct(scope: Scope, run: Run, { epoch }: Ownership, signal: AbortSignal): Promise<Outcome> {
  const state = new RunState({ approval: run.fields.approval === 'plan' })
  const { entries, next } = await readJournal(scope, run.id)
  for (const entry of entries) state.apply(entry)
  if (state.ending) return { done: true }
  const engine = new RunEngine({
    runId: run.id,
    state,
    clock: scope.clock,
    limits: { concurrency, concurrencyOf: (type) => run.agents.get(type)?.limits.concurrency },
    journal: (listener) => new JournalWriter({ scope, runId: run.id, epoch, next, listener }),
    work: stepWork(scope, run, state),
  })
  engine.put({ at: scope.clock.now(), kind: 'owned', epoch })
  for (;;) {
    const again = state.planAgainAt
    if (again - scope.clock.now() > longestNap && !state.stopping) return { retryAt: again }
    if (state.status === 'planning' && !state.stopping) {
      await until(scope, again, signal)
      await planWorkflow(scope, run, engine, signal)
      continue
    }
    const rest = state.status === 'awaiting_approval' && !state.stopping ? ({ waits: true } as const) : await engine.run(signal)
    if ('ending' in rest) {
      await finishWorkflow(scope, run, engine, rest.ending)
      return { done: true }
    }
    if ('replan' in rest) {
      await until(scope, again, signal)
      await replanWorkflow(scope, run, engine, signal)
    } else if ('wakeAt' in rest) {
      if (rest.wakeAt - scope.clock.now() > longestNap) return { retryAt: rest.wakeAt }
      await until(scope, rest.wakeAt, signal)
    } else {
      await noteStatus(scope, run, engine)
      return { done: true }
    }
  }
}

async function until(scope: Scope, time: number, signal: AbortSignal): Promise<void> {
  const wait = time - scope.clock.now()
  if (wait > 0) await sleep(scope.clock, wait, signal)
}

function renew(scope: Scope, owned: Ownership, lost: AbortController): { stop(): void } {
  let timer: Timer | undefined
  const again = (): void => {
    timer = scope.clock.setTimer(renewEvery, () => {
      owned.renew().then(
        (isOwn) => (isOwn ? again() : lost.abort(new RunLostError())),
        // It is tried again until the lease is over; what is written meanwhile is fenced by the journal.
        (error: unknown) => (PlinthError.is(error) && error.retryable ? again() : lost.abort(error)),
      )
    })
  }
  again()
  return { stop: () => timer?.cancel() }
}
