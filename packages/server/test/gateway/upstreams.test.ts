/** Providers that fail in every way, behind every protocol: a typed refusal each time, nothing of theirs in it, nothing left behind. */
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, call } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { chunk, errorBody, type OpenAIReply, OpenAIStub } from '../../../models/test/openai-stub.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

const secret = 'a-secret-of-the-provider'
const claude = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
const messages = [{ role: 'user', content: 'x' }]
const blocks = [{ role: 'user', content: [{ text: 'x' }] }]

interface Protocol {
  readonly path: string
  readonly body: object
  readonly streamed?: true
  /** Its own statuses and words of a provider's fault, and of a throttle. */
  readonly failed: readonly [number, string]
  readonly throttled: readonly [number, string]
  readonly refused: readonly [number, string]
  /** What a stream says that fails in the middle. */
  readonly broken?: string
}

const openAi = {
  failed: [502, 'server_error'],
  throttled: [429, 'server_error'],
  refused: [400, 'invalid_request_error'],
} as const
const anthropic = {
  failed: [502, 'api_error'],
  throttled: [529, 'overloaded_error'],
  refused: [400, 'invalid_request_error'],
} as const
const bedrock = {
  failed: [424, 'ModelErrorException'],
  throttled: [429, 'ThrottlingException'],
  refused: [400, 'ValidationException'],
} as const

const protocols: Readonly<Record<string, Protocol>> = {
  openai: { path: '/v1/chat/completions', body: { model: claude, messages }, ...openAi },
  'openai, streamed': {
    path: '/v1/chat/completions',
    body: { model: claude, messages, stream: true },
    streamed: true,
    ...openAi,
    broken: '"type":"server_error"',
  },
  anthropic: { path: '/v1/messages', body: { model: claude, max_tokens: 9, messages }, ...anthropic },
  'anthropic, streamed': {
    path: '/v1/messages',
    body: { model: claude, max_tokens: 9, messages, stream: true },
    streamed: true,
    ...anthropic,
    broken: '"type":"api_error"',
  },
  converse: { path: `/model/${claude}/converse`, body: { messages: blocks }, ...bedrock },
  'converse, streamed': {
    path: `/model/${claude}/converse-stream`,
    body: { messages: blocks },
    streamed: true,
    ...bedrock,
    broken: 'modelStreamErrorException',
  },
  invoke: { path: `/model/${claude}/invoke`, body: { max_tokens: 9, messages }, ...bedrock },
  'invoke, streamed': {
    path: `/model/${claude}/invoke-with-response-stream`,
    body: { max_tokens: 9, messages },
    streamed: true,
    ...bedrock,
    broken: 'modelStreamErrorException',
  },
}
const all = Object.entries(protocols)
const streams = all.filter(([, { streamed }]) => streamed)

let stub: OpenAIStub
let server: TestServer
let token: string
beforeAll(async () => {
  stub = await OpenAIStub.start()
  server = await startTestServer({ PLINTH_MODEL: 'openai-compatible/x', PLINTH_MODEL_BASE_URL: stub.url })
  token = await server.token()
})
beforeEach(async () => {
  stub.reset()
  // Five faults in a row would have the model left alone for a while.
  expect((await ask(protocols.openai)).status).toBe(200)
  stub.reset()
})
afterAll(() => stub.close())

function ask(
  protocol: Protocol | undefined,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<unknown>> {
  return call(server.url, protocol?.path ?? '', { token, body: { ...protocol?.body, ...more }, headers })
}

/** What an answer calls what went wrong. */
function wordOf({ headers, body }: Answer<unknown>): string {
  const { error } = body as { readonly error?: { readonly type: string } }
  return headers.get('x-amzn-errortype') ?? error?.type ?? ''
}

function expectRefused(answer: Answer<unknown>, [status, word]: readonly [number, string]): void {
  expect([answer.status, wordOf(answer)], answer.text).toEqual([status, word])
  expect(answer.text).not.toContain(secret)
  expect(JSON.stringify([...answer.headers])).not.toContain(secret)
  expect(answer.headers.get('x-request-id')).toMatch(/\S/)
}

/** A stream's text and its words of an error, whatever its protocol. */
function read(bytes: Uint8Array): string {
  if (!Buffer.from(bytes.subarray(0, 200)).includes(':event-type')) return Buffer.from(bytes).toString()
  const utf8 = { decode: (input: Uint8Array) => Buffer.from(input).toString(), encode: (input: string) => Buffer.from(input) }
  const codec = new EventStreamCodec(utf8.decode, utf8.encode)
  const said: string[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.byteLength; ) {
    const length = view.getUint32(at)
    if (at + length > bytes.byteLength) break
    const { headers, body } = codec.decode(bytes.subarray(at, at + length))
    const whole = utf8.decode(body)
    const inner = (JSON.parse(whole) as { readonly bytes?: string }).bytes
    said.push(
      Object.values(headers)
        .map(({ value }) => value)
        .join(' '),
      whole,
      Buffer.from(inner ?? '', 'base64').toString(),
    )
    at += length
  }
  return said.join('\n')
}

async function stream(protocol: Protocol | undefined, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify(protocol?.body)
  return fetch(server.url + protocol?.path, { method: 'POST', headers, body, ...(signal ? { signal } : {}) })
}

const nonsense = `<html>${secret}</html>`
const faults: Readonly<Record<string, readonly [OpenAIReply, 'failed' | 'throttled' | 'refused']>> = {
  'a reset': ['reset', 'failed'],
  'a 500': [{ status: 500, body: errorBody(secret, 'server_error', null) }, 'failed'],
  'a 503 without a form': [{ status: 503, body: nonsense, headers: { 'content-type': 'text/html' } }, 'failed'],
  'a 401': [{ status: 401, body: errorBody(secret, 'invalid_request_error', 'invalid_api_key') }, 'failed'],
  'a 403': [{ status: 403, body: nonsense }, 'failed'],
  'a 404': [{ status: 404, body: errorBody(secret, 'invalid_request_error', 'model_not_found') }, 'refused'],
  'a 400': [{ status: 400, body: errorBody(secret, 'invalid_request_error', null) }, 'refused'],
  'a 402': [{ status: 402, body: errorBody(secret, 'billing_error', null) }, 'failed'],
  'a spent quota': [{ status: 429, body: errorBody(secret, 'insufficient_quota', 'insufficient_quota') }, 'failed'],
  'another status': [{ status: 299, body: nonsense }, 'failed'],
  'a redirect': [{ status: 307, body: nonsense, headers: { location: `http://127.0.0.1:1/${secret}` } }, 'failed'],
  'no JSON': [{ status: 200, body: nonsense }, 'failed'],
  'another JSON': [{ completion: { [secret]: secret } }, 'failed'],
  'half a JSON': [{ status: 200, body: '{"id":"chatcmpl-123","choices":[' }, 'failed'],
  'a body that is shorter than it says': [{ status: 200, body: '{}', headers: { 'content-length': '1000' } }, 'failed'],
  'an error in an answer': [{ status: 200, body: errorBody(secret, 'server_error', null) }, 'failed'],
}

// What becomes of a fault is decided before its protocol is: a few show that each has its words, one of each kind shows all.
const few = ['a reset', 'a 400', 'a spent quota']

describe.each(all)('%s', (name, protocol) => {
  const tried = Object.entries(faults).filter(([fault]) => name.startsWith('openai') || few.includes(fault))
  it.each(tried)('has its own words for %s', async (_, [reply, kind]) => {
    // Tried once more at most; then it is told.
    stub.reply(reply, reply)
    expectRefused(await ask(protocol), protocol[kind])
    expect(stub.calls.length).toBeLessThanOrEqual(2)
  })
})

it('a fault that would come again ends the tries of clients; one that came too often says when to come back, and nobody is asked', async () => {
  const own = await startTestServer({ PLINTH_MODEL: 'openai-compatible/z', PLINTH_MODEL_BASE_URL: stub.url })
  const bearer = await own.token()
  const askOwn = ({ path, body }: Protocol): Promise<Answer<unknown>> => call(own.url, path, { token: bearer, body })
  const retrying = all.filter(([, { path }]) => path.startsWith('/v1'))
  for (const [, protocol] of retrying) {
    stub.reply({ status: 401, body: errorBody(secret, 'invalid_request_error', 'invalid_api_key') })
    expect((await askOwn(protocol)).headers.get('x-should-retry')).toBe('false')
  }
  for (let fault = 0; fault < 5; fault++) {
    stub.reply({ status: 500, body: nonsense }, { status: 500, body: nonsense })
    await askOwn(protocols.openai as Protocol)
  }
  const calls = stub.calls.length
  for (const [, protocol] of all) {
    const refused = await askOwn(protocol)
    expect(refused.status, refused.text).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect(stub.calls).toHaveLength(calls)
  await own.stop()
})

it('a throttle that passes is waited for; one that says how long is told, and holds the next calls back too', async () => {
  // Of its own: what a provider says about its model, all calls of that model heed.
  const own = await startTestServer({ PLINTH_MODEL: 'openai-compatible/y', PLINTH_MODEL_BASE_URL: stub.url })
  const bearer = await own.token()
  const askOwn = (protocol: Protocol): Promise<Answer<unknown>> =>
    call(own.url, protocol.path, { token: bearer, body: protocol.body })
  const throttle = { status: 429, body: errorBody(secret, 'rate_limit_exceeded', null) }
  stub.reply({ ...throttle, headers: { 'retry-after': '0.01' } })
  for (const [, protocol] of all.slice(0, 1)) expect((await askOwn(protocol)).status).toBe(200)
  expect(stub.calls).toHaveLength(2)
  stub.reply({ ...throttle, headers: { 'retry-after': '50' } })
  for (const [, protocol] of all) {
    const refused = await askOwn(protocol)
    expectRefused(refused, protocol.throttled)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(40)
  }
  expect(stub.calls).toHaveLength(3)
  await own.stop()
})

const one = chunk({ role: 'assistant', content: 'first' })
const broken: Readonly<Record<string, readonly (string | 'reset')[]>> = {
  'a reset': [one, 'reset'],
  'an end without an end': [one],
  'a broken line': [one, `data: {"choices":[{"delta":{"content":"${secret}\n\n`],
  'another JSON': [one, `data: {"${secret}":1}\n\n`],
  'no JSON': [one, `data: ${secret}\n\n`],
  'an error': [one, `data: ${errorBody(secret, 'server_error', null)}\n\n`],
  'a line without an end': [one, `data: ${'x'.repeat(9 * 1024 * 1024)}`],
}

describe.each(streams)('%s', (_, protocol) => {
  it.each(Object.entries(broken))('tells of %s in the middle, in its own way, and ends', async (_, parts) => {
    stub.reply({ stream: parts })
    const response = await stream(protocol)
    expect(response.status).toBe(200)
    const said = read(await response.bytes())
    expect(said).toContain('first')
    expect(said).toContain(protocol.broken)
    expect(said).not.toContain(secret)
    expect(said).not.toMatch(/\[DONE\]|message_stop|messageStop/)
  })

  it('gives the first byte as soon as the provider does, and what follows as it comes', async () => {
    const steps = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
    stub.reply({
      stream: [
        chunk({ role: 'assistant', content: 'one' }),
        steps[0]?.promise ?? 'reset',
        chunk({ content: 'two' }),
        steps[1]?.promise ?? 'reset',
        chunk({}, 'stop'),
        'data: [DONE]\n\n',
      ],
    })
    const response = await stream(protocol)
    const reader = response.body?.getReader()
    let bytes = new Uint8Array()
    const readUntil = async (word: string): Promise<void> => {
      for (;;) {
        if (read(bytes).includes(word)) return
        const next = await reader?.read()
        if (!next || next.done) throw new Error(`It ended without ${word}.`)
        bytes = Buffer.concat([bytes, next.value])
      }
    }
    await readUntil('one')
    expect(read(bytes)).not.toContain('two')
    steps[0]?.resolve()
    await readUntil('two')
    steps[1]?.resolve()
    while (!(await reader?.read())?.done);
  })

  it('ends the call when the client goes, and counts what it had', async () => {
    const before = await usage()
    const never = new Promise<void>(() => {})
    stub.reply({ stream: [chunk({ role: 'assistant', content: 'Some words that were sent.' }), never] })
    const gone = new AbortController()
    const response = await stream(protocol, gone.signal)
    await response.body?.getReader().read()
    gone.abort()
    await until('the end of the call', () => stub.abandoned === 1)
    const after = await until('its usage', async () => {
      const now = await usage()
      return now.requests > before.requests && now
    })
    expect(after.requests).toBe(before.requests + 1)
    expect(after.input_tokens).toBeGreaterThan(before.input_tokens)
    expect(after.output_tokens).toBeGreaterThan(before.output_tokens)
  })
})

interface Usage {
  readonly requests: number
  readonly input_tokens: number
  readonly output_tokens: number
}

async function usage(): Promise<Usage> {
  const admin = await server.token({ permissions: ['*'] })
  return (await call<{ total: Usage }>(server.url, '/api/tenants/demo/usage', { token: admin })).body.total
}

describe('a client that reads nothing', () => {
  it('holds up its provider, fills no memory, and ends the call when it goes', async () => {
    let written = 0
    let ended = 0
    // As fast as it is read, for ever.
    const firehose = createServer((request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const piece = chunk({ role: 'assistant', content: 'x'.repeat(1_000) })
      const write = (): void => {
        while (!response.destroyed && response.write(piece)) written += piece.length
        written += piece.length
      }
      response.on('drain', write)
      response.on('close', () => ended++)
      write()
    })
    await new Promise<void>((resolve) => firehose.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(firehose.address() as AddressInfo).port}/v1`
    const own = await startTestServer({ PLINTH_MODEL: 'openai-compatible/x', PLINTH_MODEL_BASE_URL: base })
    const bearer = await own.token()
    const gone = new AbortController()
    const readers = streams.map(([, { path, body }]) =>
      fetch(own.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: gone.signal,
      }),
    )
    expect((await Promise.all(readers)).map(({ status }) => status)).toEqual(streams.map(() => 200))
    let last = -1
    let still = 0
    await until('a standstill', () => {
      still = written === last ? still + 1 : 0
      last = written
      return still > 20
    })
    // Sockets and queues of four calls, on both sides.
    expect(written).toBeLessThan(80 * 1024 * 1024)
    gone.abort()
    await until('the end of all calls', () => ended === streams.length)
    await own.stop()
    firehose.closeAllConnections()
    await new Promise((resolve) => firehose.close(resolve))
  })
})

describe('who is asked', () => {
  it('is what the settings say, whatever a header or a body says', async () => {
    const reached: string[] = []
    const sockets = new Set<Socket>()
    const elsewhere = createSocketServer((socket) => {
      sockets.add(socket)
      socket.on('data', (bytes: Buffer) => reached.push(bytes.toString()))
      socket.on('error', () => {})
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const place = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
    const url = `http://${place}/v1`
    const headers: Record<string, string> = {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': url,
      'x-portkey-config': JSON.stringify({ provider: 'openai', custom_host: url }),
      'x-base-url': url,
      'x-openai-base-url': url,
      'x-amz-bedrock-endpoint': url,
      'helicone-target-url': url,
      'x-litellm-api-base': url,
      'x-upstream': url,
      'x-original-url': '/api/requests',
      'x-rewrite-url': '/api/requests',
      'x-forwarded-host': place,
      'x-forwarded-for': '127.0.0.1',
      'x-http-method-override': 'GET',
      forwarded: `host=${place};proto=http`,
      via: place,
      'x-plinth-forwarded-from': 'elsewhere',
    }
    const body = {
      ...{ base_url: url, api_base: url, baseURL: url, endpoint: url, endpoint_url: url, url, custom_host: url, host: place },
      ...{
        api_key: 'another',
        provider: { base_url: url },
        extra_body: { base_url: url },
        extra_headers: headers,
        fallbacks: [url],
      },
      ...{ additionalModelRequestFields: { base_url: url }, metadata: { base_url: url }, requestMetadata: { base_url: url } },
    }
    for (const [name, protocol] of all) {
      const { status, text: said } = await ask(protocol, body, headers)
      expect(status, `${name}: ${said}`).toBe(200)
    }
    expect(stub.calls).toHaveLength(all.length)
    expect(JSON.stringify(stub.calls)).not.toContain(place)
    for (const id of [url, `openai-compatible/${url}`, `openai-compatible/../${place}`, `http://${place}/x`]) {
      expect((await ask(protocols.openai, { model: id })).status).toBe(404)
      expect(
        (await call(server.url, `/model/${encodeURIComponent(id)}/converse`, { token, body: { messages: blocks } })).status,
      ).toBe(404)
    }
    // An image that is named by its address is the provider's to fetch, where it does that; never ours.
    const picture = `http://${place}/a.png`
    const image = (part: object): object => ({ messages: [{ role: 'user', content: [part] }] })
    for (const [protocol, part] of [
      [protocols.openai, { type: 'image_url', image_url: { url: picture } }],
      [protocols.anthropic, { type: 'image', source: { type: 'url', url: picture } }],
      [protocols.converse, { image: { format: 'png', source: { s3Location: { uri: picture } } } }],
    ] as const)
      expect([200, 400]).toContain((await ask(protocol, image(part))).status)
    expect(reached).toEqual([])
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => elsewhere.close(resolve))
  })
})

it('nothing is left open after all that', async () => {
  const count = (): number => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length
  const round = async (): Promise<void> => {
    for (const [, protocol] of all) {
      stub.reply('reset')
      expect((await (await stream(protocol)).bytes()).length).toBeGreaterThan(0)
    }
  }
  await round()
  const before = count()
  for (let rounds = 0; rounds < 3; rounds++) await round()
  await until('as few as before', () => count() <= before + 4)
})
