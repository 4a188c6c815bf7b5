import { PlinthError, priceOf } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogue, findEmbeddingModel, findLanguageModel, findModel, normaliseModelId } from '../src/index.ts'

/** The price table: id, USD per million tokens in and out. */
const priced: readonly (readonly [string, number, number])[] = [
  ['amazon.nova-micro-v1:0', 0.035, 0.14],
  ['amazon.nova-lite-v1:0', 0.06, 0.24],
  ['amazon.nova-2-lite-v1:0', 0.3, 2.5],
  ['amazon.nova-pro-v1:0', 0.8, 3.2],
  ['anthropic.claude-3-haiku-20240307-v1:0', 0.25, 1.25],
  ['anthropic.claude-3-5-haiku-20241022-v1:0', 0.8, 4],
  ['anthropic.claude-3-5-sonnet-20241022-v2:0', 3, 15],
  ['anthropic.claude-haiku-4-5-20251001-v1:0', 1, 5],
  ['anthropic.claude-sonnet-4-5-20250929-v1:0', 3, 15],
  ['anthropic.claude-sonnet-4-6', 3, 15],
  ['anthropic.claude-sonnet-5', 2, 10],
  ['anthropic.claude-opus-4-5-20251101-v1:0', 5, 25],
  ['anthropic.claude-opus-4-6-v1', 5, 25],
  ['anthropic.claude-opus-4-7', 5, 25],
  ['anthropic.claude-opus-4-8', 5, 25],
  ['anthropic.claude-opus-5', 5, 25],
  ['anthropic.claude-fable-5', 10, 50],
  ['meta.llama3-3-70b-instruct-v1:0', 0.72, 0.72],
  ['openai.gpt-oss-120b-1:0', 0.15, 0.6],
  ['openai.gpt-oss-20b-1:0', 0.07, 0.3],
  ['amazon.titan-embed-text-v1', 0.1, 0],
  ['amazon.titan-embed-text-v2:0', 0.02, 0],
  ['amazon.nova-2-multimodal-embeddings-v1:0', 0.135, 0],
  ['amazon.rerank-v1:0', 0, 0],
]
/** The same, gathered later. */
const pricedLater: readonly (readonly [string, number, number])[] = [
  ['cohere.embed-english-v3', 0.1, 0],
  ['cohere.embed-multilingual-v3', 0.1, 0],
  ['cohere.rerank-v3-5:0', 0, 0],
]
const bedrockIds = [...priced, ...pricedLater].map(([id]) => id)

const spellings = (id: string): readonly string[] => [
  id,
  ...['us', 'eu', 'apac', 'global', 'us-gov', 'jp', 'au'].map((prefix) => `${prefix}.${id}`),
  `bedrock/${id}`,
  `bedrock/us.${id}`,
  `arn:aws:bedrock:us-east-1::foundation-model/${id}`,
  `arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.${id}`,
  `arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.${id}`,
  `bedrock/arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.${id}`,
  `arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.${id}`,
]

function refusalOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return PlinthError.is(error) ? { code: error.code, field: error.field } : error
  }
}

const unknown = { code: 'model_unknown', field: 'model_id' }

describe('the catalogue', () => {
  it.each(priced)('has %s under every spelling, at its price', (id, input, output) => {
    for (const spelling of spellings(id)) expect(findModel(spelling).id, spelling).toBe(id)
    expect(findModel(id).price).toMatchObject({ input, output, date: '2026-11-22', source: expect.stringMatching(/.{10}/) })
  })

  it.each(pricedLater)('has %s under every spelling, at a price of a later day', (id, input, output) => {
    for (const spelling of spellings(id)) expect(findModel(spelling).id, spelling).toBe(id)
    expect(findModel(id).price).toMatchObject({ input, output, date: '2026-11-26', source: expect.stringMatching(/.{10}/) })
  })

  it('has nothing else but those of this process, each once of a kind', () => {
    const own = [
      ...['language local/extractive', 'language scripted'],
      ...['embedding local/sentence-encoder', 'embedding local/hashing', 'embedding scripted'],
    ]
    const found = catalogue.filter(({ provider }) => provider !== 'bedrock')
    expect(found.map(({ kind, id }) => `${kind} ${id}`)).toEqual(own)
    expect(found.map(({ price }) => price.input + price.output)).toEqual([0, 0, 0, 0, 0])
    expect(
      catalogue
        .filter((entry) => !found.includes(entry))
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...bedrockIds].sort())
  })

  it('says of embedding models, and only of them, how long their vectors are', () => {
    const lengths = catalogue.map(({ kind, id, dimensions }) => ({ kind, id, ...dimensions }))
    for (const { kind, usual } of lengths) expect(usual !== undefined).toBe(kind === 'embedding')
    expect(lengths.filter(({ kind }) => kind === 'embedding').map(({ id, usual, allowed }) => [id, usual, allowed])).toEqual([
      ['local/sentence-encoder', 512, [512]],
      ['local/hashing', 512, { least: 64, most: 4096 }],
      ['scripted', 64, { least: 64, most: 4096 }],
      ['amazon.titan-embed-text-v1', 1536, [1536]],
      ['amazon.titan-embed-text-v2:0', 1024, [256, 512, 1024]],
      ['amazon.nova-2-multimodal-embeddings-v1:0', 1024, [256, 384, 1024, 3072]],
      ['cohere.embed-english-v3', 1024, [1024]],
      ['cohere.embed-multilingual-v3', 1024, [1024]],
    ])
  })

  it('says when a model is gone', () => {
    expect(findModel('us.anthropic.claude-3-5-sonnet-20241022-v2:0').lifecycle).toEqual({
      status: 'retired',
      retired: '2025-10-28',
      successor: 'anthropic.claude-sonnet-4-6',
    })
    for (const { lifecycle, price } of catalogue) {
      if (lifecycle.status === 'retired') expect(lifecycle.retired && lifecycle.retired <= price.date).toBe(true)
      if (lifecycle.status === 'active') expect(lifecycle.retired).toBeUndefined()
    }
  })

  it('names what takes its place, which is here, is of its kind and isn’t at its own end [X74]', () => {
    const named = catalogue.flatMap(({ id, kind, lifecycle: { successor } }) =>
      successor === undefined ? [] : [{ id, kind, successor }],
    )
    expect(named.map(({ id, successor }) => [id, successor])).toEqual([
      ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
      ['anthropic.claude-3-5-haiku-20241022-v1:0', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
      ['anthropic.claude-3-5-sonnet-20241022-v2:0', 'anthropic.claude-sonnet-4-6'],
    ])
    for (const { kind, successor } of named) expect(findModel(successor)).toMatchObject({ kind, lifecycle: { status: 'active' } })
  })

  it('says which models keep the front of a prompt, from how many tokens on, and at which price [X74]', () => {
    const million = 1_000_000
    const usd = ({ price }: (typeof catalogue)[number], part: 'cacheRead' | 'cacheWrite'): number =>
      Number(priceOf(price, { input: million, output: 0, [part]: million }).toPrecision(6))
    const kept = catalogue.filter(({ price, promptCache }) => price.cached ?? promptCache)
    expect(
      kept.map((entry) => [entry.id, entry.promptCache?.leastTokens, usd(entry, 'cacheRead'), usd(entry, 'cacheWrite')]),
    ).toEqual([
      ['amazon.nova-micro-v1:0', 1000, 0.00875, 0.035],
      ['amazon.nova-lite-v1:0', 1000, 0.015, 0.06],
      ['amazon.nova-pro-v1:0', 1000, 0.2, 0.8],
      ['amazon.nova-2-lite-v1:0', undefined, 0.075, 0.3],
      ['anthropic.claude-3-haiku-20240307-v1:0', undefined, 0.025, 0.3125],
      ['anthropic.claude-3-5-haiku-20241022-v1:0', 2048, 0.08, 1],
      ['anthropic.claude-3-5-sonnet-20241022-v2:0', undefined, 0.3, 3.75],
      ['anthropic.claude-haiku-4-5-20251001-v1:0', 4096, 0.1, 1.25],
      ['anthropic.claude-sonnet-4-5-20250929-v1:0', 1024, 0.3, 3.75],
      ['anthropic.claude-sonnet-4-6', 2048, 0.3, 3.75],
      ['anthropic.claude-sonnet-5', 1024, 0.2, 2.5],
      ['anthropic.claude-opus-4-5-20251101-v1:0', 4096, 0.5, 6.25],
      ['anthropic.claude-opus-4-6-v1', 4096, 0.5, 6.25],
      ['anthropic.claude-opus-4-7', 2048, 0.5, 6.25],
      ['anthropic.claude-opus-4-8', 1024, 0.5, 6.25],
      ['anthropic.claude-opus-5', 512, 0.5, 6.25],
      ['anthropic.claude-fable-5', 512, 1, 12.5],
    ])
  })

  it('gives language models room to answer, and others none', () => {
    for (const { kind, context, maxOutput } of catalogue) {
      expect(context).toBeGreaterThan(maxOutput)
      expect(maxOutput > 0).toBe(kind === 'language')
    }
  })

  it.each([
    '',
    'gpt-4',
    'anthropic.claude-3-5-sonnet',
    'ANTHROPIC.CLAUDE-SONNET-5',
    'us.us.anthropic.claude-sonnet-5',
    'mars.anthropic.claude-sonnet-5',
    'us.scripted',
    'bedrock/scripted',
    'bedrock/local/extractive',
    'arn:aws:bedrock:us-east-1::foundation-model/scripted',
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123',
    'arn:aws:sagemaker:us-east-1:123456789012:foundation-model/anthropic.claude-sonnet-5',
    'anthropic.claude-sonnet-5 ',
    '__proto__',
    'constructor',
  ])('refuses %j', (id) => {
    expect(refusalOf(() => findModel(id))).toEqual(unknown)
  })

  it.each(['amazon.titan-embed-text-v2:0', 'us.amazon.rerank-v1:0'])('refuses %s as a language model', (id) => {
    expect(refusalOf(() => findLanguageModel(id))).toEqual(unknown)
  })

  it.each(['anthropic.claude-sonnet-5', 'us.amazon.rerank-v1:0', 'local/extractive', 'nothing'])(
    'refuses %s as an embedding model',
    (id) => {
      expect(refusalOf(() => findEmbeddingModel(id))).toEqual(unknown)
    },
  )

  it('either knows an id or leaves it as it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom(...bedrockIds.flatMap(spellings))), (id) => {
        const bare = normaliseModelId(id)
        expect(normaliseModelId(bare)).toBe(bare)
        expect(bare === id || catalogue.some((entry) => entry.id === bare)).toBe(true)
      }),
    )
  })
})
