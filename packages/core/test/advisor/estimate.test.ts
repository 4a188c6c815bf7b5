import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateCost } from '../../src/advisor/cost/estimate.ts'
import { type Answers, completeProfile } from '../../src/advisor/profile.ts'
import { listUsd } from '../../src/advisor/service-prices.ts'
import type { PatternName } from '../../src/define/pattern.ts'

const haiku = { input: 1, output: 5 }
const sonnet = { input: 3, output: 15 }
const titan = { input: 0.02 }
const all: readonly PatternName[] = ['event-driven', 'rag', 'multi-agent', 'analytics', 'multi-tenant']

const estimated = (answers: Answers, patterns: readonly PatternName[], model = haiku) =>
  estimateCost({
    profile: completeProfile(answers, { model: 'some-model', region: 'eu-central-1' }).profile,
    ...{ patterns, usd: listUsd, model, embedding: titan },
  })

const lineOf = ({ lines }: ReturnType<typeof estimated>, what: string): number =>
  lines.find((line) => line.what.includes(what))?.usd ?? 0

describe('the cost of a month', () => {
  it('is the sum of its lines, and lies between the least and the most', () => {
    const answers = fc.record({
      requests_per_month: fc.nat({ max: 1e9 }),
      input_tokens: fc.nat({ max: 100_000 }),
      output_tokens: fc.nat({ max: 10_000 }),
      knowledge: fc.record({ documents: fc.nat({ max: 1e6 }), scanned_share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      stream: fc.record({ records_per_second: fc.nat({ max: 1e5 }), keys: fc.integer({ min: 1, max: 1e6 }) }),
      tenants: fc.record({ count: fc.integer({ min: 1, max: 1e5 }), isolation: fc.constantFrom('pool', 'silo') }),
    })
    fc.assert(
      fc.property(answers, fc.subarray([...all]), (given, patterns) => {
        const { min, likely, max, fixed, variable, one_off, lines } = estimated(given as Answers, patterns)
        for (const amount of [min, likely, max, fixed, variable, one_off])
          expect(Number.isFinite(amount) && amount >= 0).toBe(true)
        expect(min).toBeLessThanOrEqual(likely)
        expect(likely).toBeLessThanOrEqual(max)
        expect(fixed + variable).toBeCloseTo(likely, 6)
        const sum = lines.reduce((total, { usd }) => total + usd, 0)
        expect(Math.abs(sum - likely - one_off)).toBeLessThanOrEqual(1e-9 * Math.max(1, sum))
      }),
    )
  })

  it('never falls when load grows', () => {
    const load = fc.record({
      requests: fc.nat({ max: 1e8 }),
      tokens: fc.nat({ max: 1e5 }),
      pages: fc.integer({ min: 10_000, max: 1e7 }),
      records: fc.nat({ max: 1e5 }),
      keys: fc.integer({ min: 1, max: 1e6 }),
      tenants: fc.integer({ min: 1, max: 1e5 }),
    })
    const answersOf = (use: typeof load extends fc.Arbitrary<infer Load> ? Load : never): Answers => ({
      requests_per_month: use.requests,
      input_tokens: use.tokens,
      output_tokens: use.tokens,
      knowledge: { documents: 10_000, pages: use.pages, changes_per_month: 100, scanned_share: 0.5 },
      workflow: { steps: 4 },
      stream: { records_per_second: use.records, keys: use.keys, record_bytes: 500 },
      tenants: { count: use.tenants, isolation: 'silo' },
    })
    fc.assert(
      fc.property(
        load,
        fc.constantFrom('requests', 'tokens', 'pages', 'records', 'keys', 'tenants'),
        fc.nat({ max: 1e6 }),
        (use, field, more) => {
          const before = estimated(answersOf(use), all)
          const after = estimated(answersOf({ ...use, [field]: use[field] + more }), all)
          for (const part of ['min', 'likely', 'max', 'one_off'] as const)
            expect(after[part]).toBeGreaterThanOrEqual(before[part] - 1e-9 * before[part])
        },
      ),
    )
  })

  it('of a million requests is that of the model, far above all else', () => {
    const found = estimated({ requests_per_month: 1e6, input_tokens: 1_000, output_tokens: 500, response: 'minutes' }, [
      'event-driven',
    ])
    expect(lineOf(found, 'tokens') / 1.05).toBeCloseTo(3_500, 6)
    expect(found.lines[0]?.service).toBe('Bedrock')
    expect(found.likely - lineOf(found, 'tokens')).toBeLessThan(100)
  })

  it('of ten thousand runs of agents counts plan, steps and report', () => {
    const answers = { requests_per_month: 10_000, input_tokens: 5_000, output_tokens: 1_000, workflow: { steps: 5 } }
    expect(lineOf(estimated(answers, ['multi-agent'], sonnet), 'tokens') / 1.05).toBeCloseTo(2_100, 6)
    expect(lineOf(estimated(answers, ['multi-agent'], haiku), 'tokens') / 1.05).toBeCloseTo(700, 6)
  })

  it('of a stream has a model for few of its records: a call for each would be a thousand times as much', () => {
    const found = estimated({ requests_per_month: 0, stream: { records_per_second: 100, record_bytes: 1_024, keys: 1_000 } }, [
      'analytics',
    ])
    expect(lineOf(found, 'incidents') / 1.05).toBeCloseTo(59.13, 1)
    expect(lineOf(found, 'shards') + lineOf(found, 'records that are put')).toBeCloseTo(
      10.95 + 100 * 0.041 * 2_628_000 * 0.014e-6 * 1,
      0,
    )
    // As docs/aws.md says it: 262,800 batches put 19 pages each, which lie there for 35 days more.
    const pages = 262_800 * 19.1
    expect(lineOf(found, 'known of keys')).toBeCloseTo(pages * (5e-6 + 1.72e-6), 0)
    expect(lineOf(found, 'how far')).toBeCloseTo((262_800 * 34 + pages * 2) * 0.625e-6, 0)
    expect(lineOf(found, 'results')).toBeCloseTo(43_800 * 1_000 * 0.37 * 0.625e-6, 2)
  })

  it('of a key for each tenant is a dollar each, and none without', () => {
    const silo = estimated({ tenants: { count: 1_000, isolation: 'silo' } }, ['event-driven', 'multi-tenant'])
    const pool = estimated({ tenants: { count: 1_000, isolation: 'pool' } }, ['event-driven', 'multi-tenant'])
    expect(silo.fixed - pool.fixed).toBeCloseTo(1_000, 6)
  })

  it('of documents is once that of reading them', () => {
    const found = estimated({ knowledge: { documents: 40_000, pages: 1_000_000, scanned_share: 0.2, changes_per_month: 0 } }, [
      'rag',
    ])
    expect(found.one_off).toBeCloseTo(10 + 300, 6)
  })
})
