import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { expectProblem } from './support/expect-problem.ts'
import { fill, nameOf, routes, tenantRoutes } from './support/routes.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

describe('[R95] a tenant must exist and be active', () => {
  it('suspending works from the next request on, and so does its end', async () => {
    await server.registry.create('sleepy', 'Sleepy')
    const token = await server.token({ tenant: 'sleepy' })
    const status = async (): Promise<number> => (await call(server.url, '/api/requests', { token })).status
    for (let round = 1; round <= 3; round++) {
      expect(await status()).toBe(200)
      await server.registry.setStatus('sleepy', 'suspended')
      expectProblem(await call(server.url, '/api/requests', { token }), 403, 'tenant_suspended')
      expectProblem(await call(server.url, '/api/requests', { token, body: { prompt: 'x' } }), 403, 'tenant_suspended')
      await server.registry.setStatus('sleepy', 'active')
    }
    expect(await status()).toBe(200)
  })

  it.each(['suspended', 'offboarded'] as const)('a tenant that is %s is refused on every route', async (status) => {
    await server.registry.create(`is-${status}`, status)
    const token = await server.token({ tenant: `is-${status}` })
    await server.registry.setStatus(`is-${status}`, status)
    for (const route of routes) {
      expectProblem(await call(server.url, fill(route.path, 'x'), { token, method: route.method }), 403, `tenant_${status}`)
    }
    expectProblem(await call(server.url, '/metrics', { token }), 403, `tenant_${status}`)
    expectProblem(await call(server.url, '/openapi.json', { token }), 403, `tenant_${status}`)
  })

  it('an unknown tenant is 401 on every route', async () => {
    const token = await server.token({ tenant: 'nobody' })
    for (const route of routes) {
      expectProblem(await call(server.url, fill(route.path, 'x'), { token, method: route.method }), 401, 'tenant_unknown')
    }
  })
})

describe('[X58] the token decides the tenant, nothing else', () => {
  const named: readonly string[] = ['other', 'demo ', 'DEMO', '', '_system', 'demo,other']

  it.each(routes.map((route) => [nameOf(route), route] as const))('%s refuses another in header and query', async (_, route) => {
    const token = await server.token()
    const path = fill(route.path, 'x')
    for (const tenant of named) {
      // HTTP itself cuts white space off a header's end, and an empty one says nothing.
      if (tenant.trim() === tenant && tenant !== '') {
        for (const header of ['x-tenant-id', 'X-Tenant-ID']) {
          expectProblem(
            await call(server.url, path, { token, method: route.method, headers: { [header]: tenant } }),
            403,
            'tenant_mismatch',
          )
        }
      }
      const query = `${path}?tenant_id=${encodeURIComponent(tenant)}`
      expectProblem(await call(server.url, query, { token, method: route.method }), 403, 'tenant_mismatch')
    }
  })

  it.each([...named, ['demo'], ['other'], 7, null, { demo: 1 }])('a body with tenant_id %j is refused', async (tenant_id) => {
    const token = await server.token()
    expectProblem(await call(server.url, '/api/requests', { token, body: { prompt: 'x', tenant_id } }), 403, 'tenant_mismatch')
  })

  // What is sent as bytes may be anything, and is a file's.
  const withFields = tenantRoutes.filter((route) => route.method !== 'GET' && route.takesBytes === undefined)
  it.each(withFields.map((route) => [nameOf(route), route] as const))('%s refuses another in its body', async (_, route) => {
    const token = await server.token()
    const answer = await call(server.url, fill(route.path, 'x'), { token, method: route.method, body: { tenant_id: 'other' } })
    expectProblem(answer, 403, 'tenant_mismatch')
  })

  it("the token's own is taken, and is no unknown field", async () => {
    const token = await server.token()
    const answer = await call<{ request_id: string }>(server.url, '/api/requests?tenant_id=demo', {
      token,
      body: { prompt: 'x', tenant_id: 'demo' },
      headers: { 'x-tenant-id': 'demo' },
    })
    expect(answer.status).toBe(202)
    const shown = await call<{ tenant_id: string }>(server.url, `/api/requests/${answer.body.request_id}?tenant_id=demo`, {
      token,
    })
    expect(shown.body.tenant_id).toBe('demo')
  })

  it('twice in the query is refused, in whatever order', async () => {
    const token = await server.token()
    for (const query of ['tenant_id=demo&tenant_id=other', 'tenant_id=other&tenant_id=demo']) {
      expect([400, 403]).toContain((await call(server.url, `/api/requests?${query}`, { token })).status)
    }
  })
})
