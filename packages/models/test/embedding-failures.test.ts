import type { FailureKind, ResolvedEmbedding } from '@plinth/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../src/index.ts'
import { type BedrockReply, BedrockStub } from './bedrock-stub.ts'
import { everything, failureOf } from './call.ts'
import { embedOnce } from './embed.ts'
import { errorBody, type OpenAIReply, OpenAIStub } from './openai-stub.ts'
import { HandClock } from './support.ts'

const clock = new HandClock()
let bedrockStub: BedrockStub
let openaiStub: OpenAIStub
let bedrock: ResolvedEmbedding
let openai: ResolvedEmbedding

const bedrockOf = (endpoint: string): ResolvedEmbedding => {
  const reached = { region: 'eu-central-1', endpoint, bearerToken: 'key' }
  return createModels({ embeddingModel: 'bedrock/amazon.titan-embed-text-v1', bedrock: reached, clock }).resolveEmbedding()
}
const openaiOf = (baseUrl: string): ResolvedEmbedding =>
  createModels({ embeddingModel: 'openai-compatible/m', openAICompatible: { baseUrl }, clock }).resolveEmbedding()

beforeAll(async () => {
  bedrockStub = await BedrockStub.start({ bearerToken: 'key' })
  openaiStub = await OpenAIStub.start()
  bedrock = bedrockOf(bedrockStub.url)
  openai = openaiOf(openaiStub.url)
})
beforeEach(() => {
  bedrockStub.reset()
  openaiStub.reset()
})
afterAll(async () => {
  await bedrockStub.close()
  await openaiStub.close()
})

type Row<Reply> = readonly [name: string, reply: Reply, kind: FailureKind, code: string]
const html = { 'content-type': 'text/html' }
const page = '<html><body>insufficient_quota ThrottlingException</body></html>'
const redirect = { status: 307, body: '', headers: { location: 'http://127.0.0.1:9/' } }

const ofBedrock: readonly Row<BedrockReply>[] = [
  ['ThrottlingException', { fault: 'ThrottlingException' }, 'throttle', 'model_throttled'],
  ['ServiceQuotaExceededException', { fault: 'ServiceQuotaExceededException' }, 'quota', 'model_quota'],
  ['ValidationException', { fault: 'ValidationException' }, 'permanent', 'model_request_refused'],
  ['AccessDeniedException', { fault: 'AccessDeniedException' }, 'permanent', 'model_access_denied'],
  ['ServiceUnavailableException', { fault: 'ServiceUnavailableException' }, 'transient', 'model_unavailable'],
  ["a proxy's page", { status: 502, body: page, headers: html }, 'transient', 'model_unavailable'],
  ["a proxy's page, as 200", { status: 200, body: page, headers: html }, 'transient', 'model_unavailable'],
  ['JSON that breaks off', { status: 200, body: '{"embedding":[0.1,' }, 'transient', 'model_unavailable'],
  [
    'JSON of another form',
    { status: 200, body: '{"embedding":["x"],"inputTextTokenCount":1}' },
    'transient',
    'model_unavailable',
  ],
  ['an empty vector', { status: 200, body: '{"embedding":[],"inputTextTokenCount":1}' }, 'transient', 'model_answer_malformed'],
  ['nothing, as 200', { status: 200, body: '' }, 'transient', 'model_unavailable'],
  ['a redirect', redirect, 'transient', 'model_unavailable'],
  ['a connection that breaks', 'reset', 'transient', 'model_unavailable'],
]

const vectors = (...embeddings: unknown[]): OpenAIReply => ({
  completion: { object: 'list', data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })) },
})

const ofOpenAI: readonly Row<OpenAIReply>[] = [
  ['rate_limit_exceeded', { status: 429, body: errorBody('m', 'tokens', 'rate_limit_exceeded') }, 'throttle', 'model_throttled'],
  ['insufficient_quota', { status: 429, body: errorBody('m', 'x', 'insufficient_quota') }, 'quota', 'model_quota'],
  ['invalid_api_key', { status: 401, body: errorBody('m', 'x', 'invalid_api_key') }, 'permanent', 'model_access_denied'],
  ['too many texts', { status: 413, body: errorBody('m', 'x', null) }, 'permanent', 'model_request_refused'],
  ['a server in trouble', { status: 500, body: '{"error":"out of memory"}' }, 'transient', 'model_unavailable'],
  ["a proxy's page, as 200", { status: 200, body: page, headers: html }, 'transient', 'model_unavailable'],
  ['vectors of texts', vectors('x', 'y'), 'transient', 'model_unavailable'],
  ['one vector for two texts', vectors([1]), 'transient', 'model_answer_malformed'],
  ['three vectors for two texts', vectors([1], [2], [3]), 'transient', 'model_answer_malformed'],
  ['vectors of two lengths', vectors([1], [2, 3]), 'transient', 'model_answer_malformed'],
  ['empty vectors', vectors([], []), 'transient', 'model_answer_malformed'],
  ['a number that is none', vectors([1], [null]), 'transient', 'model_unavailable'],
  ['a redirect', redirect, 'transient', 'model_unavailable'],
  ['a connection that breaks', 'reset', 'transient', 'model_unavailable'],
]

describe('embedding that fails is sorted rightly [X9, X10, X19]', () => {
  it.each(ofBedrock)('Bedrock: %s', async (_, reply, kind, code) => {
    bedrockStub.reply(reply)
    const failure = await failureOf(embedOnce(bedrock, ['a secret text']))
    expect([failure.kind, failure.code]).toEqual([kind, code])
    expect(failure.message).not.toMatch(/The words of|secret/)
    expect(bedrockStub.calls).toHaveLength(1)
  })

  it.each(ofOpenAI)('OpenAI-compatible: %s', async (_, reply, kind, code) => {
    openaiStub.reply(reply)
    const failure = await failureOf(embedOnce(openai, ['a secret text', 'b']))
    expect([failure.kind, failure.code]).toEqual([kind, code])
    expect(failure.message).not.toContain('secret')
    expect(openaiStub.calls).toHaveLength(1)
  })

  it('nobody listens', async () => {
    const gone = await OpenAIStub.start()
    const { url } = gone
    await gone.close()
    for (const resolved of [bedrockOf(url), openaiOf(url)])
      expect(await failureOf(embedOnce(resolved, ['x']))).toMatchObject({ kind: 'transient', code: 'model_unavailable' })
  })

  it('no credentials of AWS', async () => {
    const reached = { region: 'eu-central-1', endpoint: bedrockStub.url, credentials: () => Promise.reject(new Error('none')) }
    const embeddingModel = 'bedrock/amazon.titan-embed-text-v1'
    const resolved = createModels({ embeddingModel, bedrock: reached, clock }).resolveEmbedding()
    expect(await failureOf(embedOnce(resolved, ['x']))).toMatchObject({ kind: 'transient' })
    expect(bedrockStub.calls).toEqual([])
  })
})

describe('embedding over the network', () => {
  it('says how long to wait', async () => {
    bedrockStub.reply({ fault: 'ThrottlingException', headers: { 'retry-after': '7' } })
    expect((await failureOf(embedOnce(bedrock, ['x']))).retryAfter).toBe(7)
  })

  it('asks for no more once one of its calls has failed', async () => {
    bedrockStub.reply({ fault: 'ThrottlingException' })
    await failureOf(embedOnce(bedrock, Array(50).fill('x')))
    expect(bedrockStub.calls).toHaveLength(1)
  })

  it('lets the connection go when the caller gives up', async () => {
    const controller = new AbortController()
    openaiStub.reply('silence')
    const call = embedOnce(openai, ['x'], { signal: controller.signal })
    call.catch(() => {})
    await expect.poll(() => openaiStub.calls.length).toBe(1)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    await expect.poll(() => openaiStub.abandoned).toBe(1)
  })

  it('holds neither a text nor a key in its errors', async () => {
    bedrockStub.reply({ fault: 'ValidationException' })
    openaiStub.reply({ status: 400, body: errorBody('m', 'x', 'y') })
    for (const resolved of [bedrock, openai]) {
      const seen = everything(await failureOf(embedOnce(resolved, ['a secret text'])))
      expect(seen).toContain('statusCode')
      expect(seen).not.toMatch(/secret|Bearer/)
    }
  })
})
