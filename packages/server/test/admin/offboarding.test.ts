import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, listAll, type ShownRequest } from '../../../../test/e2e/support/api.ts'
import { filesWith } from '../../../../test/e2e/support/files.ts'
import { sendRaw, statusOf } from '../../../../test/e2e/support/raw-http.ts'
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
async function busyTenant(id: string, more: object = {}): Promise<{ readonly token: string; readonly key: string }> {
  await admin.onboard(id, more)
  const token = await admin.server.token({ tenant: id })
  const { key } = await admin.makeKey(id)
  const send = <Body>(path: string, body: object, headers = {}) => call<Body>(admin.server.url, path, { token, body, headers })
  await send('/api/subscribers', { target: { type: 'webhook', url: `https://${id}.example/hook` } })
  await send('/api/subscribers', { target: { type: 'queue' } })
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
  await admin.server.platform.operate().objects.put({ tenant: id, name: 'objects/kept' }, new Uint8Array(10))
  for (const request of ids)
    await until(
      'its end',
      async () =>
        (await call<ShownRequest>(admin.server.url, `/api/requests/${request}`, { token })).body.status !== 'processing',
    )
  return { token, key }
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
    expect(irrecoverable).toBeLessThanOrEqual(after + later)
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

describe('after the sweeper was there', () => {
  it.each(['pool', 'silo'])(
    'of a %s tenant there is left what it was called and its audit trail, which still verifies [R110, R111]',
    async (isolation_level) => {
      const id = `gone-${isolation_level}`
      const { key } = await busyTenant(id, { isolation_level })
      await busyTenant(`stays-${isolation_level}`, { isolation_level })
      const others = (tenant: string): string[] =>
        rawRows(admin.folder)
          .filter((row) => row.tenant === tenant)
          .map(({ table, collection }) => `${table} ${collection}`)
          .sort()
      expect(tenantsOf(admin.folder)).toContain(id)
      expect(readdirSync(join(admin.folder, 'objects'))).toContain(id)
      const kept = others(`stays-${isolation_level}`)
      expect(kept.length).toBeGreaterThan(15)
      await admin.offboard(id)
      await admin.sweep()
      const left = rawRows(admin.folder).filter((row) => row.text.includes(id) || row.tenant === id)
      expect(left.filter(({ tenant }) => tenant === id).map(({ collection }) => collection)).toSatisfy((found: string[]) =>
        found.every((collection) => collection.startsWith('audit-')),
      )
      expect(
        [
          ...new Set(left.filter(({ tenant }) => tenant !== id).map(({ tenant, collection }) => `${tenant} ${collection}`)),
        ].toSorted(),
      ).toEqual(
        expect.toSatisfy(
          (found: string[]) =>
            found.every((one) => /^_system (?:tenants|audit-\w+)$/.test(one)) && found.includes('_system tenants'),
        ),
      )
      const objects = join(admin.folder, 'objects', id)
      expect(filesIn(objects)).toEqual([])
      // Nor in the free room of the files, but what the trail and the registry may say.
      expect(filesWith(admin.folder, `${id}.example`)).toEqual([])
      expect(filesWith(admin.folder, key.slice(4 + id.length + 1, 4 + id.length + 25))).toEqual(['plinth.db'])
      const shown = await admin.shown(id)
      expect(shown.offboarding?.data_removed_at).toMatch(/Z$/)
      const verdict = await admin.ask<{ valid: boolean; entries: number; pending: number }>(`/api/tenants/${id}/audit/verify`)
      expect(verdict.body, verdict.text).toMatchObject({ valid: true })
      expect(verdict.body.entries + verdict.body.pending).toBeGreaterThan(5)
      // Who did what is still told.
      const trail = await listAll<{ what: string }>(admin.server.url, `/api/tenants/${id}/audit`, admin.token)
      expect(trail.map(({ what }) => what)).toEqual(expect.arrayContaining(['POST /api/requests', 'DELETE /api/tenants/{id}']))
      expect(others(`stays-${isolation_level}`)).toEqual(expect.arrayContaining(kept))
    },
  )

  it('nothing comes of a request whose body was still on its way', async () => {
    await admin.onboard('slow')
    const token = await admin.server.token({ tenant: 'slow' })
    const body = JSON.stringify({ prompt: 'late' })
    const begun = Promise.withResolvers<void>()
    const head = `POST /api/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const answer = sendSlowly(admin.server.url, head, begun.promise, body)
    await admin.ask('/api/tenants/slow')
    await admin.offboard('slow')
    await admin.sweep()
    begun.resolve()
    const status = statusOf(await answer)
    await admin.sweep()
    expect(
      tenantsOf(admin.folder).filter((tenant) => tenant === 'slow'),
      `it was answered ${status}`,
    ).toEqual([])
  })
})

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
