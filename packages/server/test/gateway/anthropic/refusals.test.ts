import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { refuseAnthropic } from '../../../src/gateway/anthropic/refuse.ts'
import type { Refusal, RefusalKind } from '../../../src/gateway/refusal.ts'
import { officialClient } from './support/wire.ts'

const requestId = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'
const refusalOf = (kind: RefusalKind, more: Partial<Refusal> = {}): Refusal => ({
  kind,
  code: `${kind}_code`,
  message: 'No.',
  ...more,
})

describe('a refusal', () => {
  it('has the form of the API, and names the field as the API does', () => {
    const { status, headers, body } = refuseAnthropic(refusalOf('invalid', { field: 'messages.0.content' }), requestId)
    expect(status).toBe(400)
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'request-id': requestId })
    expect(JSON.parse(body ?? '')).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'messages.0.content: No.', details: { error_code: 'invalid_code' } },
      request_id: requestId,
    })
  })

  it('of an identity says which one it wants', () => {
    expect(refuseAnthropic(refusalOf('unauthorized'), requestId).headers['www-authenticate']).toBe('Bearer')
  })

  it.each([
    [0.25, '1', '250'],
    [7, '7', '7000'],
    [undefined, '1', '1000'],
  ])('of a rate says how long to wait: %s s', (retryAfter, seconds, milliseconds) => {
    const { headers } = refuseAnthropic(refusalOf('rate_limited', retryAfter === undefined ? {} : { retryAfter }), requestId)
    expect([headers['retry-after'], headers['retry-after-ms']]).toEqual([seconds, milliseconds])
  })
})

describe("Anthropic's client, refused by a real server", () => {
  let server: Server
  let refusal: Refusal
  let attempts = 0
  const waits: number[] = []

  beforeAll(async () => {
    server = createServer((_request, response) => {
      attempts++
      const { status, headers, body } = refuseAnthropic(refusal, requestId)
      response.writeHead(status, headers).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // What the client would wait before it tries again passes at once, and is kept; timers with arguments are those of fetch.
    const { setTimeout: real } = globalThis
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, wait = 0, ...rest: []) => {
      const retry = wait < 300_000 && attempts > 0 && rest.length === 0
      if (retry) waits.push(wait)
      return real(run, retry ? 0 : wait, ...rest)
    }) as typeof setTimeout)
  })
  afterAll(async () => {
    vi.restoreAllMocks()
    await new Promise((resolve) => server.close(resolve))
  })
  beforeEach(() => {
    attempts = 0
    waits.length = 0
  })

  const ask = async (refused: Refusal): Promise<unknown> => {
    refusal = refused
    const { port } = server.address() as AddressInfo
    const client = officialClient({ baseURL: `http://127.0.0.1:${port}` })
    return client.messages
      .create({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'Hello' }] })
      .catch((error: unknown) => error)
  }

  it.each<[RefusalKind, number, string, number, new (...parts: never) => Error]>([
    ['invalid', 400, 'invalid_request_error', 1, Anthropic.BadRequestError],
    ['content', 400, 'invalid_request_error', 1, Anthropic.BadRequestError],
    ['unauthorized', 401, 'authentication_error', 1, Anthropic.AuthenticationError],
    ['budget', 402, 'billing_error', 1, Anthropic.APIError],
    ['forbidden', 403, 'permission_error', 1, Anthropic.PermissionDeniedError],
    ['closed', 403, 'permission_error', 1, Anthropic.PermissionDeniedError],
    ['not_found', 404, 'not_found_error', 1, Anthropic.NotFoundError],
    ['model_unknown', 404, 'not_found_error', 1, Anthropic.NotFoundError],
    ['method_not_allowed', 405, 'invalid_request_error', 1, Anthropic.APIError],
    ['too_large', 413, 'request_too_large', 1, Anthropic.APIError],
    ['encoding', 415, 'invalid_request_error', 1, Anthropic.APIError],
    ['internal', 500, 'api_error', 1, Anthropic.InternalServerError],
    ['rate_limited', 429, 'rate_limit_error', 3, Anthropic.RateLimitError],
    ['upstream_throttled', 529, 'overloaded_error', 3, Anthropic.InternalServerError],
    ['unavailable', 503, 'overloaded_error', 3, Anthropic.InternalServerError],
    ['upstream_failed', 502, 'api_error', 3, Anthropic.InternalServerError],
    ['upstream_timeout', 504, 'timeout_error', 3, Anthropic.InternalServerError],
  ])('takes %s for %i %s, and asks %i times in all', async (kind, status, type, times, thrown) => {
    const error = await ask(refusalOf(kind))
    expect(error).toBeInstanceOf(thrown)
    expect(error).toMatchObject({ status, type, apiMessage: 'No.', errorCode: `${kind}_code`, requestID: requestId })
    expect(attempts).toBe(times)
  })

  it.each(['rate_limited', 'upstream_throttled', 'unavailable'] as const)('waits as long as %s says', async (kind) => {
    await ask(refusalOf(kind, { retryAfter: 7.5 }))
    expect(waits).toEqual([7500, 7500])
  })

  it.each([
    [60, 3],
    [61, 1],
  ])('told to wait for %i s, asks %i times: a minute is waited for, and no more', async (retryAfter, times) => {
    await ask(refusalOf('rate_limited', { retryAfter }))
    expect(attempts).toBe(times)
  })

  it.each(['upstream_throttled', 'unavailable'] as const)(
    'backs off by itself, with jitter, where %s says nothing',
    async (kind) => {
      await ask(refusalOf(kind))
      const [first = 0, second = 0] = waits
      expect(waits).toHaveLength(2)
      expect(first).toBeGreaterThanOrEqual(375)
      expect(second).toBeGreaterThan(first)
      expect(second).toBeLessThanOrEqual(1_000)
    },
  )
})
