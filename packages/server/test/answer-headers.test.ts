import { beforeAll, describe, expect, it } from 'vitest'
import { fill, nameOf, routes } from './support/routes.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let token: string
beforeAll(async () => {
  server = await startTestServer()
  token = await server.token({ permissions: ['*'] })
  await server.registry.create('other', 'Other')
})

const messages = [{ role: 'user', content: 'x' }]
const blocks = [{ role: 'user', content: [{ text: 'x' }] }]
/** What is served beside the routes and the console's files, each with a body that is answered. */
const others: readonly (readonly [method: string, path: string, body?: object])[] = [
  ...['/healthz', '/readyz', '/.well-known/jwks.json', '/api/session'].map((path) => ['GET', path] as const),
  ...['/openapi.json', '/metrics', '/api/nothing', '/nothing', '/v1/models', '/v1/models/scripted'].map(
    (path) => ['GET', path] as const,
  ),
  ['POST', '/v1/chat/completions', { model: 'scripted', messages }],
  ['POST', '/v1/chat/completions', { model: 'scripted', messages, stream: true }],
  ['POST', '/v1/embeddings', { model: 'amazon.titan-embed-text-v2:0', input: 'x' }],
  ['POST', '/v1/messages', { model: 'scripted', max_tokens: 10, messages }],
  ['POST', '/v1/messages', { model: 'scripted', max_tokens: 10, messages, stream: true }],
  ['POST', '/v1/messages/count_tokens', { model: 'scripted', messages }],
  ['POST', '/model/scripted/converse', { messages: blocks }],
  ['POST', '/model/scripted/converse-stream', { messages: blocks }],
  ['POST', '/model/scripted/count-tokens', { input: { converse: { messages: blocks } } }],
  ['POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' }],
]
const asked = [
  ...routes.map((route) => [nameOf(route), route.method, fill(route.path, 'other'), undefined] as const),
  ...others.map(([method, path, body]) => [`${method} ${path} ${JSON.stringify(body ?? '')}`, method, path, body] as const),
]

describe('[R110] [X67] an answer is kept by no cache, taken for no page, and shown to no page of another origin', () => {
  it.each(asked)('%s', async (_, method, path, body) => {
    for (const bearer of [token, 'none']) {
      const leave = new AbortController()
      const { headers, status } = await fetch(server.url + path, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          origin: 'http://localhost:1',
          accept: 'application/json, text/event-stream',
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: leave.signal,
      })
      leave.abort()
      if (body && bearer === token) expect(status).toBe(200)
      expect(headers.get('cache-control')).toMatch(/(?:^|, )no-store$/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })
})
