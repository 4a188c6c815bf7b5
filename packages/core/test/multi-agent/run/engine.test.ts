import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Step } from '../../../src/multi-agent/plan/plan.ts'
import { type EngineLimits, type Rest, RunEngine, type StepWork } from '../../../src/multi-agent/run/run-engine.ts'
import { StepSlots } from '../../../src/multi-agent/run/step-slots.ts'
import { sleep } from '../../../src/ports/clock.ts'
import { FakeClock } from '../../../src/testing/index.ts'
import { done, noUsage, planned, step } from '../support.ts'

const second = 1_000
const minute = 60 * second
const signal = new AbortController().signal

/** A journal that keeps nothing. */
const noJournal = {
  append: () => {},
  settled: async () => {},
  poll: async () => {},
  commit: async () => true,
}

/** Steps that run, and those that have. */
class Floor {
  readonly running: string[] = []
  readonly done: string[] = []
  most = 0
  readonly clock: FakeClock
  readonly #milliseconds: (id: string) => number

  constructor(clock: FakeClock, milliseconds: (id: string) => number = () => second) {
    this.clock = clock
    this.#milliseconds = milliseconds
  }

  readonly work: StepWork = async ({ state, signal: leave }) => {
    const { id } = state.step
    this.running.push(id)
    this.most = Math.max(this.most, this.running.length)
    await sleep(this.clock, this.#milliseconds(id), leave).finally(() => this.running.splice(this.running.indexOf(id), 1))
    this.done.push(id)
    return { outcome: done, usage: noUsage, toolCalls: 0 }
  }
}

function engineFor(floor: Floor, steps: readonly Step[], limits: Partial<EngineLimits> = {}): RunEngine {
  return new RunEngine({
    runId: 'run',
    state: planned(steps),
    journal: () => noJournal,
    clock: floor.clock,
    limits: { concurrency: 16, ...limits },
    work: floor.work,
  })
}

const many = (name: string, count: number, more: Partial<Step> = {}): readonly Step[] =>
  Array.from({ length: count }, (_, index) => step(`${name}${index}`, [], more))

async function pass(clock: FakeClock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 500) await clock.advance(500)
}

describe('the limits of a run', () => {
  it('hold for its steps, and for those of an agent [R65]', async () => {
    const clock = new FakeClock()
    const floor = new Floor(clock)
    const ofAgent = new Floor(clock)
    const rests = Promise.all([
      engineFor(floor, many('a', 40), { concurrency: 5 }).run(signal),
      engineFor(ofAgent, [...many('a', 9), ...many('b', 9, { agent_type: 'analysis' })], {
        concurrencyOf: (type) => (type === 'research' ? 2 : undefined),
      }).run(signal),
    ])
    await clock.advance(500)
    expect(ofAgent.running.filter((id) => id.startsWith('a'))).toHaveLength(2)
    expect(ofAgent.running.filter((id) => id.startsWith('b'))).toHaveLength(9)
    await pass(clock, 30 * second)
    expect((await rests).map((rest) => 'ending' in rest && rest.ending.status)).toEqual(['completed', 'completed'])
    expect([floor.most, floor.done.filter((id) => id !== '@synthesis').length]).toEqual([5, 40])
  })

  it('does not spin when a step could go on by its time, and has no room', async () => {
    const clock = new FakeClock()
    const floor = new Floor(clock, (id) => (id === 'a0' ? second : minute))
    const tries = new Map<string, number>()
    const work: StepWork = async (call) => {
      const { id } = call.state.step
      tries.set(id, (tries.get(id) ?? 0) + 1)
      const end = await floor.work(call)
      const fails = id === 'a0' && tries.get(id) === 1
      return fails ? { ...end, outcome: { status: 'failed', code: 'flaky', message: 'Again.', retryable: true } } : end
    }
    const engine = new RunEngine({
      runId: 'run',
      state: planned([...many('a', 1), ...many('b', 2)]),
      journal: () => noJournal,
      clock,
      limits: { concurrency: 2 },
      work,
    })
    const running = engine.run(signal)
    await pass(clock, 10 * second)
    expect(floor.running.toSorted()).toEqual(['b0', 'b1'])
    // A timer that is due at once, again and again, would keep the clock from ever coming to an end.
    await pass(clock, 3 * minute)
    expect(tries.get('a0')).toBe(2)
    expect('ending' in (await running)).toBe(true)
  })

  it('give runs of a tenant equal shares of its room, however many steps each could start', async () => {
    const clock = new FakeClock()
    const slots = new StepSlots({ most: 8 })
    const floors = [new Floor(clock), new Floor(clock), new Floor(clock)]
    const [large, small, last] = floors as [Floor, Floor, Floor]
    const running = [engineFor(large, many('a', 60), { slots }).run(signal)]
    await pass(clock, 2 * second)
    expect(large.running).toHaveLength(8)
    running.push(engineFor(small, many('b', 20), { slots }).run(signal), engineFor(last, many('c', 1), { slots }).run(signal))
    await pass(clock, 3 * second)
    expect([large.running.length, small.running.length]).toEqual([4, 4])
    expect(last.done).toContain('c0')
    await pass(clock, minute)
    const rests: readonly Rest[] = await Promise.all(running)
    expect(rests.every((rest) => 'ending' in rest && rest.ending.status === 'completed')).toBe(true)
  })

  it('are never passed, and nobody waits for ever, whatever runs come and go', async () => {
    const runs = fc.array(
      fc.record({ steps: fc.integer({ min: 1, max: 8 }), from: fc.nat(10), agent: fc.constantFrom('research', 'analysis') }),
      { minLength: 1, maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(runs, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), async (drawn, most, ofAgent) => {
        const clock = new FakeClock()
        const slots = new StepSlots({ most })
        const floor = new Floor(clock, (id) => (id === '@synthesis' ? 0 : second))
        const ending = drawn.map(async ({ steps, from, agent }, index) => {
          await sleep(clock, from * second)
          const engine = engineFor(floor, many(`r${index}x`, steps, { agent_type: agent }), {
            slots,
            concurrencyOf: () => ofAgent,
          })
          const rest = await engine.run(signal)
          engine.close()
          return rest
        })
        for (let turn = 0; turn < 200; turn++) {
          await clock.advance(500)
          // The synthesis, which a run has but once, doesn't wait for room.
          const steps = floor.running.filter((id) => id !== '@synthesis')
          expect(steps.length).toBeLessThanOrEqual(most)
        }
        const rests = await Promise.all(ending)
        expect(rests.every((rest) => 'ending' in rest)).toBe(true)
      }),
      { numRuns: 30 },
    )
  }, 60_000)
})

describe('a process whose time is limited', () => {
  it('starts no step that might not end in it, lets those end that run, and hands the run over', async () => {
    const clock = new FakeClock()
    const floor = new Floor(clock, () => 5 * minute)
    const steps = [step('a'), step('b', ['a']), step('c', ['b'])]
    const engine = engineFor(floor, steps, { endsAt: clock.now() + 15 * minute })
    const running = engine.run(signal)
    await pass(clock, 16 * minute)
    // The third could take the usual ten minutes: it doesn't begin in what is left.
    expect(await running).toEqual({ handOver: true })
    expect(floor.done).toEqual(['a', 'b'])
    expect(engine.state.steps.get('c')).toMatchObject({ status: 'pending', attempts: 0 })
  })

  it('cuts a step’s time to what a process has, where it would want more', async () => {
    const clock = new FakeClock()
    const timeouts: number[] = []
    const engine = new RunEngine({
      runId: 'run',
      state: planned([step('a', [], { timeout: 3_600 }), step('b', [], { timeout: 60 })]),
      journal: () => noJournal,
      clock,
      limits: { concurrency: 2, endsAt: clock.now() + 10 * minute },
      work: async ({ timeout }) => {
        timeouts.push(timeout)
        return { outcome: done, usage: noUsage, toolCalls: 0 }
      },
    })
    const running = engine.run(signal)
    await pass(clock, second)
    expect('ending' in (await running)).toBe(true)
    expect(timeouts.slice(0, 2)).toEqual([10 * minute - 5 * second, minute])
  })
})

describe('what is told to break off', () => {
  it('is taken to have ended when it does not listen', async () => {
    const clock = new FakeClock()
    const engine = new RunEngine({
      runId: 'run',
      state: planned([step('a')]),
      journal: () => noJournal,
      clock,
      limits: { concurrency: 1 },
      work: () => new Promise(() => {}),
    })
    const running = engine.run(signal)
    await pass(clock, second)
    engine.told({ at: clock.now(), kind: 'cancelled', by: 'ada', reason: 'Never mind.' })
    await pass(clock, 6 * second)
    expect(await running).toEqual({ ending: { status: 'cancelled', reason: 'Never mind.' } })
    expect(engine.state.steps.get('a')).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } })
  })
})
