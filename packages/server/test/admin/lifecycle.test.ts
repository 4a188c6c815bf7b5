import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { Administrator, type ShownTenant } from './administrator.ts'

let admin: Administrator

beforeAll(async () => {
  admin = await Administrator.start()
})

const everything = {
  name: 'Ada & Co.',
  tier: 'gold',
  isolation_level: 'silo',
  data_residency_region: 'local',
  residency: 'geo',
  model_config: {
    model_id: 'scripted',
    max_tokens: 100,
    allowed_models: ['scripted', 'local/extractive'],
    fallback: ['scripted'],
  },
  limits: {
    requests_per_minute: 100,
    tokens_per_minute: 1_000_000,
    concurrent: 2,
    monthly_budget_usd: 1.5,
    triage_calls_per_hour: 12,
  },
  filters: { input: { email: 'mask' }, output: { ssn: 'block' }, deny_list: ['falcon'], max_characters: 10_000 },
  retention: { requests_days: 7 },
  weight: 3,
}

describe('onboarding', () => {
  it('gives a tenant that works at once, with nothing set that was not asked for [R91, R113]', async () => {
    const made = await admin.onboard('bare')
    expect(made).toEqual({
      tenant_id: 'bare',
      name: 'bare',
      status: 'active',
      tier: 'standard',
      isolation_level: 'pool',
      data_residency_region: null,
      residency: null,
      model_config: {},
      limits: {},
      filters: { input: {}, output: {}, deny_list: [] },
      retention: {},
      weight: expect.any(Number),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      tokens_not_before: null,
      offboarding: null,
    })
    const token = await admin.server.token({ tenant: 'bare' })
    expect((await call(admin.server.url, '/api/requests', { token, body: { prompt: 'hello' } })).status).toBe(202)
    expect(await admin.shown('bare')).toEqual(made)
  })

  it('is the first entry of the trail of the tenant that it makes', async () => {
    await admin.onboard('told')
    const { body } = await admin.ask<{ items: { what: string; resource: string }[] }>('/api/tenants/told/audit')
    expect(body.items).toMatchObject([{ what: 'POST /api/tenants', resource: 'tenants' }])
  })

  it('keeps all that is said of it [R113]', async () => {
    const made = await admin.onboard('full', everything)
    expect(made).toMatchObject(everything)
    expect(await admin.shown('full')).toEqual(made)
  })

  it('again with the same body gives the same tenant; with another body it is refused', async () => {
    const made = await admin.onboard('twice', { ...everything, name: 'Twice' })
    expect(await admin.onboard('twice', { ...everything, name: 'Twice' })).toEqual(made)
    // The order of fields, and what is the usual anyway, make no other body.
    const { limits, ...rest } = everything
    expect(
      await admin.onboard('twice', { limits: Object.fromEntries(Object.entries(limits).reverse()), ...rest, name: 'Twice' }),
    ).toEqual(made)
    for (const other of [
      { name: 'Other' },
      { tier: 'silver' },
      { limits: { ...everything.limits, concurrent: 3 } },
      { weight: 4 },
    ]) {
      const answer = await admin.ask('/api/tenants', { body: { tenant_id: 'twice', ...everything, name: 'Twice', ...other } })
      expectProblem(answer, 409, 'reused_with_another_body', 'tenant_id')
    }
    expect(await admin.shown('twice')).toEqual(made)
  })

  it('at the same time by many makes one tenant, and each of them is told so', async () => {
    const body = { tenant_id: 'at-once', name: 'At once' }
    const same = await Promise.all(Array.from({ length: 8 }, () => admin.ask<ShownTenant>('/api/tenants', { body })))
    expect(same.map(({ status }) => status)).toEqual(same.map(() => 201))
    expect(new Set(same.map(({ body: { created_at } }) => created_at)).size).toBe(1)
    const names = ['one', 'two', 'three', 'four', 'five']
    const others = await Promise.all(
      names.map((name) => admin.ask<ShownTenant>('/api/tenants', { body: { tenant_id: 'contested', name } })),
    )
    expect(others.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409])
    const winner = others.find(({ status }) => status === 201)
    expect((await admin.shown('contested')).name).toBe(winner?.body.name)
  })

  it.each<readonly [string, unknown, string | undefined]>([
    ['no id', { name: 'x' }, 'tenant_id'],
    ...['', 'A', 'a b', '_system', '-a', 'a-', 'a_b', 'a/b', '../a', 'ä', 'a'.repeat(64), 7, null, ['a'], { id: 'a' }].map(
      (tenant_id): readonly [string, unknown, string] => [
        `the id ${JSON.stringify(tenant_id)}`,
        { tenant_id, name: 'x' },
        'tenant_id',
      ],
    ),
    ['no name', { tenant_id: 'bad' }, 'name'],
    ['an empty name', { tenant_id: 'bad', name: '' }, 'name'],
    ['a name of spaces', { tenant_id: 'bad', name: '   ' }, 'name'],
    ['a name of 201 characters', { tenant_id: 'bad', name: 'x'.repeat(201) }, 'name'],
    ['an unknown field', { tenant_id: 'bad', name: 'x', colour: 'red' }, 'colour'],
    ['a status', { tenant_id: 'bad', name: 'x', status: 'suspended' }, 'status'],
    ['when it was made', { tenant_id: 'bad', name: 'x', created: 1 }, 'created'],
    ['an offboarding', { tenant_id: 'bad', name: 'x', offboarding: { at: 1 } }, 'offboarding'],
    ['a list', [], undefined],
    ['null', 'null', undefined],
    ['a text', '"bad"', undefined],
    ['nothing', '', undefined],
  ])('with %s is refused and says where', async (_, body, field) => {
    expectProblem(await admin.ask('/api/tenants', { method: 'POST', body: body as object }), 400, undefined, field)
  })

  it.each<readonly [string, object, string]>([
    ['tier', { tier: 'Gold!' }, 'tier'],
    ['isolation_level', { isolation_level: 'bridge' }, 'isolation_level'],
    ['region', { data_residency_region: 'Frankfurt (DE)' }, 'data_residency_region'],
    ['residency', { residency: 'planet' }, 'residency'],
    ['unknown model', { model_config: { model_id: 'no/such-model' } }, 'model_config.model_id'],
    ['unknown allowed model', { model_config: { allowed_models: ['scripted', 'no/such-model'] } }, 'model_config.allowed_models'],
    ['unknown fallback', { model_config: { fallback: ['no/such-model'] } }, 'model_config.fallback'],
    [
      'a model that is not allowed',
      { model_config: { model_id: 'local/extractive', allowed_models: ['scripted'] } },
      'model_config.model_id',
    ],
    [
      'a fallback that is not allowed',
      { model_config: { fallback: ['local/extractive'], allowed_models: ['scripted'] } },
      'model_config.fallback',
    ],
    ['no allowed models', { model_config: { allowed_models: [] } }, 'model_config.allowed_models'],
    ['max_tokens of 0', { model_config: { max_tokens: 0 } }, 'model_config.max_tokens'],
    ['an unknown field of the model', { model_config: { temperature: 1 } }, 'model_config.temperature'],
    ['a limit below 0', { limits: { requests_per_minute: -1 } }, 'limits.requests_per_minute'],
    ['a limit in words', { limits: { tokens_per_minute: '1000' } }, 'limits.tokens_per_minute'],
    ['half a call at a time', { limits: { concurrent: 0.5 } }, 'limits.concurrent'],
    ['less than no call an hour', { limits: { triage_calls_per_hour: -1 } }, 'limits.triage_calls_per_hour'],
    ['a budget below 0', { limits: { monthly_budget_usd: -0.01 } }, 'limits.monthly_budget_usd'],
    ['an unknown limit', { limits: { per_day: 1 } }, 'limits.per_day'],
    ['an unknown filter', { filters: { input: { haiku: 'mask' } } }, 'filters.input.haiku'],
    ['an unknown action', { filters: { output: { email: 'shred' } } }, 'filters.output.email'],
    ['an empty word', { filters: { deny_list: [' '] } }, 'filters.deny_list.0'],
    ['retention of 0 days', { retention: { requests_days: 0 } }, 'retention.requests_days'],
    ['a weight of 0', { weight: 0 }, 'weight'],
    ['a weight of 1e9', { weight: 1e9 }, 'weight'],
  ])('and a PATCH with a bad %s is refused and says where', async (_, settings, field) => {
    const onboarding = await admin.ask('/api/tenants', { body: { tenant_id: 'bad', name: 'x', ...settings } })
    expect(onboarding.body.field, onboarding.text).toMatch(new RegExp(`^${field}`))
    expectProblem(onboarding, 400)
    const change = await admin.patch<{ field: string }>('demo', settings)
    expect(change.body.field, change.text).toMatch(new RegExp(`^${field}`))
    expectProblem(change, 400)
    expectProblem(await admin.ask('/api/tenants/bad'), 404)
  })
})

describe('PATCH', () => {
  it('changes objects field by field, and null takes back [R113]', async () => {
    await admin.onboard('patched', everything)
    const changed = async (change: object): Promise<ShownTenant> => {
      const answer = await admin.patch('patched', change)
      expect(answer.status, answer.text).toBe(200)
      expect(await admin.shown('patched')).toEqual(answer.body)
      return answer.body
    }
    expect(await changed({})).toMatchObject(everything)
    expect(await changed({ limits: { concurrent: 5 } })).toMatchObject({
      ...everything,
      limits: { ...everything.limits, concurrent: 5 },
    })
    expect((await changed({ limits: { concurrent: null, requests_per_minute: 7 } })).limits).toEqual({
      requests_per_minute: 7,
      tokens_per_minute: 1_000_000,
      monthly_budget_usd: 1.5,
      triage_calls_per_hour: 12,
    })
    expect((await changed({ limits: {} })).limits).toHaveProperty('requests_per_minute', 7)
    expect((await changed({ model_config: { max_tokens: null } })).model_config).toEqual({
      model_id: 'scripted',
      allowed_models: ['scripted', 'local/extractive'],
      fallback: ['scripted'],
    })
    expect((await changed({ retention: { requests_days: null } })).retention).toEqual({})
    const bare = await changed({ data_residency_region: null, residency: null, weight: null, filters: null })
    expect(bare).toMatchObject({
      data_residency_region: null,
      residency: null,
      filters: { input: {}, output: {}, deny_list: [] },
    })
    expect(bare.weight).toBe((await admin.shown('demo')).weight)
    expect(bare).toMatchObject({ name: 'Ada & Co.', tier: 'gold', isolation_level: 'silo', status: 'active' })
  })

  it('of filters leaves those that it does not name', async () => {
    await admin.onboard('filtered', { filters: everything.filters })
    const { body } = await admin.patch('filtered', { filters: { input: { phone: 'flag' } } })
    expect(body.filters).toEqual({ ...everything.filters, input: { email: 'mask', phone: 'flag' } })
    const fewer = await admin.patch('filtered', { filters: { input: { email: null }, max_characters: null } })
    expect(fewer.body.filters).toEqual({ input: { phone: 'flag' }, output: { ssn: 'block' }, deny_list: ['falcon'] })
    const words = await admin.patch('filtered', { filters: { deny_list: ['heron'] } })
    expect(words.body.filters).toEqual({ input: { phone: 'flag' }, output: { ssn: 'block' }, deny_list: ['heron'] })
  })

  it.each(['offboarded', 'deleted', 'Active', '', null, 1])('sets no status %j', async (status) => {
    await admin.onboard('steady')
    expectProblem(await admin.patch('steady', { status }), 400, 'invalid_input', 'status')
    expect((await admin.shown('steady')).status).toBe('active')
  })

  it.each([
    { tenant_id: 'other' },
    { tenant_id: ['demo'] },
    { tenant_id: 7 },
    { tenant_id: { id: 'demo' } },
    { tenant_id: null },
  ])('of one tenant with %j in its body changes nobody', async (body) => {
    expectProblem(await admin.patch('demo', { name: 'Taken', ...body }), 400, 'invalid_input', 'tenant_id')
    expect((await admin.shown('demo')).name).toBe('Demo')
  })

  it('takes the id of its path in its body', async () => {
    await admin.onboard('named')
    expect((await admin.patch('named', { tenant_id: 'named', name: 'Named' })).body.name).toBe('Named')
  })

  it('sets nothing by names that objects have anyway', async () => {
    for (const body of [
      '{"__proto__":{"status":"suspended"}}',
      '{"constructor":{"name":"x"}}',
      '{"limits":{"__proto__":{"concurrent":1}}}',
      '{"model_config":{"constructor":1}}',
      '{"filters":{"input":{"__proto__":"mask"}}}',
    ])
      expectProblem(await admin.ask('/api/tenants/demo', { method: 'PATCH', body }), 400, 'invalid_input')
    expect(await admin.shown('demo')).toMatchObject({ status: 'active', limits: {}, model_config: {}, filters: { input: {} } })
  })

  it('by several at once loses none of their changes', async () => {
    await admin.onboard('shared')
    const changes = [
      { limits: { concurrent: 4 } },
      { limits: { requests_per_minute: 60 } },
      { model_config: { max_tokens: 50 } },
      { tier: 'gold' },
      { retention: { requests_days: 3 } },
    ]
    const answers = await Promise.all(changes.map((change) => admin.patch('shared', change)))
    expect(answers.map(({ status }) => status)).toEqual(changes.map(() => 200))
    expect(await admin.shown('shared')).toMatchObject({
      limits: { concurrent: 4, requests_per_minute: 60 },
      model_config: { max_tokens: 50 },
      tier: 'gold',
      retention: { requests_days: 3 },
    })
  })
})

describe('suspending', () => {
  it('is for the next request on, of tokens and keys alike, and ends as fast [R95]', async () => {
    await admin.onboard('sleepy')
    const { key } = await admin.makeKey('sleepy')
    const token = await admin.server.token({ tenant: 'sleepy' })
    for (let round = 0; round < 3; round++) {
      expect((await call(admin.server.url, '/api/requests', { token })).status).toBe(200)
      expect((await call(admin.server.url, '/api/tenants?limit=1', { token: key })).status).toBe(200)
      expect((await admin.patch('sleepy', { status: 'suspended' })).body.status).toBe('suspended')
      expectProblem(await call(admin.server.url, '/api/requests', { token }), 403, 'tenant_suspended')
      expectProblem(await call(admin.server.url, '/api/tenants?limit=1', { token: key }), 403, 'tenant_suspended')
      expect((await admin.patch('sleepy', { status: 'active' })).body.status).toBe('active')
    }
  })

  it('leaves its administration open: it is shown, changed, exported', async () => {
    await admin.onboard('paused')
    await admin.patch('paused', { status: 'suspended' })
    expect((await admin.patch('paused', { tier: 'silver' })).body).toMatchObject({ status: 'suspended', tier: 'silver' })
    for (const path of ['', '/keys', '/usage', '/audit', '/audit/verify', '/export'])
      expect((await admin.ask(`/api/tenants/paused${path}`)).status, path).toBe(200)
    expect((await admin.ask('/api/tenants/paused/rotate-key', { method: 'POST' })).status).toBe(200)
  })

  it('revokes the tokens of before by tokens_not_before, not those of after', async () => {
    await admin.onboard('renewed')
    const old = await admin.server.token({ tenant: 'renewed' })
    expect((await call(admin.server.url, '/api/requests', { token: old })).status).toBe(200)
    const { body } = await admin.patch('renewed', { tokens_not_before: new Date(Date.now() + 1_000).toISOString() })
    expect(body.tokens_not_before).not.toBeNull()
    expectProblem(await call(admin.server.url, '/api/requests', { token: old }), 401, 'token_revoked')
    await admin.patch('renewed', { tokens_not_before: null })
    expect((await call(admin.server.url, '/api/requests', { token: old })).status).toBe(200)
  })
})

describe('a tenant that is not there', () => {
  it.each(['nobody', '_system', 'Demo', 'demo%2F..', '%00', '__proto__', 'constructor', 'a'.repeat(300), 'demo%20'])(
    '%s is 404 on every route, and nothing comes of it',
    async (id) => {
      for (const [method, path, body] of [
        ['GET', '', undefined],
        ['PATCH', '', {}],
        ['DELETE', '', undefined],
        ['POST', '/rotate-key', undefined],
        ['POST', '/keys', {}],
        ['GET', '/keys', undefined],
        ['DELETE', '/keys/x', undefined],
        ['GET', '/usage', undefined],
        ['GET', '/export', undefined],
      ] as const)
        expectProblem(await admin.ask(`/api/tenants/${id}${path}`, { method, body }), 404, 'not_found')
    },
  )
})
