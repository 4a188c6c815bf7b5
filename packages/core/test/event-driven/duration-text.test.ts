import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationText } from '../../src/event-driven/estimate.ts'

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
    [47 * 3_600_000, '47 hours'],
    [47 * 3_600_000 + 1, '2 days'],
    [48 * 3_600_000 + 1, '3 days'],
  ])('of %d ms is %s [R10, X16]', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text)
  })

  it('is never less than the duration, nor twice as much [X16]', () => {
    const units: Readonly<Record<string, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 1_000_000_000 }), (milliseconds) => {
        const [, amount, unit] = /^(\d+) (second|minute|hour|day)s?$/.exec(durationText(milliseconds)) ?? []
        const said = Number(amount) * (units[unit ?? ''] ?? Number.NaN)
        expect(said).toBeGreaterThanOrEqual(milliseconds)
        expect(said).toBeLessThanOrEqual(milliseconds * 2)
      }),
    )
  })
})
