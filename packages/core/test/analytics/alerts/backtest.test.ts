import { describe, expect, it } from 'vitest'
import { backtest, backtestLimits } from '../../../src/analytics/alerts/backtest.ts'
import { foldFirings } from '../../../src/analytics/alerts/fold-firings.ts'
import { backtestBody, showBacktest } from '../../../src/analytics/alerts/forms.ts'
import { replaceRules } from '../../../src/analytics/alerts/keep-rules.ts'
import { beginStream } from '../../../src/analytics/set-up-stream.ts'
import { windowWrites } from '../../../src/analytics/windows/window-rows.ts'
import type { Scope } from '../../../src/index.ts'
import { keepInsight } from '../keep-insight.ts'
import { AlertBench, at, graveAnalysis, type InsightParts, insightOf, minute, ruleOf } from './alert-bench.ts'

async function stored(insights: readonly InsightParts[]): Promise<{ readonly bench: AlertBench; readonly scope: Scope }> {
  const bench = await AlertBench.open()
  const scope = await bench.scope()
  await beginStream(scope, 'machine')
  for (const parts of insights) {
    const { incident = 'incident-1', key = 'pump-1', ...rest } = parts
    await keepInsight(scope, insightOf({ incident, key, ...rest }))
  }
  return { bench, scope }
}

async function storeWindows(scope: Scope, p95: readonly number[]): Promise<void> {
  const results = p95.map((value, index) => ({
    ...{ window: '1m', key: 'pump-1', start: at + index * minute, end: at + (index + 1) * minute, count: 60, rate: 1 },
    numbers: {
      temperature: { count: 60, sum: 1, min: 1, max: value, mean: value, variance: 0, p50: value, p95: value, p99: value },
    },
    categories: {},
  }))
  const place = { stream: 'machine', shard: 0, place: '0001', expires: scope.clock.now() + 1e10 }
  await scope.state.commit({ writes: windowWrites(place, results) })
}

describe('a back-test', () => {
  it('tells what the rules that hold now would have raised, and raises nothing', async () => {
    const { bench, scope } = await stored([
      { analysis: graveAnalysis },
      { incident: 'incident-2', key: 'pump-2', timestamp: at + minute, analysis: { risk_level: 'high' } },
      { incident: 'incident-3', key: 'pump-3', timestamp: at + minute },
    ])
    const result = await backtest(scope, {})
    expect(result.counts).toEqual([
      { rule_id: 'high_priority', alert_type: 'high_priority', fired: 1, alerts: 1 },
      { rule_id: 'high_risk', alert_type: 'high_risk', fired: 2, alerts: 2 },
      { rule_id: 'anomaly_detected', alert_type: 'anomaly_detected', fired: 1, alerts: 1 },
    ])
    expect(result).toMatchObject({ read: { insights: 3, windows: 0 }, cut: false })
    expect(result.alerts[0]).toMatchObject({ alert_type: 'high_risk', key: 'pump-2', timestamp: at + minute, severity: 'high' })
    expect(await bench.alerts()).toEqual([])
    expect(await bench.events()).toEqual([])
    expect(showBacktest(result)).toMatchObject({
      alerts: [
        { subject: 'GenAI Alert: High Risk', timestamp: '2026-01-01T00:01:00.000Z', recommended_actions: ['Look at the pump.'] },
        {},
        {},
        {},
      ],
    })
  })

  it('is of the rules given, of a stream and a time', async () => {
    const { scope } = await stored([
      { data: { temperature: 97 } },
      { incident: 'incident-2', timestamp: at + 60 * minute, data: { temperature: 50 } },
      { incident: 'incident-3', timestamp: at + 120 * minute, data: { temperature: 99 } },
    ])
    const rules = [ruleOf({ on: 'insight', field: 'data_point.temperature', severity: 'medium' })]
    const fired = async (request: Parameters<typeof backtest>[1]): Promise<number | undefined> =>
      (await backtest(scope, { rules, ...request })).counts[0]?.fired
    expect(await fired({})).toBe(2)
    expect(await fired({ from: at + minute })).toBe(1)
    expect(await fired({ to: at + minute })).toBe(1)
    expect(await fired({ from: at, to: at + 120 * minute })).toBe(2)
    await beginStream(scope, 'other')
    expect(await fired({ stream: 'other' })).toBe(0)
    await expect(backtest(scope, { stream: 'none' })).rejects.toMatchObject({ code: 'not_found' })
    expect((await backtest(scope, { rules: [ruleOf({ ...rules[0], enabled: false })] })).counts).toEqual([])
  })

  it('judges rules on records by the data points of insights', async () => {
    const { scope } = await stored([
      { data: { temperature: 97 } },
      { incident: 'incident-2', timestamp: at + 60 * minute, data: { temperature: 50 } },
    ])
    const result = await backtest(scope, { rules: [ruleOf()] })
    expect(result.alerts).toMatchObject([{ alert_type: 'too_hot', rule_ids: ['hot'], data: { temperature: 97 }, fired: 1 }])
  })

  it('judges rules on windows by the windows, how long they held included', async () => {
    const { scope } = await stored([])
    await storeWindows(scope, [97, 97, 97, 20, 97, 97])
    const rule = ruleOf({ on: 'window', field: 'temperature.p95', for_seconds: 120 })
    const result = await backtest(scope, { rules: [rule] })
    expect(result.read).toEqual({ insights: 0, windows: 6 })
    expect(result.counts).toMatchObject([{ fired: 3, alerts: 1 }])
    expect(result.alerts).toMatchObject([{ timestamp: at + 2 * minute, until: at + 6 * minute, analysis: undefined }])
    const short = await backtest(scope, { rules: [{ ...rule, for_seconds: 0, cool_down_seconds: 0 }], to: at + 2 * minute })
    expect(short.counts).toMatchObject([{ fired: 2, alerts: 2 }])
    await replaceRules(scope, [rule])
    expect((await backtest(scope, {})).counts.find(({ rule_id }) => rule_id === 'hot')).toMatchObject({ fired: 3 })
  })

  it('reads so much at most, the newest, and says that there is more', async () => {
    const parts = Array.from({ length: backtestLimits.insights + 5 }, (_, index) => ({
      incident: `i${index}`,
      key: `k${index}`,
      timestamp: at + index * 1_000,
      analysis: { risk_level: 'high' } as const,
    }))
    const { scope } = await stored(parts)
    const result = await backtest(scope, {})
    expect(result).toMatchObject({ read: { insights: backtestLimits.insights }, cut: true })
    expect(result.alerts).toHaveLength(backtestLimits.alerts)
    expect(result.alerts[0]?.key).toBe(`k${parts.length - 1}`)
    expect(result.counts[1]).toMatchObject({ fired: backtestLimits.insights, alerts: backtestLimits.insights })
  }, 60_000)

  it('sees its own tenant alone', async () => {
    const { bench } = await stored([{ analysis: graveAnalysis }])
    const theirs = await bench.scope('beta')
    expect((await backtest(theirs, {})).read).toEqual({ insights: 0, windows: 0 })
    await expect(backtest(theirs, { stream: 'machine' })).rejects.toMatchObject({ code: 'not_found' })
  })

  it.each([
    [{ rules: [{}] }, /^rules\.0\./],
    [{ stream: 'a b' }, /^stream$/],
    [{ from: 'yesterday' }, /^from$/],
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, /^to$/],
    [{ more: 1 }, /^$/],
  ])('refuses %j', (body, field) => {
    expect(backtestBody.safeParse(body).error?.issues[0]?.path.join('.')).toMatch(field)
  })
})

describe('firings', () => {
  const firing = { stream: 'machine', key: 'pump-1', severity: 'low', data: {} } as const

  it('are grouped as alerts are: by incident over keys, and by key within the cool-down', () => {
    const rule = ruleOf()
    const fold = (...times: readonly number[]): number => foldFirings(times.map((time) => ({ ...firing, rule, time }))).length
    expect(fold(0, 299_999, 599_998)).toBe(1)
    expect(fold(0, 300_000)).toBe(2)
    expect(
      foldFirings([
        { ...firing, rule, time: 0, incident: 'a' },
        { ...firing, rule, time: 3_600_000, incident: 'a', key: 'pump-2', severity: 'high', data: { worst: true } },
        { ...firing, rule: ruleOf({ rule_id: 'other' }), time: 3_600_001, key: 'pump-2' },
        { ...firing, rule: ruleOf({ alert_type: 'else' }), time: 3_600_001, key: 'pump-2' },
      ]),
    ).toMatchObject([
      { severity: 'high', data: { worst: true }, fired: 3, timestamp: 0, until: 3_600_001, rule_ids: ['hot', 'other'] },
      { alert_type: 'else', fired: 1 },
    ])
  })
})
