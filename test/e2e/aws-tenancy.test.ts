import { DeleteTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { DescribeKeyCommand } from '@aws-sdk/client-kms'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { LocalIssuer, TenantRegistry } from '@plinth/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithMoto, motoRegion, motoVariables } from '../../packages/aws/test/support/moto.ts'
import type { Asked, RestApi, Told } from '../../packages/cdk/test/support/rest-api.ts'
import { call, type Problem, type ShownRequest } from './support/api.ts'
import { apiOfFunctions, sealed } from './support/aws.ts'
import { type RunningPlinth, runPlinth, startPlinth } from './support/plinth-process.ts'
import { accept, reach } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const environmentOf = (endpoint: string) => ({ ...motoVariables(endpoint), PLINTH_MODEL: 'scripted' })

const priced = 'anthropic.claude-haiku-4-5-20251001-v1:0'

describeWithMoto('tenants on the platform aws, on an emulator', (moto) => {
  let server: RunningPlinth
  let admin: string
  let key: string

  /** As an administrator. */
  const ask = <Body>(path: string, method = 'GET', body?: object) => call<Body>(server.url, path, { token: admin, method, body })

  beforeAll(async () => {
    const where = environmentOf(moto.endpoint)
    server = await startPlinth(temporaryFolder(), where)
    admin = (await runPlinth(['token', '--tenant', 'demo', '--permissions', '*'], { environment: where })).stdout.trim()
  })
  afterAll(async () => {
    await server?.process.stop()
  })

  it('a silo tenant has a KMS key of its own under its alias [R106, R112]', async () => {
    const onboarded = await ask('/api/tenants', 'POST', { tenant_id: 'silo', name: 'Silo', isolation_level: 'silo' })
    expect(onboarded.status).toBe(201)
    const made = await ask<{ key: string }>('/api/tenants/silo/keys', 'POST', {
      permissions: ['requests:read', 'requests:write'],
    })
    key = made.body.key
    await accept(server, key, { prompt: 'a canary in the table', request_id: 'mine' })
    expect((await reach(server, key, 'mine', 'completed')).result?.text).toMatch(/\S/)
    const { KeyMetadata } = await moto.clients.kms.send(new DescribeKeyCommand({ KeyId: 'alias/tenant-silo-key' }))
    expect(KeyMetadata?.KeyState).toBe('Enabled')
    expect(await table()).not.toContain('a canary in the table')
  })

  it('limits and budgets hold, counted in the table by all processes together [X14, X68]', async () => {
    await ask('/api/tenants', 'POST', { tenant_id: 'poor', name: 'Poor', limits: { monthly_budget_usd: 0.006 } })
    const made = await ask<{ key: string }>('/api/tenants/poor/keys', 'POST', {
      permissions: ['requests:read', 'requests:write'],
    })
    const { key: poor } = made.body
    const submit = (body: object) => call<Problem>(server.url, '/api/requests', { token: poor, body })
    await ask('/api/tenants/poor', 'PATCH', { limits: { requests_per_minute: 0 } })
    const limited = await submit({ prompt: 'x', model_id: priced })
    expect([limited.status, limited.body.code, limited.headers.has('retry-after')]).toEqual([429, 'rate_limited', true])
    await ask('/api/tenants/poor', 'PATCH', { limits: { requests_per_minute: null } })
    // One call of 1,000 tokens may cost half a cent; there is no room for two.
    const both = await Promise.all([submit({ prompt: 'x', model_id: priced }), submit({ prompt: 'y', model_id: priced })])
    expect(both.map(({ status }) => status).sort()).toEqual([202, 402])
    expect(both.find(({ status }) => status === 402)?.body.code).toBe('budget_exhausted')
    await until('it is settled', async () => (await submit({ prompt: 'z', model_id: priced })).status === 202)
  })

  it('usage adds up, and the audit trail is sealed, anchored and holds [R102, R104]', async () => {
    const shown = await call<ShownRequest>(server.url, '/api/requests/mine', { token: key })
    const usage = await ask<{ total: object }>('/api/tenants/silo/usage')
    const { latency_ms: _, ...used } = shown.body.usage ?? { latency_ms: 0 }
    expect(usage.body.total).toEqual({ requests: 1, ...used })
    expect(await sealed(server, admin, 'silo')).toMatchObject({ valid: true })
    const trail = await ask<{ items: { what: string; who: string; region: string }[] }>('/api/tenants/silo/audit')
    expect(trail.body.items.map(({ what }) => what)).toEqual(expect.arrayContaining(['POST /api/requests', 'request.completed']))
    expect(new Set(trail.body.items.map(({ region }) => region))).toEqual(new Set([motoRegion]))
  })

  it('rotation and another isolation level leave everything readable [X65]', async () => {
    const text = async () => (await call<{ text: string }>(server.url, '/api/requests/mine/prompt', { token: key })).body.text
    expect((await ask('/api/tenants/silo/rotate-key', 'POST')).status).toBe(200)
    expect(await text()).toBe('a canary in the table')
    expect((await ask('/api/tenants/silo', 'PATCH', { isolation_level: 'pool' })).status).toBe(200)
    expect(await text()).toBe('a canary in the table')
    expect((await ask('/api/tenants/silo', 'PATCH', { isolation_level: 'silo' })).status).toBe(200)
    expect(await text()).toBe('a canary in the table')
  })

  it('a tenant that leaves takes everything along but its trail, and its key is on its way out', async () => {
    const exported = await ask('/api/tenants/silo/export')
    expect(exported.text.trimEnd().split('\n').at(-1)).toContain('"type":"end"')
    expect(exported.text).toContain('a canary in the table')
    const left = await ask<{ offboarding: { keys_irrecoverable_at: string } }>('/api/tenants/silo', 'DELETE')
    expect(left.status).toBe(202)
    const days = (Date.parse(left.body.offboarding.keys_irrecoverable_at) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(6)
    expect((await call<Problem>(server.url, '/api/requests', { token: key })).body.code).toBe('tenant_offboarded')
    // The sweeper comes once a minute.
    await until('its data is removed', async () => !/"silo#(?!audit)/.test(await table()), { within: 100_000, every: 1_000 })
    const { Contents = [] } = await moto.clients.s3.send(new ListObjectsV2Command({ Bucket: 'plinth', Prefix: 'silo/' }))
    expect(Contents).toEqual([])
    expect((await ask('/api/tenants/silo/audit/verify')).body).toMatchObject({ valid: true })
  })

  async function table(): Promise<string> {
    let text = ''
    let ExclusiveStartKey: Record<string, never> | undefined
    do {
      const page = await moto.clients.dynamodb.send(new ScanCommand({ TableName: 'plinth', ExclusiveStartKey }))
      text += JSON.stringify(page.Items)
      ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey
    } while (ExclusiveStartKey)
    return text
  }
})

/** API Gateway by a double that reads our template; the functions are ours, on an emulator of the rest of AWS. */
describeWithMoto('[R95] [R114] [G5] the API behind its authorizer, on an emulator', (moto) => {
  let api: RestApi
  let admin: string
  let key: string
  let token: string
  let issuer: LocalIssuer
  let registry: TenantRegistry

  const bearer = (credential: string) => ({ Authorization: `Bearer ${credential}` })
  const asAdmin = (path: string, method: string, body?: object) =>
    api.ask({ path, method, headers: bearer(admin), ...(body && { body }) })

  beforeAll(async () => {
    const functions = await apiOfFunctions(environmentOf(moto.endpoint))
    api = functions.api
    registry = new TenantRegistry(functions.operator)
    issuer = await LocalIssuer.open(functions.operator)
    expect((await api.ask({ path: '/readyz' })).status).toBe(200)
    admin = await tokenOf('demo')
    expect((await asAdmin('/api/tenants', 'POST', { tenant_id: 'acme', name: 'Acme' })).status).toBe(201)
    const made = await asAdmin('/api/tenants/acme/keys', 'POST', { permissions: ['requests:read'] })
    key = (JSON.parse(made.body) as { key: string }).key
    token = await tokenOf('acme')
  })

  it('a good token gets to the server, and the access log is told whose it is', async () => {
    for (const credential of [token, key]) {
      const told = await api.ask({ path: '/api/requests', headers: bearer(credential) })
      expect([told.by, told.status, told.context]).toEqual(['server', 200, { tenant_id: 'acme' }])
    }
  })

  it('without a token, or with one that nobody issued, the server is not called', async () => {
    const refused: Asked[] = [
      { path: '/api/requests' },
      { path: '/openapi.json', headers: { 'X-Api-Key': key } },
      { path: '/v1/models', headers: { 'X-Api-Key': key } },
      { path: '/v1/models', headers: { Cookie: 'session=1' } },
      { path: '/api/requests', headers: bearer(`${token.slice(0, -4)}AAAA`) },
      { path: '/api/requests', headers: { ...bearer('x'), Cookie: 'session=1' } },
      { path: '/v1/messages', method: 'POST', headers: { 'X-Api-Key': `${key}x` } },
      { path: '/v1/messages', method: 'POST', headers: { ...bearer(token), 'X-Api-Key': key } },
    ]
    for (const asked of refused) expect(problemOf(await api.ask(asked), 'UNAUTHORIZED')).toEqual([401, 'token_invalid'])
  })

  it('a key of an Anthropic client and a cookie of the console get to the server, which decides', async () => {
    const keyed = await api.ask({ path: '/v1/messages', method: 'POST', headers: { 'X-Api-Key': key }, body: {} })
    expect([keyed.by, keyed.context]).toEqual(['server', { tenant_id: 'acme' }])
    const session = await api.ask({ path: '/api/requests', headers: { Cookie: 'session=1' } })
    expect(problemOf(session, 'server')).toEqual([401, 'token_missing'])
  })

  it('a path in another spelling is no way around: the server checks by itself [R93]', async () => {
    for (const path of ['/x/../api/requests', '/healthz/../../openapi.json', '/./metrics'])
      expect(problemOf(await api.ask({ path }), 'server')).toEqual([401, 'token_missing'])
    // In its own protocol's words.
    expect((await api.ask({ path: '/healthz/../../v1/models' })).status).toBe(401)
  })

  it('suspended is 403 and active is 200, from the next request on; an unknown tenant is 401 [X59]', async () => {
    const ask = (credential: string) => api.ask({ path: '/api/requests', headers: bearer(credential) })
    expect((await ask(token)).status).toBe(200)
    await asAdmin('/api/tenants/acme', 'PATCH', { status: 'suspended' })
    for (const credential of [token, key]) expect(problemOf(await ask(credential), 'server')).toEqual([403, 'tenant_suspended'])
    await asAdmin('/api/tenants/acme', 'PATCH', { status: 'active' })
    expect((await ask(token)).status).toBe(200)
    expect(problemOf(await ask(await tokenOf('nobody')), 'server')).toEqual([401, 'tenant_unknown'])
  })

  it('a token that has expired or was revoked is told so', async () => {
    const ask = (credential: string) => api.ask({ path: '/api/requests', headers: bearer(credential) })
    expect(problemOf(await ask(await tokenOf('acme', -60)), 'server')).toEqual([401, 'token_expired'])
    await registry.change('acme', (settings) => ({ ...settings, tokens_not_before: Date.now() / 1_000 + 60 }))
    expect(problemOf(await ask(token), 'server')).toEqual([401, 'token_revoked'])
    await registry.change('acme', ({ tokens_not_before: _, ...settings }) => settings)
  })

  it('offboarded is 403', async () => {
    await asAdmin('/api/tenants/acme', 'DELETE')
    const told = await api.ask({ path: '/api/requests', headers: bearer(token) })
    expect(problemOf(told, 'server')).toEqual([403, 'tenant_offboarded'])
  })

  it('what can not be checked is not let in', async () => {
    await moto.clients.dynamodb.send(new DeleteTableCommand({ TableName: 'plinth' }))
    const told = await api.ask({ path: '/api/requests', headers: bearer(admin) })
    expect(problemOf(told, 'AUTHORIZER_CONFIGURATION_ERROR')).toEqual([503, 'unavailable'])
  })

  /** Status and code of an answer that has the form of the contract. */
  function problemOf({ by, status, headers, body }: Told, expected: string): readonly [number, string] {
    expect([by, headers['content-type']]).toEqual([expected, 'application/problem+json'])
    const problem = JSON.parse(body) as Problem
    expect(Object.keys(problem)).toEqual(['type', 'title', 'status', 'detail', 'code', 'request_id'])
    expect(problem).toMatchObject({ status, request_id: headers['x-request-id'], type: `urn:plinth:problem:${problem.code}` })
    expect(problem.request_id).toMatch(/\S/)
    return [status, problem.code]
  }

  function tokenOf(tenant: string, lifetime = 3_600): Promise<string> {
    return issuer.sign({ tenant, user: 'ada', permissions: ['*', 'tenants:admin'], lifetime })
  }
})
