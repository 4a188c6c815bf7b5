import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backOff, cutOffLimit, longestPause, retryLimit } from '../src/event-driven/retry.ts'
import { FakeClock } from '../src/testing/index.ts'

/** A clock whose randomness is given. */
class Fixed extends FakeClock {
  readonly #random: number
  constructor(random: number) {
    super()
    this.#random = random
  }

  override random(): number {
    return this.#random
  }
}

const almostOne = 1 - Number.EPSILON

describe('the wait before another try', () => {
  it('is somewhere below a bound that doubles with each failure, up to ten minutes [R19, X9]', () => {
    const bounds = Array.from({ length: 14 }, (_, index) => Math.round(backOff(new Fixed(almostOne), index + 1)))
    expect(bounds.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000])
    for (const [index, bound] of bounds.entries()) expect(bound).toBe(Math.min(600_000, 500 * 2 ** (index + 1)))
    expect(longestPause).toBe(600_000)
    expect(backOff(new Fixed(0), 5)).toBe(0)
    expect(Math.round(backOff(new Fixed(0.5), 3))).toBe(2_000)
  })

  it('is at least what the provider asked for, plus a random part, and never above ten minutes [X9]', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 3_600, noNaN: true }),
        fc.double({ min: 0, max: almostOne, noNaN: true }),
        (failures, retryAfter, random) => {
          const wait = backOff(new Fixed(random), failures, retryAfter)
          expect(wait).toBeGreaterThanOrEqual(Math.min(longestPause, retryAfter * 1_000))
          expect(wait).toBeLessThanOrEqual(Math.min(longestPause, retryAfter * 1_000 + 500 * 2 ** Math.min(failures, 30)))
        },
      ),
    )
  })

  it('is spread evenly over its range, so that those who failed together come back apart [X9]', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 1, max: 9 }), (seed, failures) => {
        const clock = new FakeClock({ seed })
        const bound = 500 * 2 ** failures
        const tenths = new Array<number>(10).fill(0)
        const waits = Array.from({ length: 2_000 }, () => backOff(clock, failures))
        for (const wait of waits) tenths[Math.floor((wait / bound) * 10)] = (tenths[Math.floor((wait / bound) * 10)] ?? 0) + 1
        // 200 of 2000 are expected in each; six standard deviations are 80.
        for (const amount of tenths) expect(Math.abs(amount - 200)).toBeLessThan(85)
        expect(new Set(waits).size).toBeGreaterThan(1_900)
      }),
      { numRuns: 20 },
    )
  })

  it('has an end: five faults, twenty cut-offs [R19]', () => {
    expect([retryLimit, cutOffLimit]).toEqual([5, 20])
  })
})
