import { describe, expect, it } from 'vitest'
import { Detector, detectionThreshold } from '../../../src/analytics/detect/detector.ts'
import { officeHours, perDay, timeOf, uniform } from './series.ts'

describe('what a value was expected to be', () => {
  it('is what was seen before it, and not known of the first', () => {
    const detector = new Detector()
    detector.next(5, timeOf(0))
    expect(detector.expected()).toBeUndefined()
    for (const [index, value] of [7, 3, 6].entries()) detector.next(value, timeOf(index + 1))
    expect(detector.expected()).toEqual([3, 7])
    detector.next(100, timeOf(4))
    expect(detector.expected()).toEqual([3, 7])
    // One outlier doesn't make it blind, and the next one is told what is usual by what was learnt.
    detector.next(5, timeOf(5))
    expect(detector.expected()?.[1]).toBeLessThan(100)
  })

  it('is narrower where the time of day is known to matter', () => {
    const detector = new Detector()
    const next = uniform(3)
    const day = (row: number): number => officeHours(row) + next()
    const spans: number[] = []
    for (let row = 0; row < 28 * perDay; row++) {
      detector.next(day(row), timeOf(row))
      const expected = detector.expected()
      if (expected && row >= 27 * perDay) spans.push(expected[1] - expected[0])
    }
    expect(Math.min(...spans)).toBeLessThan(Math.max(...spans) / 1.5)
  })

  it('holds whatever brings no surprise by itself, and is the same after a save', () => {
    const detector = new Detector()
    const next = uniform(7)
    let outside = 0
    for (let row = 0; row < 3_000; row++) {
      const value = row === 2_500 ? 900 : next() * 20
      const score = detector.next(value, timeOf(row))
      const expected = detector.expected()
      if (!expected || row < 500) continue
      const isOutside = value < expected[0] || value > expected[1]
      if (isOutside) outside++
      if (row === 2_500) expect([isOutside, score > detectionThreshold]).toEqual([true, true])
    }
    expect(outside).toBeLessThan(20)
    expect(Detector.unpack(JSON.parse(JSON.stringify(detector.pack()))).expected()).toEqual(detector.expected())
  })
})
