import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModels, type OpenAICompatibleOptions } from '../src/index.ts'
import { failureOf } from './call.ts'
import { embedOnce } from './embed.ts'
import { OpenAIStub } from './openai-stub.ts'
import { HandClock } from './support.ts'

const embeddingModel = 'openai-compatible/nomic-embed-text:v1.5'
let stub: OpenAIStub

beforeAll(async () => {
  stub = await OpenAIStub.start()
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

function models(options: Partial<OpenAICompatibleOptions> = {}): ReturnType<typeof createModels> {
  return createModels({ embeddingModel, openAICompatible: { baseUrl: stub.url, ...options }, clock: new HandClock() })
}

describe('embedding by an OpenAI-compatible server', () => {
  it('is what the protocol says, and is answered in order', async () => {
    const resolved = models().resolveEmbedding()
    expect([resolved.dimensions, resolved.allowedDimensions]).toEqual([undefined, { least: 1, most: 65_536 }])
    const answer = await embedOnce(resolved, ['Größe? 漢字 😀', '', 'ccc'])
    expect(answer).toEqual({
      vectors: [
        [12, 0, 0, 0],
        [0, 0, 0, 0],
        [3, 0, 0, 0],
      ],
      inputTokens: 15,
      usd: 0,
      latencyMs: 0,
      modelId: embeddingModel,
    })
    expect(stub.calls).toMatchObject([
      {
        path: '/v1/embeddings',
        body: { model: 'nomic-embed-text:v1.5', input: ['Größe? 漢字 😀', '', 'ccc'], encoding_format: 'float' },
        headers: { 'x-client-request-id': 'request-1' },
      },
    ])
    expect(stub.calls[0]?.body).not.toHaveProperty('dimensions')
  })

  it('asks for the dimensions that are asked for, and fails when the server gives others', async () => {
    expect((await embedOnce(models().resolveEmbedding(), ['x'], { dimensions: 7 })).vectors).toEqual([[1, 0, 0, 0, 0, 0, 0]])
    expect(stub.calls[0]?.body).toMatchObject({ dimensions: 7 })
    stub.reply({ completion: { data: [{ embedding: [1, 2] }] } })
    const failure = await failureOf(embedOnce(models().resolveEmbedding(), ['x'], { dimensions: 7 }))
    expect(failure).toMatchObject({ kind: 'permanent', code: 'model_dimensions_ignored' })
  })

  it('asks for many in several calls', async () => {
    const texts = Array.from({ length: 70 }, (_, index) => 'x'.repeat(index))
    const { vectors, inputTokens } = await embedOnce(models().resolveEmbedding(), texts, { parallel: 2 })
    expect(vectors.map(([first]) => first)).toEqual(texts.map(({ length }) => length))
    expect(stub.calls.map(({ body }) => (body.input as string[]).length)).toEqual([32, 32, 6])
    expect(inputTokens).toBe(350)
  })

  it('carries the key where there is one', async () => {
    await embedOnce(models({ apiKey: 'secret-key' }).resolveEmbedding(), ['x'])
    await embedOnce(models().resolveEmbedding(), ['x'])
    expect(stub.calls.map((call) => call.headers.authorization)).toEqual(['Bearer secret-key', undefined])
  })

  it('needs no usage', async () => {
    stub.reply({ completion: { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5] }] } })
    expect(await embedOnce(models().resolveEmbedding(), ['x'])).toMatchObject({ vectors: [[0.5]], inputTokens: 0 })
  })

  it('stands in for models whose provider is not configured, and says so', async () => {
    const answer = await embedOnce(models().resolveEmbedding('amazon.titan-embed-text-v2:0'), ['x'])
    expect(answer).toMatchObject({ modelId: embeddingModel, usd: (5 * 0.02) / 1e6 })
    expect(stub.calls[0]?.body).not.toHaveProperty('dimensions')
  })
})
