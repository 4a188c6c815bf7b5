import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { riskLevels } from '../../../src/analytics/analysis/analyse-by-rule.ts'
import { underStatistics } from '../../../src/analytics/analysis/under-statistics.ts'
import type { Analysis } from '../../../src/analytics/insight.ts'

const analysis: fc.Arbitrary<Analysis> = fc.record({
  patterns: fc.array(fc.constantFrom('spike', 'Temperature ANOMALY', 'level shift'), { maxLength: 3 }),
  risk_level: fc.constantFrom(...riskLevels),
  recommended_actions: fc.array(fc.string(), { maxLength: 2 }),
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  alert_priority: fc.integer({ min: 1, max: 5 }),
})
const level = ({ risk_level }: Analysis): number => riskLevels.indexOf(risk_level)
const names = ({ patterns }: Analysis): boolean => patterns.some((each) => each.toLowerCase().includes('anomaly'))

describe("a model's analysis beside that of the statistics [X55]", () => {
  it('never lowers risk or priority, raises each by one at most, and changes nothing about an anomaly being told', () => {
    fc.assert(
      fc.property(analysis, analysis, fc.boolean(), (model, statistics, suspect) => {
        const counted = underStatistics(model, statistics, { suspect })
        const most = suspect ? 0 : 1
        expect(level(counted)).toBeGreaterThanOrEqual(level(statistics))
        expect(level(counted)).toBeLessThanOrEqual(level(statistics) + most)
        expect(counted.alert_priority).toBeGreaterThanOrEqual(statistics.alert_priority)
        expect(counted.alert_priority).toBeLessThanOrEqual(statistics.alert_priority + most)
        expect(names(counted)).toBe(names(statistics))
        expect([counted.confidence, counted.recommended_actions]).toEqual([model.confidence, model.recommended_actions])
      }),
    )
  })

  it('counts where it is within these bounds', () => {
    const statistics: Analysis = {
      patterns: ['x anomaly: spike', 'two'],
      risk_level: 'low',
      recommended_actions: [],
      confidence: 0.5,
      alert_priority: 2,
    }
    const model: Analysis = { ...statistics, patterns: ['a leak'], risk_level: 'medium', alert_priority: 3 }
    expect(underStatistics(model, statistics)).toEqual({ ...model, patterns: ['a leak', 'x anomaly: spike'] })
    const own = { ...model, patterns: ['pressure anomaly'] }
    expect(underStatistics(own, statistics)).toEqual(own)
  })
})
