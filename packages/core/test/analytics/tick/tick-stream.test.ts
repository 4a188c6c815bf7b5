import { describe, expect, it } from 'vitest'
import { replaceRules } from '../../../src/analytics/alerts/keep-rules.ts'
import type { Finding } from '../../../src/analytics/finding.ts'
import { incidentLimits } from '../../../src/analytics/incidents/incident.ts'
import { getTriage, readTriageFigures } from '../../../src/analytics/stream-triage.ts'
import type { WindowResult } from '../../../src/analytics/windows/window.ts'
import { ruleOf } from '../alerts/alert-bench.ts'
import { finding, minute, noon, window } from '../support-findings.ts'
import { TriageBench } from './triage-bench.ts'

const types = ['opened', 'escalated', 'recovered'] as const
async function told(bench: TriageBench): Promise<Record<string, string[]>> {
  const entries = types.map(async (type) => [
    type,
    (await bench.events(`genai.alert.${type}`)).map(({ detail }) => String(detail.alert_type)).sort(),
  ])
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string[]>
}

function windowAt(index: number): WindowResult {
  const start = noon + index * minute
  return {
    window: '1m',
    key: 'pump-1',
    start,
    end: start + minute,
    count: 60,
    rate: 1,
    numbers: { temperature: window() },
    categories: {},
  }
}

const weak: Partial<Finding> = { score: 0.08, value: 24.5 }

describe('a tick [R72, R77, R78, R79, R80]', () => {
  it('makes an insight of a finding, and the alerts that its analysis calls for [R74, R76, R81, X44]', async () => {
    const bench = await TriageBench.open()
    bench.memory.clock.jump(noon + 250)
    bench.tell([finding()])
    expect(await bench.tick()).toEqual({ done: true })
    const [insight, ...others] = await bench.insights()
    expect(others).toEqual([])
    expect(insight).toMatchObject({
      ...{ stream: 'plant', key: 'pump-1', timestamp: noon, data_point: { temperature: 93 }, processing_time: 0.25 },
      analysis: { risk_level: 'high', alert_priority: 4 },
      evidence: { by: 'statistics', findings: 1, keys: 1, related: [], finding: { value: 93 } },
    })
    expect(insight?.analysis).toEqual(insight?.evidence.statistics)
    expect(insight?.evidence.finding).not.toHaveProperty('data_point')
    expect(await told(bench)).toEqual({
      opened: ['anomaly_detected', 'high_priority', 'high_risk'],
      escalated: [],
      recovered: [],
    })
  })

  it('raises what is called for alone', async () => {
    const bench = await TriageBench.open()
    bench.tell([finding(weak)])
    await bench.tick()
    expect((await told(bench)).opened).toEqual(['anomaly_detected'])
  })

  it('changes nothing when it comes again, or twice at the same time [X50]', async () => {
    const bench = await TriageBench.open()
    bench.tell([finding()])
    await Promise.all([bench.tick(), bench.tick(), bench.tick()])
    const before = [await bench.insights(), await told(bench)]
    await bench.tick()
    await bench.work()
    expect([await bench.insights(), await told(bench)]).toEqual(before)
    expect(await readTriageFigures(bench.scope(), 'plant')).toMatchObject({ findings: 1, incidents: 1, insights: 1 })
  })

  it('brings the insight of a key up to date as its incident goes on, with the strongest finding [X51]', async () => {
    const bench = await TriageBench.open()
    bench.tell([finding(weak)])
    await bench.tick()
    bench.tell([
      finding({ timestamp: noon + minute, value: 95, data_point: { temperature: 95 } }),
      finding({ ...weak, timestamp: noon + 2 * minute }),
    ])
    await bench.tick()
    const insights = await bench.insights()
    expect(insights).toHaveLength(1)
    expect(insights[0]).toMatchObject({ timestamp: noon + minute, data_point: { temperature: 95 }, evidence: { findings: 3 } })
    expect(await told(bench)).toMatchObject({ opened: ['anomaly_detected', 'high_priority', 'high_risk'] })
  })

  it('tells when an incident is over, by itself [X51]', async () => {
    const bench = await TriageBench.open()
    bench.tell([finding()])
    await bench.tick()
    await bench.pass(9 * minute)
    expect((await told(bench)).recovered).toEqual([])
    await bench.pass(2 * minute)
    expect((await told(bench)).recovered).toEqual(['anomaly_detected', 'high_priority', 'high_risk'])
    expect((await getTriage(bench.scope(), 'plant'))?.fields).toMatchObject({ open: [], ending: [], untold: [], waiting: [] })
    await bench.pass(60 * minute)
    expect(await bench.jobs()).toEqual([])
  })

  it("ends an incident by the stream's own time as well, which old data moves on fast [X54]", async () => {
    const bench = await TriageBench.open()
    bench.tell([finding()])
    await bench.reach('0', noon + 9 * minute)
    await bench.tick()
    expect((await told(bench)).recovered).toEqual([])
    await bench.reach('1', noon + 11 * minute)
    await bench.tick()
    expect((await told(bench)).recovered).toHaveLength(3)
  })

  it('makes few insights and alerts of a burst, and counts the rest [X51]', async () => {
    const bench = await TriageBench.open()
    const keys = Array.from({ length: 1_000 }, (_, index) => `pump-${index}`)
    bench.tell(keys.slice(0, 500).map((key) => finding({ key })))
    bench.tell(
      keys.slice(500).map((key) => finding({ key })),
      1,
    )
    await bench.tick()
    await bench.work()
    const insights = await bench.insights()
    expect(insights).toHaveLength(20)
    expect(Math.max(...insights.map(({ evidence }) => evidence.keys))).toBe(1_000)
    expect(Math.max(...insights.map(({ evidence }) => evidence.findings))).toBe(1_000)
    expect(insights.every(({ evidence }) => evidence.related.length <= 10)).toBe(true)
    expect((await told(bench)).opened).toEqual(['anomaly_detected', 'high_priority', 'high_risk'])
    expect(await readTriageFigures(bench.scope(), 'plant')).toMatchObject({ findings: 1_000, incidents: 1, insights: 20 })
  })

  it('tells all of a storm of incidents, more than one commit holds', async () => {
    const bench = await TriageBench.open()
    const storm = Array.from({ length: 60 }, (_, index) =>
      finding({ key: `pump-${index}`, timestamp: noon + index * 5 * minute }),
    )
    bench.tell(storm)
    await bench.tick()
    await bench.work()
    expect(await bench.insights()).toHaveLength(60)
    const { opened = [] } = await told(bench)
    expect(opened).toHaveLength(180)
    await bench.pass(11 * minute)
    const { recovered = [] } = await told(bench)
    expect(recovered).toHaveLength(180)
    expect((await getTriage(bench.scope(), 'plant'))?.fields.untold).toEqual([])
  })

  it('happens once, however much goes wrong meanwhile [X50]', async () => {
    for (const seed of [1, 2, 3]) {
      const calm = await TriageBench.open()
      const rough = await TriageBench.open()
      rough.hostile({ conflict: 0.2, ambiguousCommit: 0.2, staleLists: 0 })
      for (const bench of [calm, rough]) {
        bench.memory.clock.jump(noon + seed)
        for (let row = 0; row < 12; row++) {
          const some = Array.from({ length: 7 }, (_, index) =>
            finding({ key: `pump-${(row * index + seed) % 9}`, timestamp: noon + row * 4 * minute, score: 0.08 + index / 20 }),
          )
          bench.tell(some, row % 2)
          const ticks = [bench.tick(), bench.tick()]
          await Promise.all(ticks.map((each) => each.catch(() => {})))
        }
        bench.memory.hostile.calm()
        await bench.tick()
        await bench.pass(0)
      }
      const figures = await Promise.all([calm, rough].map((bench) => readTriageFigures(bench.scope(), 'plant')))
      expect(figures[1]?.findings).toBe(84)
      expect(figures[0]?.findings).toBe(84)
      const insights = await rough.insights()
      expect(insights).toHaveLength(figures[1]?.insights ?? -1)
      const perIncident = new Map<string, number>()
      for (const { evidence } of insights)
        perIncident.set(evidence.incident_id, Math.max(evidence.findings, perIncident.get(evidence.incident_id) ?? 0))
      expect([...perIncident.values()].reduce((sum, each) => sum + each, 0)).toBe(84)
      const alerts = (await rough.events('genai.alert.opened')).map(({ detail }) => `${detail.alert_type} ${detail.alert_id}`)
      expect(new Set(alerts).size).toBe(alerts.length)
      expect(rough.memory.hostile.injected.ambiguousCommit).toBeGreaterThan(0)
    }
  })

  it('tells that incidents are over which ended to make room [X51]', async () => {
    const bench = await TriageBench.open()
    const many = incidentLimits.open + 5
    bench.tell(
      Array.from({ length: many }, (_, at) => finding({ ...weak, key: `pump-${at}`, timestamp: noon + at * 5 * minute })),
    )
    await bench.tick()
    await bench.work()
    expect(await told(bench)).toMatchObject({
      opened: Array.from({ length: many }, () => 'anomaly_detected'),
      recovered: Array.from({ length: 5 }, () => 'anomaly_detected'),
    })
  })

  it('takes up a row in its middle, where it was cut off or somebody else was faster [X50]', async () => {
    const bench = await TriageBench.open()
    bench.tell(Array.from({ length: 60 }, (_, index) => finding({ key: `pump-${index}`, timestamp: noon + index * 5 * minute })))
    bench.hostile({ conflict: 0.3, ambiguousCommit: 0.3 })
    for (let turn = 0; turn < 60; turn++) {
      const ticks = [bench.tick(), bench.tick()]
      await Promise.all(ticks.map((each) => each.catch(() => {})))
    }
    bench.memory.hostile.calm()
    await bench.tick()
    await bench.work()
    expect(bench.memory.hostile.injected.ambiguousCommit).toBeGreaterThan(2)
    expect(await readTriageFigures(bench.scope(), 'plant')).toMatchObject({ findings: 60, incidents: 60, insights: 60 })
    expect((await bench.insights()).map(({ evidence }) => evidence.findings)).toEqual(Array.from({ length: 60 }, () => 1))
    const { opened = [] } = await told(bench)
    expect(opened).toHaveLength(180)
  })

  it("asks rules on windows of what closes from now on, each window once, and tells of what they find under the rule's type", async () => {
    const bench = await TriageBench.open()
    const rule = ruleOf({ on: 'window', field: 'count', threshold: 50, for_seconds: 120 })
    const close = (...minutes: readonly number[]): void => {
      for (const at of minutes) bench.close([windowAt(at)])
    }
    await replaceRules(bench.scope(), [rule])
    await bench.tick()
    close(0, 1, 2, 3)
    await Promise.all([bench.tick(), bench.tick()].map((each) => each.catch(() => {})))
    await bench.tick()
    expect((await told(bench)).opened).toContain('too_hot')
    expect((await told(bench)).opened).not.toContain('anomaly_detected')
    const [insight] = await bench.insights()
    expect(insight).toMatchObject({
      evidence: { findings: 3, finding: { rule: 'hot', field: 'count' } },
      data_point: { count: 60 },
    })
    await replaceRules(bench.scope(), [])
    close(4)
    bench.tell([finding({ key: 'other' })])
    await bench.tick()
    await replaceRules(bench.scope(), [rule])
    await bench.reach(bench.windowPlace)
    await bench.tick()
    expect((await bench.insights()).map(({ evidence }) => evidence.findings)).toEqual([1, 3])
  })
})
