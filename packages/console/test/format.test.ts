import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatDuration, formatTime } from '../src/kit/format.ts'
import { formatNumber } from '../src/screens/streams/numbers.ts'

it('a duration is said in the unit that it fills, also where rounding fills it', () => {
  expect([0.4, 12.4, 999.6, 1_234, 9_996, 59_960, 61_000, 119_700, 3_599_600].map(formatDuration)).toEqual([
    ...['<1 ms', '12 ms', '1.00 s', '1.23 s', '10.0 s'],
    ...['1 min 0 s', '1 min 1 s', '2 min 0 s', '1.0 h'],
  ])
  const words = /^(?:<1 ms|[1-9]\d{0,2} ms|[1-9]\.\d\d s|[1-5]?\d\.\d s|[1-5]?\d min [1-5]?\d s|\d+\.\d h)$/
  fc.assert(fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), (milliseconds) => words.test(formatDuration(milliseconds))))
  const edges = [1_000, 10_000, 60_000, 120_000, 3_600_000].flatMap((edge) => [edge - 600, edge - 60, edge - 6, edge - 0.4, edge])
  for (const edge of edges) expect(formatDuration(edge)).toMatch(words)
})

it('a measured value is written as the sentences of the server write it, however large or small', () => {
  for (const value of [1e308, -1e308, 1.234e300, 1e-7, 2.5e-300, 61.93]) expect(formatNumber(value)).toBe(String(value))
})

it('a time says its year where that is another', () => {
  const now = new Date().getFullYear()
  for (const year of [now - 1, now + 1]) expect(formatTime(new Date(year, 5, 15, 12).toISOString())).toBe(`15 Jun ${year}`)
})
