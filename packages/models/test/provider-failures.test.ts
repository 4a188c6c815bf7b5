import { APICallError } from '@ai-sdk/provider'
import type { FailureKind, ResolvedModel } from '@plinth/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../src/index.ts'
import { answerOf, type BedrockReply, BedrockStub, eventsOf, hello } from './bedrock-stub.ts'
import { callOnce, everything, failureOf, type Way, ways } from './call.ts'
import { chunk, chunks, completion, done, errorBody, type OpenAIReply, OpenAIStub } from './openai-stub.ts'
import { HandClock, promptOf, readAll } from './support.ts'

const clock = new HandClock()
let bedrockStub: BedrockStub
let openaiStub: OpenAIStub
let bedrock: ResolvedModel
let openai: ResolvedModel

beforeAll(async () => {
  bedrockStub = await BedrockStub.start({ bearerToken: 'key' })
  openaiStub = await OpenAIStub.start()
  const reached = { region: 'eu-central-1', endpoint: bedrockStub.url, bearerToken: 'key' }
  bedrock = createModels({ model: 'bedrock/amazon.nova-pro-v1:0', bedrock: reached, clock }).resolve()
  openai = createModels({ model: 'openai-compatible/m', openAICompatible: { baseUrl: openaiStub.url }, clock }).resolve()
})
beforeEach(() => {
  bedrockStub.reset()
  openaiStub.reset()
})
afterAll(async () => {
  await bedrockStub.close()
  await openaiStub.close()
})

type Row<Reply> = readonly [name: string, reply: Reply, kind: FailureKind, code: string, ways?: readonly Way[]]

const page = '<html><head><title>502 Bad Gateway</title></head><body>insufficient_quota ThrottlingException</body></html>'
const html = { 'content-type': 'text/html' }
const streamed: readonly Way[] = ['streamed']
const whole: readonly Way[] = ['whole']
const begun = eventsOf(hello).slice(0, 4)

const ofBedrock: readonly Row<BedrockReply>[] = [
  ['ThrottlingException', { fault: 'ThrottlingException' }, 'throttle', 'model_throttled'],
  ['ModelNotReadyException', { fault: 'ModelNotReadyException' }, 'throttle', 'model_throttled'],
  ['ServiceQuotaExceededException', { fault: 'ServiceQuotaExceededException' }, 'quota', 'model_quota'],
  ['ValidationException', { fault: 'ValidationException' }, 'permanent', 'model_request_refused'],
  ['ResourceNotFoundException', { fault: 'ResourceNotFoundException' }, 'permanent', 'model_gone'],
  ['AccessDeniedException', { fault: 'AccessDeniedException' }, 'permanent', 'model_access_denied'],
  ['ModelTimeoutException', { fault: 'ModelTimeoutException' }, 'transient', 'model_unavailable'],
  ['ModelErrorException', { fault: 'ModelErrorException' }, 'transient', 'model_unavailable'],
  ['InternalServerException', { fault: 'InternalServerException' }, 'transient', 'model_unavailable'],
  ['ServiceUnavailableException', { fault: 'ServiceUnavailableException' }, 'transient', 'model_unavailable'],
  [
    'a type in the body alone',
    { status: 400, body: '{"__type":"com.amazon.coral#ThrottlingException","message":"m"}' },
    'throttle',
    'model_throttled',
  ],
  ['a message in capitals', { status: 403, body: '{"Message":"User is not authorized"}' }, 'permanent', 'model_access_denied'],
  ['an empty fault', { status: 503, body: '' }, 'transient', 'model_unavailable'],
  ["a proxy's page", { status: 502, body: page, headers: html }, 'transient', 'model_unavailable'],
  ["a proxy's page, as 200", { status: 200, body: page, headers: html }, 'transient', 'model_unavailable', whole],
  ["a proxy's page for a stream, as 200", { status: 200, body: page, headers: html }, 'transient', 'model_failed', streamed],
  ['JSON that breaks off', { status: 200, body: '{"output":{"mess' }, 'transient', 'model_unavailable', whole],
  ['JSON of another form', { status: 200, body: '{"output":[]}' }, 'transient', 'model_unavailable', whole],
  ['nothing, as 200', { status: 200, body: '' }, 'transient', 'model_unavailable', whole],
  ['nothing for a stream, as 200', { status: 200, body: '' }, 'transient', 'model_answer_cut', streamed],
  ['a redirect', { status: 307, body: '', headers: { location: 'http://127.0.0.1:9/' } }, 'transient', 'model_unavailable'],
  ['no text', { answer: answerOf('') }, 'transient', 'model_answer_empty'],
  ['a filter and no text', { answer: answerOf('', { stopReason: 'content_filtered' }) }, 'content', 'model_content_refused'],
  [
    'output that makes no sense',
    { answer: answerOf('x', { stopReason: 'malformed_model_output' }) },
    'transient',
    'model_answer_cut',
  ],
  ['a connection that breaks at once', 'reset', 'transient', 'model_unavailable'],
  ['a connection that breaks in the stream', { stream: [...begun, 'reset'] }, 'transient', 'model_unavailable', streamed],
  ['a stream that ends without a reason', { stream: begun }, 'transient', 'model_answer_cut', streamed],
  [
    'throttlingException in the stream',
    { stream: [...begun, { exception: 'ThrottlingException' }] },
    'throttle',
    'model_throttled',
    streamed,
  ],
  [
    'throttlingException as the first frame',
    { stream: [{ exception: 'ThrottlingException' }] },
    'throttle',
    'model_throttled',
    streamed,
  ],
  [
    'validationException in the stream',
    { stream: [...begun, { exception: 'ValidationException' }] },
    'permanent',
    'model_request_refused',
    streamed,
  ],
  ...(['ModelStreamErrorException', 'InternalServerException', 'ServiceUnavailableException'] as const).map(
    (exception): Row<BedrockReply> => [
      `${exception} in the stream`,
      { stream: [...begun, { exception }] },
      'transient',
      'model_unavailable',
      streamed,
    ],
  ),
]

const begunChunks = chunks().slice(0, 3)
const inStream = (body: string): OpenAIReply => ({ stream: [...begunChunks, `data: ${body}\n\n`, done] })

const ofOpenAI: readonly Row<OpenAIReply>[] = [
  ['rate_limit_exceeded', { status: 429, body: errorBody('m', 'tokens', 'rate_limit_exceeded') }, 'throttle', 'model_throttled'],
  [
    'insufficient_quota',
    { status: 429, body: errorBody('m', 'insufficient_quota', 'insufficient_quota') },
    'quota',
    'model_quota',
  ],
  [
    'insufficient_quota in a form of its own',
    { status: 429, body: '{"code":"insufficient_quota","message":"m"}' },
    'quota',
    'model_quota',
  ],
  ['429 alone', { status: 429, body: 'Too many requests' }, 'throttle', 'model_throttled'],
  ['402', { status: 402, body: errorBody('Insufficient credits', 'x', 402) }, 'quota', 'model_quota'],
  [
    'invalid_api_key',
    { status: 401, body: errorBody('m', 'invalid_request_error', 'invalid_api_key') },
    'permanent',
    'model_access_denied',
  ],
  [
    'context_length_exceeded',
    { status: 400, body: errorBody('m', 'invalid_request_error', 'context_length_exceeded') },
    'permanent',
    'model_request_refused',
  ],
  ['content_filter', { status: 400, body: errorBody('m', 'x', 'content_filter') }, 'content', 'model_content_refused'],
  [
    'a model that is not there',
    { status: 404, body: '{"error":{"message":"model \\"m\\" not found","type":"api_error"}}' },
    'permanent',
    'model_request_refused',
  ],
  ['an error that is a text', { status: 500, body: '{"error":"out of memory"}' }, 'transient', 'model_unavailable'],
  [
    'a model that is still being loaded',
    { status: 503, body: errorBody('Loading model', 'unavailable_error', 503) },
    'transient',
    'model_unavailable',
  ],
  ["a proxy's page", { status: 502, body: page, headers: html }, 'transient', 'model_unavailable'],
  ["a proxy's page, as 200", { status: 200, body: page, headers: html }, 'transient', 'model_unavailable', whole],
  ["a proxy's page for a stream, as 200", { status: 200, body: page, headers: html }, 'transient', 'model_failed', streamed],
  ['JSON that breaks off', { status: 200, body: '{"choices":[{"mess' }, 'transient', 'model_unavailable', whole],
  ['no choices', { completion: completion({}, 'stop', { choices: [] }) }, 'transient', 'model_failed', whole],
  ['a redirect', { status: 302, body: '', headers: { location: 'http://127.0.0.1:9/' } }, 'transient', 'model_unavailable'],
  ['no text', { completion: completion({ content: '' }) }, 'transient', 'model_answer_empty', whole],
  [
    'no text in the stream',
    { stream: [chunk({ content: '' }), chunk({}, 'stop'), done] },
    'transient',
    'model_answer_empty',
    streamed,
  ],
  [
    'a filter and no text',
    { completion: completion({ content: null }, 'content_filter') },
    'content',
    'model_content_refused',
    whole,
  ],
  ['a connection that breaks at once', 'reset', 'transient', 'model_unavailable'],
  ['a connection that breaks in the stream', { stream: [...begunChunks, 'reset'] }, 'transient', 'model_unavailable', streamed],
  ['a stream that ends without a reason', { stream: begunChunks }, 'transient', 'model_failed', streamed],
  [
    'a throttle in the stream',
    inStream(errorBody('m', 'tokens', 'rate_limit_exceeded')),
    'throttle',
    'model_throttled',
    streamed,
  ],
  ['a quota in the stream', inStream(errorBody('m', 'insufficient_quota', null)), 'quota', 'model_quota', streamed],
  ['a status in the stream', inStream(errorBody('m', 'TooManyRequestsError', 429)), 'throttle', 'model_throttled', streamed],
  ['a refusal in the stream', inStream(errorBody('m', 'BadRequestError', 400)), 'permanent', 'model_request_refused', streamed],
  ['a fault in the stream', inStream(errorBody('m', 'InternalServerError', 500)), 'transient', 'model_unavailable', streamed],
  ['an error in the stream that is a text', inStream('{"error":"out of memory"}'), 'transient', 'model_failed', streamed],
  ['JSON that breaks off in the stream', inStream('{"choices":[{"del'), 'transient', 'model_failed', streamed],
]

type Case<Reply> = readonly [way: Way, name: string, reply: Reply, kind: FailureKind, code: string]

function both<Reply>(rows: readonly Row<Reply>[]): readonly Case<Reply>[] {
  return rows.flatMap(([name, reply, kind, code, some = ways]) => some.map((way): Case<Reply> => [way, name, reply, kind, code]))
}

describe('a call that fails is sorted rightly [X9, X10, X19]', () => {
  it.each(both(ofBedrock))('Bedrock, %s: %s', async (way, _, reply, kind, code) => {
    bedrockStub.reply(reply)
    const failure = await failureOf(callOnce(bedrock, way))
    expect([failure.kind, failure.code]).toEqual([kind, code])
    expect(failure.message).not.toContain('The words of')
    expect(bedrockStub.calls).toHaveLength(1)
  })

  it.each(both(ofOpenAI))('OpenAI-compatible, %s: %s', async (way, _, reply, kind, code) => {
    openaiStub.reply(reply)
    const failure = await failureOf(callOnce(openai, way))
    expect([failure.kind, failure.code]).toEqual([kind, code])
    expect(openaiStub.calls).toHaveLength(1)
  })

  it('nobody listens', async () => {
    const gone = await OpenAIStub.start()
    const { url } = gone
    await gone.close()
    const reached = { region: 'eu-central-1', endpoint: url, bearerToken: 'key' }
    const models = [
      createModels({ model: 'openai-compatible/m', openAICompatible: { baseUrl: url }, clock }),
      createModels({ model: 'bedrock/amazon.nova-pro-v1:0', bedrock: reached, clock }),
    ]
    for (const each of models)
      for (const way of ways)
        expect(await failureOf(callOnce(each.resolve(), way))).toMatchObject({ kind: 'transient', code: 'model_unavailable' })
  })
})

describe('how long to wait is taken from the answer [X9]', () => {
  const later = (seconds: number): string => new Date(Math.floor(Date.now() / 1000) * 1000 + seconds * 1000).toUTCString()
  it.each([
    ['7', 7, 7],
    ['0.5', 0.5, 0.5],
    // The answer's own date may be a second later than the one computed here.
    [later(30), 25, 30],
  ])('%s', async (value, least, most) => {
    const headers = { 'retry-after': value }
    for (const way of ways) {
      bedrockStub.reply({ fault: 'ThrottlingException', headers })
      openaiStub.reply({ status: 429, body: errorBody('m', 'requests', 'rate_limit_exceeded'), headers })
      for (const model of [bedrock, openai]) {
        const { retryAfter } = await failureOf(callOnce(model, way))
        expect(retryAfter).toBeGreaterThanOrEqual(least)
        expect(retryAfter).toBeLessThanOrEqual(most)
      }
    }
  })
})

describe('an error', () => {
  it('holds neither the prompt nor a key', async () => {
    const secret = 'the words of the prompt'
    for (const way of ways) {
      bedrockStub.reply({ fault: 'ValidationException' }, 'reset', { status: 200, body: '{' })
      openaiStub.reply({ status: 400, body: errorBody('m', 'x', 'y') }, 'reset', { status: 200, body: '{' })
      for (const model of [bedrock, openai]) {
        for (let turn = 0; turn < 3; turn++) {
          const failure = await failureOf(callOnce(model, way, { prompt: secret })).catch((error: unknown) => error as Error)
          const seen = everything(failure)
          expect(seen).not.toContain(secret)
          expect(seen).not.toContain('Bearer')
        }
      }
    }
  })

  it('in a stream is an API error, whatever the provider made of it', async () => {
    bedrockStub.reply({ stream: [...begun, { exception: 'ThrottlingException' }] })
    openaiStub.reply(inStream(errorBody('m', 'tokens', 'rate_limit_exceeded')))
    for (const { model } of [bedrock, openai]) {
      const parts = await readAll((await model.doStream({ prompt: promptOf('x') })).stream)
      const error = parts.find((part) => part.type === 'error')
      expect(error?.type === 'error' && APICallError.isInstance(error.error)).toBe(true)
    }
  })
})
