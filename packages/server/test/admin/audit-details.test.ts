import { beforeAll, describe, expect, it } from 'vitest'
import { call, type Page } from '../../../../test/e2e/support/api.ts'
import { Administrator } from './administrator.ts'

interface Entry {
  readonly what: string
  readonly resource: string
  readonly detail: Readonly<Record<string, string | number | boolean>>
}

let admin: Administrator
let token: string

beforeAll(async () => {
  admin = await Administrator.start()
  await admin.onboard('acme', { tier: 'gold', limits: { concurrent: 2 } })
  token = await admin.server.token({ tenant: 'acme' })
})

/** Of the acts on one thing, the latest first. */
async function detailsOf(what: string, resource: string): Promise<readonly Entry['detail'][]> {
  const { body } = await admin.ask<Page<Entry>>('/api/tenants/acme/audit?limit=1000')
  return body.items.filter((entry) => entry.what === what && entry.resource === resource).map(({ detail }) => detail)
}

async function put(path: string, body: object): Promise<void> {
  const answer = await call(admin.server.url, path, { token, method: 'PUT', body })
  expect(answer.status, answer.text).toBeLessThan(300)
}

describe('[X64] the trail names the fields of settings that were changed, and nothing of what is in them', () => {
  it("of a tenant: what it began with, and what became otherwise, in its own trail and in the system's", async () => {
    expect(await detailsOf('POST /api/tenants', 'tenants')).toEqual([{ fields: 'limits.concurrent+tier' }])
    const change = {
      name: 'acme',
      limits: { concurrent: 2, requests_per_minute: 60 },
      filters: { deny_list: ['falcon'] },
      weight: 3,
    }
    expect((await admin.patch('acme', change)).status).toBe(200)
    const told = { fields: 'filters.deny_list+limits.requests_per_minute+weight' }
    expect(await detailsOf('PATCH /api/tenants/{id}', 'tenants/acme')).toEqual([told])
    const { body } = await admin.ask<Page<Entry>>('/api/tenants/_system/audit?limit=5')
    expect(body.items[0]).toMatchObject({ what: 'PATCH /api/tenants/{id}', detail: told })
    expect((await admin.patch('acme', change)).status).toBe(200)
    expect((await detailsOf('PATCH /api/tenants/{id}', 'tenants/acme'))[0]).toEqual({})
    expect(JSON.stringify(body)).not.toContain('falcon')
  })

  it('of a key', async () => {
    await admin.makeKey('acme', { name: 'Robot', permissions: ['tenants:admin'], limits: { requests_per_minute: 5 } })
    expect(await detailsOf('POST /api/tenants/{id}/keys', 'tenants/acme/keys')).toEqual([
      { fields: 'limits.requests_per_minute+name+permissions' },
    ])
  })

  it('of a stream, by the names of the API', async () => {
    await put('/api/streams/plant', { shards: 2 })
    await put('/api/streams/plant', { allowed_lateness_seconds: 10, retention_days: 9, fields: { secret_patient: 'ignore' } })
    expect(await detailsOf('PUT /api/streams/{name}', 'streams/plant')).toEqual([
      { fields: 'fields+retention_days' },
      { fields: 'shards' },
    ])
  })

  it('of rules: which came and went, and of the others what changed', async () => {
    const rule = { alert_type: 'too_hot', on: 'record', field: 'temperature', operator: '>', threshold: 90 }
    const rules = (...list: object[]): Promise<void> => put('/api/alert-rules', { rules: list })
    await rules({ ...rule, rule_id: 'hot' }, { ...rule, rule_id: 'cold' })
    await rules({ ...rule, rule_id: 'hot', threshold: 95 }, { ...rule, rule_id: 'new' })
    expect(await detailsOf('PUT /api/alert-rules', 'alert-rules')).toEqual([
      { fields: 'cold+hot.threshold+new' },
      { fields: 'cold+hot' },
    ])
  })

  it('of an agent, of what vectors count, and of a subscriber', async () => {
    await put('/api/agents/research', { system_prompt: 'falcon', limits: { turns: 3 } })
    const [detail] = await detailsOf('PUT /api/agents/{type}', 'agents/research')
    expect(detail).toEqual({ fields: expect.stringMatching(/(?:^|\+)limits\.turns\+system_prompt(?:\+|$)/) })
    await put('/api/rag/index', { dense_weight: 0.5 })
    expect(await detailsOf('PUT /api/rag/index', 'rag/index')).toEqual([{ fields: 'dense_weight' }])
    const made = await call<{ subscriber_id: string }>(admin.server.url, '/api/subscribers', {
      ...{ token, body: { pattern: { type: ['a'] }, target: { type: 'queue' } } },
    })
    const path = `/api/subscribers/${made.body.subscriber_id}`
    expect((await call(admin.server.url, path, { token, method: 'PATCH', body: { pattern: { type: ['b'] } } })).status).toBe(200)
    expect(await detailsOf('PATCH /api/subscribers/{id}', path.slice('/api/'.length))).toEqual([{ fields: 'pattern' }])
  })

  it('however many there are', async () => {
    const rules = Array.from({ length: 40 }, (_, index) => ({
      ...{ rule_id: `a-rule-with-a-name-of-some-length-${index}`, alert_type: 'many', on: 'record' },
      ...{ field: 'temperature', operator: '>', threshold: 90 },
    }))
    await put('/api/alert-rules', { rules })
    const [detail = {}] = await detailsOf('PUT /api/alert-rules', 'alert-rules')
    expect(Object.keys(detail)).toHaveLength(8)
    const { more, ...named } = detail
    // Three of before are gone besides.
    expect(Number(more) + Object.values(named).join('+').split('+').length).toBe(42)
  })
})
