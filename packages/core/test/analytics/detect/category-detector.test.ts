import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CategoryDetector, type PackedCategoryDetector } from '../../../src/analytics/detect/category-detector.ts'
import { detectionThreshold } from '../../../src/analytics/detect/detector.ts'
import { uniform } from './series.ts'

function fed(values: readonly string[]): CategoryDetector {
  const detector = new CategoryDetector()
  for (const value of values) detector.next(value, 0)
  return detector
}

const usual = Array.from({ length: 300 }, (_, at) => ['ok', 'slow', 'cached'][at % 3] as string)

describe('the detector of categories', () => {
  it('finds a value that is new, and one that is rare', () => {
    const detector = fed(usual)
    expect(detector.next('failed', 0)).toBeGreaterThan(0.8)
    expect(detector.explain()).toEqual({
      kind: 'category',
      reason: '"failed" is new: in the 297 records before it no new value came.',
    })
    expect(detector.next('ok', 0)).toBe(0)
    expect(detector.explain().kind).toBe('none')
    for (const value of usual) detector.next(value, 0)
    expect(detector.next('failed', 0)).toBeGreaterThan(0.8)
    expect(detector.explain().reason).toBe('"failed" is rare: it came last 302 records ago.')
  })

  it('is quiet where values are always new, or new as often as ever', () => {
    const ids = new CategoryDetector()
    const many = new CategoryDetector()
    const next = uniform(1)
    let told = 0
    for (let at = 0; at < 20_000; at++) {
      expect(ids.next(`id-${at}`, 0)).toBe(0)
      // By Zipf's law: of rank r with a probability of about 1/r.
      if (many.next(`rank-${Math.floor(200 ** next())}`, 0) >= detectionThreshold) told++
    }
    expect(told).toBeLessThan(40)
  })

  it('is the same after it was packed, and bounded [X54]', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string({ maxLength: 200 })), { maxLength: 400 }),
        (values) => {
          const whole = new CategoryDetector()
          let packed = new CategoryDetector()
          for (const value of values) {
            expect(packed.next(value, 0)).toBe(whole.next(value, 0))
            packed = CategoryDetector.unpack(JSON.parse(JSON.stringify(packed.pack())) as PackedCategoryDetector)
          }
        },
      ),
      { numRuns: 30 },
    )
    const long = fed(Array.from({ length: 2000 }, (_, at) => `${at}`.padStart(100, '…')))
    expect(JSON.stringify(long.pack()).length).toBeLessThan(40_000)
    expect(long.pack()[5].length).toBeLessThanOrEqual(256)
  })
})
