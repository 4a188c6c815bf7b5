import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ResolvedModel } from '@plinth/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../src/index.ts'
import { BedrockStub } from './bedrock-stub.ts'
import { callOnce, failureOf, ways } from './call.ts'
import { chunks, OpenAIStub } from './openai-stub.ts'
import { HandClock } from './support.ts'

const clock = new HandClock()
let bedrockStub: BedrockStub
let openaiStub: OpenAIStub
let bedrock: ResolvedModel
let openai: ResolvedModel

beforeAll(async () => {
  bedrockStub = await BedrockStub.start({ bearerToken: 'key' })
  openaiStub = await OpenAIStub.start()
})
beforeEach(() => {
  bedrockStub.reset()
  openaiStub.reset()
  const reached = { region: 'eu-central-1', endpoint: bedrockStub.url, bearerToken: 'key' }
  bedrock = createModels({ model: 'bedrock/amazon.nova-pro-v1:0', bedrock: reached, clock }).resolve()
  const server = { baseUrl: openaiStub.url, apiKey: 'key' }
  openai = createModels({ model: 'openai-compatible/m', openAICompatible: server, clock }).resolve()
})
afterAll(async () => {
  await bedrockStub.close()
  await openaiStub.close()
})

describe('connections to a provider', () => {
  it('are used again, for whole and streamed answers, and after a fault', async () => {
    for (let turn = 0; turn < 10; turn++) {
      if (turn === 5) {
        bedrockStub.reply({ fault: 'ThrottlingException' })
        openaiStub.reply({ status: 500, body: '{}' })
      }
      for (const model of [bedrock, openai]) for (const way of ways) await callOnce(model, way).catch(() => {})
    }
    expect([bedrockStub.calls.length, openaiStub.calls.length]).toEqual([20, 20])
    // One of them may still be on its way back when the next call begins.
    expect(bedrockStub.connections).toBeLessThanOrEqual(2)
    expect(openaiStub.connections).toBeLessThanOrEqual(2)
  })

  it('are as many as there are calls at a time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => callOnce(openai, 'streamed')))
    expect(openaiStub.connections).toBe(20)
  })

  it.each(ways)('are let go at once when the caller gives up: %s', async (way) => {
    const controller = new AbortController()
    openaiStub.reply('silence')
    const call = callOnce(openai, way, { signal: controller.signal })
    await expect.poll(() => openaiStub.calls.length).toBe(1)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    await expect.poll(() => openaiStub.abandoned).toBe(1)
  })

  it('are let go when the caller gives up in the middle of a stream', async () => {
    const controller = new AbortController()
    const [first = '', ...others] = chunks('a'.repeat(50_000))
    openaiStub.reply({ stream: [first, ...others] })
    const call = callOnce(openai, 'streamed', {
      signal: controller.signal,
      onText: () => controller.abort(new Error('enough')),
    })
    await expect(call).rejects.toThrow('enough')
    await expect.poll(() => openaiStub.abandoned).toBe(1)
  })

  it('lead nowhere else: a redirect is not followed, with prompt and key', async () => {
    const taken: string[] = []
    const other = createServer((request, response) => {
      taken.push(`${request.method} ${request.url} ${request.headers.authorization}`)
      response.end('{}')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/v1/chat/completions`
    for (const status of [301, 302, 303, 307, 308]) {
      openaiStub.reply({ status, body: '', headers: { location } })
      bedrockStub.reply({ status, body: '', headers: { location } })
      for (const model of [openai, bedrock]) expect((await failureOf(callOnce(model, 'whole'))).kind).toBe('transient')
    }
    expect(taken).toEqual([])
    await new Promise((resolve) => other.close(resolve))
  })

  it('read no more of an answer than can be held: a line, a body or a page without end fails its own call', async () => {
    let sent = 0
    let kind = { status: 200, type: 'text/event-stream', piece: 'x' }
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(kind.status, { 'content-type': kind.type })
      const piece = Buffer.alloc(256 * 1024, kind.piece)
      const write = (): void => {
        while (!response.destroyed && response.write(piece)) sent += piece.byteLength
        sent += piece.byteLength
      }
      response.on('drain', write)
      response.write(kind.type === 'text/event-stream' ? 'data: ' : '')
      write()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const origin = `http://127.0.0.1:${port}`
    const openAICompatible = { baseUrl: `${origin}/v1` }
    const reached = { region: 'eu-central-1', endpoint: origin, bearerToken: 'key' }
    const models = createModels({ model: 'openai-compatible/m', openAICompatible, bedrock: reached, clock })
    const endless = models.resolve()
    const endlessBedrock = models.resolve('amazon.nova-pro-v1:0')
    try {
      const bounded = 64 * 1024 * 1024
      expect(await failureOf(callOnce(endless, 'streamed'))).toMatchObject({ code: 'too_large', retryable: false })
      expect(sent).toBeLessThan(bounded)
      for (const each of [endless, endlessBedrock]) {
        sent = 0
        kind = { status: 200, type: 'application/json', piece: ' ' }
        expect(await failureOf(callOnce(each, 'whole'))).toMatchObject({ code: 'too_large', retryable: false })
        expect(sent).toBeLessThan(bounded)
        sent = 0
        kind = { status: 503, type: 'text/html', piece: '<' }
        for (const way of ways) expect(await failureOf(callOnce(each, way))).toMatchObject({ code: 'model_unavailable' })
        expect(sent).toBeLessThan(bounded)
      }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
