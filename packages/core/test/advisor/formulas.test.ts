import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  functionsUsd,
  keysUsd,
  onDemandStreamUsd,
  putsUsd,
  requestUsd,
  searchUsd,
  shardHoursUsd,
  tokensUsd,
  vectorsUsd,
  webAclUsd,
} from '../../src/advisor/cost/formulas.ts'
import { listUsd, servicePrices } from '../../src/advisor/service-prices.ts'

const vectors = { dimensions: 1_024, indexes: 40 }
const million = 1_000_000

describe('what things cost', () => {
  it('S3 Vectors, as AWS computes its own examples, which round gigabytes', () => {
    const large = { ...vectors, vectors: 400 * million, queries: 10 * million, put: (400 * million) / 6 }
    expect(vectorsUsd(listUsd, large)).toBeCloseTo(1_217.29, 1)
    const small = { ...vectors, vectors: 10 * million, queries: million, put: (10 * million) / 6 }
    expect(vectorsUsd(listUsd, small)).toBeCloseTo(11.36, 1)
  })

  it('a million requests that wait five seconds for a model', () => {
    const functions =
      functionsUsd(listUsd, { calls: million, seconds: 0.1, gigabytes: 0.125 }) +
      functionsUsd(listUsd, { calls: million, seconds: 5, gigabytes: 0.5 })
    expect(functions).toBeCloseTo(33.9, 1)
    expect(functions + million * requestUsd(listUsd)).toBeCloseTo(44.73, 1)
    const tokens = { input: 1_000 * million, output: 500 * million }
    for (const [price, usd] of [
      [{ input: 0.035, output: 0.14 }, 105],
      [{ input: 0.06, output: 0.24 }, 180],
      [{ input: 1, output: 5 }, 3_500],
      [{ input: 3, output: 15 }, 10_500],
    ] as const)
      expect(tokensUsd(tokens, price)).toBeCloseTo(usd, 6)
  })

  it('a collection of OpenSearch that is always there, and the smallest for tries', () => {
    expect(searchUsd(listUsd, { units: 2, gigabytes: 0 })).toBeCloseTo(350.4, 6)
    expect(searchUsd(listUsd, { units: 1, gigabytes: 0 })).toBeCloseTo(175.2, 6)
  })

  it('a stream of a hundred records a second, by the shard and on demand', () => {
    const use = { putsPerSecond: 100, bytesPerSecond: 100 * 1_024 }
    expect(shardHoursUsd(listUsd, use) + putsUsd(listUsd, use)).toBeCloseTo(14.63, 2)
    expect(onDemandStreamUsd(listUsd, { ...use, readers: 1 })).toBeCloseTo(59.28, 1)
  })

  it('a key for each tenant, and one for all', () => {
    for (const tenants of [100, 1_000, 5_000]) expect(keysUsd(listUsd, { keys: tenants, calls: 0 })).toBe(tenants)
    expect(keysUsd(listUsd, { keys: 1, calls: 10 * million })).toBeCloseTo(31, 6)
    expect(webAclUsd(listUsd, { rules: 6, calls: 5 * million })).toBeCloseTo(14, 6)
  })

  it('more never costs less', () => {
    const amount = fc.nat({ max: 1e9 })
    fc.assert(
      fc.property(amount, amount, fc.integer({ min: 1, max: 100 }), (less, more, indexes) => {
        const [few, many] = [less, less + more]
        const all = (count: number): readonly number[] => [
          vectorsUsd(listUsd, { vectors: count, queries: count, put: count, dimensions: 512, indexes }),
          shardHoursUsd(listUsd, { putsPerSecond: count, bytesPerSecond: count * 10 }),
          putsUsd(listUsd, { putsPerSecond: count, bytesPerSecond: count * 10 }),
          onDemandStreamUsd(listUsd, { putsPerSecond: count, bytesPerSecond: count, readers: 2 }),
          functionsUsd(listUsd, { calls: count, seconds: 1, gigabytes: 1 }),
        ]
        for (const [place, usd] of all(few).entries()) {
          expect(all(many)[place]).toBeGreaterThanOrEqual(usd)
          expect(usd).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  it('each price has what it is for, a source that can be looked up, a day and a region', () => {
    for (const [name, { usd, per, source, date, region }] of Object.entries(servicePrices)) {
      expect(usd, name).toBeGreaterThan(0)
      expect(per, name).not.toBe('')
      expect(region, name).toMatch(/^[a-z]{2}-[a-z]+-\d$/)
      expect([URL.canParse(source), Number.isFinite(Date.parse(date))], name).toEqual([true, true])
    }
  })
})
