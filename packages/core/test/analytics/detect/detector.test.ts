import { describe, expect, it } from 'vitest'
import { Detector, detectionThreshold } from '../../../src/analytics/detect/detector.ts'
import { dayShare, normal, officeHours, perDay, series, timeOf, uniform } from './series.ts'

const days = 14
const anomalousFrom = 12 * perDay + 120
const seeds = [1, 2, 3, 4, 5]

/** The rows that score at the threshold or above, with what is said of them. */
function anomaliesIn(values: readonly number[], from = 0): { row: number; score: number; kind: string; reason: string }[] {
  const detector = new Detector()
  const found: { row: number; score: number; kind: string; reason: string }[] = []
  for (const [row, value] of values.entries()) {
    const score = detector.next(value, timeOf(row))
    if (score >= detectionThreshold && row >= from) found.push({ row, score, ...detector.explain() })
  }
  return found
}

type Valued = (seed: number) => (row: number) => number

/** What is usual, how it becomes anomalous from a row on, and within how many rows that must be found. */
const kinds: readonly (readonly [name: string, usual: Valued, anomalous: Valued, within: number, kind: RegExp])[] = [
  ['a spike', noise(50, 3), () => () => 110, 1, /range/],
  ['a drop', noise(50, 3), () => () => 0, 1, /range/],
  ['a level shift', noise(50, 3), noise(70, 3), 3, /range|level/],
  ['a small level shift, inside of the range', noise(50, 3), noise(56, 3), 25, /level|range/],
  [
    'a slow drift',
    noise(50, 3),
    (seed) => (row) => noise(50 + (row - anomalousFrom) * 0.08, 3)(seed)(row),
    200,
    /trend|level|range/,
  ],
  ['more variance', noise(50, 3), noise(50, 7), 15, /variation|range/],
  ['a flat line', noise(50, 3), () => () => 50, 15, /variation/],
  ['a day that stays low', day, noise(20, 2), 6, /season|level/],
  [
    'a night that is high',
    day,
    (seed) => (row) => (row >= anomalousFrom + 10 * 12 ? 80 + normal(seed)() : day(seed)(row)),
    130,
    /season|level/,
  ],
  ['spikes much denser than before', spikes(0.01), spikes(0.3), 60, /./],
]

function noise(mean: number, deviation: number): Valued {
  return (seed) => {
    const next = normal(seed)
    return () => mean + deviation * next()
  }
}

function day(seed: number): (row: number) => number {
  const next = normal(seed)
  return (row) => officeHours(row) + 2 * next()
}

function spikes(density: number): Valued {
  return (seed) => {
    const [isSpike, next] = [uniform(seed), normal(seed + 1)]
    return () => (isSpike() < density ? 20 : 1) + 0.2 * next()
  }
}

describe('the detector finds, in every of five series,', () => {
  it.each(kinds)('%s', (_, usual, anomalous, within, kind) => {
    for (const seed of seeds) {
      const [before, after] = [usual(seed), anomalous(seed + 100)]
      const values = series(days * perDay, (row) => (row < anomalousFrom ? before(row) : after(row)))
      const first = anomaliesIn(values, anomalousFrom).find((each) => kind.test(each.kind))
      expect(first?.row, `seed ${seed}`).toBeLessThan(anomalousFrom + within)
    }
  })

  it('a value that is usual on other weekdays', () => {
    for (const seed of seeds) {
      const next = normal(seed)
      const isWeekend = (row: number): boolean => Math.floor(row / perDay) % 7 >= 5
      const holiday = 44 * perDay + 8 * 12
      const values = series(46 * perDay, (row) => (isWeekend(row) || row >= holiday ? 20 : officeHours(row)) + next())
      const [first] = anomaliesIn(values, 40 * perDay)
      expect(first?.row).toBeGreaterThanOrEqual(holiday + 12)
      expect(first?.row).toBeLessThan(holiday + 18)
      expect(first?.reason).toContain('for this time of the week')
    }
  })

  it('a first change of what never changed', () => {
    expect(anomaliesIn(series(200, (row) => (row < 150 ? 7 : 8)))[0]).toMatchObject({ row: 150, kind: 'range' })
  })
})

describe('the detector is quiet', () => {
  const usual: readonly (readonly [string, Valued])[] = [
    ['on noise', noise(50, 3)],
    ['on a day and night', day],
    ['on spikes as ever', spikes(0.01)],
    ['on a smooth season', (seed) => (row) => 50 + 20 * Math.sin(2 * Math.PI * dayShare(row)) + normal(seed + row)()],
    ['on skewed noise', (seed) => (row) => Math.exp(0.5 * normal(seed * 7919 + row)())],
  ]
  it.each(usual)('%s: less than one alarm in six days after the first three, and two in the first hour', (_, valued) => {
    let early = 0
    let later = 0
    for (const seed of seeds) {
      const found = anomaliesIn(series(days * perDay, valued(seed)))
      early += found.filter(({ row }) => row < 12).length
      later += found.filter(({ row }) => row >= 3 * perDay).length
    }
    expect(early / seeds.length).toBeLessThanOrEqual(2)
    expect(later / seeds.length / (days - 3)).toBeLessThan(1 / 6)
  })

  it('on what never changes', () => {
    expect(anomaliesIn(series(1000, () => 45))).toEqual([])
  })

  it('when what was always the same moves by a part in a thousand, as the used share of a disk does', () => {
    const detector = new Detector()
    const scores = Array.from({ length: 2_000 }, (_, row) =>
      detector.next(0.7046 + (row < 300 ? 0 : 1e-6 * (row - 300)), timeOf(row)),
    )
    expect(Math.max(...scores)).toBeLessThan(detectionThreshold)
    expect(detector.next(0.9, timeOf(2_000))).toBeGreaterThan(0.5)
  })

  it('in the first values of a key, where nothing is known of it yet', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const next = normal(seed)
      const detector = new Detector()
      for (let row = 0; row < 40; row++) expect(detector.next(50 + 5 * next(), timeOf(row))).toBeLessThan(detectionThreshold * 2)
      // But what is far out is told.
      expect(detector.next(500, timeOf(40))).toBeGreaterThanOrEqual(detectionThreshold * 2)
    }
  })

  it('once a new level has been told', () => {
    const next = normal(9)
    const values = series(days * perDay, (row) => (row < 5 * perDay ? 50 : 90) + 3 * next())
    expect(anomaliesIn(values, 5 * perDay).length).toBeGreaterThan(0)
    expect(anomaliesIn(values, 6 * perDay).length).toBeLessThanOrEqual(1)
  })
})

describe('the detector forgets', () => {
  it('what is older than two generations: what was usual is new again', () => {
    const next = normal(3)
    const values = series(60 * 7 * 24, (row) => (row < 1000 ? 500 : 50) + next())
    const detector = new Detector()
    const scores = values.map((value, row) => detector.next(value, timeOf(row * 12)))
    expect(scores.slice(2000).filter((score) => score >= detectionThreshold).length).toBeLessThan(20)
    expect(detector.next(500, timeOf(values.length * 12))).toBeGreaterThan(0.9)
    expect(detector.explain()).toMatchObject({ kind: 'range', expected: [expect.closeTo(50, -1), expect.closeTo(50, -1)] })
    const young = new Detector()
    for (const [row, value] of values.slice(0, 4000).entries()) young.next(value, timeOf(row * 12))
    young.next(500, timeOf(4000 * 12))
    // A change, but no new value.
    expect(young.explain().kind).toBe('variation')
  })
})

describe('the detector says why', () => {
  it('in plain words, with the range that it expected', () => {
    const detector = new Detector()
    const next = uniform(4)
    for (let row = 0; row < 3 * perDay; row++) detector.next(row < 2 ? ([12, 230][row] ?? 0) : 12 + 218 * next(), timeOf(row))
    detector.next(121, timeOf(3 * perDay))
    expect(detector.explain()).toEqual({ kind: 'none', reason: 'Nothing about it is unusual.' })
    detector.next(700, timeOf(3 * perDay + 1))
    const reason = '700 is far above anything seen in the last 3 days (12 to 230).'
    expect(detector.explain()).toEqual({ kind: 'range', reason, expected: [12, 230] })
  })

  it('of numbers beyond those that it tells apart, without making them smaller', () => {
    const detector = new Detector()
    const next = uniform(4)
    for (let row = 0; row < perDay; row++) detector.next(12 + next(), timeOf(row))
    detector.next(1e308, timeOf(perDay))
    expect(detector.explain(1e308).reason).toMatch(/^1e\+308 is far above anything seen /)
    const huge = new Detector()
    for (let row = 0; row < perDay; row++) huge.next(1e308 * (0.5 + 0.4 * next()), timeOf(row))
    huge.next(123_456, timeOf(perDay))
    expect(huge.explain(123_456).reason).toMatch(/^123456 is far below anything seen .* \(always 1e\+300 or beyond\)\.$/)
  })

  it('of the time of day', () => {
    const next = normal(5)
    const detector = new Detector()
    for (let row = 0; row < 10 * perDay; row++) detector.next(officeHours(row) + next(), timeOf(row))
    detector.next(80, timeOf(10 * perDay))
    const { kind, reason, expected } = detector.explain()
    expect(kind).toBe('season')
    expect(reason).toMatch(/^80 is unusual for this time of day \(1\d(\.\d+)? to 2\d(\.\d+)?\)\.$/)
    expect(expected?.[0]).toBeGreaterThan(14)
    expect(expected?.[1]).toBeLessThan(26)
  })

  it('of a flat line', () => {
    const next = normal(6)
    const detector = new Detector()
    let said = ''
    for (let row = 0; row < 1000; row++) {
      if (detector.next(row < 900 ? 50 + 3 * next() : 50, timeOf(row)) >= detectionThreshold && row >= 900)
        said = detector.explain().reason
    }
    expect(said).toMatch(/^The last 12 values are the same, which is unusual: they varied by \d\.\d+ at least\.$/)
  })
})
