import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calibration, type Judged, riskCoverage, separation } from '../../../src/rag/evaluate/confidence-metrics.ts'

const judged = (...pairs: readonly [number, boolean][]): Judged[] => pairs.map(([confidence, right]) => ({ confidence, right }))
const some = fc.array(fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), right: fc.boolean() }), {
  minLength: 1,
})

describe('measures of a confidence', () => {
  it('weigh how far confidence and accuracy are apart, bin by bin', () => {
    const { error, bins } = calibration(judged([0.9, true], [0.9, false], [0.3, false], [0.3, false]), 2)
    expect(bins.map(({ count, accuracy }) => [count, accuracy])).toEqual([
      [2, 0],
      [2, 0.5],
    ])
    expect(error).toBeCloseTo(0.5 * 0.3 + 0.5 * 0.4, 12)
  })

  it('put 0, 1 and the borders into bins, and refuse what is no confidence', () => {
    expect(calibration(judged([0, true], [0.5, true], [1, true]), 2).bins.map((bin) => bin.count)).toEqual([2, 1])
    expect(() => calibration(judged([1.5, true]))).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    expect(() => calibration(judged([Number.NaN, true]))).toThrow()
  })

  it('tell how well right and wrong are told apart, ties half', () => {
    expect(separation(judged([0.9, true], [0.8, false], [0.7, true], [0.1, false]))).toBe(0.75)
    expect(separation(judged([0.5, true], [0.5, false]))).toBe(0.5)
    expect(separation(judged([0.5, true]))).toBeUndefined()
  })

  it('give the risk at each coverage, the most careful first', () => {
    expect(riskCoverage(judged([0.9, true], [0.5, false], [0.5, true], [0.1, false]))).toEqual([
      { threshold: 0.9, coverage: 0.25, risk: 0 },
      { threshold: 0.5, coverage: 0.75, risk: 1 / 3 },
      { threshold: 0.1, coverage: 1, risk: 0.5 },
    ])
    expect(riskCoverage([])).toEqual([])
  })

  it('lie from 0 to 1, and change nothing with the order', () => {
    fc.assert(
      fc.property(some, (all) => {
        const { error, bins } = calibration(all)
        expect(error).toBeGreaterThanOrEqual(0)
        expect(error).toBeLessThanOrEqual(1)
        expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(all.length)
        const backwards = all.toReversed()
        expect(separation(backwards)).toBe(separation(all))
        const mirrored = separation(all.map(({ confidence, right }) => ({ confidence: -confidence, right })))
        if (mirrored !== undefined) expect((separation(all) ?? 0) + mirrored).toBeCloseTo(1, 9)
        expect(riskCoverage(backwards)).toEqual(riskCoverage(all))
        expect(riskCoverage(all).at(-1)?.coverage).toBe(1)
      }),
    )
  })
})
