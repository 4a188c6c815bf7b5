import { describe, expect, it } from 'vitest'
import { type Lane, ModelFailure } from '../../src/index.ts'
import { gateOf, type Kind, mostWithin, type Provider, SimulatedWorker, throttled } from './gate-bench.ts'

const steady: Provider = () => ({ takes: 1_000, ends: 500 })

/** How many were served of each, by what `name` calls it. */
function counts(worker: SimulatedWorker, name: (kind: Kind) => string): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { kind } of worker.served) found[name(kind)] = (found[name(kind)] ?? 0) + 1
  return found
}

describe('a million jobs for one closed model', () => {
  it('are sent away about 100 a second, and no faster', async () => {
    const { gate, clock } = gateOf()
    const worker = new SimulatedWorker(gate, clock, 64, steady)
    gate.close('m', clock.now() + 600_000)
    worker.send({ model: 'm', lane: 'low', tenant: 'a' }, 1_000_000)
    await clock.advance(30_000)
    expect(worker.served).toEqual([])
    expect(mostWithin(worker.deferrals, 1_000)).toBeLessThanOrEqual(110)
    expect(worker.deferrals.length).toBeLessThanOrEqual(30 * 100 + 10)
    expect(worker.deferrals.length).toBeGreaterThan(30 * 90)
    expect(worker.left).toBe(1_000_000)
  })

  it.each([{}, { other: { concurrency: 64 } }])(
    'let the work of other models pass, at the speed of that work: %j',
    async (limits) => {
      const { gate, clock } = gateOf(limits)
      const worker = new SimulatedWorker(gate, clock, 64, steady)
      gate.close('m', clock.now() + 600_000)
      for (const tenant of ['a', 'b', 'c']) worker.send({ model: 'm', lane: 'normal', tenant }, 300_000)
      await clock.advance(10_000)
      const started = clock.now()
      worker.send({ model: 'other', lane: 'normal', tenant: 'd' }, 500)
      await clock.advance(20_000)
      expect(counts(worker, ({ model }) => model)).toEqual({ other: 500 })
      // With all 64 places it would take 8 seconds.
      expect(Math.max(...worker.served.map(({ ended }) => ended)) - started).toBeLessThan(13_000)
    },
  )

  it('let a high request go first when it opens, and do not all rush in', async () => {
    const { gate, clock } = gateOf()
    const worker = new SimulatedWorker(gate, clock, 64, steady)
    const opens = clock.now() + 60_000
    gate.close('m', opens)
    worker.send({ model: 'm', lane: 'low', tenant: 'a' }, 1_000_000)
    await clock.advance(20_000)
    worker.send({ model: 'm', lane: 'high', tenant: 'b' }, 10)
    await clock.advance(60_000)
    expect(worker.starts.every(({ at }) => at >= opens)).toBe(true)
    const startedIn = (second: number): number =>
      worker.starts.filter(({ at }) => Math.floor((at - opens) / 1_000) === second).length
    expect([0, 1, 2, 3, 4].map(startedIn)).toEqual([1, 3, 7, 15, 31])
    expect(startedIn(8)).toBe(64)
    const high = worker.served.filter(({ kind }) => kind.lane === 'high').map(({ started }) => started - opens)
    expect(high).toHaveLength(10)
    expect(Math.max(...high)).toBeLessThan(4_000)
  })
})

describe('a model with less room than work', () => {
  it('serves lanes 6 : 3 : 1 and tenants by their weights, and is always full', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 8 } })
    const worker = new SimulatedWorker(gate, clock, 64, steady)
    const weights = { a: 3, b: 1 }
    for (const lane of ['high', 'normal', 'low'] as const)
      for (const [tenant, weight] of Object.entries(weights)) worker.send({ model: 'm', lane, tenant, weight }, 10_000)
    await clock.advance(100_000)
    const served = counts(worker, ({ lane, tenant }) => `${lane} ${tenant}`)
    expect(worker.served).toHaveLength(800)
    const expected = { 'high a': 360, 'high b': 120, 'normal a': 180, 'normal b': 60, 'low a': 60, 'low b': 20 }
    for (const [name, count] of Object.entries(expected))
      expect(Math.abs((served[name] ?? 0) - count), `${name}: ${served[name]}`).toBeLessThanOrEqual(8)
    expect(mostWithin(worker.deferrals, 1_000)).toBeLessThanOrEqual(110)
  })

  it('serves a tenant with one job at a time beside those with thousands', async () => {
    const { gate, clock } = gateOf({ m: { concurrency: 4 } })
    const worker = new SimulatedWorker(gate, clock, 64, steady)
    for (const tenant of ['flood', 'spate']) worker.send({ model: 'm', lane: 'normal', tenant }, 10_000)
    const modest: Kind = { model: 'm', lane: 'normal', tenant: 'modest' }
    worker.send(modest, 1)
    let seen = 0
    for (let second = 0; second < 120; second++) {
      await clock.advance(1_000)
      const done = counts(worker, ({ tenant }) => tenant).modest ?? 0
      if (done > seen) worker.send(modest, 1)
      seen = done
    }
    // A third of 480 calls would be 160; it has never more than one there, so it gets one a second or two.
    expect(seen).toBeGreaterThan(50)
  })

  it.each([1, 2, 3])('lets a high request wait for one call to end, not for low ones (seed %i)', async (seed) => {
    const { gate, clock } = gateOf({ m: { concurrency: 2 } }, { seed })
    const worker = new SimulatedWorker(gate, clock, 64, () => ({ takes: 5_000, ends: 500 }))
    worker.send({ model: 'm', lane: 'low', tenant: 'a' }, 100_000)
    await clock.advance(20_000 + clock.random() * 5_000)
    const high: Kind = { model: 'm', lane: 'high', tenant: 'b' }
    for (let time = 0; time < 12; time++) {
      const sent = clock.now()
      worker.send(high, 1)
      await clock.advance(15_000 + clock.random() * 5_000)
      const latest = worker.served.filter(({ kind }) => kind === high)
      expect(latest).toHaveLength(time + 1)
      expect((latest.at(-1)?.started ?? 0) - sent).toBeLessThanOrEqual(5_050)
    }
  })

  it('serves large requests among small ones, each within its turn, and keeps to the tokens', async () => {
    const limit = 100_000
    const { gate, clock } = gateOf({ m: { tokensPerMinute: limit } })
    const used = ({ tokens = 0 }: Kind): number => Math.floor(tokens * 0.6)
    const worker = new SimulatedWorker(gate, clock, 64, (kind) => ({ takes: 1_000, ends: used(kind) }))
    const [small, large]: Kind[] = [2_000, 60_000].map((tokens) => ({ model: 'm', lane: 'normal', tenant: `${tokens}`, tokens }))
    if (small) worker.send(small, 100_000)
    if (large) worker.send(large, 4)
    await clock.advance(300_000)
    const calls = worker.served.map(({ kind, started }) => ({ at: started, tokens: used(kind) })).sort((a, b) => a.at - b.at)
    for (const [index, { at }] of calls.entries()) {
      let sum = 0
      for (let before = index; before >= 0 && at - (calls[before]?.at ?? 0) < 60_000; before--) sum += calls[before]?.tokens ?? 0
      expect(sum).toBeLessThanOrEqual(limit)
    }
    expect(counts(worker, ({ tenant }) => tenant)[60_000]).toBe(4)
    // Most of what the limit allows is used, although whole reservations wait for room.
    expect(calls.reduce((sum, { tokens }) => sum + tokens, 0)).toBeGreaterThan(limit * 5 * 0.6)
  })
})

describe('a bad day of the provider', () => {
  const lanes: readonly Lane[] = ['high', 'normal', 'low']

  it.each([1, 2, 3, 4])('loses nothing: bursts, throttles of both kinds, faults and crashes (seed %i) [X8, X9]', async (seed) => {
    const { gate, clock } = gateOf({ one: { concurrency: 6 }, two: { tokensPerMinute: 200_000 }, '*': {} }, { seed })
    const closings: { readonly model: string; readonly from: number; readonly until: number }[] = []
    let bad = true
    const worker = new SimulatedWorker(gate, clock, 64, ({ model, tokens = 1_000 }) => {
      const takes = 100 + clock.random() * 4_000
      const chance = bad ? clock.random() : 1
      if (chance < 0.04) {
        const seconds = 1 + Math.floor(clock.random() * 20)
        const from = clock.now() + takes
        closings.push({ model, from, until: from + seconds * 1_000 })
        return { takes, ends: throttled(seconds) }
      }
      if (chance < 0.15) return { takes, ends: throttled() }
      if (chance < 0.25) return { takes, ends: new ModelFailure('transient', 'x', '') }
      if (chance < 0.3) return { takes, ends: 'crash' }
      return { takes, ends: Math.ceil(tokens * clock.random()) }
    })
    let sent = 0
    for (let burst = 0; burst < 12; burst++) {
      for (const model of ['one', 'two', 'three'])
        for (const lane of lanes) {
          const count = Math.floor(clock.random() * 10)
          worker.send({ model, lane, tenant: `t${burst % 3}`, tokens: 500 + Math.floor(clock.random() * 3_000) }, count || 1)
          sent += count || 1
        }
      await clock.advance(clock.random() * 20_000)
    }
    bad = false
    for (let minute = 0; minute < 15 && worker.left > 0; minute++) await clock.advance(60_000)
    expect(worker.served).toHaveLength(sent)
    expect(worker.crashes).toBeGreaterThan(0)
    expect(worker.throttles).toBeGreaterThan(10)
    expect(closings.length).toBeGreaterThan(3)
    for (const { model, from, until } of closings)
      expect(worker.starts.filter((start) => start.model === model && start.at > from && start.at < until)).toEqual([])
    for (const model of ['one', 'two', 'three']) expect(gate.state(model)).toMatchObject({ running: 0, waiting: 0 })
  })
})
