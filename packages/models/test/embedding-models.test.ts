import { InvalidInputError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { catalogue, createModels, modelOptions } from '../src/index.ts'
import { embedOnce } from './embed.ts'
import { HandClock } from './support.ts'

const clock = new HandClock()
const bedrock = { region: 'eu-central-1', bearerToken: 'key' }
const openAICompatible = { baseUrl: 'http://localhost:11434/v1' }
const titan1 = 'amazon.titan-embed-text-v1'
const titan2 = 'amazon.titan-embed-text-v2:0'
const unknown = expect.objectContaining({ code: 'model_unknown', field: 'model_id' })

describe('the models that embed', () => {
  it('are a small one of this machine unless told otherwise', () => {
    const models = createModels({ clock })
    expect(models.defaultEmbeddingModel).toBe('local/sentence-encoder')
    expect(models.resolveEmbedding()).toMatchObject({
      id: 'local/sentence-encoder',
      servedBy: 'local/sentence-encoder',
      dimensions: 512,
      allowedDimensions: [512],
    })
    expect(models.resolveEmbedding('local/hashing')).toMatchObject({
      id: 'local/hashing',
      servedBy: 'local/hashing',
      dimensions: 512,
      allowedDimensions: { least: 64, most: 4096 },
    })
    expect(models.resolveEmbedding('scripted')).toMatchObject({ servedBy: 'scripted', dimensions: 64 })
    expect(models.resolve('scripted').entry.kind).toBe('language')
    expect(models.resolveEmbedding('scripted').entry.kind).toBe('embedding')
  })

  it.each([
    ['local/hashing', 'local/hashing'],
    ['scripted', 'scripted'],
    // All its vectors are of one length.
    ['local/hashing', 'local/sentence-encoder'],
    ['local/hashing', undefined],
  ])(
    'of other providers are stood in for by %s where %s is configured, as long as their own and at their price',
    async (standIn, embeddingModel) => {
      const models = createModels({ ...(embeddingModel !== undefined && { embeddingModel }), clock })
      const others = catalogue.filter(({ kind, provider }) => kind === 'embedding' && provider === 'bedrock')
      expect(others.length).toBeGreaterThan(4)
      for (const entry of others) {
        const resolved = models.resolveEmbedding(`us.${entry.id}`)
        expect(resolved).toMatchObject({ id: entry.id, entry, servedBy: standIn, dimensions: entry.dimensions?.usual })
        const { vectors, usd, inputTokens, modelId } = await embedOnce(resolved, ['some words', 'others'])
        expect(vectors.map(({ length }) => length)).toEqual([entry.dimensions?.usual, entry.dimensions?.usual])
        expect(modelId).toBe(standIn)
        expect(usd).toBeCloseTo((inputTokens * entry.price.input) / 1e6, 12)
      }
      const asked = await embedOnce(models.resolveEmbedding(titan2), ['x'], { dimensions: 256 })
      expect(asked.vectors[0]).toHaveLength(256)
      await expect(embedOnce(models.resolveEmbedding(titan2), ['x'], { dimensions: 128 })).rejects.toMatchObject({
        field: 'dimensions',
      })
    },
  )

  it.each(['nothing', '', 'local/extractive', 'anthropic.claude-sonnet-5', 'amazon.rerank-v1:0', 'openai-compatible/other'])(
    'are no others: %j is unknown [X13]',
    (id) => {
      for (const models of [
        createModels({ clock }),
        createModels({ embeddingModel: 'openai-compatible/m', openAICompatible, clock }),
      ])
        expect(() => models.resolveEmbedding(id)).toThrow(unknown)
    },
  )

  it('do not write, and are unknown to whoever asks for that', () => {
    const models = createModels({ embeddingModel: 'openai-compatible/m', openAICompatible, clock })
    for (const id of ['local/sentence-encoder', 'local/hashing', titan1, 'openai-compatible/m'])
      expect(() => models.resolve(id)).toThrow(unknown)
  })

  it('of a server stand in the catalogue before the others, beside one that writes', () => {
    const models = createModels({ model: 'openai-compatible/m', embeddingModel: 'openai-compatible/e', openAICompatible, clock })
    expect(
      models
        .entries()
        .slice(0, 2)
        .map(({ id, kind }) => [id, kind]),
    ).toEqual([
      ['openai-compatible/m', 'language'],
      ['openai-compatible/e', 'embedding'],
    ])
    expect(models.entries().slice(2)).toEqual(catalogue)
    expect(() => models.resolveEmbedding('openai-compatible/m')).toThrow(unknown)
    expect(models.resolveEmbedding('openai-compatible/e').entry.price.source).toBe('not known')
  })

  it('of Bedrock are served by it where it is configured, for either kind', () => {
    for (const options of [{ embeddingModel: `bedrock/${titan1}` }, { model: 'bedrock/amazon.nova-pro-v1:0' }]) {
      const models = createModels({ ...options, bedrock, clock })
      for (const { id, kind, provider } of catalogue)
        if (provider === 'bedrock' && kind === 'embedding') expect(models.resolveEmbedding(`us.${id}`).servedBy).toBe(`us.${id}`)
      expect(models.resolveEmbedding('local/hashing').servedBy).toBe('local/hashing')
    }
  })

  it('are remembered by what was asked for, but not without end', () => {
    const models = createModels({ embeddingModel: `bedrock/${titan1}`, bedrock, clock })
    const arn = (account: number): string =>
      `arn:aws:bedrock:eu-central-1:${`${account}`.padStart(12, '0')}:inference-profile/eu.${titan1}`
    const first = models.resolveEmbedding(arn(0))
    expect(models.resolveEmbedding(first.id)).toBe(first)
    for (let account = 1; account <= 1_000; account++) models.resolveEmbedding(arn(account))
    expect(models.resolveEmbedding(arn(1_000))).toBe(models.resolveEmbedding(arn(1_000)))
    expect(models.resolveEmbedding(arn(0))).not.toBe(first)
  })

  it.each([titan1, 'local/extractive', 'nothing', '', 'openai-compatible/'])('say what works instead of %j', (embeddingModel) => {
    const make = (): unknown => createModels({ embeddingModel, clock })
    expect(make).toThrow(/local\/sentence-encoder, local\/hashing, scripted, bedrock\/<model id> or openai-compatible\/<model>/)
    expect(make).toThrow(expect.objectContaining({ field: 'embeddingModel' }))
  })

  it.each([
    [`bedrock/${titan1}`, 'bedrock'],
    ['openai-compatible/e', 'openAICompatible'],
  ])('say what %s needs', (embeddingModel, field) => {
    expect(() => createModels({ embeddingModel, clock })).toThrow(
      expect.objectContaining({ field, message: expect.stringContaining(field) }),
    )
  })

  it('take the settings of the scripted one', async () => {
    const hand = new HandClock()
    const { model } = createModels({ scripted: { latencyMs: 250, failureRate: 1 }, clock: hand }).resolveEmbedding('scripted')
    const answer = model.doEmbed({ values: ['x'] })
    expect(hand.waiting.map(({ delay }) => delay)).toEqual([250])
    hand.runAll()
    await expect(answer).rejects.toMatchObject({ statusCode: 429 })
  })
})

describe('PLINTH_EMBEDDING_MODEL', () => {
  const PLINTH_MODEL_BASE_URL = 'http://localhost:11434/v1'

  it('is read beside PLINTH_MODEL', () => {
    expect(modelOptions({ PLINTH_EMBEDDING_MODEL: '' })).toEqual({ scripted: {} })
    expect(modelOptions({ PLINTH_MODEL: 'scripted', PLINTH_EMBEDDING_MODEL: 'local/hashing' })).toEqual({
      model: 'scripted',
      embeddingModel: 'local/hashing',
      scripted: {},
    })
  })

  it('is one without weights where nothing else is set on the platform of AWS, whose functions bring none', () => {
    const PLINTH_PLATFORM = 'aws'
    expect(modelOptions({ PLINTH_PLATFORM, PLINTH_EMBEDDING_MODEL: '' }).embeddingModel).toBe('local/hashing')
    expect(modelOptions({ PLINTH_PLATFORM, PLINTH_EMBEDDING_MODEL: 'scripted' }).embeddingModel).toBe('scripted')
    expect(modelOptions({ PLINTH_PLATFORM: 'local' }).embeddingModel).toBeUndefined()
  })

  it('configures its provider, which both may share', () => {
    const embeddingModel = 'openai-compatible/e'
    expect(modelOptions({ PLINTH_EMBEDDING_MODEL: embeddingModel, PLINTH_MODEL_BASE_URL })).toEqual({
      embeddingModel,
      openAICompatible,
      scripted: {},
    })
    const model = 'openai-compatible/m'
    expect(modelOptions({ PLINTH_MODEL: model, PLINTH_EMBEDDING_MODEL: embeddingModel, PLINTH_MODEL_BASE_URL })).toMatchObject({
      model,
      embeddingModel,
      openAICompatible,
    })
    expect(modelOptions({ PLINTH_EMBEDDING_MODEL: `bedrock/${titan2}`, AWS_REGION: 'eu-central-1' })).toEqual({
      embeddingModel: `bedrock/${titan2}`,
      bedrock: { region: 'eu-central-1' },
      scripted: {},
    })
  })

  it.each([
    ['PLINTH_EMBEDDING_MODEL', { PLINTH_EMBEDDING_MODEL: 'local/extractive' }],
    ['PLINTH_EMBEDDING_MODEL', { PLINTH_EMBEDDING_MODEL: titan1 }],
    ['PLINTH_EMBEDDING_MODEL', { PLINTH_EMBEDDING_MODEL: 'bedrock/anthropic.claude-sonnet-5', AWS_REGION: 'eu-central-1' }],
    ['PLINTH_EMBEDDING_MODEL', { PLINTH_EMBEDDING_MODEL: 'bedrock/nothing', AWS_REGION: 'eu-central-1' }],
    ['PLINTH_MODEL_BASE_URL', { PLINTH_EMBEDDING_MODEL: 'openai-compatible/e' }],
    ['AWS_REGION', { PLINTH_EMBEDDING_MODEL: `bedrock/${titan1}` }],
  ])('is refused at the start, naming %s: %j', (field, variables) => {
    const read = (): unknown => modelOptions(variables)
    expect(read).toThrow(InvalidInputError)
    expect(read).toThrow(expect.objectContaining({ field, message: expect.stringContaining(field) }))
  })
})
