import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BedrockOptions, createModels } from '../src/index.ts'
import { BedrockStub } from './bedrock-stub.ts'
import { failureOf } from './call.ts'
import { embedOnce } from './embed.ts'
import { HandClock } from './support.ts'

const region = 'eu-central-1'
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session/token+=' }
const titan1 = 'amazon.titan-embed-text-v1'
const titan2 = 'amazon.titan-embed-text-v2:0'
const nova = 'amazon.nova-2-multimodal-embeddings-v1:0'
const english = 'cohere.embed-english-v3'
let stub: BedrockStub

beforeAll(async () => {
  stub = await BedrockStub.start({ region, credentials })
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

function models(options: Partial<BedrockOptions> = {}): ReturnType<typeof createModels> {
  const bedrock = { region, endpoint: stub.url, credentials: async () => credentials, ...options }
  return createModels({ embeddingModel: `bedrock/${titan2}`, bedrock, clock: new HandClock() })
}

const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => 'x'.repeat(index + 1))
const firsts = (vectors: readonly (readonly number[])[]): unknown[] => vectors.map(([first]) => first)

describe('embedding by Bedrock', () => {
  it.each([
    [titan1, 1536, 3, 9, 0.1],
    [titan2, 1024, 3, 9, 0.02],
    [nova, 1024, 3, 9, 0.135],
    [english, 1024, 1, 9, 0.1],
    ['cohere.embed-multilingual-v3', 1024, 1, 9, 0.1],
  ])('by %s is signed, is what the model takes, and is answered in order', async (id, length, calls, tokens, price) => {
    const answer = await embedOnce(models().resolveEmbedding(id), ['Größe? 漢字 😀', 'b', 'ccc'])
    expect(firsts(answer.vectors)).toEqual([12, 1, 3])
    expect(answer.vectors.map((vector) => vector.length)).toEqual([length, length, length])
    expect(answer).toMatchObject({ modelId: id, inputTokens: tokens, usd: (tokens * price) / 1e6 })
    expect(stub.calls.map(({ operation, modelId }) => [operation, modelId])).toEqual(Array(calls).fill(['invoke', id]))
    expect(stub.calls[0]?.headers['x-client-request-id']).toBe('request-1')
  })

  it.each([
    [titan1, 250, 250],
    [english, 250, 3],
  ])('by %s asks for %s texts in %s calls, and keeps their order', async (id, count, calls) => {
    const { vectors, inputTokens } = await embedOnce(models().resolveEmbedding(id), texts(count), { parallel: 8 })
    expect(firsts(vectors)).toEqual(texts(count).map(({ length }) => length))
    expect([stub.calls.length, inputTokens]).toEqual([calls, 3 * count])
  })

  it.each([
    [titan1, 1536, { inputText: 'x' }],
    [titan2, 256, { inputText: 'x', dimensions: 256 }],
    [titan2, 1024, { inputText: 'x', dimensions: 1024 }],
    [english, 1024, { texts: ['x'], input_type: 'search_query' }],
    [nova, 3072, { singleEmbeddingParams: { embeddingDimension: 3072, text: { value: 'x' } } }],
  ])('by %s gives %s dimensions', async (id, dimensions, body) => {
    const { vectors } = await embedOnce(models().resolveEmbedding(id), ['x'], { dimensions })
    expect(vectors[0]).toHaveLength(dimensions)
    expect(stub.calls[0]?.body).toMatchObject(body)
    expect(Object.hasOwn(stub.calls[0]?.body ?? {}, 'dimensions')).toBe('dimensions' in body)
  })

  it.each([
    [titan1, 1024],
    [titan2, 300],
    [nova, 512],
    [english, 512],
  ])('by %s has no %s dimensions: nothing is asked', async (id, dimensions) => {
    const call = embedOnce(models().resolveEmbedding(id), ['x'], { dimensions })
    await expect(call).rejects.toMatchObject({ code: 'invalid_input', field: 'dimensions' })
    expect(stub.calls).toEqual([])
  })

  it.each([
    ['document', 'search_document', 'GENERIC_INDEX'],
    ['query', 'search_query', 'TEXT_RETRIEVAL'],
    ['classification', 'classification', 'CLASSIFICATION'],
    ['clustering', 'clustering', 'CLUSTERING'],
  ] as const)('says what it is for, in the words of each: %s', async (purpose, cohere, ofNova) => {
    for (const id of [english, nova, titan2]) await embedOnce(models().resolveEmbedding(id), ['x'], { purpose })
    expect(stub.calls[0]?.body).toMatchObject({ input_type: cohere })
    expect(stub.calls[1]?.body).toMatchObject({ singleEmbeddingParams: { embeddingPurpose: ofNova } })
    expect(stub.calls[2]?.body).toEqual({ inputText: 'x' })
  })

  it.each([
    [titan2, titan2],
    [`us.${english}`, `us.${english}`],
    [`bedrock/${titan2}`, titan2],
    [`arn:aws:bedrock:eu-central-1::foundation-model/${titan1}`, titan1],
    [`bedrock/arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.${english}`, `eu.${english}`],
  ])('names the model as the caller did: %s [X74]', async (id, servedBy) => {
    const resolved = models().resolveEmbedding(id)
    expect(resolved).toMatchObject({ id, servedBy })
    expect((await embedOnce(resolved, ['x'])).modelId).toBe(servedBy)
    expect(stub.calls[0]?.modelId).toBe(id.replace(/^bedrock\//, ''))
  })

  it('goes by a key where there is one, and is refused for a wrong secret', async () => {
    const open = await BedrockStub.start({ bearerToken: 'bedrock-key' })
    const byKey = models({
      endpoint: open.url,
      bearerToken: 'bedrock-key',
      credentials: () => Promise.reject(new Error('asked')),
    })
    expect((await embedOnce(byKey.resolveEmbedding(), ['x'])).vectors).toHaveLength(1)
    await open.close()
    const wrong = models({ credentials: async () => ({ ...credentials, secretAccessKey: 'x' }) })
    expect(await failureOf(embedOnce(wrong.resolveEmbedding(), ['x']))).toMatchObject({ code: 'model_access_denied' })
  })

  it('takes a count of tokens that is left out for none', async () => {
    stub.reply({ status: 200, body: JSON.stringify({ embeddings: [[1, 0]] }) })
    expect(await embedOnce(models().resolveEmbedding(english), ['x'])).toMatchObject({ inputTokens: 0, usd: 0 })
  })
})
