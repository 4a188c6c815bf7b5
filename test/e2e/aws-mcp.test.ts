import { Client, type FetchLike, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { TenantRegistry } from '@plinth/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithMoto } from '../../packages/aws/test/support/moto.ts'
import { bundleHandlers } from '../../packages/cdk/src/index.ts'
import type { RestApi } from '../../packages/cdk/test/support/rest-api.ts'
import { plinthStack, templateOf } from '../../packages/cdk/test/support/synthesised.ts'
import { callTool, revisions } from '../../packages/mcp/test/server/support/clients.ts'
import { BundledFunctions, emulatedVariables } from './support/bundled-functions.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

/** As a client's requests come to API Gateway, and its answers go back. */
function through(api: RestApi): FetchLike {
  return async (url, init) => {
    const request = new Request(url, init)
    const body = new Uint8Array(await request.arrayBuffer())
    const { status, headers, bytes } = await api.ask({
      method: request.method,
      path: new URL(request.url).pathname,
      headers: Object.fromEntries(request.headers),
      ...(body.byteLength > 0 ? { body } : {}),
    })
    return new Response(bytes.byteLength > 0 ? new Uint8Array(bytes) : null, { status, headers })
  }
}

describeWithMoto('/mcp behind API Gateway, in the bundled functions of AWS, on an emulator', (moto) => {
  const template = templateOf(plinthStack())
  const folder = temporaryFolder()
  const tokens = new Map<string, string>()
  let functions: BundledFunctions

  beforeAll(async () => {
    bundleHandlers({ folder })
    const variables = emulatedVariables(moto.endpoint, { PLINTH_MODEL: 'scripted' })
    functions = new BundledFunctions({ moto, template, folder, variables })
    expect((await functions.api.ask({ path: '/readyz' })).status).toBe(200)
    await functions.operate((operator) => new TenantRegistry(operator).create('other', 'Other'))
    for (const tenant of ['demo', 'other']) tokens.set(tenant, await functions.tokenOf(tenant))
  })
  afterAll(() => functions?.stop())

  async function connect(tenant: string, revision: string): Promise<Client> {
    const mode = revision === '2025-11-25' ? 'legacy' : 'auto'
    const client = new Client({ name: 'tests', version: '1.0.0' }, { versionNegotiation: { mode } })
    const requestInit = { headers: { authorization: `Bearer ${tokens.get(tenant)}` } }
    const options = { fetch: through(functions.api), requestInit }
    await client.connect(new StreamableHTTPClientTransport(new URL('http://plinth/mcp'), options))
    return client
  }

  it.each(revisions)(
    'serves the official client in revision %s: it submits once, and others see nothing of it [R110]',
    async (revision) => {
      const client = await connect('demo', revision)
      expect(client.getNegotiatedProtocolVersion()).toBe(revision)
      expect((await client.listTools()).tools.map(({ name }) => name)).toContain('run_workflow')
      const given = { prompt: 'Hello.', idempotency_key: `of-${revision}` }
      const { content } = await callTool(client, 'submit', given)
      expect((await callTool(client, 'submit', given)).content.request_id).toBe(content.request_id)
      const shown = await callTool(client, 'get_request', { request_id: content.request_id })
      expect(shown.content).toMatchObject({ request_id: content.request_id, tenant_id: 'demo' })
      const waited = await callTool(client, 'submit', { ...given, wait_seconds: 0.2 })
      expect(waited.content).toMatchObject({ request: { request_id: content.request_id } })
      const stranger = await connect('other', revision)
      expect(await callTool(stranger, 'get_request', { request_id: content.request_id })).toMatchObject({
        isError: true,
        content: { code: 'not_found' },
      })
      await client.close()
      await stranger.close()
    },
  )

  it('is closed to whoever has no token', async () => {
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    const { api } = functions
    expect((await api.ask({ method: 'POST', path: '/mcp', body: message })).status).toBe(401)
    const headers = { authorization: 'Bearer nonsense' }
    expect((await api.ask({ method: 'POST', path: '/mcp', body: message, headers })).status).toBe(401)
  })
})
