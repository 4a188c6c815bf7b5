import { classifyFailure } from '@plinth/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { catalogue, createModels, findRerankingModel, type ModelsOptions, modelOptions } from '../src/index.ts'
import { BedrockStub } from './bedrock-stub.ts'
import { failureOf } from './call.ts'
import { OpenAIStub } from './openai-stub.ts'
import { HandClock } from './support.ts'

const region = 'eu-central-1'
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session/token+=' }
const clock = new HandClock()
let aws: BedrockStub
let server: OpenAIStub
beforeAll(async () => {
  aws = await BedrockStub.start({ region, credentials })
  server = await OpenAIStub.start()
})
beforeEach(() => {
  aws.reset()
  server.reset()
})
afterAll(async () => {
  await aws.close()
  await server.close()
})

const bedrockModels = (rerankModel = 'bedrock/amazon.rerank-v1:0'): ModelsOptions => ({
  rerankModel,
  // The runtime's own address is another.
  bedrock: { region, endpoint: 'http://127.0.0.1:1', agentEndpoint: aws.url, credentials: async () => credentials },
  clock,
})
const serverModels = (): ModelsOptions => ({
  rerankModel: 'openai-compatible/bge-reranker-v2-m3',
  openAICompatible: { baseUrl: server.url, apiKey: 'key' },
  clock,
})
const documents = { type: 'text' as const, values: ['Größe?', 'The longest of the three 漢字 😀', 'in between'] }

async function rerank(
  options: ModelsOptions,
  abortSignal?: AbortSignal,
): Promise<readonly { index: number; relevanceScore: number }[]> {
  const model = createModels(options).resolveReranking?.()?.model
  const call = { query: 'Which is long?', documents, topN: 3, headers: { 'x-client-request-id': 'request-1' } }
  const { ranking } = (await model?.doRerank({ ...call, ...(abortSignal && { abortSignal }) })) ?? { ranking: [] }
  return ranking
}

/** As the patterns see a failure. */
async function classified(options: ModelsOptions): Promise<unknown> {
  return rerank(options).catch((error: unknown) => Promise.reject(classifyFailure(error)))
}

describe('reranking by Bedrock', () => {
  it.each([
    ['amazon.rerank-v1:0', 0.001],
    ['cohere.rerank-v3-5:0', 0.002],
  ])('by %s is signed, is what Rerank takes, and is answered in order [X31]', async (id, query) => {
    const options = bedrockModels(`bedrock/${id}`)
    expect(createModels(options).resolveReranking?.()).toMatchObject({
      id,
      servedBy: id,
      entry: { kind: 'rerank', price: { query } },
    })
    expect((await rerank(options)).map(({ index }) => index)).toEqual([1, 2, 0])
    expect(aws.calls).toMatchObject([{ operation: 'rerank', modelId: id, headers: { 'x-client-request-id': 'request-1' } }])
    expect(aws.calls[0]?.body).toMatchObject({
      queries: [{ type: 'TEXT', textQuery: { text: 'Which is long?' } }],
      rerankingConfiguration: {
        bedrockRerankingConfiguration: {
          numberOfResults: 3,
          modelConfiguration: { modelArn: `arn:aws:bedrock:${region}::foundation-model/${id}` },
        },
      },
    })
  })

  it.each([
    ['ThrottlingException', 'throttle'],
    ['ServiceUnavailableException', 'transient'],
    ['AccessDeniedException', 'permanent'],
    ['ValidationException', 'permanent'],
  ] as const)('says of %s what it means', async (fault, kind) => {
    aws.reply({ fault })
    const failure = await failureOf(classified(bedrockModels()))
    expect(failure).toMatchObject({ kind })
    expect(JSON.stringify(failure.cause)).not.toContain('Größe')
  })

  it('breaks off, and is left, like any call', async () => {
    aws.reply('reset')
    expect(await failureOf(classified(bedrockModels()))).toMatchObject({ kind: 'transient' })
    const left = new AbortController()
    left.abort(new Error('gone'))
    await expect(rerank(bedrockModels(), left.signal)).rejects.toThrow('gone')
  })
})

describe('reranking by an OpenAI-compatible server', () => {
  it("is what Cohere's protocol says, and is answered in order [X31]", async () => {
    expect(await rerank(serverModels())).toEqual([
      { index: 1, relevanceScore: 0.3 },
      { index: 2, relevanceScore: 0.1 },
      { index: 0, relevanceScore: 0.06 },
    ])
    expect(server.calls).toMatchObject([
      {
        path: '/v1/rerank',
        body: { model: 'bge-reranker-v2-m3', query: 'Which is long?', documents: documents.values, top_n: 3 },
        headers: { authorization: 'Bearer key', 'x-client-request-id': 'request-1' },
      },
    ])
  })

  it.each([
    ['no list', { results: {} }],
    ['no object', { results: [1] }],
    ['no score', { results: [{ index: 0 }] }],
    ['an answer of another kind', { data: [] }],
  ])('fails for a while when the answer is %s', async (_, completion) => {
    server.reply({ completion })
    expect(await failureOf(classified(serverModels()))).toMatchObject({ kind: 'transient' })
  })
})

describe('the model that reranks', () => {
  it('is none unless one is set, and is in the catalogue then', () => {
    expect(createModels({ clock }).resolveReranking?.()).toBeUndefined()
    expect(createModels({ clock }).entries()).toBe(catalogue)
    const ids = createModels(serverModels())
      .entries()
      .filter(({ kind }) => kind === 'rerank')
    expect(ids.map(({ id }) => id)).toEqual([
      'openai-compatible/bge-reranker-v2-m3',
      'amazon.rerank-v1:0',
      'cohere.rerank-v3-5:0',
    ])
  })

  it('is read from the environment, with the settings of its provider', () => {
    const of = (environment: Record<string, string>) => modelOptions(environment)
    expect(of({})).not.toHaveProperty('rerankModel')
    expect(of({ PLINTH_RERANK_MODEL: '' })).not.toHaveProperty('rerankModel')
    const rerankModel = 'bedrock/cohere.rerank-v3-5:0'
    expect(of({ PLINTH_RERANK_MODEL: rerankModel, AWS_REGION: region })).toMatchObject({ rerankModel, bedrock: { region } })
    const endpoints = { AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME: 'http://localhost:1/', AWS_ENDPOINT_URL: 'http://localhost:2' }
    expect(of({ PLINTH_RERANK_MODEL: rerankModel, AWS_REGION: region, ...endpoints }).bedrock).toEqual({
      region,
      endpoint: 'http://localhost:2',
      agentEndpoint: 'http://localhost:1',
    })
    expect(() => of({ PLINTH_RERANK_MODEL: 'openai-compatible/m' })).toThrow(
      expect.objectContaining({ field: 'PLINTH_MODEL_BASE_URL' }),
    )
  })

  it.each([
    'nothing',
    'local/hashing',
    'scripted',
    'bedrock/amazon.titan-embed-text-v2:0',
    'bedrock/us.amazon.rerank-v1:0',
    'bedrock/no',
  ])('can not be %s', (rerankModel) => {
    const field = 'PLINTH_RERANK_MODEL'
    expect(() => modelOptions({ [field]: rerankModel, AWS_REGION: region })).toThrow(expect.objectContaining({ field }))
    expect(() => createModels({ ...bedrockModels(), rerankModel })).toThrow(expect.objectContaining({ field: 'rerankModel' }))
  })

  it('needs its provider', () => {
    const { bedrock: _, ...without } = bedrockModels()
    expect(() => createModels(without)).toThrow(expect.objectContaining({ field: 'bedrock' }))
    expect(() => createModels({ rerankModel: 'openai-compatible/m', clock })).toThrow(
      expect.objectContaining({ field: 'openAICompatible' }),
    )
  })

  it('is no model of another kind', () => {
    expect(findRerankingModel('bedrock/amazon.rerank-v1:0').id).toBe('amazon.rerank-v1:0')
    const unknown = expect.objectContaining({ code: 'model_unknown', field: 'model_id' })
    for (const id of ['anthropic.claude-sonnet-5', 'cohere.embed-english-v3', 'nothing'])
      expect(() => findRerankingModel(id)).toThrow(unknown)
  })
})
