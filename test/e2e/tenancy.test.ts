import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { type Answer, call } from './support/api.ts'
import { filesWith } from './support/files.ts'
import { type RunningPlinth, startPlinth } from './support/plinth-process.ts'
import { reach } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

interface Tenant {
  readonly status: string
  readonly offboarding: { readonly keys_unusable_at: string; readonly data_removed_at: string | null } | null
}

const everything = { tenant: 'demo', user: 'operator', permissions: ['*'], lifetime: 3_600 }

function tokenFor(folder: string, tenant: string): Promise<string> {
  return mintToken({ ...everything, tenant }, { PLINTH_DATA_DIR: folder })
}

/** The collections of which a tenant has rows, read without any code of ours. */
function collectionsOf(folder: string, tenant: string): string[] {
  const database = new DatabaseSync(join(folder, 'plinth.db'), { readOnly: true })
  try {
    const keys = database
      .prepare('SELECT key FROM record')
      .all()
      .map(({ key }) => String(key).split('\x1f'))
    const other = ['event', 'ready', 'held', 'sequence', 'log'].filter((table) =>
      database.prepare(`SELECT 1 FROM ${table} WHERE tenant = ?`).get(tenant),
    )
    return [...new Set([...keys.filter(([owner]) => owner === tenant).map(([, collection = '']) => collection), ...other])].sort()
  } finally {
    database.close()
  }
}

describe('a tenant that is offboarded', () => {
  it('[R111] goes to the end although the process is killed in the middle, again and again', { timeout: 600_000 }, async () => {
    const folder = join(temporaryFolder(), 'data')
    let server = await startPlinth(folder)
    const token = await tokenFor(folder, 'demo')
    const admin = <Body>(path: string, options: Parameters<typeof call>[2] = {}): Promise<Answer<Body>> =>
      call<Body>(server.url, path, { ...options, token })
    const tenants = ['one', 'two', 'three', 'four']
    for (const [number, tenant] of tenants.entries()) {
      const body = { tenant_id: tenant, name: tenant, isolation_level: number % 2 ? 'silo' : 'pool' }
      expect((await admin('/api/tenants', { body })).status).toBe(201)
      const own = await tokenFor(folder, tenant)
      const prompt = `${tenant} asks. ${'It is a long text. '.repeat(3_000)}`
      for (let request = 0; request < 5; request++)
        expect(
          (await call(server.url, '/api/requests', { token: own, body: { prompt, request_id: `r${request}` } })).status,
        ).toBe(202)
      expect((await admin(`/api/tenants/${tenant}/keys`, { body: {} })).status).toBe(201)
    }
    for (const [number, tenant] of tenants.entries()) {
      const path = `/api/tenants/${tenant}`
      // Killed a little later each time: before the status is set, before the keys are destroyed, after it.
      const asked = admin(path, { method: 'DELETE' }).catch(() => undefined)
      const moment = performance.now() + number * 4
      await until('the moment', () => performance.now() >= moment, { every: 1 })
      await server.process.kill()
      await asked
      server = await startPlinth(folder)
      const { body } = await admin<Tenant>(path)
      if (body.status === 'active') expect((await admin(path, { method: 'DELETE' })).status).toBe(202)
      const own = await tokenFor(folder, tenant)
      expect((await call(server.url, '/api/requests', { token: own })).status).toBe(403)
    }
    for (const tenant of tenants) {
      const { body } = await until(
        `the end of ${tenant}`,
        async () => {
          const answer = await admin<Tenant>(`/api/tenants/${tenant}`)
          return (answer.body.offboarding?.data_removed_at ?? null) !== null && answer
        },
        { within: 100_000, every: 500 },
      )
      expect(body.offboarding?.keys_unusable_at).toMatch(/Z$/)
      expect(collectionsOf(folder, tenant).filter((collection) => !collection.startsWith('audit-'))).toEqual([])
      const verdict = await admin<{ valid: boolean }>(`/api/tenants/${tenant}/audit/verify`)
      expect(verdict.body, verdict.text).toMatchObject({ valid: true })
    }
    expect((await call(server.url, '/api/requests', { token, body: { prompt: 'Others go on.' } })).status).toBe(202)
  })
})

describe('what is logged', () => {
  it('[X64] holds no word of any tenant, no key and no token, however much is logged', async () => {
    const folder = join(temporaryFolder(), 'data')
    const server = await startPlinth(folder, { PLINTH_LOG_LEVEL: 'debug', PLINTH_MODEL: 'local/extractive' })
    const admin = await tokenFor(folder, 'demo')
    const made = await call(server.url, '/api/tenants', {
      token: admin,
      body: {
        tenant_id: 'acme',
        name: 'Canary-name',
        isolation_level: 'silo',
        filters: { input: { credential: 'block', deny_list: 'mask' }, deny_list: ['Canary-denied'] },
      },
    })
    expect(made.status, made.text).toBe(201)
    const secrets = [admin, await useWith(server, await tokenFor(folder, 'acme')), ...(await useKeys(server, admin))]
    const refusals: readonly (readonly [method: string, path: string, body: object | string])[] = [
      ['POST', '/api/tenants', { tenant_id: 'Canary-id', name: 'x' }],
      ['POST', '/api/tenants', { tenant_id: 'x', name: 'x', 'Canary-field': 1 }],
      ['POST', '/api/tenants', '{"name":"Canary-broken'],
      ['PATCH', '/api/tenants/acme', { model_config: { model_id: 'Canary-model' } }],
      ['PATCH', '/api/tenants/acme', { filters: { deny_list: [['Canary-nested']] } }],
      ['POST', '/api/tenants/acme/keys', { permissions: ['Canary-permission'] }],
    ]
    for (const [method, path, body] of refusals)
      expect((await call(server.url, path, { token: admin, method, body })).status).toBe(400)
    for (const path of ['export', 'audit', 'audit/verify', 'usage', 'keys'])
      expect((await call(server.url, `/api/tenants/acme/${path}`, { token: admin })).status, path).toBe(200)
    await call(server.url, '/api/tenants/acme/rotate-key', { token: admin, method: 'POST' })
    await call(server.url, '/api/tenants/acme', { token: admin, method: 'DELETE' })
    await server.process.stop()
    const { stdout, stderr } = server.process
    expect(stderr).toContain('"level":20')
    for (const text of [stdout, stderr]) {
      expect(text).not.toMatch(/canary/i)
      for (const secret of secrets) expect(text).not.toContain(secret.slice(-40))
    }
    for (const secret of secrets) expect(filesWith(folder, secret.slice(-40))).toEqual([])
  })
})

/** What a tenant does, with canaries everywhere. @returns its token. */
async function useWith(server: RunningPlinth, token: string): Promise<string> {
  const bodies = [
    {
      prompt: 'Summarise: Canary-prompt is a ship. It sails at dawn.',
      callback_url: 'https://canary-callback.example/',
      request_id: 'first',
    },
    { prompt: 'Canary-failed [[fail]]', model_id: 'scripted', request_id: 'second' },
  ]
  for (const body of bodies) {
    const answer = await call(server.url, '/api/requests', {
      token,
      body,
      headers: { 'idempotency-key': `Canary-${body.request_id}` },
    })
    expect(answer.status, answer.text).toBe(202)
  }
  const done = await reach(server, token, 'first', 'completed')
  expect(done.result?.text).toContain('Canary-prompt')
  await reach(server, token, 'second', 'failed')
  const target = { type: 'webhook', url: 'https://canary-hook.example/Canary-path' }
  expect((await call(server.url, '/api/subscribers', { token, body: { target } })).status).toBe(201)
  expect(
    (await call(server.url, '/api/requests', { token, body: { prompt: 'AKIAIOSFODNN7EXAMPLE Canary-blocked' } })).status,
  ).toBe(400)
  expect((await call(server.url, '/api/requests?Canary-query=1', { token })).status).toBe(400)
  return token
}

/** Makes keys, uses them well and badly. @returns the keys. */
async function useKeys(server: RunningPlinth, admin: string): Promise<string[]> {
  const keys: string[] = []
  for (const permissions of [['*'], ['requests:read']]) {
    const { body } = await call<{ key: string; key_id: string }>(server.url, '/api/tenants/acme/keys', {
      token: admin,
      body: { permissions },
    })
    keys.push(body.key)
    expect((await call(server.url, '/api/requests', { token: body.key })).status).toBe(200)
    await call(server.url, '/api/requests', { token: body.key, body: { prompt: 'Canary-by-key' } })
    expect((await call(server.url, '/api/requests', { token: `${body.key}x` })).status).toBe(401)
    expect((await call(server.url, `/api/tenants/acme/keys/${body.key_id}`, { token: admin, method: 'DELETE' })).status).toBe(204)
    expect((await call(server.url, '/api/requests', { token: body.key })).status).toBe(401)
  }
  return keys
}
