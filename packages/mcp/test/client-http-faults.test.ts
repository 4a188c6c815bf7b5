import type { IncomingMessage, ServerResponse } from 'node:http'
import { ToolSourceError } from '@plinth/core'
import { afterEach, describe, expect, it } from 'vitest'
import { openSource, signal } from './support/open-source.ts'
import { recordedLog } from './support/recorded-log.ts'
import { serve } from './support/serve-fetch.ts'

const call = { key: 'k', signal }
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Asked {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly name?: string }
}
type Answer = (asked: Asked, response: ServerResponse, request: IncomingMessage) => void

const json = (response: ServerResponse, id: number | undefined, result: object, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
}
const events = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

/** A server of the older revision, which does with calls what a test says; and counts sessions and calls. */
async function serveCalls(answer: Answer) {
  const seen = { sessions: 0, calls: 0, headers: [] as IncomingMessage['headers'][], methods: [] as string[] }
  const { url, close } = await serve(async (request, response) => {
    seen.headers.push(request.headers)
    if (request.url !== '/mcp') return response.writeHead(404).end()
    if (request.method !== 'POST') return response.writeHead(405).end()
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const asked = JSON.parse(Buffer.concat(parts).toString()) as Asked
    const { id, method } = asked
    seen.methods.push(method)
    if (method === 'initialize')
      return json(
        response,
        id,
        { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'h', version: '1' } },
        { 'mcp-session-id': `session-${++seen.sessions}` },
      )
    if (method === 'tools/list') return json(response, id, { tools: [{ name: 't', inputSchema: { type: 'object' } }] })
    if (method === 'tools/call') {
      seen.calls++
      return answer(asked, response, request)
    }
    if (id === undefined) return response.writeHead(202).end()
    response
      .writeHead(400, { 'content-type': 'application/json' })
      .end('{"jsonrpc":"2.0","error":{"code":-32000,"message":"no"},"id":null}')
  })
  closing.push(close)
  return { url, seen }
}

const text = (given: string) => ({ content: [{ type: 'text', text: given }] })

describe('a server over Streamable HTTP', () => {
  it.each<[string, Answer]>([
    [
      'as JSON',
      ({ id }, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const more = (left: number): void =>
          left === 0 ? void response.end('"}]}}') : void response.write('x'.repeat(1024 * 1024), () => more(left - 1))
        response.write(`{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"`)
        more(100)
      },
    ],
    [
      'as an event',
      ({ id }, response) => {
        events(response)
        const more = (left: number): void =>
          left === 0 ? void response.end('"}]}}\n\n') : void response.write('x'.repeat(1024 * 1024), () => more(left - 1))
        response.write(`event: message\ndata: {"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"`)
        more(100)
      },
    ],
    [
      'as an event of many lines',
      (_, response) => {
        events(response)
        const more = (left: number): void =>
          left === 0 ? void response.end('\r\n\r\n') : void response.write('data: x\r\n'.repeat(100_000), () => more(left - 1))
        more(100)
      },
    ],
  ])("isn't read past 8 MB of an answer: %s", async (_, answer) => {
    let large = true
    const { url, seen } = await serveCalls((asked, response, request) =>
      large ? answer(asked, response, request) : json(response, asked.id, text('fine')),
    )
    const source = openSource({ h: { url } })
    const before = process.memoryUsage().rss
    await expect(source.call('alpha', 'h.t', {}, call)).rejects.toMatchObject({ code: 'tool_answer_too_large' })
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
    large = false
    expect((await source.call('alpha', 'h.t', {}, call)).text).toBe('fine')
    expect(seen).toMatchObject({ sessions: 1, calls: 2 })
  })

  it('may send more than that in many events', async () => {
    const { url } = await serveCalls(({ id }, response) => {
      events(response)
      const note = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(100_000) } })}\n\n`
      const more = (left: number): void =>
        left === 0
          ? void response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: text('fine') })}\n\n`)
          : void response.write(note, () => more(left - 1))
      more(120)
    })
    expect((await openSource({ h: { url } }).call('alpha', 'h.t', {}, call)).text).toBe('fine')
  })

  it.each<[string, Answer]>([
    [
      'ends its stream',
      (_, response) => {
        events(response)
        response.end(': nothing\n\n')
      },
    ],
    [
      'breaks off its stream',
      (_, response) => {
        events(response)
        response.write('data: {"jsonrpc":', () => response.destroy())
      },
    ],
    [
      'breaks off its answer',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"jsonrpc":', () => response.destroy())
      },
    ],
    ['breaks the connection', (_, response) => void response.destroy()],
  ])('that %s in mid-call fails the call at once, which is made once', async (_, answer) => {
    const { url, seen } = await serveCalls(answer)
    const from = Date.now()
    await expect(openSource({ h: { url } }).call('alpha', 'h.t', {}, call)).rejects.toMatchObject({
      code: 'tool_server_lost',
      retryable: false,
    })
    expect(Date.now() - from).toBeLessThan(10_000)
    expect(seen.calls).toBe(1)
  })

  it.each([401, 403, 429, 500, 503])("that answers %i fails the call, and what it wrote isn't told", async (status) => {
    const { url, seen } = await serveCalls((_, response) => void response.writeHead(status).end('SECRET'))
    const error = await openSource({ h: { url } })
      .call('alpha', 'h.t', {}, call)
      .catch((caught) => caught)
    expect(error).toMatchObject({ code: 'tool_failed' })
    expect(error.message).not.toContain('SECRET')
    expect(seen.calls).toBe(1)
  })

  it.each([
    ['HTML', 'text/html', '<p>SECRET</p>'],
    ['broken JSON', 'application/json', '{"jsonrpc":"2.0",'],
    ['another answer', 'application/json', '{"jsonrpc":"2.0","id":"other","result":{}}'],
  ])('that answers %s fails the call', async (_, type, body) => {
    const { url } = await serveCalls((__, response) => void response.writeHead(200, { 'content-type': type }).end(body))
    const source = openSource({ h: { url, timeout: 1 } })
    const error = await source.call('alpha', 'h.t', {}, call).catch((caught) => caught)
    expect(error).toMatchObject({ code: expect.stringMatching(/^tool_(failed|server_lost|timeout)$/) })
    expect(error.message).not.toContain('SECRET')
  })

  it.each([400, 404])(
    'that knows nothing of the session (%i) is asked in a new one, and has made the call once',
    async (status) => {
      let known = 'session-1'
      let made = 0
      const { url, seen } = await serveCalls(({ id }, response, request) => {
        if (request.headers['mcp-session-id'] !== known) return void response.writeHead(status).end()
        made++
        json(response, id, text(known))
      })
      const source = openSource({ h: { url } })
      expect((await source.call('alpha', 'h.t', {}, call)).text).toBe('session-1')
      known = 'session-2'
      expect((await source.call('alpha', 'h.t', {}, call)).text).toBe('session-2')
      expect([made, seen.sessions]).toEqual([2, 2])
    },
  )

  it('that sends elsewhere is not followed: no header leaves for another origin', async () => {
    const elsewhere = await serveCalls(({ id }, response) => json(response, id, text('elsewhere')))
    const { url, seen } = await serveCalls((_, response) => void response.writeHead(307, { location: elsewhere.url }).end())
    const source = openSource({ h: { url, headers: { authorization: 'Bearer SECRET' } } })
    await expect(source.call('alpha', 'h.t', {}, call)).rejects.toMatchObject({ code: 'tool_failed' })
    expect(elsewhere.seen.headers).toEqual([])
    expect(seen.headers.every(({ authorization }) => authorization === 'Bearer SECRET')).toBe(true)
  })

  it('that names another one for tokens gets none: the secret goes where whoever runs Plinth says', async () => {
    const elsewhere = await serveCalls(() => {})
    const { origin } = new URL(elsewhere.url)
    const { url, seen } = await serveCalls((_, response) => {
      const metadata = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource"`
      response.writeHead(401, { 'www-authenticate': metadata }).end()
    })
    const oauth = { issuer: new URL(url).origin, clientId: 'plinth', clientSecret: 'SECRET' }
    const error = await openSource({ h: { url, oauth } })
      .call('alpha', 'h.t', {}, call)
      .catch((caught) => caught)
    expect(error).toBeInstanceOf(ToolSourceError)
    expect(error.message).not.toContain('SECRET')
    expect(elsewhere.seen.headers).toEqual([])
    expect(seen.calls).toBe(1)
  })

  it('that hangs is left at its time, or when nobody waits any more, and is told', async () => {
    const { url, seen } = await serveCalls((_, response) => {
      events(response)
      response.write(': wait\n\n')
    })
    const source = openSource({ h: { url, timeout: 0.4 } })
    await expect(source.call('alpha', 'h.t', {}, call)).rejects.toMatchObject({ code: 'tool_timeout' })
    await expect.poll(() => seen.methods).toContain('notifications/cancelled')
    seen.methods.length = 0
    const stop = new AbortController()
    const waiting = source.call('alpha', 'h.t', {}, { key: 'k', signal: stop.signal })
    await expect.poll(() => seen.methods).toContain('tools/call')
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect.poll(() => seen.methods).toContain('notifications/cancelled')
  })

  it('that is not there is told in words without its address', async () => {
    const { url } = await serveCalls(() => {})
    for (const close of closing.splice(0)) await close()
    const log = recordedLog()
    const error = await openSource({ h: { url } }, { log })
      .call('alpha', 'h.t', {}, call)
      .catch((caught) => caught)
    expect(error).toMatchObject({ code: 'tool_server_unavailable', retryable: true })
    expect(error.message).not.toContain('127.0.0.1')
    expect(log.lines).toContainEqual(['An MCP server could not be started.', expect.objectContaining({ server: 'h' })])
  })
})
