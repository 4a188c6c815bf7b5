import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertBody, alertSubject, alertTopic } from '../../../src/analytics/alerts/alert-content.ts'
import { showAlert } from '../../../src/analytics/alerts/forms.ts'
import { replaceRules } from '../../../src/analytics/alerts/keep-rules.ts'
import { acknowledgeAlert, getAlert, listAlerts } from '../../../src/analytics/alerts/manage-alerts.ts'
import { changeAlerts } from '../../../src/analytics/alerts/raise-alerts.ts'
import { retryConflicts } from '../../../src/scope/retry-conflicts.ts'
import { AlertBench, at, graveAnalysis, insightOf, minute, ruleOf } from './alert-bench.ts'

describe('the built-in rules', () => {
  it.each([
    ['alert_priority of 4', { alert_priority: 4 }, ['high_priority']],
    ['alert_priority of 3', { alert_priority: 3 }, []],
    ['alert_priority of 5', { alert_priority: 5 }, ['high_priority']],
  ])('[R77] %s', async (_, analysis, types) => {
    const bench = await AlertBench.open()
    await bench.change({ raise: [insightOf({ analysis })] })
    expect((await bench.alerts()).map(({ alert_type }) => alert_type)).toEqual(types)
  })

  it.each([
    ['high', ['high_risk']],
    ['medium', []],
  ] as const)('[R78] a risk of %s', async (risk_level, types) => {
    const bench = await AlertBench.open()
    await bench.change({ raise: [insightOf({ analysis: { risk_level } })] })
    expect((await bench.alerts()).map(({ alert_type }) => alert_type)).toEqual(types)
  })

  it.each([
    [['anomaly'], 1],
    [['level shift', 'Temperature ANOMALY in the pump'], 1],
    [['anomalies'], 0],
    [[], 0],
  ])('[R79, X47] patterns %j', async (patterns, amount) => {
    const bench = await AlertBench.open()
    await bench.change({ raise: [insightOf({ analysis: { patterns } })] })
    expect((await bench.alerts()).map(({ alert_type }) => alert_type)).toEqual(Array(amount).fill('anomaly_detected'))
  })

  it('[R80] are independent: one insight raises three alerts', async () => {
    const bench = await AlertBench.open()
    await bench.change({ raise: [insightOf({ analysis: graveAnalysis })] })
    expect(await bench.told()).toEqual(['opened high_priority', 'opened high_risk', 'opened anomaly_detected'])
    expect((await bench.alerts()).map(({ alert_type }) => alert_type).toSorted()).toEqual([
      'anomaly_detected',
      'high_priority',
      'high_risk',
    ])
  })
})

describe('an alert', () => {
  it('[R81, R82, R83] has the body, the topic and the subject of the seed', async () => {
    const bench = await AlertBench.open()
    const insight = insightOf({ analysis: { risk_level: 'high' }, data: { temperature: 97, note: 'hush' } })
    await bench.change({ raise: [insight] })
    const [fields] = await bench.alerts()
    const record = await getAlert(await bench.scope(), fields?.alert_id ?? '')
    expect(await alertBody(record)).toEqual({
      alert_type: 'high_risk',
      timestamp: '2026-01-01T00:00:00.000Z',
      severity: 'high',
      data: { temperature: 97, note: 'hush' },
      analysis: insight.analysis,
      recommended_actions: ['Look at the pump.'],
    })
    expect(alertTopic('high_risk')).toBe('genai-alerts-high_risk')
    expect(alertSubject('anomaly_detected')).toBe('GenAI Alert: Anomaly Detected')
    expect(await showAlert(record)).toMatchObject({ status: 'open', evidence: { incident_id: 'incident-1' } })
  })

  it('[R81, X46] of an analysis that says nothing of risk or of actions is of unknown severity, and has none', async () => {
    const bench = await AlertBench.open()
    const analysis = { risk_level: undefined, recommended_actions: undefined, alert_priority: 5 } as never
    await bench.change({ raise: [insightOf({ analysis })] })
    const [fields] = await bench.alerts()
    expect(await alertBody(await getAlert(await bench.scope(), fields?.alert_id ?? ''))).toMatchObject({
      severity: 'unknown',
      recommended_actions: [],
    })
  })

  it('keeps what was measured sealed, and out of the event log', async () => {
    const bench = await AlertBench.open()
    await bench.change({
      raise: [insightOf({ analysis: { ...graveAnalysis, patterns: ['anomaly of hush'] }, data: { secret: 'hush' } })],
    })
    const rows = JSON.stringify((await bench.alerts()).map((fields) => fields))
    expect(rows).not.toContain('hush')
    const events = await bench.events()
    expect(JSON.stringify(events)).not.toContain('hush')
    expect(events[0]?.detail).toEqual({
      alert_id: events[0]?.subject,
      alert_type: 'high_priority',
      stream: 'machine',
      key: 'pump-1',
      severity: 'high',
      status: 'open',
      incident_id: 'incident-1',
    })
  })

  it('[X51] is one for a thousand insights of an incident, and is brought up to date', async () => {
    const bench = await AlertBench.open()
    const scope = await bench.scope()
    for (let index = 1; index <= 1_000; index++) {
      const evidence = { findings: index, incident_id: 'incident-1' }
      const insight = insightOf({ analysis: graveAnalysis, timestamp: at + index * 1_000, data: { index }, evidence })
      await bench.change({ raise: [insight] }, scope)
    }
    const found = await bench.alerts()
    expect(found).toHaveLength(3)
    for (const fields of found) expect(fields).toMatchObject({ findings: 1_000, timestamp: at + 1_000_000, incidents: 1 })
    expect(await bench.told()).toHaveLength(3)
    const record = await getAlert(scope, found[0]?.alert_id ?? '')
    expect(await alertBody(record)).toMatchObject({ data: { index: 1_000 } })
  }, 20_000)

  it('[X51] is one for keys that go wrong together, and shows the first of them, or one that is worse', async () => {
    const bench = await AlertBench.open()
    const keys = (risks: readonly ('medium' | 'high')[]) =>
      risks.map((risk_level, index) =>
        insightOf({ key: `pump-${index + 1}`, data: { index }, analysis: { risk_level, alert_priority: 4 } }),
      )
    await bench.change({ raise: keys(['medium', 'medium', 'medium']) })
    expect(await bench.alerts()).toMatchObject([{ alert_type: 'high_priority', key: 'pump-1', severity: 'medium' }])
    await bench.change({ raise: keys(['medium', 'medium', 'high']).slice(2) })
    expect(await bench.alerts({ alert_type: 'high_priority' })).toMatchObject([{ key: 'pump-3', severity: 'high' }])
    expect(await bench.told()).toEqual(['opened high_priority', 'escalated high_priority', 'opened high_risk'])
  })

  it('[X51] is joined by a new incident of its key and type within the cool-down, and by none after it or of another key', async () => {
    const bench = await AlertBench.open()
    const analysis = { risk_level: 'high' } as const
    await bench.change({ raise: [insightOf({ analysis })] })
    await bench.pass(4 * minute)
    await bench.change({ raise: [insightOf({ analysis, incident: 'incident-2' })] })
    expect(await bench.alerts()).toMatchObject([{ incidents: 2, incident_id: 'incident-2' }])
    await bench.change({ raise: [insightOf({ analysis, incident: 'incident-3', key: 'pump-2' })] })
    await bench.change({ raise: [insightOf({ analysis, incident: 'incident-4', stream: 'other' })] })
    expect(await bench.alerts()).toHaveLength(3)
    await bench.pass(5 * minute)
    await bench.change({ raise: [insightOf({ analysis, incident: 'incident-5' })] })
    expect(await bench.alerts()).toHaveLength(4)
    expect(await bench.told()).toEqual(Array(4).fill('opened high_risk'))
  })

  it('escalates once a level, by severity or by priority', async () => {
    const bench = await AlertBench.open()
    const raise = (risk_level: 'low' | 'medium' | 'high', alert_priority: number) =>
      bench.change({ raise: [insightOf({ analysis: { risk_level, alert_priority, patterns: ['anomaly'] } })] })
    const told = async () => (await bench.told()).filter((one) => one.endsWith('anomaly_detected'))
    await raise('low', 1)
    await raise('medium', 1)
    expect(await told()).toEqual(['opened anomaly_detected', 'escalated anomaly_detected'])
    await raise('low', 1)
    await raise('medium', 1)
    expect(await told()).toHaveLength(2)
    await raise('medium', 3)
    expect(await told()).toHaveLength(3)
    await raise('high', 5)
    expect(await told()).toHaveLength(4)
    await raise('high', 5)
    expect(await told()).toHaveLength(4)
    expect(await bench.alerts({ alert_type: 'anomaly_detected' })).toMatchObject([{ severity: 'high', priority: 5 }])
  })

  it('recovers when its incident is over, and is told of once', async () => {
    const bench = await AlertBench.open()
    await bench.change({ raise: [insightOf({ analysis: graveAnalysis })] })
    await bench.change({ raise: [insightOf({ analysis: graveAnalysis, incident: 'other', key: 'pump-2' })] })
    await bench.change({ recover: ['incident-1'] })
    expect(await bench.alerts({ status: 'recovered' })).toHaveLength(3)
    expect(await bench.alerts({ status: 'open' })).toHaveLength(3)
    expect((await bench.told()).filter((one) => one.startsWith('recovered'))).toHaveLength(3)
    expect(await bench.change({ recover: ['incident-1', 'unknown'] })).toEqual({ writes: [], emit: [] })
  })

  it('that an incident left for another goes on with that one', async () => {
    const bench = await AlertBench.open()
    const analysis = { risk_level: 'high' } as const
    await bench.change({ raise: [insightOf({ analysis })] })
    await bench.change({ raise: [insightOf({ analysis, incident: 'incident-2' })], recover: ['incident-1'] })
    expect(await bench.alerts()).toMatchObject([{ status: 'open', incident_id: 'incident-2' }])
    await bench.change({ recover: ['incident-2'] })
    expect(await bench.alerts()).toMatchObject([{ status: 'recovered' }])
    expect(await bench.told()).toEqual(['opened high_risk', 'recovered high_risk'])
  })

  it('[X51] that comes and goes is told of no more than once a cool-down', async () => {
    const bench = await AlertBench.open()
    const analysis = { risk_level: 'high' } as const
    for (let round = 1; round <= 20; round++) {
      await bench.change({ raise: [insightOf({ analysis, incident: `incident-${round}` })] })
      await bench.pass(minute)
      await bench.change({ recover: [`incident-${round}`] })
      await bench.pass(minute)
    }
    expect(await bench.alerts()).toMatchObject([{ incidents: 20, status: 'recovered' }])
    const told = await bench.told()
    // 40 minutes hold eight cool-downs.
    expect(told.length).toBeLessThanOrEqual(16)
    expect(told.length).toBeGreaterThanOrEqual(10)
    for (const [index, one] of told.entries()) expect(one).toBe(index % 2 === 0 ? 'opened high_risk' : 'recovered high_risk')
  })

  it('of which more is learned when it is over stays over, and wakes nobody', async () => {
    const bench = await AlertBench.open()
    await bench.change({ raise: [insightOf({ analysis: { risk_level: 'high', alert_priority: 2 } })] })
    await bench.change({ recover: ['incident-1'] })
    const told = (await bench.told()).length
    await bench.change({ raise: [insightOf({ analysis: { risk_level: 'high', alert_priority: 3, confidence: 0.9 } })] })
    expect(await bench.alerts()).toMatchObject([{ status: 'recovered', priority: 3 }])
    expect(await bench.told()).toHaveLength(told)
  })

  it('is acknowledged once, by whoever came first; then it may go on, and be over', async () => {
    const bench = await AlertBench.open()
    await bench.change({ raise: [insightOf({ analysis: { risk_level: 'high' } })] })
    const [fields] = await bench.alerts()
    const id = fields?.alert_id ?? ''
    const first = await acknowledgeAlert(await bench.scope('alpha', 'ada'), id)
    await bench.pass(1_000)
    const second = await acknowledgeAlert(await bench.scope('alpha', 'bob'), id)
    expect(first.fields).toMatchObject({ status: 'acknowledged', acknowledged_by: 'ada' })
    expect(second.fields).toEqual(first.fields)
    expect(await bench.told()).toEqual(['opened high_risk', 'acknowledged high_risk'])
    await bench.change({ raise: [insightOf({ analysis: { risk_level: 'high', alert_priority: 3 } })] })
    expect(await bench.alerts()).toMatchObject([{ status: 'acknowledged', priority: 3 }])
    await bench.change({ recover: ['incident-1'] })
    expect(await bench.alerts()).toMatchObject([{ status: 'recovered', acknowledged_by: 'ada' }])
    await bench.change({ raise: [insightOf({ analysis: { risk_level: 'high' }, incident: 'incident-2' })] })
    const [again] = await bench.alerts()
    expect(again?.status).toBe('open')
    expect(again).not.toHaveProperty('acknowledged_by')
  })

  it("of another tenant can't be seen or acknowledged", async () => {
    const bench = await AlertBench.open()
    await bench.change({ raise: [insightOf({ analysis: { risk_level: 'high' } })] })
    const [fields] = await bench.alerts()
    const theirs = await bench.scope('beta')
    expect(await bench.alerts({}, 'beta')).toEqual([])
    const unseen = await acknowledgeAlert(theirs, fields?.alert_id ?? '').catch((error) => error)
    const unknown = await acknowledgeAlert(theirs, 'none').catch((error) => error)
    expect([unseen.code, unseen.message]).toEqual([unknown.code, unknown.message])
    await changeAlerts(theirs, { recover: ['incident-1'] }).then(({ writes }) => expect(writes).toEqual([]))
  })
})

describe('rules of the user', () => {
  it('on insights raise alerts of their own type and severity, of their stream and keys alone', async () => {
    const bench = await AlertBench.open()
    const rule = ruleOf({ on: 'insight', field: 'data_point.temperature', severity: 'medium', stream: 'machine', key: 'pump-*' })
    await replaceRules(await bench.scope(), [rule, ruleOf({ ...rule, rule_id: 'off', alert_type: 'off', enabled: false })])
    await bench.change({
      raise: [
        insightOf(),
        insightOf({ incident: 'cool', data: { temperature: 90 } }),
        insightOf({ incident: 'other-stream', stream: 'other' }),
        insightOf({ incident: 'other-key', key: 'valve-1' }),
      ],
    })
    expect(await bench.alerts()).toMatchObject([
      { alert_type: 'too_hot', rule_id: 'hot', severity: 'medium', incident_id: 'incident-1' },
    ])
  })

  it('on records and windows raise theirs by the finding that they made; without a severity it is the risk', async () => {
    const bench = await AlertBench.open()
    await replaceRules(await bench.scope(), [ruleOf()])
    await bench.change({ raise: [insightOf({ rule: 'hot' }), insightOf({ rule: 'gone', incident: 'incident-2' })] })
    expect(await bench.alerts()).toMatchObject([{ alert_type: 'too_hot', severity: 'low' }])
  })

  it('of one type make one alert, the gravest', async () => {
    const bench = await AlertBench.open()
    const insightRule = { on: 'insight', field: 'data_point.temperature' } as const
    await replaceRules(await bench.scope(), [
      ruleOf({ ...insightRule, severity: 'low' }),
      ruleOf({ ...insightRule, rule_id: 'hotter', threshold: 95, severity: 'high' }),
    ])
    await bench.change({ raise: [insightOf()] })
    expect(await bench.alerts()).toMatchObject([{ alert_type: 'too_hot', rule_id: 'hotter', severity: 'high' }])
  })

  it('that fire all at once on one insight raise ten alerts at most: those that are built in, then the gravest', async () => {
    const bench = await AlertBench.open()
    const rules = Array.from({ length: 100 }, (_, index) =>
      ruleOf({
        ...{ rule_id: `r${index}`, alert_type: `type_${index}`, on: 'insight', field: 'data_point.temperature' },
        severity: index % 10 === 9 ? 'high' : 'medium',
      }),
    )
    await replaceRules(await bench.scope(), rules)
    const { writes } = await changeAlerts(await bench.scope(), {
      raise: [insightOf({ analysis: { ...graveAnalysis, risk_level: 'low', alert_priority: 4 } })],
    })
    expect(writes.length).toBeLessThanOrEqual(30)
    const raised = writes.flatMap((write) => ('insert' in write && write.insert.name === 'alerts' ? [write.fields] : []))
    const types = raised.map((fields) => (fields as { alert_type: string }).alert_type)
    expect(types.slice(0, 2).toSorted()).toEqual(['anomaly_detected', 'high_priority'])
    expect(types.slice(2)).toEqual([9, 19, 29, 39, 49, 59, 69, 79].map((index) => `type_${index}`))
  })

  it('have a cool-down of their own', async () => {
    const bench = await AlertBench.open()
    const rule = ruleOf({ on: 'insight', field: 'data_point.temperature', cool_down_seconds: 0 })
    await replaceRules(await bench.scope(), [rule])
    await bench.change({ raise: [insightOf()] })
    await bench.change({ raise: [insightOf({ incident: 'incident-2' })] })
    expect(await bench.alerts()).toHaveLength(2)
  })
})

describe('a list of alerts', () => {
  it('is newest first, by status, stream and type, in pages', async () => {
    const bench = await AlertBench.open()
    for (let index = 0; index < 12; index++) {
      const stream = index % 2 === 0 ? 'even' : 'odd'
      await bench.change({ raise: [insightOf({ incident: `i${index}`, key: `k${index}`, stream, analysis: graveAnalysis })] })
      await bench.pass(1_000)
    }
    await bench.change({ recover: ['i0', 'i1'] })
    const all = await bench.alerts()
    expect(all).toHaveLength(36)
    expect(all.map(({ created }) => created)).toEqual(all.map(({ created }) => created).toSorted((a, b) => b - a))
    expect(await bench.alerts({ status: 'recovered' })).toHaveLength(6)
    expect(await bench.alerts({ status: 'recovered', stream: 'even' })).toHaveLength(3)
    expect(await bench.alerts({ stream: 'odd', alert_type: 'high_risk' })).toHaveLength(6)
    const scope = await bench.scope()
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await listAlerts(scope, { limit: 4, alert_type: 'high_risk', after })
      expect(page.items.length).toBeLessThanOrEqual(4)
      seen.push(...page.items.map(({ fields }) => fields.alert_id))
      after = page.after
    } while (after !== undefined)
    expect(new Set(seen).size).toBe(12)
    expect(seen).toHaveLength(12)
  })
})

describe('[X50] redelivery', () => {
  it('of the same insight changes nothing', async () => {
    const bench = await AlertBench.open()
    await bench.change({ raise: [insightOf({ analysis: graveAnalysis })] })
    await bench.pass(minute)
    expect(await bench.change({ raise: [insightOf({ analysis: graveAnalysis })] })).toEqual({ writes: [], emit: [] })
  })

  it('of one that two work at the same time raises no alert twice: one of them fails, and then has nothing to do', async () => {
    const bench = await AlertBench.open()
    const scope = await bench.scope()
    const insight = insightOf({ analysis: graveAnalysis })
    const [one, other] = await Promise.all([changeAlerts(scope, { raise: [insight] }), changeAlerts(scope, { raise: [insight] })])
    await scope.state.commit(one)
    await expect(scope.state.commit(other)).rejects.toMatchObject({ code: 'conflict' })
    expect(await changeAlerts(scope, { raise: [insight] })).toEqual({ writes: [], emit: [] })
    expect(await bench.told()).toHaveLength(3)
  })

  it('on the weakest legal platform raises each alert once, and tells each step once', async () => {
    const step = fc.record({
      incident: fc.integer({ min: 1, max: 3 }),
      risk: fc.constantFrom('low', 'medium', 'high'),
      priority: fc.integer({ min: 1, max: 5 }),
      recover: fc.boolean(),
      twice: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const bench = await AlertBench.open({ conflict: 0.2, ambiguousCommit: 0.2, staleLists: 5 })
        const scope = await bench.scope()
        const commit = (change: Parameters<typeof changeAlerts>[1]) =>
          retryConflicts(async () => {
            for (;;) {
              try {
                return await bench.change(change, scope)
              } catch (error) {
                // The commit may have been kept: the worker's job comes again.
                if ((error as { code?: string }).code === 'conflict') throw error
              }
            }
          }, 1_000)
        for (const { incident, risk, priority, recover, twice } of steps) {
          const name = `incident-${incident}`
          const analysis = { risk_level: risk, alert_priority: priority, patterns: ['anomaly'] } as const
          const change = recover ? { recover: [name] } : { raise: [insightOf({ incident: name, key: `k${incident}`, analysis })] }
          await (twice ? Promise.all([commit(change), commit(change)]) : commit(change))
        }
        bench.memory.hostile.calm()
        const events = await bench.events()
        const opened = events.filter(({ type }) => type === 'genai.alert.opened')
        expect(new Set(opened.map(({ subject }) => subject)).size).toBe(opened.length)
        const kept = await bench.alerts()
        expect(kept.length).toBe(opened.length)
        const names = kept.map(({ incident_id, alert_type }) => `${incident_id} ${alert_type}`)
        expect(new Set(names).size).toBe(names.length)
        for (const { alert_id, status } of kept) {
          const own = events.filter(({ subject }) => subject === alert_id).map(({ type }) => type)
          const escalations = own.filter((type) => type === 'genai.alert.escalated').length
          expect(escalations).toBeLessThanOrEqual(6)
          expect(own.filter((type) => type === 'genai.alert.recovered').length).toBe(status === 'recovered' ? 1 : 0)
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})
