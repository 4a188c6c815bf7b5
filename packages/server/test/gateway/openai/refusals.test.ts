import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refuseOpenAi } from '../../../src/gateway/openai/refuse.ts'
import type { Refusal, RefusalKind } from '../../../src/gateway/refusal.ts'
import { received } from '../support/wire.ts'
import { aiSdkProvider, smallBody, smallCall } from './support/wire.ts'

const head = { id: 'a', modelId: 'm', created: 0 }
let server: Server
let client: OpenAI
let attempts = 0
/** What every request is answered. */
let refusal: Refusal = { kind: 'internal', code: 'internal', message: 'x' }
/** Whether it is answered with a stream that fails after its first word. */
let streams = false

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      attempts++
      if (streams) {
        const encoder = smallCall({ stream: true }).stream(head)
        const began = [encoder.start(), encoder.part({ type: 'text-delta', id: '1', delta: 'So' })]
        response.writeHead(200, encoder.headers)
        response.end([...began, encoder.ping(), encoder.fail(refusal)].join(''))
        return
      }
      const { status, headers, body } = refuseOpenAi(refusal, 'the-request')
      response.writeHead(status, headers)
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  client = new OpenAI({ apiKey: 'token', baseURL: `http://127.0.0.1:${port}/v1` })
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** What the official client, as it comes, makes of a refusal, and how often it asks. */
async function meet(met: Refusal): Promise<{ error: APIError; attempts: number }> {
  refusal = met
  attempts = 0
  streams = false
  const error: unknown = await client.chat.completions.create(smallBody).catch((thrown: unknown) => thrown)
  if (!(error instanceof APIError)) throw new Error('It was not refused.')
  return { error, attempts }
}

/** A thousandth of a second, so that nobody waits. */
const soon = { retryAfter: 0.001 }
const once = 1
const untilItGivesUp = 3

const expected: Record<RefusalKind, readonly [status: number, type: string, code: string, error: string, attempts: number]> = {
  invalid: [400, 'invalid_request_error', 'ours', 'BadRequestError', once],
  unauthorized: [401, 'invalid_request_error', 'invalid_api_key', 'AuthenticationError', once],
  forbidden: [403, 'invalid_request_error', 'ours', 'PermissionDeniedError', once],
  closed: [403, 'invalid_request_error', 'ours', 'PermissionDeniedError', once],
  not_found: [404, 'invalid_request_error', 'ours', 'NotFoundError', once],
  model_unknown: [404, 'invalid_request_error', 'model_not_found', 'NotFoundError', once],
  method_not_allowed: [405, 'invalid_request_error', 'ours', 'APIError', once],
  too_large: [413, 'invalid_request_error', 'ours', 'APIError', once],
  encoding: [415, 'invalid_request_error', 'ours', 'APIError', once],
  rate_limited: [429, 'rate_limit_exceeded', 'rate_limit_exceeded', 'RateLimitError', untilItGivesUp],
  budget: [429, 'insufficient_quota', 'insufficient_quota', 'RateLimitError', once],
  content: [400, 'invalid_request_error', 'content_filter', 'BadRequestError', once],
  upstream_throttled: [429, 'server_error', 'ours', 'RateLimitError', untilItGivesUp],
  upstream_failed: [502, 'server_error', 'ours', 'InternalServerError', untilItGivesUp],
  upstream_timeout: [504, 'server_error', 'ours', 'InternalServerError', untilItGivesUp],
  unavailable: [503, 'server_error', 'ours', 'InternalServerError', untilItGivesUp],
  internal: [500, 'server_error', 'ours', 'InternalServerError', once],
}

describe('a refusal, met by the official client', () => {
  it.each(Object.entries(expected) as [RefusalKind, (typeof expected)[RefusalKind]][])(
    '%s is %j',
    async (kind, [status, type, code, name, times]) => {
      const met = await meet({ kind, code: 'ours', message: 'For people.', field: 'messages.0', ...soon })
      expect(met.error.constructor.name).toBe(name)
      expect(met.error).toMatchObject({ status, type, code, param: 'messages.0', requestID: 'the-request' })
      expect(met.error.message).toContain('For people.')
      expect(met.attempts).toBe(times)
    },
  )

  it('is final where the wait is longer than clients wait, for they would come back at once', async () => {
    expect(await meet({ kind: 'rate_limited', code: 'rate_limited', message: 'x', retryAfter: 61 })).toMatchObject({
      attempts: once,
    })
  })

  it('says how long to wait, in whole seconds and in milliseconds, where it is known', () => {
    const headersOf = (retryAfter?: number) =>
      refuseOpenAi({ kind: 'rate_limited', code: 'x', message: 'x', ...(retryAfter === undefined ? {} : { retryAfter }) }, 'r')
        .headers
    expect(headersOf(1.2)).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1200' })
    expect(headersOf(60)).not.toHaveProperty('x-should-retry')
    expect(headersOf()).not.toHaveProperty('retry-after')
    expect(headersOf()).not.toHaveProperty('retry-after-ms')
  })

  it('names no field where none is wrong, and asks for a token where there was none', () => {
    const { headers, body } = refuseOpenAi({ kind: 'unauthorized', code: 'token_missing', message: 'No token.' }, 'r')
    expect(headers).toMatchObject({
      'www-authenticate': 'Bearer',
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    expect(JSON.parse(body ?? '')).toStrictEqual({
      error: { message: 'No token.', type: 'invalid_request_error', param: null, code: 'invalid_api_key' },
    })
  })
})

describe('a stream that fails after it began', () => {
  const broken: Refusal = { kind: 'upstream_failed', code: 'model_failed', message: 'The model\nbroke off.' }

  it('gives the official client what came, then the error, and is not asked for again', async () => {
    refusal = broken
    attempts = 0
    streams = true
    const read: string[] = []
    const reading = async (): Promise<void> => {
      for await (const chunk of await client.chat.completions.create({ ...smallBody, stream: true }))
        read.push(chunk.choices[0]?.delta.content ?? '')
    }
    await expect(reading()).rejects.toMatchObject({
      code: 'model_failed',
      type: 'server_error',
      error: { message: broken.message },
    })
    expect(read.join('')).toBe('So')
    expect(attempts).toBe(1)
  })

  it('gives the AI SDK the error, and never says that it is done', async () => {
    const encoder = smallCall({ stream: true }).stream(head)
    const text = [encoder.start(), encoder.fail(broken)].join('')
    expect(text).not.toContain('[DONE]')
    const provider = aiSdkProvider(() => new Response(text, { headers: encoder.headers }))
    const { stream } = await provider
      .chatModel('m')
      .doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] })
    const read = await received(stream)
    expect(read).toContainEqual(
      expect.objectContaining({ type: 'error', error: expect.objectContaining({ code: 'model_failed' }) }),
    )
    expect(read.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'error' } })
  })
})
