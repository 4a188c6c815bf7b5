import { describe, expect, it } from 'vitest'
import { replaceRules } from '../../../src/analytics/alerts/keep-rules.ts'
import { hasWindowRules, judgeWindows, ruleRuns } from '../../../src/analytics/alerts/window-rules.ts'
import type { NumberAggregate, WindowResult } from '../../../src/analytics/windows/window.ts'
import { timestamp } from '../../../src/ports/clock.ts'
import { AlertBench, at, minute, ruleOf } from './alert-bench.ts'

function windowOf(index: number, p95: number, parts: Partial<WindowResult> = {}): WindowResult {
  const temperature: NumberAggregate = {
    count: 60,
    sum: 60 * p95,
    min: 1,
    max: p95,
    mean: p95,
    variance: 0,
    p50: p95,
    p95,
    p99: p95,
  }
  const start = at + index * minute
  return {
    ...{ window: '1m', key: 'pump-1', start, end: start + minute, count: 60, rate: 1 },
    numbers: { temperature },
    categories: { state: { count: 60, distinct: 3 } },
    ...parts,
  }
}

async function benchWith(
  ...rules: Parameters<typeof ruleOf>[0][]
): Promise<(results: readonly WindowResult[]) => Promise<readonly number[]>> {
  const bench = await AlertBench.open()
  const scope = await bench.scope()
  await replaceRules(
    scope,
    rules.map((rule) => ruleOf({ on: 'window', field: 'temperature.p95', ...rule })),
  )
  return async (results) => {
    const { findings, writes } = await judgeWindows(scope, 'machine', results)
    if (writes.length > 0) await scope.state.commit({ writes })
    return findings.map(({ timestamp }) => (timestamp - at) / minute)
  }
}

describe('rules on windows', () => {
  it('tell what was seen, in words', async () => {
    const bench = await AlertBench.open()
    const scope = await bench.scope()
    await replaceRules(scope, [ruleOf({ on: 'window', field: 'temperature.p95' })])
    const { findings, writes } = await judgeWindows(scope, 'machine', [windowOf(0, 97), windowOf(1, 80)])
    expect(writes).toEqual([])
    expect(findings).toEqual([
      {
        key: 'pump-1',
        field: 'temperature.p95',
        timestamp: at + minute,
        kind: 'value',
        value: 97,
        score: 1,
        reason: 'temperature.p95 is 97, above 90 (rule hot).',
        data_point: {
          window: '1m',
          start: timestamp(at),
          end: timestamp(at + minute),
          count: 60,
          rate: 1,
          'temperature.p95': 97,
        },
        recent: [],
        window: windowOf(0, 97).numbers.temperature,
        accepted: bench.memory.clock.now(),
        rule: 'hot',
      },
    ])
  })

  it.each([
    ['count', 59, true],
    ['count', 60, false],
    ['rate', 0.5, true],
    ['temperature.max', 90, true],
    ['temperature.variance', 0, false],
    ['state.distinct', 2, true],
    ['state.count', 100, false],
    ['other.p95', 0, false],
    ['state.p95', 0, false],
  ])('read %s above %d: %s', async (field, threshold, fires) => {
    const judge = await benchWith({ field, threshold })
    expect(await judge([windowOf(0, 97)])).toHaveLength(fires ? 1 : 0)
  })

  it('are of their stream, key and window alone', async () => {
    const judge = await benchWith({ stream: 'machine', key: 'pump-*', window: '1m' })
    expect(await judge([windowOf(0, 97), windowOf(1, 97, { key: 'valve' }), windowOf(2, 97, { window: '1h' })])).toEqual([1])
    const bench = await AlertBench.open()
    const scope = await bench.scope()
    expect(await hasWindowRules(scope, 'machine')).toBe(false)
    await replaceRules(scope, [ruleOf({ on: 'window', field: 'rate', stream: 'other' })])
    expect(await hasWindowRules(scope, 'machine')).toBe(false)
    expect(await hasWindowRules(scope, 'other')).toBe(true)
  })

  it('fire when their condition held in one window after the other for long enough, over several calls', async () => {
    const judge = await benchWith({ for_seconds: 180 })
    expect(await judge([windowOf(0, 97), windowOf(1, 97)])).toEqual([])
    expect(await judge([windowOf(2, 97)])).toEqual([3])
    expect(await judge([windowOf(3, 97), windowOf(4, 80), windowOf(5, 97), windowOf(6, 97)])).toEqual([4])
    expect(await judge([windowOf(7, 97)])).toEqual([8])
  })

  it('begin anew where a window is missing', async () => {
    const judge = await benchWith({ for_seconds: 120 })
    expect(await judge([windowOf(0, 97), windowOf(2, 97)])).toEqual([])
    expect(await judge([windowOf(3, 97)])).toEqual([4])
  })

  it('keep keys and windows apart, and count sliding windows by their span', async () => {
    const judge = await benchWith({ for_seconds: 120 })
    expect(await judge([windowOf(0, 97), windowOf(1, 97, { key: 'pump-2' }), windowOf(1, 97, { window: '2m' })])).toEqual([])
    const sliding = [0, 0.5, 1].map((index) => windowOf(index, 97, { window: 'sliding' }))
    expect(await judge(sliding)).toEqual([2])
  })

  it('count a window once: what they keep is written with the commit that counts it', async () => {
    const bench = await AlertBench.open()
    const scope = await bench.scope()
    await replaceRules(scope, [ruleOf({ on: 'window', field: 'temperature.p95', for_seconds: 120 })])
    const [one, other] = await Promise.all([0, 0].map((index) => judgeWindows(scope, 'machine', [windowOf(index, 97)])))
    await scope.state.commit({ writes: one?.writes ?? [] })
    await expect(scope.state.commit({ writes: other?.writes ?? [] })).rejects.toMatchObject({ code: 'conflict' })
    expect((await judgeWindows(scope, 'machine', [windowOf(1, 97)])).findings).toHaveLength(1)
  })

  it('keep what they count sealed and bounded: of very many keys those are forgotten that were quiet longest', async () => {
    const bench = await AlertBench.open()
    const scope = await bench.scope()
    await replaceRules(scope, [ruleOf({ on: 'window', field: 'temperature.p95', for_seconds: 120 })])
    const keys = Array.from({ length: 3_000 }, (_, index) => windowOf(0, 97, { key: `secret-${index}`.padEnd(60, 'x') }))
    const { writes } = await judgeWindows(scope, 'machine', keys)
    await scope.state.commit({ writes })
    const record = await scope.state.get(ruleRuns, { partition: 'machine' })
    expect(record?.fields.count).toBeGreaterThan(100)
    expect((await record?.open('runs'))?.length).toBeLessThanOrEqual(64 * 1024)
    expect(JSON.stringify(record?.row.index)).not.toContain('secret')
    const next = (index: number): WindowResult => windowOf(1, 97, { key: `secret-${index}`.padEnd(60, 'x') })
    const { findings } = await judgeWindows(scope, 'machine', [next(0), next(2_999)])
    expect(findings.map(({ key }) => key.slice(0, 11))).toEqual(['secret-2999'])
  })
})
