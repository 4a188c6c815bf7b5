import { allPermissions, userPermissions } from '@plinth/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type Page } from '../../../../test/e2e/support/api.ts'
import { filesWith } from '../../../../test/e2e/support/files.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { Administrator, type NewKey, type ShownKey } from './administrator.ts'

let admin: Administrator

beforeAll(async () => {
  admin = await Administrator.start()
})

const lists = '/api/requests?limit=1'
const use = (token: string, path = lists) => call(admin.server.url, path, { token })
/** An administrator who may do everything, and so make keys for everything. */
const all = async (tenant = 'demo'): Promise<string> => admin.server.token({ tenant, permissions: ['*'] })

async function make(tenant: string, body: object, token?: string): Promise<NewKey> {
  const answer = await call<NewKey>(admin.server.url, `/api/tenants/${tenant}/keys`, { token: token ?? (await all()), body })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

describe('a virtual key', () => {
  it('is a bearer for its tenant, its user and its permissions [R98]', async () => {
    await admin.onboard('acme')
    const { key, ...shown } = await make('acme', {
      name: 'Nightly',
      user_id: 'robot',
      permissions: ['requests:write', 'requests:read'],
      groups: ['night'],
    })
    expect(shown).toMatchObject({
      tenant_id: 'acme',
      name: 'Nightly',
      user_id: 'robot',
      permissions: ['requests:write', 'requests:read'],
      groups: ['night'],
      revoked_at: null,
      expires_at: null,
    })
    expect(shown).not.toHaveProperty('digest')
    const accepted = await call<{ request_id: string }>(admin.server.url, '/api/requests', { token: key, body: { prompt: 'x' } })
    expect(accepted.status, accepted.text).toBe(202)
    const read = await call<{ tenant_id: string; user_id: string }>(
      admin.server.url,
      `/api/requests/${accepted.body.request_id}`,
      { token: key },
    )
    expect(read.body).toMatchObject({ tenant_id: 'acme', user_id: 'robot' })
    expectProblem(await use(key, '/api/traces/x'), 403, 'permission_denied')
    expectProblem(await use(key, '/api/tenants'), 403, 'permission_denied')
  })

  it('is shown once: in no list, no file, and no audit trail', async () => {
    await admin.onboard('secretive')
    const { key, key_id } = await make('secretive', { permissions: ['*'] })
    await use(key)
    const secret = key.slice(key.indexOf(key_id) + key_id.length + 1)
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
    for (const path of ['/keys', '/audit', '/export', '/usage', '']) {
      const { text, status } = await admin.ask(`/api/tenants/secretive${path}`)
      expect(status).toBe(200)
      expect(text).not.toContain(secret)
      expect(text).not.toContain('digest')
    }
    expect((await admin.ask('/api/tenants/_system/audit')).text).not.toContain(secret)
    for (const text of [secret, key, secret.slice(0, 22)]) expect(filesWith(admin.folder, text)).toEqual([])
    // The search works: the id may be found.
    expect(filesWith(admin.folder, key_id).length).toBeGreaterThan(0)
  })

  it('makes keys itself, for what it may do and no more [R96]', async () => {
    const { key } = await make('demo', { permissions: ['tenants:admin', 'requests:read'] })
    const body = (permissions: string[]) => ({ token: key, body: { permissions } })
    const path = '/api/tenants/demo/keys'
    expect((await call(admin.server.url, path, body(['requests:read']))).status).toBe(201)
    expect((await call(admin.server.url, path, body(['tenants:admin', 'requests:read']))).status).toBe(201)
    for (const more of [...userPermissions.filter((word) => word !== 'requests:read'), '*'])
      expectProblem(await call(admin.server.url, path, body([more])), 403, 'permission_denied', 'permissions')
    const { body: usual } = await call<NewKey>(admin.server.url, path, { token: key, body: {} })
    expect(usual.permissions).toEqual(['requests:read'])
    for (const permission of allPermissions) {
      const answer = await call(admin.server.url, path, {
        token: await admin.server.token({ permissions: [permission] }),
        body: { permissions: ['requests:read'] },
      })
      expectProblem(answer, 403, 'permission_denied')
    }
  })

  it.each<readonly [string, object, string]>([
    ['permission', { permissions: ['requests:*'] }, 'permissions'],
    ['list of permissions', { permissions: [] }, 'permissions'],
    ['permission that is a number', { permissions: [1] }, 'permissions.0'],
    ['name', { name: '' }, 'name'],
    ['user', { user_id: 7 }, 'user_id'],
    ['expiry', { expires_at: 'tomorrow' }, 'expires_at'],
    ['expiry in the past', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['limit', { limits: { requests_per_minute: -1 } }, 'limits.requests_per_minute'],
    ['limit that keys do not have', { limits: { concurrent: 1 } }, 'limits.concurrent'],
    ['group', { groups: [''] }, 'groups.0'],
    ['field', { digest: 'x' }, 'digest'],
    ['id', { key_id: 'mine' }, 'key_id'],
    ['tenant', { tenant_id: 'other' }, 'tenant_id'],
  ])('with a bad %s is refused', async (_, body, field) => {
    expectProblem(await call(admin.server.url, '/api/tenants/demo/keys', { token: await all(), body }), 400, undefined, field)
  })

  it('is 401 from the next request on when it is revoked, also when it was used a moment before', async () => {
    const { key, key_id } = await make('demo', { permissions: ['*'] })
    for (let round = 0; round < 20; round++) expect((await use(key)).status).toBe(200)
    const path = `/api/tenants/demo/keys/${key_id}`
    const revoked = await admin.ask(path, { method: 'DELETE' })
    expect([revoked.status, revoked.text]).toEqual([204, ''])
    expectProblem(await use(key), 401, 'token_revoked')
    expectProblem(await use(key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')), 401, 'token_invalid')
    expect((await admin.ask(path, { method: 'DELETE' })).status).toBe(204)
    const shown = await listAll<ShownKey>(admin.server.url, '/api/tenants/demo/keys', admin.token)
    expect(shown.find((one) => one.key_id === key_id)?.revoked_at).toMatch(/Z$/)
    // Not even what it is allowed to do can bring it back.
    expectProblem(await call(admin.server.url, '/api/tenants/demo/keys', { token: key, body: {} }), 401, 'token_revoked')
  })

  it('may revoke itself', async () => {
    const { key, key_id } = await make('demo', { permissions: ['tenants:admin'] })
    expect((await call(admin.server.url, `/api/tenants/demo/keys/${key_id}`, { token: key, method: 'DELETE' })).status).toBe(204)
    expectProblem(await use(key, '/api/tenants'), 401, 'token_revoked')
  })

  it('is 401 once it has expired', async () => {
    const soon = Date.now() + 1_500
    const { key } = await make('demo', { permissions: ['*'], expires_at: new Date(soon).toISOString() })
    expect((await use(key)).status).toBe(200)
    while (Date.now() < soon) await use(key)
    expectProblem(await use(key), 401, 'token_expired')
  })

  it('of a tenant that is suspended is 403, when it is a good one', async () => {
    await admin.onboard('resting')
    const { key, key_id } = await make('resting', { permissions: ['*'] })
    const bad = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')
    await admin.patch('resting', { status: 'suspended' })
    expectProblem(await use(key), 403, 'tenant_suspended')
    expectProblem(await use(bad), 401, 'token_invalid')
    await admin.ask(`/api/tenants/resting/keys/${key_id}`, { method: 'DELETE' })
    expectProblem(await use(key), 401, 'token_revoked')
    expectProblem(await use(bad), 401, 'token_invalid')
  })

  it('that is none is 401, however near it comes, and the same 401', async () => {
    await admin.onboard('near')
    const { key, key_id } = await make('near', { permissions: ['*'] })
    const secret = key.slice(-43)
    const bodies = new Set<string>()
    for (const token of [
      `plk_demo_${key_id}_${secret}`,
      `plk_near_${'0'.repeat(24)}_${secret}`,
      `plk_near_${key_id}_${'A'.repeat(43)}`,
      `plk_near_${key_id}_${secret.slice(1)}`,
      `plk_nobody_${key_id}_${secret}`,
      `plk__system_${key_id}_${secret}`,
      `${key}A`,
      key.slice(0, -1),
      key.toUpperCase(),
      'plk_',
      'plk_near',
      `plk_${'a'.repeat(9_000)}`,
      `plk_near_${key_id}_${"' OR '1'='1".padEnd(43, 'A').replaceAll(' ', '_')}`,
    ]) {
      const answer = await use(token)
      expectProblem(answer, 401, 'token_invalid')
      bodies.add(JSON.stringify({ ...answer.body, request_id: '' }))
    }
    expect(bodies.size).toBe(1)
    expect((await use(key)).status).toBe(200)
  })

  it('names its tenant: another in a header or the query is refused', async () => {
    const { key } = await make('acme', { permissions: ['*'] })
    expectProblem(await use(key, `${lists}&tenant_id=demo`), 403, 'tenant_mismatch')
    expectProblem(await call(admin.server.url, lists, { token: key, headers: { 'x-tenant-id': 'demo' } }), 403, 'tenant_mismatch')
    expect((await use(key, `${lists}&tenant_id=acme`)).status).toBe(200)
  })
})

describe('the list of keys', () => {
  it('is newest first, in pages, each once; of its tenant only', async () => {
    await admin.onboard('many')
    await admin.onboard('many-more')
    const ids: string[] = []
    for (let number = 0; number < 7; number++) {
      ids.push((await admin.makeKey('many', { permissions: ['tenants:admin'], name: `key ${number}` })).key_id)
      await admin.makeKey('many-more')
    }
    const path = '/api/tenants/many/keys'
    for (const limit of [1, 3, 7, 8]) {
      const found = await listAll<ShownKey>(admin.server.url, path, admin.token, limit)
      expect(new Set(found.map(({ key_id }) => key_id))).toEqual(new Set(ids))
      expect(found).toHaveLength(7)
      expect(found.map(({ name }) => name)).toEqual([6, 5, 4, 3, 2, 1, 0].map((number) => `key ${number}`))
    }
    const foreign = await admin.ask<Page<ShownKey>>('/api/tenants/many-more/keys?limit=1')
    expectProblem(await admin.ask(`${path}?after=${foreign.body.next_cursor}`), 400, 'invalid_input', 'after')
    for (const after of ['', '!', 'AAAA']) expectProblem(await admin.ask(`${path}?after=${after}`), 400, 'invalid_input', 'after')
  })

  it('is not where a key of another tenant can be revoked', async () => {
    await admin.onboard('mine')
    await admin.onboard('yours')
    const { key, key_id } = await admin.makeKey('yours')
    const foreign = await admin.ask(`/api/tenants/mine/keys/${key_id}`, { method: 'DELETE' })
    const absent = await admin.ask(`/api/tenants/mine/keys/${'0'.repeat(24)}`, { method: 'DELETE' })
    expectProblem(foreign, 404, 'not_found')
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...absent.body, request_id: '' })
    expect((await use(key, '/api/tenants?limit=1')).status).toBe(200)
  })
})
