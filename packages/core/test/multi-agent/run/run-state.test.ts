import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../../src/multi-agent/run/journal.ts'
import { synthesis } from '../../../src/multi-agent/run/journal.ts'
import { RunState } from '../../../src/multi-agent/run/run-state.ts'
import { broken, done, finished, flaky, graphs, planned, plannedEntry, started, step } from '../support.ts'

const everyone = (): boolean => true

/** What may start now, in the order in which it would. It isn't started: so a step that is queued twice is taken twice. */
function startable(state: RunState, now = 10): string[] {
  const ids = new Set<string>()
  for (let next = state.ready.take(now, everyone); next; next = state.ready.take(now, everyone)) ids.add(next.step.id)
  return [...ids]
}

describe('a run as its journal tells it', () => {
  it('starts what needs nothing, the longest way first, and what needs it the moment that it has ended [R65, X37]', () => {
    const state = planned([step('short'), step('a'), step('b', ['a']), step('c', ['b'])])
    expect(startable(state)).toEqual(['a', 'short'])
    state.apply(started('a'))
    state.apply(finished('a', done))
    expect(startable(state)).toEqual(['b'])
  })

  it('is through when all steps are, then comes the synthesis', () => {
    const state = planned([step('a')])
    for (const entry of [started('a'), finished('a', done)]) state.apply(entry)
    expect(state.isThrough).toBe(true)
    expect(state.synthesisStep).toBeUndefined()
    expect(state.steps.get(synthesis)?.status).toBe('pending')
  })

  it('takes the only sink for the synthesis, when it is a report', () => {
    expect(planned([step('a'), step('r', ['a'], { agent_type: 'report' })]).synthesisStep).toBe('r')
    expect(planned([step('a'), step('r', [], { agent_type: 'report' })]).synthesisStep).toBeUndefined()
  })

  it('tries again what may go better, after a wait that doubles; then it fails [X43]', () => {
    const state = planned([step('a', [], { retry: { attempts: 3, wait_seconds: 2 } })])
    state.apply(started('a'))
    state.apply(finished('a', flaky, 1, 1_000))
    expect([startable(state, 2_999), state.ready.wakeAt, startable(state, 3_000)]).toEqual([[], 3_000, ['a']])
    state.apply(started('a', 2, 3_000))
    state.apply(finished('a', flaky, 2, 4_000))
    expect(state.ready.wakeAt).toBe(8_000)
    state.apply(started('a', 3, 8_000))
    state.apply(finished('a', flaky, 3, 9_000))
    expect(state.steps.get('a')).toMatchObject({ status: 'failed', attempts: 3, error: { code: 'flaky' } })
    expect(state.stopping).toMatchObject({ status: 'failed', code: 'step_failed' })
  })

  it('joins what is left when a branch may fail, and leaves out what nothing is left for', () => {
    const skip = { on_failure: 'skip' } as const
    const state = planned([
      step('a', [], skip),
      step('b'),
      step('join', ['a', 'b']),
      step('alone', ['a']),
      step('after', ['alone']),
    ])
    for (const entry of [started('a'), finished('a', broken)]) state.apply(entry)
    expect([state.steps.get('alone')?.status, state.steps.get('after')?.status]).toEqual(['skipped', 'skipped'])
    expect(state.stopping).toBeUndefined()
    for (const entry of [started('b'), finished('b', done)]) state.apply(entry)
    expect(startable(state)).toEqual(['join'])
  })

  it('starts again what was in flight when its process died, never what had finished [R68]', () => {
    const state = planned([step('a'), step('b'), step('c', ['a', 'b'])])
    for (const entry of [started('a'), started('b'), finished('a', done)]) state.apply(entry)
    state.apply({ at: 5, kind: 'owned', epoch: 2 })
    expect(startable(state)).toEqual(['b'])
    expect(state.steps.get('b')).toMatchObject({ status: 'pending', attempts: 1, failures: 0 })
  })

  it('gives a step up that the process died with six times', () => {
    const state = planned([step('a')])
    for (let epoch = 1; epoch <= 6; epoch++) {
      expect(state.steps.get('a')?.status).toBe('pending')
      state.apply(started('a', epoch))
      state.apply({ at: 5, kind: 'owned', epoch })
    }
    expect(state.steps.get('a')).toMatchObject({ status: 'failed', error: { code: 'step_gave_up' } })
  })

  it('waits for approval, of the plan and of a step', () => {
    const state = planned([step('a'), step('b', ['a'], { approval: true })], { approval: true })
    expect(state.status).toBe('awaiting_approval')
    state.apply({ at: 2, kind: 'approved', by: 'ada' })
    expect(state.status).toBe('running')
    for (const entry of [started('a'), finished('a', done)]) state.apply(entry)
    expect(startable(state)).toEqual([])
    expect(state.steps.get('b')?.status).toBe('awaiting_approval')
    state.apply({ at: 4, kind: 'approved', by: 'ada', step: 'b' })
    expect(startable(state)).toEqual(['b'])
  })

  it('does what somebody wants again, and what was left out behind it', () => {
    const state = planned([step('a'), step('b', ['a']), step('c', ['b'])])
    for (const entry of [started('a'), finished('a', done), started('b'), finished('b', broken)]) state.apply(entry)
    state.apply({ at: 5, kind: 'ended', ending: { status: 'failed', code: 'step_failed', message: 'b' } })
    expect([state.status, state.steps.get('c')?.status]).toEqual(['failed', 'skipped'])
    state.apply({ at: 6, kind: 'retried', step: 'b', by: 'ada' })
    expect([state.status, startable(state)]).toEqual(['running', ['b']])
    for (const entry of [started('b', 2), finished('b', done, 2)]) state.apply(entry)
    expect(startable(state)).toEqual(['c'])
  })

  it('takes another plan for what has not begun', () => {
    const state = planned([step('a'), step('b', ['a'], { on_failure: 'replan' }), step('c', ['b'])])
    for (const entry of [started('a'), finished('a', done), started('b'), finished('b', broken)]) state.apply(entry)
    expect(state.replanFor?.step.id).toBe('b')
    const steps = [step('b2', ['a']), step('c2', ['b2'])]
    state.apply({
      at: 6,
      kind: 'replanned',
      steps,
      because: 'b',
      usage: { input_tokens: 1, output_tokens: 1, usd: 0, latency_ms: 0 },
    })
    expect(state.replanFor).toBeUndefined()
    expect([...state.steps.keys()].filter((id) => id !== synthesis)).toEqual(['a', 'b', 'b2', 'c2'])
    expect(startable(state)).toEqual(['b2'])
  })
})

/** A random history: whatever may start does at some time, ends as is drawn, and at times the process dies. */
const histories = fc.record({ steps: graphs, draws: fc.array(fc.nat(99), { minLength: 5, maxLength: 80 }) })

function live({ steps, draws }: { steps: Parameters<typeof planned>[0]; draws: readonly number[] }): {
  readonly state: RunState
  readonly journal: readonly JournalEntry[]
} {
  const journal: JournalEntry[] = [plannedEntry(steps)]
  const state = planned(steps)
  const running: { id: string; attempt: number }[] = []
  const put = (entry: JournalEntry): void => {
    journal.push(entry)
    state.apply(entry)
  }
  let at = 10
  for (const draw of draws) {
    at += 10_000
    if (draw % 10 === 9) {
      put({ at, kind: 'owned', epoch: state.epoch + 1 })
      running.length = 0
      continue
    }
    const next = draw % 2 === 0 && !state.stopping ? state.ready.take(at, everyone) : undefined
    if (next) {
      running.push({ id: next.step.id, attempt: next.attempts + 1 })
      put(started(next.step.id, next.attempts + 1, at))
    } else {
      const [ends] = running.splice(draw % Math.max(1, running.length), 1)
      if (ends) put(finished(ends.id, draw % 7 === 0 ? broken : draw % 5 === 0 ? flaky : done, ends.attempt, at))
    }
  }
  return { state, journal }
}

describe('any history', () => {
  it('folds to the same state, whether it is lived or read [R68]', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { state, journal } = live(history)
        const read = new RunState()
        for (const entry of journal) read.apply(entry)
        expect(summary(read)).toEqual(summary(state))
        expect(startable(read, 1e9).sort()).toEqual(startable(state, 1e9).sort())
      }),
    )
  })

  it('starts no step before all that it needs has ended, and none twice at a time', () => {
    fc.assert(
      fc.property(histories, ({ steps, draws }) => {
        const { journal } = live({ steps, draws })
        const needs = new Map(steps.map(({ id, dependencies }) => [id, dependencies]))
        const over = new Set<string>()
        const running = new Set<string>()
        const state = new RunState()
        for (const entry of journal) {
          if (entry.kind === 'started') {
            expect(running.has(entry.step)).toBe(false)
            running.add(entry.step)
            for (const needed of needs.get(entry.step) ?? []) expect(over.has(needed)).toBe(true)
          }
          state.apply(entry)
          if (entry.kind === 'finished') running.delete(entry.step)
          if (entry.kind === 'owned') running.clear()
          for (const [id, { status }] of state.steps) if (['completed', 'failed', 'skipped'].includes(status)) over.add(id)
        }
      }),
    )
  })

  it('never runs again what has completed', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { journal } = live(history)
        const completed = new Set<string>()
        for (const entry of journal) {
          if (entry.kind === 'started') expect(completed.has(entry.step)).toBe(false)
          if (entry.kind === 'finished' && entry.outcome.status === 'completed') completed.add(entry.step)
        }
      }),
    )
  })
})

function summary(state: RunState): unknown {
  const { status, running, open, epoch, stopping } = state
  const steps = [...state.steps].map(([id, step]) => [id, step.status, step.attempts, step.failures, step.cutOffs])
  return { status, running, open, epoch, stopping, steps }
}
