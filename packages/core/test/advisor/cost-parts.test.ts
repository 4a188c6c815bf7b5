import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Answers } from '../../src/advisor/profile.ts'
import type { ModelEntry } from '../../src/language-model/catalogue.ts'
import { advised, entries, haiku, nova, sonnet, today } from './support.ts'

const questions: Answers = {
  response: 'interactive',
  requests_per_month: 100_000,
  knowledge: { documents: 100_000, pages: 500_000, changes_per_month: 10_000 },
}

describe('[R5] what a month is made of', () => {
  it('is divided by service, request and tenant, and led by its three dearest lines', () => {
    const { cost } = advised({ ...questions, tenants: { count: 4, largest_share: 0.7 } })
    const monthly = cost.lines.filter(({ kind }) => kind !== 'one_off')
    expect(cost.drivers.map(({ usd }) => usd)).toEqual(
      monthly
        .map(({ usd }) => usd)
        .toSorted((one, other) => other - one)
        .slice(0, 3),
    )
    expect(cost.drivers[0]).toMatchObject({ service: 'Bedrock' })
    for (const { usd, share } of [...cost.drivers, ...cost.by_service]) expect(share).toBeCloseTo(usd / cost.likely, 12)
    expect(cost.per_request).toBeCloseTo(cost.likely / 100_000, 12)
    expect(cost.per_tenant).toBeCloseTo(cost.likely / 4, 9)
    expect(cost.largest_tenant).toBeCloseTo(cost.fixed / 4 + cost.variable * 0.7, 9)
  })

  it('is that of the worked example for a million vectors in S3 Vectors and in OpenSearch', () => {
    const line = (store: 'segments' | 's3-vectors' | 'opensearch', kind: string): number =>
      advised({ ...questions, knowledge: { ...questions.knowledge, vector_store: store } })
        .cost.lines.filter(({ service, kind: found }) => ['S3 Vectors', 'OpenSearch'].includes(service) && found === kind)
        .reduce((sum, { usd }) => sum + usd, 0)
    expect(line('s3-vectors', 'variable')).toBeCloseTo(1.78, 1)
    expect(line('opensearch', 'fixed')).toBeCloseTo(350.4, 6)
    const few = advised({ knowledge: { documents: 1, vector_store: 'opensearch' } }).cost.by_service
    expect(few.find(({ service }) => service === 'OpenSearch')?.usd).toBeCloseTo(350.4, 2)
    expect(line('segments', 'fixed') + line('segments', 'variable')).toBe(0)
  })

  it('of a stream on demand is that of the worked example, and follows the share of odd records', () => {
    const stream = { records_per_second: 5_000, record_bytes: 20.48, keys: 1_000 }
    const kinesis = (capacity: 'shards' | 'on-demand'): number =>
      advised({ stream: { ...stream, capacity } }).cost.by_service.find(({ service }) => service === 'Kinesis')?.usd ?? 0
    expect(kinesis('on-demand')).toBeCloseTo(59.28, 1)
    expect(kinesis('shards')).toBeCloseTo(14.63, 1)
    const judged = (anomaly_share: number): number =>
      advised({ stream: { ...stream, anomaly_share } }).cost.lines.find(({ what }) => what.startsWith('incidents'))?.usd ?? 0
    expect(judged(0.002)).toBeCloseTo(2 * judged(0.001), 6)
    expect(judged(0)).toBe(0)
  })
})

describe('prices', () => {
  it('are told of with their day, region and source; lines know theirs, and whether one is over a year old', () => {
    const { cost, prices } = advised(questions)
    const tokens = cost.lines.find(({ what }) => what.endsWith('tokens'))
    expect(tokens).toMatchObject({ prices: [`${haiku} input`, `${haiku} output`], old_price: false })
    const wait = cost.lines.find(({ service }) => service === 'Lambda')
    expect(wait).toMatchObject({ prices: ['functionCall', 'functionGigabyteSecond'], old_price: true })
    for (const line of cost.lines) {
      expect(line.prices.length, line.what).toBeGreaterThan(0)
      for (const name of line.prices) expect(prices.map((price) => price.name)).toContain(name)
    }
    expect(prices.find(({ name }) => name === 'functionCall')).toEqual({
      ...{ name: 'functionCall', usd: 0.2e-6, per: 'call of Lambda', date: '2024-07-31', region: 'us-east-1', old: true },
      source: expect.stringContaining('infracost'),
    })
  })

  it('grow old with the day, and not before a year', () => {
    const read = Date.parse('2026-11-22')
    const old = (days: number): boolean | undefined =>
      advised(questions, { today: read + days * 86_400_000 }).prices.find(({ name }) => name === `${haiku} input`)?.old
    expect([old(0), old(365), old(366)]).toEqual([false, false, true])
  })

  it('that somebody pays instead are counted with, and have no day', () => {
    const given = { services: { functionGigabyteSecond: 0 }, models: { [`us.${haiku}`]: { output: 50 } } }
    const { cost, prices } = advised(questions, { prices: given })
    const before = advised(questions).cost
    const tokens = (lines: typeof cost.lines): number => lines.find(({ what }) => what.endsWith('tokens'))?.usd ?? 0
    expect(tokens(cost.lines)).toBeCloseTo(tokens(before.lines) + (1.05 * 100_000 * 300 * 45) / 1e6, 6)
    expect(prices.find(({ name }) => name === `${haiku} output`)).toMatchObject({ usd: 50, date: null, region: null, old: false })
    expect(prices.find(({ name }) => name === 'functionGigabyteSecond')).toMatchObject({ usd: 0, old: false })
  })

  it('of models that the catalogue has not are refused, and named', () => {
    expect(() => advised({}, { prices: { models: { 'gpt-9': { input: 1 } } } })).toThrow(
      expect.objectContaining({ code: 'model_unknown', field: 'prices.models.gpt-9' }),
    )
    expect(() => advised({}, { prices: { models: { 'amazon.titan-embed-text-v2:0': { input: 1 } } } })).not.toThrow()
  })
})

describe('sensitivity', () => {
  it('has each number halved and doubled, as if it had been answered so, the largest effect first', () => {
    const { cost } = advised(questions)
    const requests = cost.sensitivity.find(({ field }) => field === 'requests_per_month')
    expect(requests?.doubled.likely).toBeCloseTo(advised({ ...questions, requests_per_month: 200_000 }).cost.likely, 9)
    expect(requests?.halved).toMatchObject({ value: 50_000, clamped: false })
    expect(requests?.halved.ratio).toBeCloseTo(Number(requests?.halved.likely) / cost.likely, 12)
    const effects = cost.sensitivity.map(({ halved, doubled }) =>
      Math.max(Math.abs(halved.likely - cost.likely), Math.abs(doubled.likely - cost.likely)),
    )
    expect(effects).toEqual(effects.toSorted((one, other) => other - one))
    expect(cost.sensitivity.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['input_tokens', 'output_tokens', 'knowledge.pages', 'peak_factor', 'availability']),
    )
    // What there is none of can't be doubled.
    expect(cost.sensitivity.map(({ field }) => field)).not.toContain('stream.records_per_second')
  })

  it('stops where the other answers allow no more, and says so', () => {
    const tight: Answers = {
      ...{
        knowledge: { documents: 10, pages: 10 },
        tenants: { count: 4, largest_share: 0.3 },
        workflow: { steps: 1, tools: true },
      },
      availability: 99.9,
    }
    const found = new Map(advised(tight).cost.sensitivity.map((each) => [each.field, each]))
    expect(found.get('knowledge.documents')?.doubled).toMatchObject({ value: 10, clamped: true })
    expect(found.get('knowledge.pages')?.halved).toMatchObject({ value: 10, clamped: true })
    expect(found.get('tenants.count')?.halved).toMatchObject({ value: 4, clamped: true })
    expect(found.get('tenants.largest_share')?.halved).toMatchObject({ value: 0.25, clamped: true })
    expect(found.get('availability')?.doubled).toMatchObject({ value: 100, clamped: true })
    expect(found.get('workflow.steps')?.halved.value).toBe(1)
  })

  it('is never less for more load', () => {
    const load = fc.record({ requests_per_month: fc.nat({ max: 1e9 }), input_tokens: fc.nat({ max: 1e5 }) })
    fc.assert(
      fc.property(load, (answers) => {
        for (const { halved, doubled } of advised({ ...questions, ...answers }).cost.sensitivity.filter(({ field }) =>
          ['requests_per_month', 'input_tokens', 'output_tokens', 'knowledge.pages'].includes(field),
        ))
          expect(halved.likely).toBeLessThanOrEqual(doubled.likely * (1 + 1e-12))
      }),
      { numRuns: 50 },
    )
  })
})

describe('cheaper variants', () => {
  const names = (answers: Answers): readonly string[] => advised(answers).cost.variants.map(({ name }) => name)

  it('save what they say, and none costs more', () => {
    const dear: Answers = { ...questions, model_id: sonnet, tenants: { count: 40, isolation: 'silo' }, stream: {} }
    const { likely, variants } = advised(dear).cost
    expect(variants.length).toBeGreaterThan(2)
    for (const variant of variants) {
      expect(variant.saving).toBeGreaterThan(0)
      expect(variant.likely + variant.saving).toBeCloseTo(likely, 6)
      expect(variant.gives_up).not.toBe('')
    }
  })

  it('have the next cheaper model that is served and has room, and none below the cheapest', () => {
    const smaller = (answers: Answers): string | undefined =>
      advised(answers).cost.variants.find(({ name }) => name === 'smaller model')?.what
    expect(smaller({ model_id: sonnet })).toContain(haiku)
    expect(smaller({ model_id: haiku })).toContain(nova)
    expect(smaller({ model_id: haiku, output_tokens: 6_000 })).toBeUndefined()
    expect(smaller({ model_id: nova })).toBeUndefined()
    const next = advised({ model_id: sonnet }).cost.variants.find(({ name }) => name === 'smaller model')
    expect(next?.likely).toBeCloseTo(advised({ model_id: haiku }).cost.likely, 9)
  })

  it('have no model that is no longer served, and none without tools where steps use them', () => {
    const smaller = (answers: Answers, of: Partial<ModelEntry>): string | undefined =>
      advised(
        { model_id: sonnet, ...answers },
        { entries: entries.map((one) => (one.id === haiku ? { ...one, ...of } : one)) },
      ).cost.variants.find(({ name }) => name === 'smaller model')?.what
    const toolless = { capabilities: { tools: false, images: false, structuredOutput: false, streaming: true, sampling: true } }
    expect(smaller({}, { lifecycle: { status: 'retired' } })).toContain(nova)
    expect(smaller({}, toolless)).toContain(haiku)
    expect(smaller({ workflow: { steps: 6, tools: true } }, toolless)).toContain(nova)
  })

  it('have batches only where nobody waits, and the flex tier only of models that have it', () => {
    expect(names({ response: 'batch' })).toContain('batch inference')
    expect(names({ response: 'minutes' })).not.toContain('batch inference')
    expect(names({ response: 'batch' })).not.toContain('flex tier')
    expect(names({ response: 'minutes', model_id: nova })).toContain('flex tier')
    expect(names({ response: 'interactive', model_id: nova })).not.toContain('flex tier')
    expect(names({ response: 'batch', workflow: { steps: 6, tools: true } })).not.toContain('batch inference')
  })

  it('have kept answers and the prompt cache where they can help', () => {
    expect(names({})).toContain('kept answers')
    expect(names({ response: 'minutes', workflow: { steps: 6, tools: true } })).not.toContain('kept answers')
    expect(names({})).not.toContain('prompt cache')
    expect(names({ input_tokens: 20_000 })).toContain('prompt cache')
    expect(names({ input_tokens: 20_000, model_id: nova })).not.toContain('prompt cache')
  })

  it('have another store, another way to pay for a stream, and one key for all', () => {
    const store = advised({ ...questions, knowledge: { documents: 10, vector_store: 'opensearch' } }).cost.variants
    expect(store.filter(({ name }) => name === 'another vector store')).toHaveLength(2)
    expect(names({ stream: { capacity: 'on-demand' } })).toContain('Kinesis by the shard')
    expect(names({ stream: {} })).not.toContain('Kinesis on demand')
    const pooled = advised({ tenants: { count: 1_000, isolation: 'silo' } }).cost.variants.find(
      ({ name }) => name === 'pooled key',
    )
    expect(pooled?.saving).toBeCloseTo(1_000, 6)
    expect(names({ tenants: { count: 1_000 } })).not.toContain('pooled key')
  })

  it('go by the prices that are given', () => {
    const given = { models: { [nova]: { input: 100, output: 100 } } }
    expect(advised({}, { prices: given, today, entries }).cost.variants.map(({ name }) => name)).not.toContain('smaller model')
  })
})
