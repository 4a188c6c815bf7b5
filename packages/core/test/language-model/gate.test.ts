import { describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { InvalidInputError, ModelFailure, ProcessGate, tenantGate } from '../../src/index.ts'
import { FakeClock } from '../../src/testing/index.ts'
import { Asking, failure, gateOf, request } from './gate-bench.ts'

describe('a gate without limits', () => {
  it('lets through at once, by the same permit each time, and sets up nothing', () => {
    const { gate, clock } = gateOf()
    const first = gate.admit('m', request())
    expect(first).toMatchObject({ admitted: true })
    expect(gate.admit('m', request({ tenant: 'b', tokens: 10 ** 12, patience: 0 }))).toBe(first)
    if ('settle' in first) first.settle(5)
    if ('release' in first) first.release(failure('throttle'))
    expect(gate.admit('m', request())).toBe(first)
    expect(clock.timers).toBe(0)
    expect(gate.state('m')).toEqual({ running: 0, waiting: 0 })
    expect(gate.state('never asked for')).toEqual({ running: 0, waiting: 0 })
  })

  it('costs well under a microsecond', () => {
    const { gate } = gateOf({ other: { concurrency: 1 } })
    const asked = request()
    const rounds = 300_000
    const run = (): number => {
      const started = process.cpuUsage().user
      for (let round = 0; round < rounds; round++) {
        const permit = gate.admit('m', asked)
        if ('release' in permit) permit.release()
      }
      return process.cpuUsage().user - started
    }
    run()
    expect(Math.min(run(), run(), run()) / rounds).toBeLessThan(0.5)
  })
})

describe('so many calls at a time', () => {
  it('run, and the others follow when one ends, however it ends', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 2 } })
    const [first, second, third, fourth, other] = [
      ...Array.from({ length: 4 }, () => new Asking(gate, clock)),
      new Asking(gate, clock, {}, 'free'),
    ]
    await clock.advance(0)
    expect([first, second, third, fourth, other].map((each) => each?.admission?.admitted)).toEqual([
      true,
      true,
      undefined,
      undefined,
      true,
    ])
    expect(gate.state('m')).toEqual({ running: 2, waiting: 2 })
    first?.permit.settle(1)
    first?.permit.release()
    await clock.advance(0)
    expect(third?.admission?.admitted).toBe(true)
    expect(fourth?.admission).toBeUndefined()
    second?.permit.release(failure('transient'))
    await clock.advance(0)
    expect(fourth?.admission?.admitted).toBe(true)
    for (const each of [third, fourth]) each?.permit.release()
    await clock.advance(0)
    expect(gate.state('m')).toEqual({ running: 0, waiting: 0 })
    expect(clock.timers).toBe(0)
  })

  it('count a permit that is given back twice only once', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 1 } })
    const first = new Asking(gate, clock)
    await clock.advance(0)
    for (let time = 0; time < 3; time++) {
      first.permit.settle(1)
      first.permit.release()
    }
    const rest = Array.from({ length: 3 }, () => new Asking(gate, clock))
    await clock.advance(0)
    expect(rest.filter((each) => each.admission?.admitted)).toHaveLength(1)
  })

  it('are those of the model named, else of *', async () => {
    const { gate, clock } = gateOf({ '*': { concurrency: 1 }, named: { concurrency: 2 } })
    const admitted = async (model: string): Promise<number> => {
      const asked = Array.from({ length: 5 }, () => new Asking(gate, clock, {}, model))
      await clock.advance(0)
      return asked.filter((each) => each.admission?.admitted).length
    }
    expect(await admitted('named')).toBe(2)
    expect(await admitted('one')).toBe(1)
    expect(await admitted('two')).toBe(1)
  })

  it.each([
    { concurrency: 0 },
    { concurrency: 1.5 },
    { tokensPerMinute: -1 },
    { tokensPerMinute: Number.NaN },
    { tokensPerMinute: Number.POSITIVE_INFINITY },
  ])('are refused where they make no sense: %j', (limit) => {
    expect(() => new ProcessGate({ clock: new FakeClock(), limits: new Map([['m', limit]]) })).toThrow(InvalidInputError)
  })
})

describe('tokens a minute', () => {
  /** What of 1,000 tokens is left after a call that reserved 600 has ended so. */
  async function leftAfter(end: (asked: Asking) => void): Promise<number> {
    const { gate, clock } = gateOf({ m: { tokensPerMinute: 1_000 } })
    const asked = new Asking(gate, clock, { tokens: 600 })
    await clock.advance(10)
    end(asked)
    return 1_000 - (gate.state('m').tokens ?? 0)
  }

  it.each<[string, (asked: Asking) => void, number]>([
    ['a call that runs', () => {}, 400],
    ['one that used less', ({ permit }) => permit.settle(150), 850],
    ['one that used more', ({ permit }) => permit.settle(900), 100],
    ['one that used far more', ({ permit }) => permit.settle(5_000), -4_000],
    ['one whose use nobody knows', ({ permit }) => permit.settle(0), 400],
    ['one that used nonsense', ({ permit }) => permit.settle(Number.NaN), 400],
    ['a handler that crashed', ({ permit }) => permit.release(), 400],
    ['a throttle', ({ permit }) => permit.release(failure('throttle')), 1_000],
    ['a spent quota', ({ permit }) => permit.release(failure('quota')), 1_000],
    ['a request that was refused', ({ permit }) => permit.release(failure('permanent')), 1_000],
    ['a fault that may have cut it off', ({ permit }) => permit.release(failure('transient')), 400],
    ['an answer that was withheld', ({ permit }) => permit.release(failure('content')), 400],
  ])('are reserved, and settled by what is known of %s', async (_, end, left) => {
    expect(await leftAfter(end)).toBe(left)
  })

  it('are never more than the limit; who needs more than all of it is refused for good', async () => {
    const { gate, clock } = gateOf({ m: { tokensPerMinute: 1_000 } })
    const asked = new Asking(gate, clock, { tokens: 1_001 })
    await clock.advance(0)
    expect(asked.fault).toBeInstanceOf(ModelFailure)
    expect(asked.fault).toMatchObject({ kind: 'permanent', code: 'over_model_limit', retryable: false })
    expect(gate.state('m')).toEqual({ running: 0, waiting: 0, tokens: 0 })
    const most = new Asking(gate, clock, { tokens: 1_000 })
    await clock.advance(0)
    expect(most.admission?.admitted).toBe(true)
  })

  it('are waited for by one whose turn it is, a minute at most, and smaller requests do not pass it', async () => {
    const { gate, clock } = gateOf({ m: { tokensPerMinute: 1_000 } })
    for (let second = 0; second < 10; second++) {
      new Asking(gate, clock, { tokens: 100 })
      await clock.advance(1_000)
    }
    const large = new Asking(gate, clock, { tokens: 900, lane: 'low', patience: 2_000 })
    const small: Asking[] = []
    for (let second = 0; second < 60; second++) {
      small.push(new Asking(gate, clock, { tokens: 50, lane: 'low', patience: 2_000 }))
      await clock.advance(1_000)
    }
    expect(large.admission?.admitted).toBe(true)
    for (const each of small) if (each.admission?.admitted) expect(each.at).toBeGreaterThanOrEqual(large.at)
    // Those behind it wait for as long as their patience says, and come back later.
    expect(small.slice(0, 40).every((each) => each.admission?.admitted === false)).toBe(true)
    expect(small[0]?.refusal.reason).toBe('model_busy')
  })

  it('are not waited for by a caller at the edge for longer than it said', async () => {
    const { gate, clock } = gateOf({ m: { tokensPerMinute: 1_000 } })
    new Asking(gate, clock, { tokens: 900 })
    await clock.advance(0)
    const edge = new Asking(gate, clock, { tokens: 900, patience: 2_000, from: 'edge' })
    const asked = clock.now()
    await clock.advance(5_000)
    expect([edge.admission?.admitted, edge.at - asked]).toEqual([false, 2_000])
  })

  it('are come back for when there may be some: soon where running calls may give theirs back, else not before', async () => {
    const { gate, clock } = gateOf({ m: { tokensPerMinute: 1_000 } })
    const running = new Asking(gate, clock, { tokens: 1_000 })
    await clock.advance(0)
    const refused = (): number => {
      const admission = gate.admit('m', request({ tokens: 500, from: 'edge', patience: 0 }))
      return 'retryAt' in admission ? admission.retryAt - clock.now() : Number.NaN
    }
    expect(refused()).toBeLessThan(4_100)
    running.permit.settle(700)
    await clock.advance(10_000)
    expect(refused()).toBeGreaterThanOrEqual(50_250)
    expect(refused()).toBeLessThan(52_300)
  })

  it('do not keep a higher lane waiting for the tokens of a lower one', async () => {
    const { gate, clock } = gateOf({ m: { tokensPerMinute: 1_000 } })
    new Asking(gate, clock, { tokens: 500 })
    await clock.advance(0)
    const low = new Asking(gate, clock, { tokens: 900, lane: 'low' })
    await clock.advance(100)
    const high = new Asking(gate, clock, { tokens: 400, lane: 'high', tenant: 'b' })
    await clock.advance(0)
    expect(high.admission?.admitted).toBe(true)
    expect(low.admission).toBeUndefined()
    await clock.advance(60_500)
    expect(low.admission?.admitted).toBe(true)
  })
})

describe('waiting', () => {
  it('ends when patience does, with a time to come back that differs for each', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 1 } })
    const started = clock.now()
    const asked = Array.from({ length: 6 }, () => new Asking(gate, clock, { patience: 3_000 }))
    await clock.advance(2_999)
    expect(gate.state('m').waiting).toBe(5)
    await clock.advance(1)
    const refusals = asked.slice(1).map((each) => each.refusal)
    expect(refusals.every((each) => each.reason === 'model_busy')).toBe(true)
    const times = refusals.map((each) => each.retryAt - started - 3_000)
    expect(new Set(times).size).toBe(5)
    for (const time of times) {
      expect(time).toBeGreaterThanOrEqual(2_000)
      expect(time).toBeLessThan(4_100)
    }
    expect(clock.timers).toBe(0)
  })

  it('goes by lanes, 6 : 3 : 1, and by turns and weights between tenants', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 1 } }, { concurrency: 400 })
    const running = new Asking(gate, clock)
    await clock.advance(0)
    const order: string[] = []
    const patience = 10 ** 6
    for (const lane of ['low', 'normal', 'high'] as const)
      for (let index = 0; index < 40; index++) {
        const tenant = index < 30 ? 'a' : 'b'
        const asked = gate.admit('m', request({ lane, tenant, patience, ...(tenant === 'b' ? { weight: 2 } : {}) }))
        void Promise.resolve(asked).then(async (admission) => {
          order.push(`${lane} ${tenant}`)
          if (admission.admitted) admission.settle(1)
        })
      }
    running.permit.release()
    await clock.advance(0)
    expect(order).toHaveLength(120)
    const first = order.slice(0, 40)
    const share = (words: string): number => first.filter((each) => each.includes(words)).length
    expect([share('high'), share('normal'), share('low')]).toEqual([24, 12, 4])
    expect(
      first
        .filter((each) => each.startsWith('high'))
        .slice(0, 15)
        .filter((each) => each.endsWith('b')),
    ).toHaveLength(10)
  })

  it('ends with the reason of a signal that is aborted, and lets the next one in', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 1 } })
    const controller = new AbortController()
    const first = new Asking(gate, clock)
    await clock.advance(0)
    const second = new Asking(gate, clock, { signal: controller.signal })
    const third = new Asking(gate, clock, { tenant: 'b' })
    await clock.advance(0)
    const reason = new Error('The lease was lost.')
    controller.abort(reason)
    await clock.advance(0)
    expect(second.fault).toBe(reason)
    expect(gate.state('m')).toEqual({ running: 1, waiting: 1 })
    expect(await rejection(Promise.resolve(gate.admit('m', request({ signal: controller.signal }))))).toBe(reason)
    first.permit.release()
    await clock.advance(0)
    expect(third.admission?.admitted).toBe(true)
    third.permit.release()
    expect(gate.state('m')).toEqual({ running: 0, waiting: 0 })
    expect(clock.timers).toBe(0)
  })

  it('takes half of the places for one model, and three quarters for all', async () => {
    const { gate, clock } = gateOf({ '*': { concurrency: 1 } }, { concurrency: 16 })
    const ask = (model: string): Asking[] =>
      Array.from({ length: 30 }, () => new Asking(gate, clock, { patience: 10 ** 6 }, model))
    ask('one')
    await clock.advance(1_000)
    expect(gate.state('one').waiting).toBe(8)
    ask('two')
    await clock.advance(1_000)
    expect([gate.state('one').waiting, gate.state('two').waiting]).toEqual([8, 6])
    new Asking(gate, clock, {}, 'one')
    await clock.advance(1_000)
    expect([gate.state('one').waiting, gate.state('two').waiting]).toEqual([6, 6])
  })

  it('leaves room for the higher lane and for the tenant with less, and none starves', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 1 } }, { concurrency: 16 })
    const patience = 10 ** 6
    const ask = async (count: number, parts: Parameters<typeof request>[0]): Promise<Asking[]> => {
      const asked = Array.from({ length: count }, () => new Asking(gate, clock, { patience, ...parts }))
      await clock.advance(2_000)
      return asked
    }
    const waiting = (asked: readonly Asking[]): number => asked.filter((each) => each.admission === undefined).length
    const running = await ask(1, {})
    const low = await ask(20, { lane: 'low' })
    expect(waiting(low)).toBe(8)
    const other = await ask(1, { lane: 'low', tenant: 'b' })
    expect([waiting(low), waiting(other)]).toEqual([7, 1])
    const high = await ask(20, { lane: 'high' })
    expect(waiting(high)).toBe(7)
    expect(waiting(low) + waiting(other)).toBe(1)
    // The oldest stay.
    expect(high.slice(0, 7).every((each) => each.admission === undefined)).toBe(true)
    expect(running).toHaveLength(1)
  })

  it('of a high request outlasts its patience while low ones wait too: they go in its stead', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 1 } })
    new Asking(gate, clock)
    await clock.advance(0)
    const high = Array.from({ length: 2 }, () => new Asking(gate, clock, { lane: 'high', patience: 1_000 }))
    const low = new Asking(gate, clock, { lane: 'low', patience: 5_000 })
    await clock.advance(1_000)
    expect(low.admission?.admitted).toBe(false)
    expect(high.filter((each) => each.admission === undefined)).toHaveLength(1)
    await clock.advance(4_000)
    expect(high.every((each) => each.admission?.admitted === false)).toBe(true)
  })

  it('is not for callers at the edge without patience, and takes no place of a worker with some', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 1 } }, { concurrency: 4 })
    new Asking(gate, clock)
    await clock.advance(0)
    const now = clock.now()
    expect(gate.admit('m', request({ from: 'edge', patience: 0 }))).toMatchObject({ admitted: false, reason: 'model_busy' })
    const patient = Array.from({ length: 50 }, () => new Asking(gate, clock, { from: 'edge', patience: 500 }))
    const workers = Array.from({ length: 2 }, () => new Asking(gate, clock, { patience: 10_000 }))
    await clock.advance(499)
    expect(gate.state('m').waiting).toBe(52)
    await clock.advance(1)
    expect(patient.every((each) => each.refusal && each.at === now + 500)).toBe(true)
    expect(workers.every((each) => each.admission === undefined)).toBe(true)
  })

  it('ends when the gate is stopped, at once for all, and is not begun again', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 1 } })
    const running = new Asking(gate, clock)
    const asked = Array.from({ length: 20 }, () => new Asking(gate, clock, { patience: 60_000 }))
    await clock.advance(0)
    gate.stop()
    await clock.advance(0)
    expect(asked.every((each) => each.refusal.retryAt > clock.now())).toBe(true)
    expect(clock.timers).toBe(0)
    expect(gate.admit('m', request())).toMatchObject({ admitted: false })
    running.permit.release()
    expect(gate.admit('m', request())).toMatchObject({ admitted: true })
    gate.close('another', clock.now() + 5_000)
    expect(gate.admit('another', request())).toMatchObject({ admitted: false })
  })
})

describe('the gate of one tenant', () => {
  it('asks in its name, whatever is asked', async () => {
    const asked: unknown[] = []
    const { gate } = gateOf()
    const seen: Pick<ProcessGate, 'admit' | 'close' | 'stop' | 'state'> = {
      admit: (model, parts) => {
        asked.push([model, parts])
        return gate.admit(model, parts)
      },
      close: () => {},
      stop: () => {},
      state: () => gate.state('m'),
    }
    const mine = tenantGate(seen, 'mine', 3)
    const spoofed = { tokens: 1, lane: 'low', patience: 5, tenant: 'yours', weight: 100 } as const
    await mine.admit('m', spoofed)
    await tenantGate(seen, 'usual').admit('m', { tokens: 1, lane: 'high', patience: 0, from: 'edge' })
    expect(asked).toEqual([
      ['m', { tokens: 1, lane: 'low', patience: 5, tenant: 'mine', weight: 3 }],
      ['m', { tokens: 1, lane: 'high', patience: 0, from: 'edge', tenant: 'usual', weight: 1 }],
    ])
  })
})
