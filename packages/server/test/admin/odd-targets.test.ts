import { beforeAll, describe, expect, it } from 'vitest'
import { sendRaw, statusOf } from '../../../../test/e2e/support/raw-http.ts'
import { adminRoutes, fill, nameOf, routes } from '../support/routes.ts'
import { Administrator } from './administrator.ts'

let admin: Administrator
let plain: string

beforeAll(async () => {
  admin = await Administrator.start()
  await admin.onboard('victim')
  plain = await admin.server.token({ permissions: ['requests:read', 'requests:write'] })
})

/** Ways to write a path that some part of a server might read as another one than the rest of it does. */
const disguises: readonly (readonly [words: string, disguise: (path: string) => string])[] = [
  ['as it is', (path) => path],
  ['behind two slashes', (path) => `/${path}`],
  ['with a slash doubled', (path) => path.replace('/api/', '/api//')],
  ['with a slash at its end', (path) => `${path}/`],
  ['with a dot as a step', (path) => path.replace('/api/', '/api/./')],
  ['with an encoded dot as a step', (path) => path.replace('/api/', '/api/%2e/')],
  ['by a step upward', (path) => path.replace('/api/', '/api/x/../')],
  ['by an encoded step upward', (path) => path.replace('/api/', '/api/x/%2e%2e/')],
  ['by a step upward from an open path', (path) => `/healthz/..${path}`],
  ['by an encoded step upward from an open path', (path) => `/.well-known/jwks.json/%2E%2e/%2e%2E${path}`],
  ['by a step upward with an encoded slash', (path) => `/healthz/..%2f${path.slice(1)}`],
  ['behind a parameter', (path) => `/healthz;${path}`],
  ['with a parameter', (path) => `${path};x=/healthz`],
  ['with a parameter in its middle', (path) => path.replace('/api/', '/api;a=b/')],
  ['with its first letter encoded', (path) => path.replace('/api', '/%61pi')],
  ['encoded twice', (path) => path.replace('/api', '/%2561pi')],
  ['in capitals', (path) => path.replace('/api', '/API')],
  ['with backslashes', (path) => path.replaceAll('/', '\\')],
  ['with one backslash', (path) => path.replace('/api/', '/api\\')],
  ['with an encoded backslash', (path) => path.replace('/api/', '/api%5c')],
  ['with an encoded slash at its end', (path) => `${path}%2f`],
  ['with an encoded question mark', (path) => `${path}%3fx=/healthz`],
  ['with an encoded hash', (path) => `${path}%23`],
  ['with a hash', (path) => `${path}#/healthz`],
  ['with an encoded null', (path) => `${path}%00`],
  ['with an encoded line break', (path) => `${path}%0d%0aX-Evil:%201`],
  ['with an encoded space', (path) => `${path}%20`],
  ['of an absolute form', (path) => `http://localhost:4000${path}`],
  ['of an absolute form with an open path in its host', (path) => `http://x/healthz@y${path}`],
  ['of an absolute form behind a hash', (path) => `http://localhost:4000/#@x${path}`],
  ['of an absolute form with a user', (path) => `http://healthz:x@y${path}`],
  ['of an absolute form with two slashes', (path) => `http://x/${path}`],
  ['as a query of an open path', (path) => `/healthz?${path}`],
  ['with a query that looks like one', (path) => `${path}?/../../healthz`],
  ['with an odd encoding', (path) => `${path}%zz`],
  ['with an overlong encoding', (path) => path.replace('/api/', '/api%c0%af')],
]

const hosts = [
  'localhost',
  'localhost:4000/#@x',
  'x/healthz?',
  'healthz',
  '127.0.0.1:4000@evil.example',
  'evil.example',
  '[::1]:1',
  '',
]
const open = /^\/(?:healthz|readyz|\.well-known\/jwks\.json|)$/

async function send(
  method: string,
  target: string,
  options: { readonly token?: string; readonly host?: string; readonly headers?: string } = {},
): Promise<string> {
  const { token, host = 'localhost', headers = '' } = options
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  return sendRaw(
    admin.server.url,
    Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${authorization}${headers}Connection: close\r\n\r\n`, 'latin1'),
  )
}

/** What a server could have done that only looks at the path as it leads. */
function leadsTo(target: string): string {
  try {
    return new URL(target.startsWith('/') ? `http://x${target}` : target).pathname
  } catch {
    return 'nowhere'
  }
}

describe.each(disguises)('a path %s', (_, disguise) => {
  it('needs a token wherever it leads to something, and finds nothing without one [R127, X58]', async () => {
    for (const route of [...adminRoutes, ...routes.slice(0, 6)]) {
      const target = disguise(fill(route.path, 'victim'))
      const bare = await send(route.method, target)
      const where = `${nameOf(route)} as ${target}: ${bare.slice(0, 300)}`
      if (open.test(leadsTo(target))) expect([200, 404, 405], where).toContain(statusOf(bare))
      else expect([400, 401, 404], where).toContain(statusOf(bare))
      if (statusOf(bare) === 404)
        expect(bare, where).toContain('no such path. Those of the patterns that are served here are listed in /openapi.json.')
      // Where whoever has a token is served, or told that the thing is not there, others are told nothing.
      const known = await send(route.method === 'GET' ? 'GET' : 'OPTIONS', target, { token: admin.token })
      if (statusOf(known) === 200 && !open.test(leadsTo(target))) expect(statusOf(bare), where).toBe(401)
    }
  })

  it('gives nobody more than its own permissions: the tenant is as it was [R96]', async () => {
    for (const [method, path] of [
      ['DELETE', '/api/tenants/victim'],
      ['POST', '/api/tenants/victim/rotate-key'],
      ['GET', '/api/tenants/victim/export'],
    ] as const) {
      for (const token of [undefined, plain]) {
        const answer = await send(method, disguise(path), token === undefined ? {} : { token })
        if (!open.test(leadsTo(disguise(path))))
          expect([400, 401, 403, 404, 405], answer.slice(0, 300)).toContain(statusOf(answer))
        expect(answer).not.toContain('"type":"tenant"')
      }
    }
    expect(await admin.shown('victim')).toMatchObject({ status: 'active', offboarding: null })
  })
})

describe('a host', () => {
  it.each(hosts)('"%s" lets nobody in [R127]', async (host) => {
    for (const route of routes) {
      const answer = await send(route.method, fill(route.path, 'victim'), { host })
      expect([400, 401], `${nameOf(route)}: ${answer.slice(0, 300)}`).toContain(statusOf(answer))
    }
    expect(statusOf(await send('GET', '/api/tenants', { host, token: admin.token }))).toBe(200)
    expect(statusOf(await send('GET', '/api/tenants', { host, token: plain }))).toBe(403)
  })
})

describe('headers that proxies take for the path, the method or the caller', () => {
  it.each([
    'X-Original-URL: /healthz',
    'X-Rewrite-URL: /healthz',
    'X-Forwarded-Prefix: /healthz',
    'X-Forwarded-Host: localhost:4000/#@x',
    'X-HTTP-Method-Override: DELETE',
    'X-Forwarded-For: 127.0.0.1',
    'X-Real-IP: 127.0.0.1',
    'X-Plinth-Forwarded-From: eu-central-1',
    'X-Forwarded-User: operator',
    'X-Amzn-Oidc-Identity: operator',
    'Cookie: session=operator; authorization=Bearer',
    'X-Api-Key: plk_victim_000000000000000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ])('%s is none of them', async (header) => {
    const headers = `${header}\r\n`
    for (const method of ['GET', 'DELETE', 'PATCH', 'POST']) {
      expect(statusOf(await send(method, '/api/tenants/victim', { headers })), method).toBe(401)
      expect([403, 405], method).toContain(statusOf(await send(method, '/api/tenants/victim', { headers, token: plain })))
    }
    expect(statusOf(await send('GET', '/api/tenants/victim', { headers, token: admin.token }))).toBe(200)
    expect((await admin.shown('victim')).status).toBe('active')
  })

  it.each(['X-Tenant-Id', 'x-tenant-id', 'Tenant-Id', 'tenant_id'])(
    '%s that names the object is another than the caller [X14, X58]',
    async (name) => {
      const answer = await send('GET', '/api/tenants/victim', { token: admin.token, headers: `${name}: victim\r\n` })
      expect(statusOf(answer)).toBe(403)
      expect(answer).toContain('tenant_mismatch')
    },
  )
})
