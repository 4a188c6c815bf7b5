import type { JWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { expectProblem } from './support/expect-problem.ts'
import { assemble, goodClaims, issuerKey, signWith } from './support/forge.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

interface Checked {
  readonly checks: readonly { readonly check: string; readonly outcome: string; readonly detail: string }[]
}

let server: TestServer
let admin: string
let key: JWK

beforeAll(async () => {
  server = await startTestServer()
  admin = await server.token({ permissions: ['*'] })
  key = await issuerKey(server.platform.operate())
  await server.registry.create('shut', 'Shut')
  await call(server.url, '/api/tenants/shut', { method: 'PATCH', token: admin, body: { status: 'suspended' } })
})

const check = (token: string, as: string = admin) =>
  call<Checked>(server.url, '/api/tokens/check', { token: as, body: { token } })

/** Those that passed, and the one that failed; whatever follows is skipped. */
async function verdict(token: string): Promise<{ readonly passed: readonly string[]; readonly failed: string | undefined }> {
  const { status, body } = await check(token)
  expect(status).toBe(200)
  const passed = body.checks.filter(({ outcome }) => outcome === 'passed').map(({ check: name }) => name)
  const failed = body.checks.filter(({ outcome }) => outcome === 'failed').map(({ check: name }) => name)
  expect(failed.length).toBeLessThan(2)
  return { passed, failed: failed[0] }
}

const everything = [
  'form',
  'issuer',
  'algorithm',
  'key',
  'signature',
  'audience',
  'time',
  'claims',
  'tenant',
  'status',
  'revocation',
]

describe('POST /api/tokens/check', () => {
  it('passes what is taken, with Bearer before it or not', async () => {
    const token = await server.token({ permissions: ['rag:read'] })
    for (const text of [token, `Bearer ${token}`]) expect(await verdict(text)).toEqual({ passed: everything, failed: undefined })
    const { body } = await check(token)
    expect(body.checks.find(({ check: name }) => name === 'claims')?.detail).toContain('rag:read')
  })

  it('names the first that fails, and says nothing of what follows', async () => {
    const good = await server.token()
    const [head = '', claims = '', signature = ''] = good.split('.')
    const cases: readonly (readonly [string, string])[] = [
      ['form', 'nonsense'],
      ['form', `${good}=`],
      ['signature', [head, claims, signature.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))].join('.')],
      ['time', await server.token({ lifetime: -60 })],
      ['tenant', await server.token({ tenant: 'nobody' })],
      ['status', await server.token({ tenant: 'shut' })],
      ['issuer', assemble({ alg: 'EdDSA' }, { ...goodClaims(), iss: 'https://elsewhere.example' }, 'AAAA')],
      ['algorithm', assemble({ alg: 'none' }, goodClaims(), 'AAAA')],
      ['audience', await signWith(key, { ...goodClaims(), aud: 'another' })],
      ['claims', await signWith(key, { ...goodClaims(), tenant_id: ['demo'] })],
    ]
    for (const [name, token] of cases) {
      const { passed, failed } = await verdict(token)
      expect(failed, name).toBe(name)
      expect(passed).toEqual(everything.slice(0, everything.indexOf(name)))
    }
  })

  it('looks at virtual keys, also at one that was revoked', async () => {
    const made = await call<{ key: string; key_id: string }>(server.url, '/api/tenants/demo/keys', {
      token: admin,
      body: { permissions: ['requests:read'] },
    })
    expect((await verdict(made.body.key)).failed).toBeUndefined()
    await call(server.url, `/api/tenants/demo/keys/${made.body.key_id}`, { method: 'DELETE', token: admin })
    expect((await verdict(made.body.key)).failed).toBe('key')
    const detailOf = async (token: string): Promise<string | undefined> =>
      (await check(token)).body.checks.find(({ check: one }) => one === 'key')?.detail
    const { key, key_id } = made.body
    expect(await detailOf(key)).toMatch(new RegExp(`^The key ${key_id} was revoked at \\d{4}-.+Z\\.$`))
    const damaged = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')
    expect(await detailOf(damaged)).toBe('No such key, nor one that was revoked or expired in the last 400 days.')
    const soon = new Date(Date.now() + 500).toISOString()
    const over = await call<{ key: string; key_id: string }>(server.url, '/api/tenants/demo/keys', {
      token: admin,
      body: { permissions: ['requests:read'], expires_at: soon },
    })
    await expect.poll(() => detailOf(over.body.key)).toBe(`The key ${over.body.key_id} expired at ${soon}.`)
  })

  it('sees tokens that were revoked by their age', async () => {
    await server.registry.create('renewed', 'Renewed')
    const old = await server.token({ tenant: 'renewed' })
    const body = { tokens_not_before: new Date(Date.now() + 60_000).toISOString() }
    await call(server.url, '/api/tenants/renewed', { method: 'PATCH', token: admin, body })
    expect((await verdict(old)).failed).toBe('revocation')
  })

  it('looks at both tenants of a session that changed them, as the server does when it is used', async () => {
    for (const id of ['home', 'visited']) await server.registry.create(id, id)
    const session = await server.issuer.sign({
      ...{ tenant: 'visited', ownTenant: 'home', user: 'root', permissions: ['*'] },
      lifetime: 600,
    })
    const change = (id: string, body: object) => call(server.url, `/api/tenants/${id}`, { method: 'PATCH', token: admin, body })
    const used = async (): Promise<number> => (await call(server.url, '/api/requests', { token: session })).status
    const detail = async (name: string): Promise<string | undefined> =>
      (await check(session)).body.checks.find(({ check: one }) => one === name)?.detail
    expect([await verdict(session), await used()]).toEqual([{ passed: everything, failed: undefined }, 200])
    for (const id of ['home', 'visited']) {
      await change(id, { status: 'suspended' })
      expect([(await verdict(session)).failed, await used()]).toEqual(['status', 403])
      expect(await detail('status')).toContain(
        id === 'home' ? 'home, which was signed in with, is suspended' : 'visited is suspended',
      )
      await change(id, { status: 'active' })
      await change(id, { tokens_not_before: new Date(Date.now() + 60_000).toISOString() })
      expect([(await verdict(session)).failed, await used()]).toEqual(['revocation', 401])
      expect(await detail('revocation')).toContain(`Those of ${id} made before`)
      await change(id, { tokens_not_before: null })
    }
    expect([(await verdict(session)).failed, await used()]).toEqual([undefined, 200])
  })

  it('tells nothing to who does not administer tenants, and leaves nothing of the token behind', async () => {
    const token = await server.token({ user: 'canary-4711' })
    const plain = await server.token({ permissions: ['requests:read', 'metrics:read'] })
    expectProblem(await check(token, plain), 403, 'permission_denied')
    await check(token)
    for (const trail of ['demo', '_system']) {
      const { text } = await call(server.url, `/api/tenants/${trail}/audit`, { token: admin })
      expect(text).not.toContain('canary-4711')
      expect(text).not.toContain(token.slice(-20))
    }
  })

  it.each([[{}], [{ token: '' }], [{ token: 7 }], [{ token: 'a'.repeat(9_000) }], [{ token: 'a', more: 1 }]])(
    'refuses %j',
    async (body) => {
      expectProblem(await call(server.url, '/api/tokens/check', { token: admin, body }), 400, 'invalid_input')
    },
  )
})
