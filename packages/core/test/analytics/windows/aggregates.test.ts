import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistinctCount } from '../../../src/analytics/windows/distinct-count.ts'
import { NumberSummary } from '../../../src/analytics/windows/number-summary.ts'
import { QuantileSketch } from '../../../src/analytics/windows/quantile-sketch.ts'
import { aggregateOf } from './naive-windows.ts'

function summaryOf(values: readonly number[]): NumberSummary {
  const summary = new NumberSummary()
  for (const value of values) summary.add(value)
  return summary
}

function again(summary: NumberSummary): NumberSummary {
  return NumberSummary.unpack(JSON.parse(JSON.stringify(summary.pack())))
}

const value = fc
  .oneof(
    fc.double({ min: -1e12, max: 1e12, noNaN: true }),
    fc.integer({ min: -10, max: 10 }),
    fc.double({ min: 1e-9, max: 1, noNaN: true }),
  )
  // JSON has no -0.
  .map((number) => number + 0)

describe('a summary of numbers', () => {
  it('is exact up to 64 values, then within 1 % of a value; also when it is packed, and merged of parts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { maxLength: 120, size: 'max' }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (parts, isPacked) => {
          const values = parts.flat()
          fc.pre(values.length > 0)
          const merged = new NumberSummary()
          for (const part of parts) merged.merge(isPacked ? again(summaryOf(part)) : summaryOf(part))
          const found = (isPacked ? again(merged) : merged).aggregate()
          const expected = aggregateOf(values)
          const { count, min, max } = expected
          expect(found).toMatchObject({ count, min, max })
          const scale = Math.max(Math.abs(min), Math.abs(max), 1e-300)
          expect(Math.abs(found.sum - expected.sum)).toBeLessThanOrEqual(scale * count * 1e-12)
          expect(Math.abs(found.mean - expected.mean)).toBeLessThanOrEqual(scale * 1e-12)
          expect(Math.abs(found.variance - expected.variance)).toBeLessThanOrEqual(scale ** 2 * 1e-10)
          for (const quantile of ['p50', 'p95', 'p99'] as const) {
            const most = values.length <= 64 ? 0 : Math.abs(expected[quantile]) * 0.010001
            expect(Math.abs(found[quantile] - expected[quantile])).toBeLessThanOrEqual(most)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('holds the squares where a naive sum loses them', () => {
    const values = Array.from({ length: 1_000 }, (_, at) => 1e9 + (at % 2))
    expect(summaryOf(values).aggregate().variance).toBeCloseTo(0.25, 6)
  })

  it('stays a number when values are huge, so that JSON can say it [X51]', () => {
    const huge = [Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, 1]
    for (const values of [huge, Array.from({ length: 200 }, (_, at) => huge[at % 4] ?? 0)]) {
      const merged = summaryOf(values)
      merged.merge(summaryOf(values))
      for (const figure of Object.values(again(merged).aggregate())) expect(Number.isFinite(figure)).toBe(true)
      expect(again(merged).aggregate().max).toBe(Number.MAX_VALUE)
    }
  })
})

describe('a sketch of quantiles', () => {
  it('keeps 2,048 bins: the largest stay right, the smallest become zero', () => {
    const sketch = new QuantileSketch()
    const values = Array.from({ length: 30_000 }, (_, at) => 1.01 ** (at - 15_000))
    for (const each of values) sketch.add(each)
    expect(sketch.pack().length / 2).toBeLessThanOrEqual(2_048)
    const [small = 1, large = 0] = sketch.valuesAt([10, 29_900])
    expect(small).toBe(0)
    expect(Math.abs(large / (values[29_900] ?? 1) - 1)).toBeLessThan(0.0101)
  })
})

describe('a count of different texts', () => {
  it('is exact up to 64, however often each comes, and when it is merged and packed', () => {
    const one = new DistinctCount()
    const other = new DistinctCount()
    for (let at = 0; at < 400; at++) {
      one.add(`value ${at % 40}`)
      other.add(`value ${(at % 44) + 20}`)
    }
    one.merge(DistinctCount.unpack(JSON.parse(JSON.stringify(other.pack()))))
    expect(one.estimate()).toBe(64)
  })

  it('is within some 3.25 % (one standard error) beyond, also over merged parts', () => {
    for (const many of [65, 200, 1_000, 3_000, 10_000, 100_000]) {
      const errors = [1, 2, 3, 4, 5, 6, 7, 8].map((salt) => {
        const parts = [new DistinctCount(), new DistinctCount()] as const
        for (let at = 0; at < many; at++) parts[at % 2 === 0 ? 0 : 1].add(`${salt}/${at}`)
        const [whole, part] = parts.map((each) => DistinctCount.unpack(JSON.parse(JSON.stringify(each.pack()))))
        whole?.merge(part ?? new DistinctCount())
        return (whole?.estimate() ?? 0) / many - 1
      })
      expect(Math.max(...errors.map(Math.abs)), `${many}`).toBeLessThan(0.1)
      expect(Math.sqrt(errors.reduce((total, error) => total + error ** 2, 0) / errors.length), `${many}`).toBeLessThan(0.05)
      expect(Math.abs(errors.reduce((total, error) => total + error, 0) / errors.length), `${many}`).toBeLessThan(0.035)
    }
  })
})
