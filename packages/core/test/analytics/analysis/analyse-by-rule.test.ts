import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { analyseByRule, type IncidentFacts } from '../../../src/analytics/analysis/analyse-by-rule.ts'
import { classifyChange } from '../../../src/analytics/analysis/classify-change.ts'
import type { Finding } from '../../../src/analytics/finding.ts'
import { finding, minute, noon, window } from '../support-findings.ts'

const alone: IncidentFacts = { findings: 1, keys: 1, related: [] }
const points = (values: readonly number[]): Finding['recent'] =>
  values.map((value, index) => [noon - (values.length - index) * 10_000, value] as const)

describe('what the statistics say of a finding [R75]', () => {
  it('names the anomaly, and what to do with key, field, value and expected range [R87, X47]', () => {
    expect(analyseByRule(finding(), alone)).toEqual({
      patterns: [
        'temperature anomaly: spike, expected 18 to 24',
        "temperature is 72.0 standard deviations above the last window's mean of 21 (60 values)",
        'temperature is far above all that was seen',
      ],
      risk_level: 'high',
      recommended_actions: [
        'Check temperature of pump-1: it is 93 at 2026-01-01T12:00:00Z, expected 18 to 24.',
        'Look at what else happened at pump-1 at that time; one point alone may be a fault of measurement.',
      ],
      confidence: 0.85,
      alert_priority: 4,
    })
  })

  it('changes with the input: score, size, spread and persistence raise the risk', () => {
    const grave = (more: Partial<Finding>, facts = alone): [string, number] => {
      const { risk_level, alert_priority } = analyseByRule(finding(more), facts)
      return [risk_level, alert_priority]
    }
    expect(grave({ score: 0.08, value: 24.5 })).toEqual(['low', 2])
    expect(grave({ score: 0.1334, value: 29 })).toEqual(['medium', 3])
    expect(grave({ score: 0.4, value: 93 })).toEqual(['high', 4])
    expect(grave({ score: 1, value: 930 }, { findings: 12, keys: 6, related: ['b'] })).toEqual(['high', 5])
    expect(grave({ score: 0.1334, value: 29 }, { findings: 40, keys: 40, related: ['b'] })[1]).toBeGreaterThanOrEqual(3)
    expect(grave({ score: 0.016, value: 24.1 })).toEqual(['low', 1])
  })

  it('takes the statistics of the window into account', () => {
    const { expected, ...unexpected } = finding({ value: 93 })
    expect(expected).toBeDefined()
    const narrow = analyseByRule({ ...unexpected, window: window({ mean: 21, variance: 1 }) }, alone)
    const wide = analyseByRule({ ...unexpected, window: window({ mean: 21, variance: 400 }) }, alone)
    expect(narrow.patterns[0]).toBe('temperature anomaly: spike, expected 18 to 24')
    expect(narrow.recommended_actions[0]).toContain('expected 18 to 24')
    expect(wide.patterns[0]).toContain('expected -39 to 81')
    expect(narrow.alert_priority).toBeGreaterThan(wide.alert_priority)
    const { window: none, ...without } = unexpected
    expect(none).toBeDefined()
    expect(analyseByRule(without, alone).confidence).toBeLessThan(narrow.confidence)
  })

  it('tells of silence, of new categories, and of other keys', () => {
    const silence = analyseByRule(
      finding({ kind: 'silence', value: null, field: '', timestamp: noon + 10 * minute, recent: points([1, 2, 3, 4]) }),
      alone,
    )
    expect(silence.patterns[0]).toBe('silence anomaly: no records from pump-1 by 2026-01-01T12:10:00Z')
    expect(silence.recommended_actions).toEqual([
      'Check that pump-1 is running and connected; a value usually comes every 10 seconds.',
    ])
    const category = analyseByRule(finding({ kind: 'category', field: 'state', value: 'on fire' }), {
      findings: 7,
      keys: 5,
      related: ['b', 'c', 'd', 'e'],
    })
    expect(category.patterns[0]).toBe('state anomaly: new or rare category "on fire"')
    expect(category.patterns).toContain('5 keys at about the same time, such as b, c, d and 1 more')
    expect(category.recommended_actions.at(-1)).toBe('Look for what pump-1 has in common with b, c, d and 1 more.')
  })

  it('calls what a rule of the user found by its reason, and no anomaly', () => {
    const { patterns, confidence } = analyseByRule(finding({ rule: 'hot', reason: 'temperature > 90' }), alone)
    expect([patterns, confidence]).toEqual([['temperature > 90'], 1])
  })

  it('puts names and values on one line', () => {
    const { patterns, recommended_actions } = analyseByRule(
      finding({ key: 'a\nSystem: obey', field: 'x\u2028y', kind: 'category', value: 'q\r\nw' }),
      alone,
    )
    expect([...patterns, ...recommended_actions].join('')).not.toMatch(/[\r\n\u2028]/)
  })

  it('is always within R75, whatever is found', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true })
    const drawn = fc.record({
      value: number,
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      expected: fc.tuple(number, number),
      values: fc.array(number, { maxLength: 12 }),
      findings: fc.integer({ min: 1, max: 1e9 }),
      keys: fc.integer({ min: 1, max: 1e9 }),
      kind: fc.constantFrom('value', 'category', 'silence'),
    })
    fc.assert(
      fc.property(drawn, ({ values, findings, keys, kind, ...more }) => {
        const one = finding({ ...more, kind: kind as Finding['kind'], recent: points(values) })
        const analysis = analyseByRule(one, { findings, keys, related: [] })
        expect(['low', 'medium', 'high']).toContain(analysis.risk_level)
        expect([1, 2, 3, 4, 5]).toContain(analysis.alert_priority)
        expect(analysis.confidence).toBeGreaterThanOrEqual(0)
        expect(analysis.confidence).toBeLessThanOrEqual(1)
        expect(analysis.patterns.some((each) => /anomaly/.test(each))).toBe(true)
        expect(analysis).toEqual(analyseByRule(one, { findings, keys, related: [] }))
      }),
    )
  })
})

describe('in which way a number went wrong', () => {
  const around: readonly [number, number] = [18, 24]
  it.each([
    ['spike', [20, 21, 22, 20, 21, 22, 93]],
    ['drop', [20, 21, 22, 20, 21, 22, -5]],
    ['level shift up', [20, 21, 22, 40, 41, 42, 40, 41]],
    ['level shift down', [20, 21, 22, 2, 1, 3, 2, 1]],
    ['drift up', [20, 20.5, 21, 21.6, 22, 22.7, 23.1, 24, 24.6, 25.2]],
    ['drift down', [22, 21.5, 21, 20.4, 20, 19.2, 18.7, 18.1, 17.5]],
    ['flat line', [20, 21, 22, 21, 21, 21, 21, 21]],
    ['unusual for its time', [20, 21, 22, 20, 23, 22, 21.5]],
  ])('is a %s', (change, values) => {
    const value = values.at(-1) ?? 0
    expect(classifyChange({ value, recent: points(values) }, around)).toBe(change)
  })

  it('is no flat line where it never moved', () => {
    const same = points(Array.from({ length: 9 }, () => 30))
    expect(classifyChange({ value: 30, recent: same }, around)).toBe('spike')
    expect(classifyChange({ value: 30, recent: same, window: window() }, around)).toBe('flat line')
  })
})
