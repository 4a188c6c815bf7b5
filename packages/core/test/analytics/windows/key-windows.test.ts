import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyWindows } from '../../../src/analytics/windows/key-windows.ts'
import type { WindowDefinition } from '../../../src/analytics/windows/window.ts'
import type { FieldValues } from '../../../src/analytics/windows/window-content.ts'
import { NaiveWindows, type Result } from './naive-windows.ts'

const minute: WindowDefinition = { name: '1m', kind: 'tumbling', size: 60_000 }
const begin = 1_700_000_040_000

function numbers(...values: readonly number[]): FieldValues {
  return { numbers: values.map((value, at) => [`field${at}`, value]), categories: [] }
}

function closed(windows: KeyWindows, watermark: number): Result[] {
  const results: Result[] = []
  windows.close(watermark, (result) => results.push(result))
  return results
}

const definition: fc.Arbitrary<WindowDefinition> = fc.oneof(
  fc.record({ name: fc.constant('t'), kind: fc.constant('tumbling' as const), size: fc.integer({ min: 1, max: 20 }) }),
  fc
    .record({
      name: fc.constant('s'),
      kind: fc.constant('sliding' as const),
      size: fc.integer({ min: 1, max: 20 }),
      slide: fc.integer({ min: 1, max: 20 }),
    })
    .map((some) => ({ ...some, slide: Math.min(some.size, some.slide) })),
  fc.record({ name: fc.constant('g'), kind: fc.constant('session' as const), gap: fc.integer({ min: 1, max: 10 }) }),
)

const step = fc.record({
  /** Of the record, from the watermark on. */
  ahead: fc.integer({ min: -25, max: 40 }),
  further: fc.nat(6),
  value: fc.integer({ min: -5, max: 5 }),
  word: fc.constantFrom('a', 'b', 'c'),
  next: fc.constantFrom('go on', 'close', 'ask', 'pack'),
})

describe('windows of a key', () => {
  it('hold each record once in each of its windows, whatever the order, and however often they close or are packed [R89]', () => {
    fc.assert(
      fc.property(
        fc.array(definition, { minLength: 1, maxLength: 3 }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (some, steps) => {
          const definitions = some.map((each, at) => ({ ...each, name: `${each.name}${at}` }))
          const models = definitions.map((each) => new NaiveWindows(each))
          let windows = new KeyWindows(definitions)
          const results: Result[] = []
          const close = (watermark: number): void => {
            const due = windows.nextClose()
            const found = closed(windows, watermark)
            // It says beforehand whether there is something to close.
            expect(found.length > 0).toBe(due !== undefined && due <= watermark)
            results.push(...found)
          }
          let watermark = 0
          for (const [at, { ahead, value, word, next, further }] of steps.entries()) {
            watermark += further
            const time = watermark + ahead
            const values: FieldValues = { numbers: at % 3 === 0 ? [] : [['n', value]], categories: [['word', word]] }
            const taken = models.map((model) => model.add(time, watermark, values))
            expect(windows.add(time, watermark, values)).toBe(taken.includes(true))
            if (next === 'close') close(watermark)
            if (next === 'ask') windows.nextClose()
            if (next === 'pack') windows = KeyWindows.unpack(JSON.parse(JSON.stringify(windows.pack())), definitions)
          }
          close(1_000)
          for (const model of models) model.close(1_000)
          expect(windows.nextClose()).toBeUndefined()
          expect(inOrder(results)).toEqual(inOrder(models.flatMap((model) => model.results)).map(roughly))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('close at their end, not before, and leave out what is empty', () => {
    const windows = new KeyWindows([minute])
    expect(windows.nextClose()).toBeUndefined()
    windows.add(begin + 59_999, begin, numbers(1))
    windows.add(begin + 180_000, begin, numbers(2))
    expect(windows.nextClose()).toBe(begin + 60_000)
    expect(closed(windows, begin + 59_999)).toEqual([])
    expect(closed(windows, begin + 60_000)).toMatchObject([
      { window: '1m', start: begin, end: begin + 60_000, count: 1, rate: 1 / 60 },
    ])
    expect(closed(windows, begin + 240_000)).toMatchObject([{ start: begin + 180_000, count: 1 }])
  })

  it('say that a record is late when all of its windows have closed, and count it in those that are open', () => {
    const windows = new KeyWindows([{ name: 's', kind: 'sliding', size: 120_000, slide: 60_000 }])
    expect(windows.add(begin, begin + 60_000, numbers(1))).toBe(true)
    expect(windows.add(begin - 1, begin + 60_000, numbers(2))).toBe(false)
    expect(closed(windows, begin + 600_000)).toMatchObject([{ start: begin, end: begin + 120_000, count: 1 }])
  })

  it('make one session of two when a record comes between them', () => {
    const windows = new KeyWindows([{ name: 'g', kind: 'session', gap: 10 }])
    for (const time of [0, 15, 9]) windows.add(time, -100, numbers(time))
    expect(closed(windows, 25)).toMatchObject([{ start: 0, end: 25, count: 3, numbers: { field0: { sum: 24 } } }])
  })

  it('keep at most 256 parts: the oldest close early, and what comes for them is late', () => {
    for (const some of [minute, { name: 'g', kind: 'session', gap: 60_000 }] as const) {
      let windows = new KeyWindows([some])
      for (let at = 0; at < 300; at++) expect(windows.add(begin + at * 60_000, begin, numbers(at))).toBe(true)
      expect(windows.nextClose()).toBeLessThan(begin)
      const early = closed(windows, begin)
      expect(early.map(({ count }) => count)).toEqual(new Array(44).fill(1))
      windows = KeyWindows.unpack(JSON.parse(JSON.stringify(windows.pack())), [some])
      expect(windows.add(begin + 1, begin, numbers(0))).toBe(false)
      expect(closed(windows, begin + 1e9)).toHaveLength(256)
    }
  })

  it('go on by other definitions: what is open of those that are gone still closes', () => {
    const before = new KeyWindows([minute, { name: 'g', kind: 'session', gap: 1_000 }])
    before.add(begin, begin, numbers(1))
    const packed = JSON.parse(JSON.stringify(before.pack()))
    const windows = KeyWindows.unpack(packed, [
      { ...minute, size: 120_000 },
      { name: 'g', kind: 'session', gap: 1_000 },
    ])
    windows.add(begin + 1, begin, numbers(2))
    expect(inOrder(closed(windows, begin + 1e9))).toMatchObject([
      { window: '1m', end: begin + 60_000, count: 1 },
      { window: '1m', end: begin + 120_000 - (begin % 120_000), count: 1 },
      { window: 'g', count: 2 },
    ])
    expect(JSON.stringify(windows.pack())).not.toContain('"size":60000')
  })

  it('take any name of a field', () => {
    const windows = new KeyWindows([minute])
    windows.add(begin, begin, {
      numbers: [
        ['__proto__', 1],
        ['toString', 2],
      ],
      categories: [['constructor', 'x']],
    })
    const [result] = closed(KeyWindows.unpack(JSON.parse(JSON.stringify(windows.pack())), [minute]), begin + 60_000)
    expect(Object.keys(result?.numbers ?? {})).toEqual(['__proto__', 'toString'])
    expect(result?.categories).toEqual({ constructor: { count: 1, distinct: 1 } })
  })

  it('are small when they are packed', () => {
    const windows = new KeyWindows([minute])
    for (let at = 0; at < 6; at++) windows.add(begin + at * 10_000, begin, numbers(20.5 + at))
    expect(JSON.stringify(windows.pack()).length).toBeLessThan(150)
    for (let at = 0; at < 60_000; at++) windows.add(begin + at, begin, numbers(Math.exp(at / 10_000)))
    expect(JSON.stringify(windows.pack()).length).toBeLessThan(4_000)
  })
})

function inOrder(results: readonly Result[]): Result[] {
  return results.toSorted((one, other) =>
    one.window < other.window ? -1 : one.window > other.window ? 1 : one.end - other.end || one.start - other.start,
  )
}

/** Sums come in another order. */
function roughly(result: Result): object {
  const close = (value: number): unknown => expect.closeTo(value, 9)
  const numbers = Object.entries(result.numbers).map(([field, { mean, variance, ...rest }]) => {
    return [field, { ...rest, mean: close(mean), variance: close(variance) }]
  })
  return { ...result, numbers: Object.fromEntries(numbers) }
}
