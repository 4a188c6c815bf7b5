import { describe, expect, it } from 'vitest'
import { longestClosing, type ModelFailure } from '../../src/index.ts'
import { Asking, failure, gateOf, request, throttled } from './gate-bench.ts'

describe('a closed model', () => {
  it('lets nothing through before its time, for any tenant; other models are open', async () => {
    const { gate, clock } = gateOf()
    const until = clock.now() + 30_000
    gate.close('m', until)
    expect(gate.state('m').closedUntil).toBe(until)
    const early = new Asking(gate, clock, { patience: 8_000 })
    expect(gate.admit('other', request())).toMatchObject({ admitted: true })
    await clock.advance(0)
    expect(early.refusal.reason).toBe('model_closed')
    expect(early.refusal.retryAt).toBeGreaterThanOrEqual(until)
    expect(early.refusal.retryAt).toBeLessThan(until + 5_000)
    await clock.advance(25_000)
    const late = new Asking(gate, clock, { tenant: 'b', patience: 8_000 })
    await clock.advance(4_999)
    expect(late.admission).toBeUndefined()
    await clock.advance(1)
    expect(late.admission?.admitted).toBe(true)
    expect(late.at).toBe(until)
    expect(gate.state('m').closedUntil).toBeUndefined()
  })

  it('sends everyone away in the order in which they came', async () => {
    const { gate, clock } = gateOf()
    gate.close('m', clock.now() + 600_000)
    const asked = [new Asking(gate, clock, { lane: 'high' })]
    for (let index = 0; index < 30; index++) asked.push(new Asking(gate, clock, { lane: 'low' }))
    await clock.advance(0)
    expect(asked.map((each) => each.admission !== undefined)).toEqual(asked.map((_, index) => index < 10))
    await clock.advance(1_000)
    expect(asked.every((each) => each.admission?.admitted === false)).toBe(true)
  })

  it('sends those that wait away when it closes for longer than they can', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 1 } })
    const running = new Asking(gate, clock)
    const short = new Asking(gate, clock, { patience: 5_000 })
    const long = new Asking(gate, clock, { patience: 50_000 })
    const edge = new Asking(gate, clock, { patience: 5_000, from: 'edge' })
    await clock.advance(1_000)
    running.permit.release(throttled(20))
    await clock.advance(0)
    expect(short.refusal.reason).toBe('model_closed')
    expect(edge.refusal.reason).toBe('model_closed')
    await clock.advance(19_999)
    expect(long.admission).toBeUndefined()
    await clock.advance(1)
    expect(long.admission?.admitted).toBe(true)
  })

  it('is closed by what a provider says, and by nothing else', async () => {
    const closedFor = async (said: ModelFailure, limited: boolean): Promise<number> => {
      const { gate, clock } = gateOf(limited ? { m: { concurrency: 5 } } : {})
      const asked = new Asking(gate, clock)
      await clock.advance(0)
      asked.permit.release(said)
      return (gate.state('m').closedUntil ?? clock.now()) - clock.now()
    }
    for (const limited of [true, false]) {
      expect(await closedFor(throttled(20), limited)).toBe(20_000)
      expect(await closedFor(failure('transient', 1.5), limited)).toBe(1_500)
      expect(await closedFor(throttled(3_600), limited)).toBe(longestClosing)
      expect(await closedFor(throttled(), limited)).toBe(0)
      expect(await closedFor(failure('transient'), limited)).toBe(0)
      expect(await closedFor(failure('quota', 20), limited)).toBe(0)
      expect(await closedFor(failure('permanent', 20), limited)).toBe(0)
    }
  })

  it('is never opened early by a later word, nor closed by one that is past', () => {
    const { gate, clock } = gateOf()
    const until = clock.now() + 30_000
    gate.close('m', until)
    gate.close('m', clock.now() + 10_000)
    expect(gate.state('m').closedUntil).toBe(until)
    gate.close('m', until + 5_000)
    expect(gate.state('m').closedUntil).toBe(until + 5_000)
    gate.close('n', clock.now())
    gate.close('n', clock.now() - 5_000)
    expect(gate.admit('n', request())).toMatchObject({ admitted: true })
  })

  it('comes back one call after the other: twice as many with each round of answers', async () => {
    const { gate, clock } = gateOf({}, { concurrency: 64 })
    const before = new Asking(gate, clock, {})
    await clock.advance(0)
    gate.close('m', clock.now() + 1_000)
    const asked = Array.from({ length: 60 }, (_, index) => new Asking(gate, clock, { patience: 8_000, tenant: `${index % 5}` }))
    // What was let through before the model closed says nothing of how it is now.
    before.permit.settle(1)
    await clock.advance(1_000)
    const running = (): Asking[] => asked.filter((each) => each.admission?.admitted)
    const rounds: number[] = []
    for (let round = 0; round < 5; round++) {
      const open = running().slice(rounds.reduce((sum, count) => sum + count, 0))
      rounds.push(open.length)
      for (const each of open) each.permit.settle(1)
      await clock.advance(1)
    }
    expect(rounds).toEqual([1, 2, 4, 8, 16])
  })

  it('comes back by time where nothing is answered, and is then free of all counting', async () => {
    const { gate, clock } = gateOf({}, { concurrency: 10 })
    const free = gate.admit('m', request())
    gate.close('m', clock.now() + 1_000)
    const asked = Array.from({ length: 5 }, () => new Asking(gate, clock, { patience: 100_000 }))
    const admitted: number[] = []
    for (let second = 0; second < 6; second++) {
      await clock.advance(1_000)
      admitted.push(asked.filter((each) => each.admission?.admitted).length)
    }
    expect(admitted).toEqual([1, 2, 3, 4, 5, 5])
    // Faults don't open it faster.
    for (const each of asked) each.permit.release(failure('transient'))
    const more = Array.from({ length: 20 }, () => new Asking(gate, clock, { patience: 1_000 }))
    await clock.advance(0)
    expect(more.filter((each) => each.admission?.admitted)).toHaveLength(6)
    await clock.advance(10_000)
    for (const each of more) if (each.admission?.admitted) each.permit.release()
    expect(gate.admit('m', request())).toBe(free)
    expect(gate.state('m')).toEqual({ running: 0, waiting: 0 })
  })

  it('starts again from one call when it is closed anew', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 20 } })
    const asked = Array.from({ length: 30 }, () => new Asking(gate, clock, { patience: 100_000 }))
    await clock.advance(0)
    gate.close('m', clock.now() + 1_000)
    // Twenty ran before it closed; their answers don't open it faster.
    for (const each of asked.slice(0, 20)) each.permit.settle(1)
    await clock.advance(1_000)
    expect(gate.state('m').running).toBe(1)
  })
})

describe('a clock that is set', () => {
  it('back by a day holds nobody up for longer', async () => {
    const { gate, clock } = gateOf({ m: { tokensPerMinute: 100 }, n: {} })
    new Asking(gate, clock, { tokens: 100 })
    gate.close('n', clock.now() + 30_000)
    await clock.advance(10_000)
    // How late it was when it was set is known from the last look at it.
    gate.state('n')
    clock.jump(clock.now() - 86_400_000)
    expect(gate.state('n').closedUntil).toBe(clock.now() + 20_000)
    const tokens = new Asking(gate, clock, { tokens: 100, patience: 3_000 })
    const closed = new Asking(gate, clock, { patience: 25_000 }, 'n')
    const set = clock.now()
    await clock.advance(60_000)
    expect([tokens.at - set, closed.at - set]).toEqual([50_250, 20_000])
    expect(tokens.admission?.admitted && closed.admission?.admitted).toBe(true)
    gate.close('n', clock.now() + 5_000)
    expect(gate.state('n').closedUntil).toBe(clock.now() + 5_000)
  })
})
