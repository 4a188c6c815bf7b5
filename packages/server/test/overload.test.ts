import { patterns, silentLog } from '@plinth/core'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { createMcpEndpoint } from '@plinth/mcp'
import { beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../src/app.ts'
import { bootstrap } from '../src/bootstrap.ts'
import { LoadLimit } from '../src/load-limit.ts'
import { startTelemetry } from '../src/telemetry/telemetry.ts'

const limit = new LoadLimit()
let ask: (method: string, path: string, body?: object) => Promise<Response>
let askAsNobody: (path: string) => Promise<Response>

beforeAll(async () => {
  const { platform } = memoryPlatform({ models: scriptedModels(() => 'An answer.') })
  const identity = await bootstrap(platform)
  const parts = { platform, patterns, telemetry: startTelemetry(), log: silentLog, limit, ready: () => true }
  const mcp = createMcpEndpoint({ routes: patterns.flatMap(({ routes }) => routes), version: '0' })
  const app = createApp({ ...identity, ...parts, mcp, stopping: new AbortController().signal })
  const token = await identity.issuer.sign({ tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 3_600 })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  ask = (method, path, body) =>
    app.fetch(new Request(`http://plinth${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) }))
  askAsNobody = (path) => app.fetch(new Request(`http://plinth${path}`))
})

/** Has as much in hand as there may be. */
async function whileFull(work: () => Promise<void>): Promise<void> {
  const inside: (() => void)[] = []
  try {
    while (inside.length < 20_000) inside.push(limit.enter('demo'))
  } catch {
    // Full.
  }
  try {
    await work()
  } finally {
    for (const leave of inside) leave()
  }
}

const message = { model: 'scripted', max_tokens: 10, messages: [{ role: 'user', content: 'x' }] }

describe('more than can be done', () => {
  it.each([
    ['POST', '/api/requests', { prompt: 'x' }],
    ['GET', '/api/requests', undefined],
    ['POST', '/api/rag/query', { query: 'x' }],
    ['POST', '/api/workflows', { request: 'x' }],
    ['POST', '/api/streams/s/records', { records: [] }],
    ['POST', '/v1/chat/completions', message],
    ['POST', '/v1/messages', message],
    ['POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' }],
  ])('%s %s is refused at once, with a time to come again, and taken later [X8]', async (method, path, body) => {
    await whileFull(async () => {
      const refused = await ask(method, path, body)
      expect(refused.status).toBe(503)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(refused.headers.get('x-request-id')).toMatch(/\S/)
      await refused.text()
    })
    const taken = await ask(method, path, body)
    expect(taken.status).not.toBe(503)
    await taken.body?.cancel()
    expect(limit.open).toBe(0)
  })

  it('is told in the form of errors [X8]', async () => {
    await whileFull(async () => {
      const refused = await ask('POST', '/api/requests', { prompt: 'x' })
      expect(refused.headers.get('content-type')).toBe('application/problem+json')
      expect(await refused.json()).toMatchObject({ status: 503, code: 'overloaded' })
    })
  })

  it.each([
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/api/tenants',
    '/api/tenants/demo',
    '/api/tenants/demo/usage',
    '/api/overview',
    '/api/metrics',
  ])('%s is answered all the same', async (path) => {
    await whileFull(async () => expect((await ask('GET', path)).status).toBe(200))
  })

  it('whoever shows no token hears that, and nothing else', async () => {
    await whileFull(async () => expect((await askAsNobody('/api/requests')).status).toBe(401))
  })
})
