import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationText, Estimator, estimatorOf } from '../src/event-driven/estimate.ts'
import { scriptedModels } from '../src/testing/index.ts'

function measured(times: readonly number[]): Estimator {
  const estimator = new Estimator()
  for (const time of times) estimator.observe('model', time)
  return estimator
}

const times = fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1, maxLength: 600 })

describe('the estimate', () => {
  it('without a measurement takes two seconds a turn [R10, X16]', () => {
    const estimator = new Estimator()
    expect([0, 63, 64, 640].map((ahead) => estimator.estimate('model', ahead, 64))).toEqual([2_000, 2_000, 4_000, 22_000])
  })

  it('follows what was measured, a model apart [X16]', () => {
    const estimator = measured([100, 100, 100])
    expect(estimator.estimate('model', 0, 4)).toBe(100)
    expect(estimator.estimate('another', 0, 4)).toBe(2_000)
  })

  it('is the 90th percentile of one, behind the mean of those ahead [X16]', () => {
    const estimator = measured([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000])
    expect(estimator.estimate('model', 0, 4)).toBe(1_000)
    expect(estimator.estimate('model', 8, 4)).toBe(1_000 + (550 * 8) / 4)
  })

  it('is held by nine of ten that come, when they come as before [X16]', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1, maxLength: 16 }), (seen) => {
        const estimate = measured(seen).estimate('model', 0, 1)
        expect(seen.filter((time) => time <= estimate).length).toBeGreaterThanOrEqual(seen.length * 0.9)
        expect(seen).toContain(estimate)
      }),
    )
  })

  it('never falls when more waits, or fewer work [X16]', () => {
    const amounts = fc.integer({ min: 0, max: 1_000_000 })
    fc.assert(
      fc.property(
        fc.option(times, { nil: [] as number[] }),
        amounts,
        amounts,
        fc.integer({ min: 1, max: 256 }),
        (seen, ahead, more, concurrency) => {
          const estimator = measured(seen)
          const estimate = estimator.estimate('model', ahead, concurrency)
          expect(estimator.estimate('model', ahead + more, concurrency)).toBeGreaterThanOrEqual(estimate)
          expect(estimator.estimate('model', ahead, concurrency + 1)).toBeLessThanOrEqual(estimate)
        },
      ),
    )
  })

  it('forgets what is long ago: a window of 256 [X16]', () => {
    const estimator = measured([...new Array<number>(1_000).fill(60_000), ...new Array<number>(272).fill(10)])
    expect(estimator.estimate('model', 0, 1)).toBe(10)
    expect(estimator.estimate('model', 100, 1)).toBe(10 + 100 * 10)
  })

  it('belongs to one running Plinth', () => {
    const [one, other] = [scriptedModels(() => ''), scriptedModels(() => '')]
    expect(estimatorOf(one)).toBe(estimatorOf(one))
    expect(estimatorOf(one)).not.toBe(estimatorOf(other))
  })
})

describe('a duration for people', () => {
  it.each([
    [-5, '1 second'],
    [0, '1 second'],
    [1_000, '1 second'],
    [1_001, '2 seconds'],
    [119_000, '119 seconds'],
    [119_001, '2 minutes'],
    [180_000, '3 minutes'],
    [180_001, '4 minutes'],
    [119 * 60_000, '119 minutes'],
    [119 * 60_000 + 1, '2 hours'],
    [10 * 3_600_000 + 1, '11 hours'],
  ])('of %d ms is %s [R10, X16]', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text)
  })

  it('is never less than the duration, nor twice as much [X16]', () => {
    const units: Readonly<Record<string, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000 }
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 1_000_000_000 }), (milliseconds) => {
        const [, amount, unit] = /^(\d+) (second|minute|hour)s?$/.exec(durationText(milliseconds)) ?? []
        const said = Number(amount) * (units[unit ?? ''] ?? Number.NaN)
        expect(said).toBeGreaterThanOrEqual(milliseconds)
        expect(said).toBeLessThanOrEqual(milliseconds * 2)
      }),
    )
  })
})
