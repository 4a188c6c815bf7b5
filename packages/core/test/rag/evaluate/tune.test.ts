import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { meanInterval, pairedDifference } from '../../../src/rag/evaluate/bootstrap.ts'
import { tune } from '../../../src/rag/evaluate/tune.ts'

describe('intervals', () => {
  it('hold the mean, are the same for the same seed, and narrow with more questions', () => {
    const few = Array.from({ length: 20 }, (_, index) => index % 2)
    const many = Array.from({ length: 2_000 }, (_, index) => index % 2)
    const interval = meanInterval(few)
    expect(interval).toEqual(meanInterval(few))
    expect(interval).not.toEqual(meanInterval(few, { seed: 2 }))
    expect(interval.mean).toBe(0.5)
    // A mean of 20 coins: 0.5 ± 1.96 × 0.112.
    expect(interval.low).toBeCloseTo(0.28, 1)
    expect(interval.high).toBeCloseTo(0.72, 1)
    expect(meanInterval(many).high - meanInterval(many).low).toBeLessThan((interval.high - interval.low) / 5)
    expect(meanInterval([])).toEqual({ mean: 0, low: 0, high: 0 })
  })

  it('of pairs see a small gain that each question has', () => {
    const before = Array.from({ length: 50 }, (_, index) => (index * 37) % 100)
    const gain = pairedDifference(
      before.map((value) => value + 1),
      before,
    )
    expect([gain.mean, gain.low, gain.high].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 1, 1])
    expect(() => pairedDifference([1], [])).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  it('lie within the values, the low end below the high one', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 30 }), (values) => {
        const { mean, low, high } = meanInterval(values, { samples: 200 })
        expect(low).toBeLessThanOrEqual(high)
        for (const value of [mean, low, high]) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9)
          expect(value).toBeLessThanOrEqual(Math.max(...values) + 1e-9)
        }
      }),
    )
  })
})

describe('tuning', () => {
  const questions = Array.from({ length: 40 }, (_, index) => index)

  it('finds the setting that is best, and says what it gains over the one in use', () => {
    const measure = (question: number, setting: number): number => 1 - Math.abs(setting - 0.3) + (question % 5) / 100
    const tuned = tune({ questions, settings: [0, 0.1, 0.2, 0.3, 0.4], current: 0, measure })
    expect(tuned.chosen).toBe(0.3)
    expect(tuned.gain.low).toBeCloseTo(0.3, 9)
    expect(tuned.expected.mean).toBeCloseTo(1.02, 9)
    expect(tuned.settings.map(({ setting }) => setting)).toEqual([0, 0.1, 0.2, 0.3, 0.4])
  })

  it('promises nothing for a choice that only fits its own questions', () => {
    // Each setting is perfect for one question, and useless for all others: chosen on the rest, it never helps the one left out.
    const measure = (question: number, setting: number): number => (question === setting ? 1 : 0)
    const tuned = tune({ questions, settings: questions, current: -1, measure, folds: 40 })
    expect(tuned.settings[0]?.score.mean).toBe(1 / 40)
    expect(tuned.expected.mean).toBe(0)
    expect(tuned.gain).toEqual({ mean: 0, low: 0, high: 0 })
  })

  it("takes the first of equals, and refuses what it can't do", () => {
    expect(tune({ questions, settings: ['a', 'b'], current: 'b', measure: () => 1 }).chosen).toBe('a')
    const invalid = expect.objectContaining({ code: 'invalid_input' })
    expect(() => tune({ questions: [1], settings: [1], current: 1, measure: () => 1 })).toThrow(invalid)
    expect(() => tune({ questions, settings: [], current: 1, measure: () => 1 })).toThrow(invalid)
  })
})
