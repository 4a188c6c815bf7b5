import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

interface Session {
  readonly authenticated: boolean
  readonly tenant_id?: string
  readonly user_id?: string
  readonly permissions?: readonly string[]
  readonly csrf_token?: string
  readonly expires_at?: string
}

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  await server.registry.create('other', 'Other')
})

const signIn = (body: object | undefined, headers: Readonly<Record<string, string>> = {}) =>
  call<Session>(server.url, '/api/session', { method: 'POST', body, headers })

/** Signs in, and gives what a browser would send from then on. */
async function open(body: object, headers: Readonly<Record<string, string>> = {}) {
  const answer = await signIn(body, headers)
  expect(answer.status, answer.text).toBe(200)
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';')
  return { cookie, csrf: answer.body.csrf_token ?? '', session: answer.body, setCookie: answer.headers.get('set-cookie') ?? '' }
}

describe('a session of the console', () => {
  it('is a cookie that no script reads and no other site sends, for as long as its token is good', async () => {
    const { setCookie, session } = await open({ token: await server.token({ permissions: ['rag:read'], lifetime: 600 }) })
    expect(setCookie).toMatch(/^plinth_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=(\d+)$/)
    expect(Number(/Max-Age=(\d+)/.exec(setCookie)?.[1])).toBeLessThanOrEqual(600)
    expect(session).toMatchObject({ authenticated: true, tenant_id: 'demo', user_id: 'ann', permissions: ['rag:read'] })
    expect(Date.parse(session.expires_at ?? '')).toBeLessThanOrEqual(Date.now() + 600_000)
  })

  it('lasts half a day at most, and is Secure where TLS ends before the server', async () => {
    const token = await server.token({ lifetime: 7 * 86_400 })
    const { setCookie } = await open({ token }, { 'x-forwarded-proto': 'https' })
    expect(Number(/Max-Age=(\d+)/.exec(setCookie)?.[1])).toBeLessThanOrEqual(12 * 3_600)
    expect(setCookie).toMatch(/; Secure$/)
  })

  it('spells out what * allows, tenants:admin included', async () => {
    const { session } = await open({ token: await server.token({ permissions: ['*'] }) })
    expect(session.permissions).toContain('tenants:admin')
    expect(session.permissions).toContain('requests:write')
  })

  it('is told of by GET, with the CSRF token in body and header; nobody is told without one', async () => {
    const { cookie, csrf } = await open({ token: await server.token() })
    const mine = await call<Session>(server.url, '/api/session', { headers: { cookie } })
    expect(mine.body).toMatchObject({ authenticated: true, tenant_id: 'demo', csrf_token: csrf })
    expect(mine.headers.get('x-plinth-csrf')).toBe(csrf)
    expect(mine.headers.get('cache-control')).toBe('no-store')
    for (const headers of [{}, { cookie: 'plinth_session=nonsense' }, { cookie: 'plinth_session=' }, { cookie: 'other=1' }]) {
      const answer = await call<Session>(server.url, '/api/session', { headers })
      expect([answer.status, answer.body]).toEqual([200, { authenticated: false }])
    }
  })

  it('opens /api, and nothing else', async () => {
    const { cookie } = await open({ token: await server.token() })
    expect((await call(server.url, '/api/requests', { headers: { cookie } })).status).toBe(200)
    for (const path of ['/v1/models', '/metrics', '/openapi.json', '/mcp'])
      expect((await call(server.url, path, { headers: { cookie } })).status, path).toBe(401)
  })

  it('changes something only with its own CSRF token', async () => {
    const { cookie, csrf } = await open({ token: await server.token() })
    const other = await open({ token: await server.token({ user: 'ben' }) })
    const send = (headers: Readonly<Record<string, string>>) =>
      call(server.url, '/api/requests', { method: 'POST', body: { prompt: 'x' }, headers: { cookie, ...headers } })
    for (const headers of [{}, { 'x-plinth-csrf': '' }, { 'x-plinth-csrf': 'x' }, { 'x-plinth-csrf': other.csrf }])
      expectProblem(await send(headers), 403, 'csrf_token_invalid')
    expect((await send({ 'x-plinth-csrf': csrf })).status).toBe(202)
    expectProblem(await call(server.url, '/api/session', { method: 'DELETE', headers: { cookie } }), 403, 'csrf_token_invalid')
  })

  it('counts for less than a token that is shown beside it', async () => {
    const { cookie } = await open({ token: await server.token({ permissions: ['*'] }) })
    const token = await server.token({ permissions: ['rag:read'] })
    expectProblem(await call(server.url, '/api/requests', { token, headers: { cookie } }), 403, 'permission_denied')
  })

  it('is none where two cookies of its name differ', async () => {
    const { cookie } = await open({ token: await server.token() })
    const other = await open({ token: await server.token({ user: 'ben' }) })
    const headers = { cookie: `${cookie}; ${other.cookie}` }
    expectProblem(await call(server.url, '/api/requests', { headers }), 401, 'token_missing')
  })

  it('is over when its tenant is suspended, and when it signs out', async () => {
    await server.registry.create('brief', 'Brief')
    const { cookie, csrf } = await open({ token: await server.token({ tenant: 'brief' }) })
    const out = await call(server.url, '/api/session', { method: 'DELETE', headers: { cookie, 'x-plinth-csrf': csrf } })
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringMatching(/^plinth_session=; .*Max-Age=0/)])
    const admin = await server.token({ permissions: ['*'] })
    await call(server.url, '/api/tenants/brief', { method: 'PATCH', token: admin, body: { status: 'suspended' } })
    expectProblem(await call(server.url, '/api/requests', { headers: { cookie } }), 403, 'tenant_suspended')
    expect((await call<Session>(server.url, '/api/session', { headers: { cookie } })).body).toEqual({
      authenticated: false,
      refused: { code: 'tenant_suspended', detail: 'The tenant is suspended.', tenant_id: 'brief' },
    })
  })

  it('is opened by a virtual key, too', async () => {
    const admin = await server.token({ permissions: ['*'] })
    const made = await call<{ key: string }>(server.url, '/api/tenants/demo/keys', {
      method: 'POST',
      token: admin,
      body: { permissions: ['requests:read'] },
    })
    const { session, cookie } = await open({ token: made.body.key })
    expect(session.permissions).toEqual(['requests:read'])
    expect((await call(server.url, '/api/requests', { headers: { cookie } })).status).toBe(200)
  })
})

describe('at the door', () => {
  it.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['two at once', { token: 'a', code: 'b' }],
    ['a field that nobody knows', { token: 'a', tenant: 'demo' }],
    ['a token that is no text', { token: 7 }],
    ['a token of 9,000 letters', { token: 'a'.repeat(9_000) }],
  ])('%s is refused', async (_, body) => {
    expectProblem(await signIn(body), 400)
  })

  it('a form is refused: other sites may send those', async () => {
    const headers = { 'content-type': 'text/plain' }
    const answer = await call(server.url, '/api/session', { method: 'POST', body: JSON.stringify({ token: 'x' }), headers })
    expectProblem(answer, 400, 'content_type_unsupported')
  })

  it('other methods are refused', async () => {
    expectProblem(await call(server.url, '/api/session', { method: 'PUT', body: {} }), 405, 'method_not_allowed')
  })

  it('a token that is expired, forged, or of a suspended tenant opens nothing', async () => {
    await server.registry.create('shut', 'Shut')
    const shut = await server.token({ tenant: 'shut' })
    const admin = await server.token({ permissions: ['*'] })
    await call(server.url, '/api/tenants/shut', { method: 'PATCH', token: admin, body: { status: 'suspended' } })
    expectProblem(await signIn({ token: await server.token({ lifetime: -60 }) }), 401, 'token_expired')
    expectProblem(await signIn({ token: 'a.b.c' }), 401, 'token_invalid')
    expectProblem(await signIn({ token: shut }), 403, 'tenant_suspended')
    expectProblem(await signIn({ token: 'x; Path=/' }), 401)
  })
})

describe('pages of others', () => {
  const token = () => server.token()

  it('sign nobody in: not from another site or port, nor with a body that has no type', async () => {
    for (const site of ['cross-site', 'same-site'])
      expectProblem(await signIn({ token: await token() }, { 'sec-fetch-site': site }), 403, 'origin_refused')
    const body = new TextEncoder().encode(JSON.stringify({ token: await token() }))
    const untyped = await fetch(`${server.url}/api/session`, { method: 'POST', body: new Blob([body]) })
    expect([untyped.status, untyped.headers.get('set-cookie')]).toEqual([400, null])
    for (const site of ['same-origin', 'none']) await open({ token: await token() }, { 'sec-fetch-site': site })
  })

  it("use up nobody's tries", async () => {
    const guessed = await startTestServer()
    const post = (headers: Readonly<Record<string, string>>) =>
      call(guessed.url, '/api/session', { method: 'POST', body: { token: 'x' }, headers })
    for (let count = 0; count < 12; count++) expectProblem(await post({ 'sec-fetch-site': 'cross-site' }), 403, 'origin_refused')
    expectProblem(await post({}), 401)
  })
})

describe('what a browser would not keep, or people paste', () => {
  it('a token of more than a cookie holds is refused, not dropped', async () => {
    const groups = Array.from({ length: 180 }, (_, index) => `a-group-with-a-long-name-${index}`)
    const long = await server.issuer.sign({ tenant: 'demo', user: 'ann', permissions: ['*'], groups, lifetime: 600 })
    expect(long.length).toBeGreaterThan(4_096)
    expectProblem(await signIn({ token: long }), 400, 'token_too_long', 'token')
  })

  it('Bearer before a token is passed over', async () => {
    await open({ token: `Bearer ${await server.token()}` })
  })
})

describe('changing tenants', () => {
  it('is not for keys: a token that is made of one would outlive it', async () => {
    const admin = await server.token({ permissions: ['*'] })
    const made = await call<{ key: string }>(server.url, '/api/tenants/demo/keys', { token: admin, body: { permissions: ['*'] } })
    const { cookie, csrf } = await open({ token: made.body.key })
    expectProblem(await signIn({ tenant_id: 'other' }, { cookie, 'x-plinth-csrf': csrf }), 403, 'session_of_key')
  })

  it("gives who administers tenants a session of another's, of the same user and no longer, and both trails tell of it", async () => {
    const mine = await open({ token: await server.token({ permissions: ['*'], user: 'root', lifetime: 900 }) })
    const headers = { cookie: mine.cookie, 'x-plinth-csrf': mine.csrf }
    const { session, cookie } = await open({ tenant_id: 'other' }, headers)
    expect(session).toMatchObject({ tenant_id: 'other', user_id: 'root' })
    expect(Date.parse(session.expires_at ?? '')).toBeLessThanOrEqual(Date.parse(mine.session.expires_at ?? '') + 1_000)
    expect((await call(server.url, '/api/requests', { headers: { cookie } })).status).toBe(200)
    const trail = await call(server.url, '/api/tenants/other/audit', { token: await server.token({ permissions: ['*'] }) })
    expect(trail.text).toContain('POST /api/session')
  })

  describe('once a tenant is suspended', () => {
    const setStatus = (id: string, status: 'active' | 'suspended') => server.registry.setStatus(id, status)
    const look = (cookie: string) => call<object>(server.url, '/api/session', { headers: { cookie } })
    async function change(from: string, to: string) {
      const mine = await open({ token: await server.token({ tenant: from, permissions: ['*'] }) })
      return open({ tenant_id: to }, { cookie: mine.cookie, 'x-plinth-csrf': mine.csrf })
    }

    it('leads back to the one that was signed in with, from the one that was looked at', async () => {
      await server.registry.create('looked-at', 'Looked at')
      const { cookie, csrf, session } = await change('demo', 'looked-at')
      expect(session).toMatchObject({ tenant_id: 'looked-at', own_tenant_id: 'demo' })
      await setStatus('looked-at', 'suspended')
      expectProblem(await call(server.url, '/api/requests', { headers: { cookie } }), 403, 'tenant_suspended')
      expect((await look(cookie)).body).toEqual({
        authenticated: false,
        refused: {
          code: 'tenant_suspended',
          detail: 'The tenant is suspended.',
          tenant_id: 'looked-at',
          own_tenant_id: 'demo',
          csrf_token: csrf,
        },
      })
      const headers = { cookie, 'x-plinth-csrf': csrf }
      expectProblem(await signIn({ tenant_id: 'looked-at' }, headers), 403, 'tenant_suspended')
      expectProblem(await signIn({ tenant_id: 'demo' }, { cookie }), 403, 'csrf_token_invalid')
      const back = await open({ tenant_id: 'demo' }, headers)
      expect(back.session).toMatchObject({ authenticated: true, tenant_id: 'demo' })
      expect(back.session).not.toHaveProperty('own_tenant_id')
      expect((await call(server.url, '/api/requests', { headers: { cookie: back.cookie } })).status).toBe(200)
    })

    it('is over with the one that was signed in with, wherever it was changed to, and leads nowhere', async () => {
      await server.registry.create('home', 'Home')
      const first = await change('home', 'other')
      const second = await open({ tenant_id: 'demo' }, { cookie: first.cookie, 'x-plinth-csrf': first.csrf })
      await setStatus('home', 'suspended')
      for (const { cookie, csrf } of [first, second]) {
        expectProblem(await call(server.url, '/api/requests', { headers: { cookie } }), 403, 'tenant_suspended')
        expect((await look(cookie)).body).toEqual({
          authenticated: false,
          refused: { code: 'tenant_suspended', detail: 'The tenant is suspended.', tenant_id: 'home' },
        })
        expectProblem(await signIn({ tenant_id: 'other' }, { cookie, 'x-plinth-csrf': csrf }), 403, 'tenant_suspended')
      }
    })

    it('is over, too, when the tokens of the one that was signed in with are revoked', async () => {
      await server.registry.create('revoked', 'Revoked')
      const { cookie } = await change('revoked', 'other')
      await server.registry.change('revoked', (settings) => ({
        ...settings,
        tokens_not_before: Math.ceil(Date.now() / 1_000) + 1,
      }))
      expectProblem(await call(server.url, '/api/requests', { headers: { cookie } }), 401, 'token_revoked')
    })
  })

  it('is for nobody else: not without a session, its CSRF token or the permission, nor to a tenant that is not', async () => {
    const plain = await open({ token: await server.token() })
    expectProblem(await signIn({ tenant_id: 'other' }), 401, 'token_missing')
    const admin = await open({ token: await server.token({ permissions: ['*'] }) })
    expectProblem(await signIn({ tenant_id: 'other' }, { cookie: admin.cookie }), 403, 'csrf_token_invalid')
    const with_ = ({ cookie, csrf }: { readonly cookie: string; readonly csrf: string }) => ({ cookie, 'x-plinth-csrf': csrf })
    expectProblem(await signIn({ tenant_id: 'nobody' }, with_(admin)), 401, 'tenant_unknown')
    const read = await open({ token: await server.token({ permissions: ['requests:read'] }) })
    expectProblem(await signIn({ tenant_id: 'other' }, with_(read)), 403, 'permission_denied')
    expect(plain.session.permissions).toContain('tenants:admin')
  })
})

describe('whoever guesses', () => {
  it('is held up after ten tries, and others who have a token are not asked to wait for what they did', async () => {
    const guessed = await startTestServer()
    const guess = () => call(guessed.url, '/api/session', { method: 'POST', body: { code: 'nonsense' } })
    for (let count = 0; count < 10; count++) expectProblem(await guess(), 401, 'code_invalid')
    expectProblem(await guess(), 429, 'sign_in_limit')
    expect((await call(guessed.url, '/api/requests', { token: await guessed.token() })).status).toBe(200)
  })
})
