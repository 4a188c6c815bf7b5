import { allPermissions } from '@plinth/core'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call, listAll } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { expectProblem } from '../../../server/test/support/expect-problem.ts'
import { startTestServer, type TestServer } from '../../../server/test/support/test-server.ts'
import { callTool, connect } from './support/clients.ts'
import { accept, callOf, messageOf, post } from './support/raw.ts'

let server: TestServer
let token: string
let admin: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
  admin = await server.token({ permissions: ['tenants:admin'] })
})

// Whatever a test sent, the server still serves.
afterEach(async () => {
  expect((await call(server.url, '/readyz')).status).toBe(200)
})

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
}
const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' }

interface Entry {
  readonly what: string
  readonly resource: string
  readonly decision: string
  readonly who: string
  readonly correlation_id: string
}
const trailOf = (tenant: string): Promise<Entry[]> => listAll<Entry>(server.url, `/api/tenants/${tenant}/audit`, admin)

/** A tenant of its own, and a token of it. */
async function tenantWith(id: string, limits: object = {}): Promise<string> {
  const made = await call(server.url, '/api/tenants', { token: admin, body: { tenant_id: id, name: id, limits } })
  expect(made.status, made.text).toBe(201)
  return server.token({ tenant: id })
}

describe('who asks', () => {
  it('without a good token is 401 before anything else is looked at [R97, X58]', async () => {
    for (const bad of [undefined, 'nonsense', `${token}x`]) {
      for (const body of [initialize, '{', 'x'.repeat(1_000)]) {
        const refused = await post(server.url, bad, body, { origin: 'http://evil.example' })
        expectProblem(refused, 401)
        expect(refused.headers.get('www-authenticate')).toBe('Bearer')
      }
      expectProblem(await call(server.url, '/mcp', { token: bad }), 401)
    }
    await expect(connect(server.url, 'nonsense')).rejects.toThrow()
  })

  it('of a tenant that is suspended is 403 from the next message on [R95]', async () => {
    const own = await tenantWith('asleep')
    const client = await connect(server.url, own)
    expect((await callTool(client, 'list_agents')).isError).toBe(false)
    await call(server.url, '/api/tenants/asleep', { token: admin, method: 'PATCH', body: { status: 'suspended' } })
    expectProblem(await post(server.url, own, list), 403, 'tenant_suspended')
    await expect(callTool(client, 'list_agents')).rejects.toThrow(/tenant_suspended/)
  })

  it('may be a virtual key, with its permissions [R96]', async () => {
    const body = { name: 'a tool', permissions: ['rag:read'] }
    const made = await call<{ key: string }>(server.url, '/api/tenants/demo/keys', { token, body })
    expect(made.status, made.text).toBe(201)
    const client = await connect(server.url, made.body.key)
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['ask', 'search'])
    expect((await callTool(client, 'search', { query: 'x' })).isError).toBe(false)
  })

  it('sees the tools that it may call, and is refused the others with the scope that they need [R96, X59]', async () => {
    const needs = {
      ask: 'rag:read',
      search: 'rag:read',
      ingest: 'documents:write',
      submit: 'requests:write',
      get_request: 'requests:read',
      run_workflow: 'workflows:write',
      get_workflow: 'workflows:read',
      cancel_workflow: 'workflows:write',
      list_agents: 'agents:read',
    }
    for (const [tool, permission] of Object.entries(needs)) {
      const alone = await server.token({ permissions: [permission] })
      const shown = messageOf(await post(server.url, alone, list)).result as { tools: { name: string }[] }
      expect(shown.tools.map(({ name }) => name)).toEqual(
        Object.keys(needs).filter((name) => needs[name as 'ask'] === permission),
      )
      const without = await server.token({ permissions: allPermissions.filter((each) => each !== permission) })
      const refused = await post(server.url, without, callOf(tool, { nothing: 1 }))
      expectProblem(refused as Answer<unknown>, 403, 'permission_denied')
      expect(refused.headers.get('www-authenticate')).toBe(`Bearer error="insufficient_scope", scope="${permission}"`)
    }
    const nobody = await server.token({ permissions: [] })
    expect(messageOf(await post(server.url, nobody, list)).result).toMatchObject({ tools: [] })
  })

  it('may not wait for what it may not read: refused before anything is begun [R96]', async () => {
    const own = await tenantWith('writer')
    const blind = await server.token({ tenant: 'writer', permissions: ['requests:write', 'workflows:write', 'documents:write'] })
    const client = await connect(server.url, blind)
    for (const [tool, given] of [
      ['submit', { prompt: 'x' }],
      ['run_workflow', { request: 'x' }],
      ['ingest', { documents: [{ source: 'a.md', content: 'a' }] }],
    ] as const) {
      const refused = await callTool(client, tool, { ...given, wait_seconds: 1 })
      expect(refused).toMatchObject({ isError: true, content: { status: 403, code: 'permission_denied' } })
    }
    for (const path of ['/api/requests', '/api/workflows', '/api/documents'])
      expect((await call<{ items: object[] }>(server.url, path, { token: own })).body.items).toEqual([])
    expect((await callTool(client, 'submit', { prompt: 'x' })).isError).toBe(false)
  })

  it('names no other tenant, in headers, query or arguments [X58]', async () => {
    expectProblem(await post(server.url, token, list, { 'x-tenant-id': 'other' }), 403, 'tenant_mismatch')
    expectProblem(
      await call(server.url, '/mcp?tenant_id=other', { token, body: list, headers: { accept } }),
      403,
      'tenant_mismatch',
    )
    expect((await post(server.url, token, list, { 'x-tenant-id': 'demo' })).status).toBe(200)
  })
})

describe('where it comes from', () => {
  it.each(['http://evil.example', 'https://evil.example:4000', 'null', 'http://localhost.evil.example', 'file://', 'x'])(
    'a page of %s is refused, whatever it calls the server',
    async (origin) => {
      const refused = await post(server.url, token, initialize, { origin })
      expectProblem(refused as Answer<unknown>, 403, 'origin_refused')
    },
  )

  it.each(['http://localhost:5173', 'http://127.0.0.1', 'https://[::1]:8443'])(
    'a page of this machine, %s, is not',
    async (origin) => {
      expect((await post(server.url, token, initialize, { origin })).status).toBe(200)
    },
  )
})

describe('messages', () => {
  it('are answered each by itself, without a session', async () => {
    const answered = await post(server.url, token, initialize)
    expect(answered.status).toBe(200)
    expect(answered.headers.get('mcp-session-id')).toBeNull()
    expect(answered.headers.get('cache-control')).toBe('private, no-store')
    expect(messageOf(answered).result).toMatchObject({ protocolVersion: '2025-11-25', serverInfo: { name: 'plinth' } })
    // Nobody has to have been introduced.
    expect(messageOf(await post(server.url, token, list)).result).toHaveProperty('tools')
    expect((await post(server.url, token, { jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202)
  })

  it.each(['GET', 'DELETE', 'PUT'])('come by POST alone: %s is 405', async (method) => {
    const refused = await call(server.url, '/mcp', { token, method, headers: { accept } })
    expectProblem(refused, 405, 'method_not_allowed')
    expect(refused.headers.get('allow')).toBe('POST')
  })

  it('of an unknown method or tool are the protocol’s errors', async () => {
    const unknown = messageOf(await post(server.url, token, { jsonrpc: '2.0', id: 7, method: 'resources/list' }))
    expect(unknown).toMatchObject({ id: 7, error: { code: -32601 } })
    const tool = messageOf(await post(server.url, token, callOf(`no${'o'.repeat(500)}`)))
    expect(tool.error?.code).toBe(-32602)
    expect(tool.error?.message.length).toBeLessThan(200)
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(messageOf(await post(server.url, token, callOf(name))).error?.code).toBe(-32602)
    const odd = messageOf(await post(server.url, token, { jsonrpc: '2.0', id: 8, method: 'tools/call', params: { name: 7 } }))
    expect(odd.error?.code).toBe(-32602)
  })

  it('that are none are 400 in JSON-RPC’s words', async () => {
    const wrong: readonly (readonly [body: string, code: number])[] = [
      ['{', -32700],
      ['', -32700],
      ['\u0000', -32700],
      ['"text"', -32600],
      ['null', -32600],
      ['7', -32600],
      [JSON.stringify([list, list]), -32600],
      ['[]', -32600],
      [`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`, -32700],
      [`${'['.repeat(100_000)}`, -32700],
      ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"__proto__":1}}}', -32700],
    ]
    for (const [body, code] of wrong) {
      const refused = await post(server.url, token, body)
      expect([refused.status, refused.body.error?.code], body.slice(0, 80)).toEqual([400, code])
      expect(refused.body).toMatchObject({ jsonrpc: '2.0', id: null, error: { data: { code: 'message_malformed' } } })
      expect(refused.text).not.toMatch(/\.ts:|node_modules|SyntaxError/)
    }
    const answered = await post(server.url, token, Buffer.from([0x22, 0xff, 0x22]))
    expect([answered.status, answered.body.error?.code]).toEqual([400, -32700])
    // What is no JSON-RPC, the protocol refuses.
    for (const body of [{}, { jsonrpc: '1.0', id: 1, method: 'ping' }, { jsonrpc: '2.0', id: {}, method: 'ping' }])
      expect((await post(server.url, token, body)).status, JSON.stringify(body)).toBe(400)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx'])(
    'of the kind %s are 415',
    async (type) => {
      expect((await post(server.url, token, JSON.stringify(list), { 'content-type': type })).status).toBe(415)
    },
  )

  it('that nobody could take the answer of are 406, in the revision that asks for it', async () => {
    expect((await post(server.url, token, list, { accept: 'text/html' })).status).toBe(406)
    expect((await post(server.url, token, list, { accept: '*/*' })).status).toBe(200)
    expect((await post(server.url, token, list, { 'mcp-protocol-version': '1999-01-01' })).status).toBe(400)
  })

  it('of 100 MB are 413, announced or not, and of any size that is packed 415', async () => {
    const large = Buffer.alloc(100 * 1024 * 1024, 0x20)
    expectProblem((await post(server.url, token, large)) as Answer<unknown>, 413, 'too_large')
    const pieces = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024).fill(0x20)),
    })
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept }
    const request = { method: 'POST', headers, body: pieces, duplex: 'half' } as RequestInit
    const status = await fetch(`${server.url}/mcp`, request).then(
      (response) => response.status,
      () => 'cut off',
    )
    expect([413, 'cut off']).toContain(status)
    expectProblem((await post(server.url, token, '{}', { 'content-encoding': 'gzip' })) as Answer<unknown>, 415)
  })

  it('open no streams that stay', async () => {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    }
    const params = { notifications: { toolsListChanged: true }, _meta: meta }
    const listen = { jsonrpc: '2.0', id: 3, method: 'subscriptions/listen', params }
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' }
    expect(messageOf(await post(server.url, token, listen, headers))).toMatchObject({ error: { code: -32603 } })
  })
})

describe('what is told of it', () => {
  it('the audit trail has each tool that changes or asks something, by its name, with the correlation id and never content', async () => {
    const own = await tenantWith('told')
    const client = await connect(server.url, own, { headers: { 'x-correlation-id': 'case-7' } })
    const { content } = await callTool(client, 'submit', { prompt: 'a secret prompt' })
    await callTool(client, 'search', { query: 'a secret query' })
    await callTool(client, 'get_request', { request_id: content.request_id })
    const run = await callTool(client, 'run_workflow', { request: 'a secret request', approval: 'plan' })
    const ended = await callTool(client, 'cancel_workflow', { workflow_id: run.content.workflow_id, reason: 'a secret reason' })
    expect(ended.isError).toBe(false)
    const blind = await server.token({ tenant: 'told', permissions: ['rag:read'] })
    await post(server.url, blind, callOf('submit', { prompt: 'a secret prompt' }))
    const trail = (await trailOf('told')).filter(({ what }) => what.includes('/mcp'))
    const of = (entry: Pick<Entry, 'what' | 'decision'>) =>
      trail.find(({ what, decision }) => what === entry.what && decision === entry.decision)
    expect(of({ what: 'POST /mcp submit', decision: 'allowed' })).toMatchObject({
      resource: `requests/${content.request_id}`,
      who: 'ann',
      correlation_id: 'case-7',
    })
    expect(of({ what: 'POST /mcp search', decision: 'allowed' })).toMatchObject({ resource: 'rag/retrieve' })
    expect(of({ what: 'POST /mcp cancel_workflow', decision: 'allowed' })).toMatchObject({
      resource: expect.stringContaining(String(run.content.workflow_id)),
    })
    expect(of({ what: 'POST /mcp', decision: 'permission_denied' })).toBeDefined()
    expect(trail.filter(({ what }) => what.includes('get_request'))).toEqual([])
    expect(JSON.stringify(trail)).not.toContain('secret')
    const shown = await call<{ correlation_id: string }>(server.url, `/api/requests/${content.request_id}`, { token: own })
    expect(shown.body.correlation_id).toBe('case-7')
    const { body } = await call<{ spans: { name: string }[] }>(server.url, '/api/traces/case-7', { token: own })
    expect(body.spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['POST /mcp', 'tools/call submit']))
  })

  it('a limit that is reached is a result that says so, and is put down [X68]', async () => {
    const own = await tenantWith('limited', { requests_per_minute: 0 })
    const client = await connect(server.url, own)
    const refused = await callTool(client, 'submit', { prompt: 'x' })
    expect(refused).toMatchObject({
      isError: true,
      content: { status: 429, code: 'rate_limited', retry_after: expect.any(Number) },
    })
    await until('the refusal is put down', async () =>
      (await trailOf('limited')).some(({ what, decision }) => what === 'POST /mcp submit' && decision === 'rate_limited'),
    )
  })

  it('metrics have the path and the tools, and no content', async () => {
    const client = await connect(server.url, token)
    await callTool(client, 'search', { query: 'a secret query' })
    await callTool(client, 'search', { query: '' })
    const { text } = await call(server.url, '/metrics', { token })
    expect(text).toMatch(/http_server_request_duration_count\{[^}]*http_route="\/mcp"/)
    expect(text).toMatch(/mcp_server_operation_duration_count\{[^}]*gen_ai_tool_name="search"[^}]*\}/)
    expect(text).toMatch(/mcp_server_operation_duration_count\{[^}]*error_type="invalid_input"[^}]*\}/)
    expect(text).not.toContain('secret')
  })

  it('the OpenAPI document has it', async () => {
    const { body } = await call<{ paths: Record<string, { post?: { summary: string } }> }>(server.url, '/openapi.json', { token })
    expect(body.paths['/mcp']?.post?.summary).toMatch(/run_workflow \(workflows:write\)/)
  })
})
