import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAnalyses } from '../../../src/analytics/analysis/parse-analysis.ts'

const good = {
  patterns: ['temperature anomaly'],
  risk_level: 'high',
  recommended_actions: ['Look at it.'],
  confidence: 0.8,
  alert_priority: 4,
}
const parse = (value: unknown, incidents = 1) => parseAnalyses(JSON.stringify(value), incidents)

describe("a model's analysis [R75]", () => {
  it('is taken as it was asked for, and bare where there is one incident [X45]', () => {
    expect(parse({ incidents: [{ incident: 1, ...good }] })).toEqual({ analyses: [good] })
    expect(parse(good)).toEqual({ analyses: [good] })
  })

  it('is taken in any case, with numbers as strings, one text for a list, and in a fence [X46]', () => {
    const loose = {
      Patterns: 'temperature anomaly',
      'Risk Level': ' High ',
      recommendedActions: 'Look at it.',
      confidence: '0.8',
      ALERT_PRIORITY: '4',
    }
    expect(parse(loose)).toEqual({ analyses: [good] })
    expect(parseAnalyses(`Here you are:\n\`\`\`json\n${JSON.stringify(loose)}\n\`\`\`\nGood luck!`, 1)).toEqual({
      analyses: [good],
    })
  })

  it('goes by the numbers of the incidents, or by their order', () => {
    const second = { ...good, alert_priority: 2 }
    expect(
      parse(
        {
          incidents: [
            { incident: 2, ...second },
            { incident: '1', ...good },
          ],
        },
        2,
      ),
    ).toEqual({ analyses: [good, second] })
    expect(parse({ incidents: [good, second] }, 2)).toEqual({ analyses: [good, second] })
  })

  it.each([
    ['risk_level', 'critical', '`risk_level`'],
    ['risk_level', 3, '`risk_level`'],
    ['confidence', 1.01, '`confidence`'],
    ['confidence', '85%', '`confidence`'],
    ['confidence', 85, '`confidence`'],
    ['confidence', -0.1, '`confidence`'],
    ['confidence', null, '`confidence`'],
    ['alert_priority', 0, '`alert_priority`'],
    ['alert_priority', 6, '`alert_priority`'],
    ['alert_priority', '4.5', '`alert_priority`'],
    ['alert_priority', 'urgent', '`alert_priority`'],
    ['alert_priority', true, '`alert_priority`'],
    ['patterns', [1], '`patterns`'],
    ['patterns', undefined, '`patterns`'],
    ['recommended_actions', { a: 1 }, '`recommended_actions`'],
  ])('is refused with %s: %j, as nothing is guessed [X46]', (field, value, named) => {
    const read = parse({ ...good, [field]: value })
    expect(read).toEqual({ faults: [expect.stringContaining(named)] })
  })

  it('is refused where a field stands twice, or incidents are missing or too many', () => {
    expect(parse({ ...good, 'risk level': 'low' })).toHaveProperty('faults')
    expect(parse({ incidents: [good] }, 2)).toEqual({ faults: [expect.stringContaining('Incident 2')] })
    expect(parse({ incidents: [good, good] }, 1)).toEqual({ faults: [expect.stringContaining('1 incidents')] })
    expect(parse(good, 2)).toHaveProperty('faults')
  })

  it('is refused when it is no JSON, cut off or malformed', () => {
    for (const text of ['All is well.', '', JSON.stringify(good).slice(0, -20), '{patterns: no}'])
      expect(parseAnalyses(text, 1)).toEqual({ faults: [expect.stringMatching(/JSON/)] })
  })

  it('never throws, and holds what R75 allows', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.integer({ min: 1, max: 3 }), (text, incidents) => {
        const read = parseAnalyses(text, incidents)
        if ('faults' in read) expect(read.faults.length).toBeGreaterThan(0)
        else expect(read.analyses).toHaveLength(incidents)
      }),
    )
    const field = fc.oneof(
      fc.string(),
      fc.double(),
      fc.integer({ min: -1, max: 7 }),
      fc.constantFrom('low', 'HIGH', '0.5', [], ['a']),
    )
    const drawn = fc.record({
      patterns: field,
      risk_level: field,
      recommended_actions: field,
      confidence: field,
      alert_priority: field,
    })
    fc.assert(
      fc.property(drawn, (value) => {
        const read = parse(value)
        if ('faults' in read) return
        const [one] = read.analyses
        expect(['low', 'medium', 'high']).toContain(one?.risk_level)
        expect(one?.confidence).toBeGreaterThanOrEqual(0)
        expect(one?.confidence).toBeLessThanOrEqual(1)
        expect([1, 2, 3, 4, 5]).toContain(one?.alert_priority)
      }),
    )
  })
})
