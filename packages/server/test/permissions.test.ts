import { type AnyRoute, allPermissions } from '@plinth/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call } from '../../../test/e2e/support/api.ts'
import { expectProblem } from './support/expect-problem.ts'
import { fill, nameOf, routes } from './support/routes.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

/** Whose permission a path goes by (the contract, Identity). */
const areas: readonly (readonly [prefix: string, area: string])[] = [
  ['/api/requests', 'requests'],
  ['/api/events', 'requests'],
  ['/api/dead-letters', 'requests'],
  ['/api/subscribers', 'requests'],
  ['/api/webhooks', 'requests'],
  ['/api/traces', 'metrics'],
  ['/api/overview', 'metrics'],
  ['/api/metrics', 'metrics'],
  ['/api/documents', 'documents'],
  ['/api/uploads', 'documents'],
  ['/api/ingests', 'documents'],
  ['/api/rag', 'rag'],
  ['/api/agents', 'agents'],
  ['/api/tools', 'agents'],
  ['/api/workflows', 'workflows'],
  ['/api/streams', 'streams'],
  ['/api/alerts', 'alerts'],
  ['/api/alert-rules', 'alerts'],
  ['/api/advisor', 'advisor'],
  ['/api/models', 'models'],
  ['/api/tenants', 'tenants'],
  ['/api/tokens', 'tenants'],
]

/** Asks without waiting for a body that may never end. */
async function ask(
  route: AnyRoute,
  permissions: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<unknown>> {
  const stop = new AbortController()
  const response = await fetch(server.url + fill(route.path, 'nothing-here'), {
    method: route.method,
    headers: { authorization: `Bearer ${await server.token({ permissions })}`, ...headers },
    signal: stop.signal,
  })
  const streams = response.headers.get('content-type')?.startsWith('text/event-stream')
  const text = streams ? '' : await response.text()
  stop.abort()
  return { status: response.status, headers: response.headers, text, body: text.startsWith('{') ? JSON.parse(text) : {} }
}

describe('[R96] [R127] [X59] every route has a permission', () => {
  it('names at least the routes of the event-driven pattern', () => {
    expect(routes.map(nameOf)).toEqual(
      expect.arrayContaining([
        'POST /api/requests',
        'GET /api/requests',
        'GET /api/requests/{id}',
        'DELETE /api/requests/{id}',
        'GET /api/events',
        'GET /api/dead-letters',
        'POST /api/dead-letters/{id}/redrive',
        'POST /api/dead-letters/redrive',
        'GET /api/traces/{correlation_id}',
      ]),
    )
  })

  it.each(routes.map((route) => [nameOf(route), route] as const))('%s: one that exists, of its area', (_, route) => {
    expect(allPermissions).toContain(route.permission)
    const area = areas.find(([prefix]) => route.path === prefix || route.path.startsWith(`${prefix}/`))?.[1]
    expect(route.permission.split(':')[0]).toBe(area)
    // A route that changes something must not be open to whoever may only read.
    if (['PUT', 'PATCH', 'DELETE'].includes(route.method)) expect(route.permission).not.toMatch(/:read$/)
  })

  it.each(routes.map((route) => [nameOf(route), route] as const))('%s: refused without, taken with it', async (_, route) => {
    const others = allPermissions.filter((permission) => permission !== route.permission)
    expectProblem(await ask(route, others), 403, 'permission_denied')
    expectProblem(await ask(route, []), 403, 'permission_denied')
    for (const permissions of [[route.permission], ['*'], ['nonsense', '*']]) {
      const { status, text } = await ask(route, permissions)
      expect([401, 403], text).not.toContain(status)
      expect(status, text).toBeLessThan(500)
    }
  })

  it.each(routes.map((route) => [nameOf(route), route] as const))(
    '%s: of all permissions its own one alone is enough, and no other',
    async (_, route) => {
      for (const permission of [...allPermissions, '*']) {
        const { status, body, text } = await ask(route, [permission])
        const enough = permission === route.permission || permission === '*'
        expect(status === 403 && (body as { code?: string }).code === 'permission_denied', `${permission}: ${text}`).toBe(!enough)
        if (enough) expect([401, 403, 500, 503], text).not.toContain(status)
      }
    },
  )

  it.each(routes.map((route) => [nameOf(route), route] as const))(
    '%s: words that look like permissions give none',
    async (_, route) => {
      const [area = ''] = route.permission.split(':')
      const odd = [
        `${area}:*`,
        `${area}:`,
        area,
        route.permission.toUpperCase(),
        ` ${route.permission}`,
        `${route.permission} `,
        '**',
        '*:*',
        '',
      ]
      expectProblem(await ask(route, odd), 403, 'permission_denied')
    },
  )

  it.each(routes.map((route) => [nameOf(route), route] as const))(
    '%s: refused before its input is looked at',
    async (_, route) => {
      const token = await server.token({ permissions: [] })
      const path = `${fill(route.path, 'x'.repeat(400))}?limit=0&nothing=1`
      const body = route.method === 'GET' ? undefined : '{'
      expectProblem(await call(server.url, path, { token, method: route.method, body }), 403, 'permission_denied')
    },
  )

  it('/metrics needs metrics:read', async () => {
    const denied = await server.token({ permissions: allPermissions.filter((permission) => permission !== 'metrics:read') })
    expectProblem(await call(server.url, '/metrics', { token: denied }), 403, 'permission_denied')
    expect((await call(server.url, '/metrics', { token: await server.token({ permissions: ['metrics:read'] }) })).status).toBe(
      200,
    )
  })

  it('/openapi.json needs a token only', async () => {
    expect((await call(server.url, '/openapi.json', { token: await server.token({ permissions: [] }) })).status).toBe(200)
  })
})
