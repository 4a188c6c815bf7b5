import { createHmac, randomBytes } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type JWTPayload } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { sendRaw, statusOf } from '../../../test/e2e/support/raw-http.ts'
import { expectProblem } from './support/expect-problem.ts'
import { assemble, goodClaims, issuerKey, signWith } from './support/forge.ts'
import { fill, nameOf, routes } from './support/routes.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let key: JWK

beforeAll(async () => {
  server = await startTestServer()
  key = await issuerKey(server.platform.operate())
})

const read = (headers: Readonly<Record<string, string>>) => call(server.url, '/api/requests', { headers })

describe('[R127] [X14] [X58] without a token nothing is looked at', () => {
  it.each(routes.map((route) => [nameOf(route), route] as const))('%s is 401', async (_, route) => {
    expectProblem(await call(server.url, fill(route.path, 'x'), { method: route.method }), 401, 'token_missing')
  })

  it.each(['/openapi.json', '/metrics', '/api', '/api/nothing', '/mcp'])('%s is 401', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS'])
      expectProblem(await call(server.url, path, { method }), 401, 'token_missing')
    expect((await call(server.url, path, { method: 'HEAD' })).status).toBe(401)
  })

  it.each(['/v1/models', '/v1/chat/completions', '/v1/messages', '/v1/nothing', '/model/scripted/converse', '/model'])(
    "%s is 401, in its protocol's own words",
    async (path) => {
      for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])
        expect((await call(server.url, path, { method })).status).toBe(401)
    },
  )

  it.each([
    ['a broken body', '{"prompt":'],
    ['a body that is no UTF-8', new Uint8Array([0xff, 0xfe])],
    ['a body of 11 MiB', 'x'.repeat(11 * 1024 * 1024)],
  ])('%s is 401', async (_, body) => {
    expectProblem(await call(server.url, '/api/requests', { body }), 401, 'token_missing')
  })

  it('a bad query is 401', async () => {
    expectProblem(await call(server.url, '/api/requests?limit=0&limit=1&nothing=1&tenant_id=other'), 401, 'token_missing')
  })

  it.each(['Basic YTpi', 'Bearer', 'Bearer ', 'token', 'Bearer a b', 'Digest x'])(
    'the header "%s" is 401',
    async (authorization) => {
      expectProblem(await read({ authorization }), 401)
    },
  )

  it('asks for a bearer token', async () => {
    expect((await read({})).headers.get('www-authenticate')).toMatch(/^Bearer/)
  })
})

describe('[X58] a token that does not hold is 401, never 500', () => {
  const refused = async (token: string, code = 'token_invalid'): Promise<void> => {
    expectProblem(await read({ authorization: `Bearer ${token}` }), 401, code)
  }

  it('a token of ours holds', async () => {
    expect((await read({ authorization: `Bearer ${await signWith(key, goodClaims())}` })).status).toBe(200)
    expect((await read({ authorization: `bearer ${await server.token()}` })).status).toBe(200)
  })

  it.each(['abc', 'a.b.c', '..', '.....', `${'a'.repeat(9_000)}.a.a`, 'ey!.ey!.x', '%00.%00.%00'])('%s', (token) =>
    refused(token),
  )

  it('of another key, whatever key it says it is', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const other = await exportJWK(privateKey)
    const { d, ...publicJwk } = other
    await refused(await signWith(other, goodClaims()))
    await refused(await signWith(other, goodClaims(), { kid: String(key.kid) }))
    await refused(await signWith(other, goodClaims(), { jwk: publicJwk }))
    await refused(
      await signWith(other, goodClaims(), {
        kid: await calculateJwkThumbprint(other),
        jku: `${server.url}/.well-known/jwks.json`,
      }),
    )
  })

  it('with alg none', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      await refused(assemble({ alg, typ: 'JWT' }, goodClaims(), ''))
      await refused(assemble({ alg, typ: 'JWT', kid: key.kid }, goodClaims(), 'AA'))
    }
  })

  it('with HS256 and the public key as its secret', async () => {
    const { x = '' } = server.issuer.publicJwk
    for (const secret of [x, Buffer.from(x, 'base64url'), JSON.stringify(server.issuer.publicJwk), '']) {
      for (const alg of ['HS256', 'EdDSA']) {
        const unsigned = assemble({ alg, typ: 'JWT', kid: key.kid }, goodClaims(), '').slice(0, -1)
        await refused(`${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`)
      }
    }
  })

  it('changed in its claims or its signature', async () => {
    const [header = '', claims = '', signature = ''] = (await signWith(key, goodClaims())).split('.')
    const others = Buffer.from(JSON.stringify({ ...goodClaims(), tenant_id: 'other' })).toString('base64url')
    await refused(`${header}.${others}.${signature}`)
    await refused(`${header}.${claims}.${randomBytes(64).toString('base64url')}`)
    await refused(`${header}.${claims}.`)
    await refused(`${header}.${claims}`)
  })

  it('with a critical header that nobody knows', async () => {
    await refused(assemble({ alg: 'EdDSA', kid: key.kid, crit: ['x'], x: 1 }, goodClaims(), 'AA'))
  })

  it('expired', async () => {
    await refused(await server.token({ lifetime: -60 }), 'token_expired')
    await refused(await signWith(key, { ...goodClaims(), exp: 1 }), 'token_expired')
  })

  it.each<[string, JWTPayload]>([
    ['another audience', { aud: 'someone' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['not yet good', { nbf: Math.floor(Date.now() / 1000) + 3_600 }],
    ...[['demo'], 7, { demo: true }, null, true, '', 'd'.repeat(64)].map((tenant_id): [string, JWTPayload] => [
      `tenant_id ${JSON.stringify(tenant_id)}`,
      { tenant_id },
    ]),
    ['permissions as text', { permissions: '*' }],
    ['permissions as an object', { permissions: { '*': true } }],
    ['permissions of numbers', { permissions: [1] }],
    ['a number as user', { user_id: 7 }],
    ['no user', { user_id: undefined }],
  ])('with %s', async (_, changes) => {
    await refused(await signWith(key, { ...goodClaims(), ...changes }))
  })

  it('without audience, issuer, expiry or tenant', async () => {
    for (const name of ['aud', 'iss', 'exp', 'tenant_id'])
      await refused(await signWith(key, { ...goodClaims(), [name]: undefined }))
    await refused(assemble({ alg: 'EdDSA', kid: key.kid }, { ...goodClaims(), exp: 'later' }, 'AA'))
  })

  it.each(['nobody', '_system', 'Demo', 'demo ', '../demo', 'demo\u0000', '__proto__', 'constructor'])(
    'tenant "%s" is unknown',
    async (tenant_id) => {
      await refused(await signWith(key, { ...goodClaims(), tenant_id }), 'tenant_unknown')
    },
  )

  it('takes the user from sub when there is no user_id', async () => {
    const token = await signWith(key, { ...goodClaims(), user_id: undefined, sub: 'bob' })
    const { body } = await call<{ request_id: string }>(server.url, '/api/requests', { token, body: { prompt: 'hello' } })
    const shown = await call<{ user_id: string }>(server.url, `/api/requests/${body.request_id}`, { token })
    expect(shown.body.user_id).toBe('bob')
  })

  it('two authorization headers are not a token', async () => {
    const token = await server.token()
    const answer = await sendRaw(
      server.url,
      `GET /api/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer none\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    )
    expect(statusOf(answer)).toBe(401)
  })
})
