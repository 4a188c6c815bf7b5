import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, listAll, type ShownRequest } from '../../../../test/e2e/support/api.ts'
import { filesWith } from '../../../../test/e2e/support/files.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { fill, routes } from '../support/routes.ts'
import { Administrator, type ShownTenant } from './administrator.ts'
import { rawRows, tenantsOf } from './raw-folder.ts'

let admin: Administrator

beforeAll(async () => {
  admin = await Administrator.start()
})

const day = 24 * 3_600_000
const long = 'A long text goes into an object of its own. '.repeat(2_000)

/** A tenant that left something everywhere. */
async function busyTenant(
  id: string,
  more: object = {},
): Promise<{ readonly token: string; readonly key: string; readonly keyId: string }> {
  await admin.onboard(id, more)
  const token = await admin.server.token({ tenant: id })
  const { key, key_id: keyId } = await admin.makeKey(id)
  const send = <Body>(path: string, body: object, headers = {}) => call<Body>(admin.server.url, path, { token, body, headers })
  await send('/api/subscribers', { target: { type: 'webhook', url: `https://${id}.example/hook` } })
  await send('/api/subscribers', { target: { type: 'queue' }, pattern: { subject: [patternOf(id)] } })
  const ids: string[] = []
  for (const [prompt, idempotency] of [
    ['short', 'one'],
    [long, 'two'],
    ['[[fail]]', 'three'],
  ] as const) {
    const answer = await send<Acknowledgement>(
      '/api/requests',
      { prompt, callback_url: `https://${id}.example/` },
      { 'idempotency-key': `${id}-${idempotency}` },
    )
    expect(answer.status, answer.text).toBe(202)
    ids.push(answer.body.request_id)
  }
  await send('/api/requests', { prompt: 'much later', not_before: new Date(Date.now() + day).toISOString() })
  await send('/api/events/replay', { from: 1 })
  const { objects, stream } = admin.server.platform.operate()
  await objects.put({ tenant: id, name: 'objects/kept' }, new Uint8Array(10))
  await stream?.append(id, [{ partition: patternOf(id), data: new Uint8Array(10) }])
  for (const request of ids)
    await until(
      'its end',
      async () =>
        (await call<ShownRequest>(admin.server.url, `/api/requests/${request}`, { token })).body.status !== 'processing',
    )
  return { token, key, keyId }
}

describe('DELETE /api/tenants/{id}', () => {
  it.each([
    ['pool', 35 * day],
    ['silo', 0],
  ] as const)('of a tenant in a %s tells when its keys are gone [R111, X65]', async (isolation_level, later) => {
    const id = `leaver-${isolation_level}`
    await admin.onboard(id, { isolation_level })
    const token = await admin.server.token({ tenant: id })
    await call(admin.server.url, '/api/requests', { token, body: { prompt: 'x' } })
    const before = Date.now()
    const answer = await admin.offboard(id)
    const after = Date.now()
    expect(answer.status).toBe(202)
    const { status, offboarding } = answer.body
    expect(status).toBe('offboarded')
    const unusable = Date.parse(offboarding?.keys_unusable_at ?? '')
    const irrecoverable = Date.parse(offboarding?.keys_irrecoverable_at ?? '')
    expect(unusable).toBeGreaterThanOrEqual(before)
    expect(unusable).toBeLessThanOrEqual(after + 5 * 60_000)
    expect(irrecoverable).toBeGreaterThanOrEqual(before + later)
    expect(irrecoverable).toBeLessThanOrEqual(after + later + 5 * 60_000)
    expect(irrecoverable).toBeGreaterThanOrEqual(unusable)
    expect(offboarding?.data_removed_at).toBeNull()
    expect(await admin.shown(id)).toEqual(answer.body)
  })

  it('again, and by many at once, gives the same answer', async () => {
    await busyTenant('once')
    const answers = await Promise.all(Array.from({ length: 4 }, () => admin.offboard('once')))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202])
    const after = await admin.shown('once')
    expect((await admin.offboard('once')).body).toEqual(after)
    for (const { body } of answers) expect(body.offboarding).toEqual(after.offboarding)
    await admin.sweep()
    const removed = await admin.shown('once')
    expect(removed.offboarding?.data_removed_at).toMatch(/Z$/)
    expect((await admin.offboard('once')).body).toEqual(removed)
  })

  it('lets nobody in from the next request on: no token, no key, on no route [R95]', async () => {
    const { token, key } = await busyTenant('shut')
    expect((await call(admin.server.url, '/api/tenants?limit=1', { token: key })).status).toBe(200)
    await admin.offboard('shut')
    for (const round of ['before', 'after']) {
      for (const route of routes)
        expectProblem(
          await call(admin.server.url, fill(route.path, 'x'), { token, method: route.method }),
          403,
          'tenant_offboarded',
        )
      expectProblem(await call(admin.server.url, '/api/requests', { token, body: { prompt: 'x' } }), 403, 'tenant_offboarded')
      // Its keys are among what is removed: then there is no such key.
      const answer = await call(admin.server.url, '/api/requests', { token: key })
      if (round === 'before') expectProblem(answer, 403, 'tenant_offboarded')
      else expectProblem(answer, 401, 'token_invalid')
      if (round === 'before') await admin.sweep()
    }
  })

  it('gives its id to nobody again, and changes nothing any more', async () => {
    await admin.onboard('final', { tier: 'gold' })
    await admin.offboard('final')
    const shut = async (): Promise<void> => {
      for (const body of [{ name: 'final', tier: 'gold' }, { name: 'Another' }])
        expectProblem(
          await admin.ask('/api/tenants', { body: { tenant_id: 'final', ...body } }),
          409,
          'reused_with_another_body',
          'tenant_id',
        )
      for (const body of [{ status: 'active' }, { status: 'suspended' }, { name: 'Back' }, {}])
        expectProblem(await admin.patch('final', body), 409, 'wrong_state')
      expectProblem(await admin.ask('/api/tenants/final/keys', { body: {} }), 409, 'wrong_state')
      expectProblem(await admin.ask('/api/tenants/final/rotate-key', { method: 'POST' }), 409, 'wrong_state')
      expectProblem(await admin.ask('/api/tenants/final/export'), 409, 'wrong_state')
      expect((await admin.shown('final')).status).toBe('offboarded')
    }
    await shut()
    await admin.sweep()
    await shut()
    const listed = await listAll<ShownTenant>(admin.server.url, '/api/tenants', admin.token)
    expect(listed.filter(({ tenant_id }) => tenant_id === 'final')).toHaveLength(1)
  })
})

describe.each(['pool', 'silo'])('after the sweeper was there, of a tenant in a %s', (isolation_level) => {
  const id = `gone-${isolation_level}`
  const stays = `stays-${isolation_level}`
  let keyId: string
  let kept: readonly string[]

  beforeAll(async () => {
    keyId = (await busyTenant(id, { isolation_level })).keyId
    await busyTenant(stays, { isolation_level })
    expect(tenantsOf(admin.folder)).toContain(id)
    expect(filesWith(admin.folder, patternOf(id))).not.toEqual([])
    expect(filesIn(join(admin.folder, 'objects', id)).length).toBeGreaterThan(1)
    kept = kindsOf(stays)
    expect(kept.length).toBeGreaterThan(15)
    await admin.offboard(id)
    await admin.sweep()
  })

  it('there is no row but of its trail and its registration, and no object [R110, R111]', () => {
    // Which jobs were in hand is written down with the next that is taken, and until then names those of before.
    const rows = rawRows(admin.folder).filter(({ table }) => table !== 'taken')
    const left = rows.filter((row) => row.tenant === id || row.text.includes(id))
    // That there was a trail is marked some time after its first seal, and stays.
    const kindOf = (collection: string): string => collection.replace(/^(?:audit-.*|trail-marks)$/, 'audit')
    const kinds = new Set(left.map(({ tenant, collection }) => `${tenant} ${kindOf(collection)}`))
    expect([...kinds].sort()).toEqual(['_system audit', '_system tenants', `${id} audit`])
    expect(filesIn(join(admin.folder, 'objects', id))).toEqual([])
  })

  it('nothing is in the free room of the files, nor is its key in the keyring [R111]', () => {
    for (const text of [patternOf(id), keyId]) expect(filesWith(admin.folder, text)).toEqual([])
    const { keys } = JSON.parse(readFileSync(join(admin.folder, 'keyring.json'), 'utf8'))
    if (isolation_level === 'silo') expect(keys[`alias/tenant-${id}-key`]).toMatchObject({ state: 'destroyed', materials: [] })
    expect(keys['alias/plinth-pooled-key']).toMatchObject({ state: 'enabled' })
  })

  it('its trail tells who did what, and still verifies [R111]', async () => {
    const verdict = await admin.ask<{ valid: boolean; entries: number; pending: number }>(`/api/tenants/${id}/audit/verify`)
    expect(verdict.body, verdict.text).toMatchObject({ valid: true })
    expect(verdict.body.entries + verdict.body.pending).toBeGreaterThan(5)
    const trail = await listAll<{ what: string }>(admin.server.url, `/api/tenants/${id}/audit`, admin.token)
    expect(trail.map(({ what }) => what)).toEqual(expect.arrayContaining(['POST /api/requests', 'DELETE /api/tenants/{id}']))
    expect((await admin.shown(id)).offboarding?.data_removed_at).toMatch(/Z$/)
  })

  it('all that is of others is still there, and opens [R110]', async () => {
    expect(kindsOf(stays)).toEqual(expect.arrayContaining([...kept]))
    const token = await admin.server.token({ tenant: stays })
    const found = await listAll<ShownRequest>(admin.server.url, '/api/requests?status=completed', token)
    expect(found).toHaveLength(2)
    for (const { request_id } of found)
      expect((await call(admin.server.url, `/api/requests/${request_id}/prompt`, { token })).status).toBe(200)
  })
})

function patternOf(id: string): string {
  return `pattern-of-${id}`
}

/** What lies of a tenant; without what is on its way. */
function kindsOf(tenant: string): string[] {
  return rawRows(admin.folder)
    .filter((row) => row.tenant === tenant && row.table !== 'ready' && row.collection !== 'audit-entries')
    .map(({ table, collection }) => `${table} ${collection}`)
    .sort()
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
