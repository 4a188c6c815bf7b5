import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { APICallError, type LanguageModelV4, type LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../src/index.ts'
import { OpenAICompatibleServer } from '../src/openai-compatible/server.ts'
import { chunk, chunks, completion, done, errorBody, OpenAIStub } from './openai-stub.ts'
import { HandClock, promptOf, readAll } from './support.ts'

const prompt = promptOf('the words of the prompt')
let stub: OpenAIStub
let model: LanguageModelV4
const servers: Server[] = []

beforeAll(async () => {
  stub = await OpenAIStub.start()
  model = modelAt(stub.url)
})
beforeEach(() => stub.reset())
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
afterAll(() => stub.close())

function modelAt(baseUrl: string): LanguageModelV4 {
  const openAICompatible = { baseUrl, apiKey: 'key' }
  return createModels({ model: 'openai-compatible/m', openAICompatible, clock: new HandClock() }).resolve().model
}

async function serve(listener: RequestListener, path = '/v1'): Promise<LanguageModelV4> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return modelAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
}

/** What a call of either kind fails with. */
async function faults(ask: LanguageModelV4, signal?: AbortSignal): Promise<readonly unknown[]> {
  const options = { prompt, ...(signal && { abortSignal: signal }) }
  const faultOf = (call: PromiseLike<unknown>): PromiseLike<unknown> => call.then(undefined, (error: unknown) => error)
  return [await faultOf(ask.doGenerate(options)), await faultOf(ask.doStream(options))]
}

describe('a caller who gives up', () => {
  const reason = new Error('enough')

  it('before the call sends nothing', async () => {
    expect(await faults(model, AbortSignal.abort(reason))).toEqual([reason, reason])
    expect(stub.calls).toEqual([])
  })

  it('while the server is being reached sends nothing', async () => {
    const controller = new AbortController()
    const server = new OpenAICompatibleServer({ baseUrl: stub.url })
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
    const request = { path: '/chat/completions', body } as const
    // The connection is begun, and can't be there before this turn ends.
    const call = server.ask({ ...request, signal: controller.signal }, () => 'read')
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    // And nothing of it is left in the way of the next.
    expect(await server.ask(request, () => 'read')).toMatchObject({ answer: 'read' })
    expect(stub.calls).toHaveLength(1)
  })

  it('by leaving the stream lets the connection go', async () => {
    stub.reply({ stream: [chunk({ content: 'a' }), new Promise<void>(() => {})] })
    const { stream } = await model.doStream({ prompt })
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    await expect.poll(() => stub.abandoned).toBe(1)
  })

  it('in the middle of a stream is told so', async () => {
    const controller = new AbortController()
    stub.reply({ stream: [chunk({ content: 'a' }), new Promise<void>(() => {})] })
    const { stream } = await model.doStream({ prompt, abortSignal: controller.signal })
    const reading = readAll(stream)
    controller.abort(reason)
    await expect(reading).rejects.toBe(reason)
    await expect.poll(() => stub.abandoned).toBe(1)
  })

  it('too late changes nothing', async () => {
    const controller = new AbortController()
    await model.doGenerate({ prompt })
    stub.reset()
    const { stream } = await model.doStream({ prompt, abortSignal: controller.signal })
    const parts = await readAll(stream)
    await model.doGenerate({ prompt, abortSignal: controller.signal })
    controller.abort(reason)
    expect(parts.at(-1)?.type).toBe('finish')
    await model.doGenerate({ prompt })
    expect(stub.abandoned).toBe(0)
    // The one may still be on its way back when the next call begins.
    expect(stub.connections).toBeLessThanOrEqual(1)
  })
})

describe('a reader who is slow', () => {
  it('slows the server down, and misses nothing', async () => {
    const events = 20_000
    const event = chunk({ content: 'x'.repeat(1_000) })
    let sent = 0
    const slow = await serve((request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const write = (): void => {
        while (sent < events) {
          sent++
          if (!response.write(event)) return
        }
        response.end(`${chunk({}, 'stop')}${done}`)
      }
      response.on('drain', write)
      write()
    })
    const { stream } = await slow.doStream({ prompt })
    const reader = stream.getReader()
    await reader.read()
    // Until the buffers between are full.
    const seen: number[] = []
    const still = (): boolean => seen.push(sent) > 4 && seen.slice(-4).every((each) => each === sent)
    await expect.poll(still, { interval: 100 }).toBe(true)
    expect(sent).toBeLessThan(events * 0.75)
    let read = 0
    let last: LanguageModelV4StreamPart | undefined
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      last = part.value
      if (last.type === 'text-delta') read++
    }
    expect([read, last]).toMatchObject([events, { type: 'finish', finishReason: { unified: 'stop' } }])
  })
})

describe('what is sent and what comes back', () => {
  it('goes by the address as it is written, with the headers of the caller before our own', async () => {
    const seen: unknown[] = []
    const listener: RequestListener = (request, response) => {
      const { authorization, 'content-type': type, 'x-more': more, 'accept-encoding': encoding } = request.headers
      seen.push([request.url, authorization, type, more, encoding])
      request.resume().on('end', () => response.end(JSON.stringify(completion())))
    }
    const headers = { 'X-More': 'yes', 'X-None': undefined, Authorization: 'Bearer other' }
    for (const path of ['/some/where/v1', '/v1/', '', '/']) await (await serve(listener, path)).doGenerate({ prompt, headers })
    const paths = ['/some/where/v1/chat/completions', '/v1/chat/completions', '/chat/completions', '/chat/completions']
    expect(seen).toEqual(paths.map((path) => [path, 'Bearer other', 'application/json', 'yes', 'identity']))
  })

  it('holds the headers of the answer, and no word that comes before it', async () => {
    const hinting = await serve((request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' })
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.setHeader('x-request-id', 'r-1')
      request.resume().on('end', () => response.end(JSON.stringify(completion())))
    })
    for (const answer of [hinting.doGenerate({ prompt }), hinting.doStream({ prompt })]) {
      const { response } = await answer
      expect(response?.headers).toMatchObject({ 'x-request-id': 'r-1', 'set-cookie': 'a=1, b=2' })
      expect(response?.headers).not.toHaveProperty('link')
    }
  })

  it('may begin with a mark of byte order, and come in many packets', async () => {
    const marked = await serve((request, response) => {
      request.resume()
      const bytes = Buffer.from(`\uFEFF${JSON.stringify(completion({ content: 'Größe 😀' }))}`)
      for (const byte of bytes) response.write(Buffer.of(byte))
      response.end()
    })
    expect((await marked.doGenerate({ prompt })).content).toEqual([{ type: 'text', text: 'Größe 😀' }])
  })
})

describe('a fault', () => {
  it('says by status, headers and the parsed body what happened', async () => {
    const refusal = {
      status: 429,
      body: errorBody('Slow down.', 'tokens', 'rate_limit_exceeded'),
      headers: { 'retry-after': '7' },
    }
    stub.reply(refusal, refusal)
    for (const fault of await faults(model)) {
      expect(APICallError.isInstance(fault)).toBe(true)
      expect(fault).toMatchObject({
        message: 'Slow down.',
        statusCode: 429,
        isRetryable: true,
        responseHeaders: { 'retry-after': '7' },
        data: { error: { code: 'rate_limit_exceeded' } },
        requestBodyValues: {},
      })
    }
  })

  it('of the connection says what it was', async () => {
    stub.reply('reset', 'reset')
    for (const fault of await faults(model))
      expect(fault).toMatchObject({
        isRetryable: true,
        statusCode: undefined,
        cause: { code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) },
      })
  })

  it.each([
    ['no object', 'data: 5\n\n'],
    ['choices that are no list', 'data: {"choices":5}\n\n'],
    ['a text that is none', chunk({ content: 5 })],
    ['a call without a name', chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] })],
    ['arguments that are none', chunk({ tool_calls: [{ index: 0, function: { name: 'a', arguments: {} } }] })],
    [
      'a piece of one of two calls',
      chunk({ tool_calls: [{ function: { name: 'a' } }, { function: { name: 'b' } }, { function: { arguments: '{}' } }] }),
    ],
    ['more calls than anyone makes', chunk({ tool_calls: Array.from({ length: 1_001 }, () => ({ function: { name: 'a' } })) })],
  ])('in a stream is a part, and its end is no good one: %s', async (_, event) => {
    stub.reply({ stream: [event, chunk({}, 'stop'), done] })
    const parts = await readAll((await model.doStream({ prompt })).stream)
    expect(parts.filter(({ type }) => type === 'error')).toHaveLength(1)
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'error' } })
  })

  it('is none where a server says more than it has to', async () => {
    const [first = '', ...others] = chunks('ab')
    stub.reply({ stream: ['data: {"type":"ping"}\n\n', first, 'data: {"choices":null,"error":null}\n\n', ...others] })
    const parts = await readAll((await model.doStream({ prompt })).stream)
    expect(parts.filter(({ type }) => type === 'error')).toEqual([])
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: 'stop' } })
  })

  it('is no figure that is missing: it is left to be estimated', async () => {
    stub.reply({ completion: completion({}, 'stop', { usage: { total_tokens: 5 } }) })
    const { usage } = await model.doGenerate({ prompt })
    expect([usage.inputTokens.total, usage.outputTokens.total]).toEqual([undefined, undefined])
  })
})
