import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Detector, detectionThreshold, type PackedDetector } from '../../../src/analytics/detect/detector.ts'
import { minutes, monday, normal, series, timeOf } from './series.ts'

const value = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e308, -1e308, Number.MAX_VALUE, Number.MIN_VALUE, 5e-324),
)
/** Mostly minutes or hours on; sometimes at once, back, or a year on. */
const gap = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 90 }).map((amount) => amount * minutes) },
  { weight: 1, arbitrary: fc.constantFrom(0, -5 * minutes, -1e12, 24 * 60 * minutes, 3e10) },
)
const points = fc.array(fc.tuple(value, gap), { maxLength: 300 }).map((steps) => {
  let time = monday
  return steps.map(([number, step]) => {
    time += step
    return [number, time] as const
  })
})

function scoresOf(list: readonly (readonly [number, number])[], detector: Detector = new Detector()): number[] {
  return list.map(([number, time]) => detector.next(number, time))
}

function throughJson(detector: Detector): Detector {
  return Detector.unpack(JSON.parse(JSON.stringify(detector.pack())) as PackedDetector)
}

describe('scores of the detector', () => {
  it('lie in [0,1], whatever comes', () => {
    fc.assert(
      fc.property(points, (list) => {
        for (const score of scoresOf(list)) expect(score >= 0 && score <= 1).toBe(true)
      }),
    )
  })

  it('of a beginning are those of the whole: nothing is looked ahead', () => {
    fc.assert(
      fc.property(points, fc.nat(300), (list, length) => {
        expect(scoresOf(list.slice(0, length))).toEqual(scoresOf(list).slice(0, length))
      }),
    )
  })

  it('are the same when the detector was packed and unpacked on the way [X54]', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 60 }), (list, every) => {
        const whole = new Detector()
        let packed = new Detector()
        for (const [row, [number, time]] of list.entries()) {
          expect(packed.next(number, time)).toBe(whole.next(number, time))
          if (row % every === 0) packed = throughJson(packed)
          expect(packed.explain()).toEqual(whole.explain())
          expect(packed.silentAfter()).toBe(whole.silentAfter())
        }
      }),
    )
  })

  it.each([2 ** -600, 2 ** 40, -1, 2 ** 900])('are the same for all values times %d', (times) => {
    const next = normal(1)
    const values = series(6000, (row) => 50 + 5 * next() + (row % 1700 === 1699 ? 60 : 0) + (row > 4000 ? 9 : 0))
    const plain = scoresOf(values.map((number, row) => [number, timeOf(row)]))
    expect(plain.filter((score) => score >= detectionThreshold).length).toBeGreaterThan(2)
    const scaled = scoresOf(values.map((number, row) => [number * times, timeOf(row)]))
    for (const [row, score] of scaled.entries()) {
      // A value on the border of two cells lies in the other one when it is mirrored.
      if (times < 0) expect(score >= detectionThreshold).toBe((plain[row] ?? 0) >= detectionThreshold)
      else expect(score).toBe(plain[row])
    }
  })

  it('say the same for all values plus a number, where the range is no small part of it', () => {
    const next = normal(2)
    const values = series(4000, (row) => Math.round(100 * (50 + 5 * next() + (row % 1700 === 1699 ? 60 : 0))))
    const verdicts = (plus: number): boolean[] =>
      scoresOf(values.map((number, row) => [number + plus, timeOf(row)])).map((score) => score >= detectionThreshold)
    expect(verdicts(0).filter(Boolean).length).toBeGreaterThan(2)
    expect(verdicts(2 ** 14)).toEqual(verdicts(0))
  })
})
