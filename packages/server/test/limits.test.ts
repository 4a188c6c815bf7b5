import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, type Answer, call, listAll, type ShownEvent } from '../../../test/e2e/support/api.ts'
import { reach, show } from '../../../test/e2e/support/requests.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

/** 1 USD per million tokens of input, 5 of output; `scripted` answers for it. */
const priced = 'anthropic.claude-haiku-4-5-20251001-v1:0'
/** About 4 + 1,000 tokens: half a cent. It isn't worked before the test is over, so that its reservation stays. */
const request = {
  prompt: 'Hello there',
  model_id: priced,
  max_tokens: 1_000,
  not_before: new Date(Date.now() + 3_600_000).toISOString(),
} as const
const { not_before: _, ...atOnce } = request
const reserved = 0.005

let server: TestServer
let admin: string
let number = 0

beforeAll(async () => {
  server = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '100' })
  admin = await server.token({ permissions: ['tenants:admin'] })
})

interface Tenant {
  readonly id: string
  readonly token: string
  /** As an administrator sets them. */
  limit(limits: object): Promise<void>
  submit(body?: object, headers?: Readonly<Record<string, string>>): Promise<Answer<Acknowledgement>>
}

async function tenantWith(limits: object): Promise<Tenant> {
  const id = `limited-${++number}`
  const made = await call(server.url, '/api/tenants', { token: admin, body: { tenant_id: id, name: id, limits } })
  expect(made.status, made.text).toBe(201)
  const token = await server.token({ tenant: id })
  return {
    id,
    token,
    limit: async (changed) => {
      const answer = await call(server.url, `/api/tenants/${id}`, { token: admin, method: 'PATCH', body: { limits: changed } })
      expect(answer.status, answer.text).toBe(200)
    },
    submit: (body = request, headers = {}) => call(server.url, '/api/requests', { token, body, headers }),
  }
}

/** So that what is counted by minutes is in one. */
async function withinOneMinute(): Promise<void> {
  const left = (): number => 60_000 - (Date.now() % 60_000)
  if (left() < 8_000) await until('the next minute', () => left() > 50_000, { within: 10_000 })
}

describe('requests and tokens of a minute', () => {
  it('above the limit are 429 with the seconds to the next minute, from the next request on after it is set [X68]', async () => {
    const tenant = await tenantWith({})
    for (let request = 0; request < 3; request++) expect((await tenant.submit()).status).toBe(202)
    await withinOneMinute()
    await tenant.limit({ requests_per_minute: 2 })
    expect([(await tenant.submit()).status, (await tenant.submit()).status]).toEqual([202, 202])
    const before = Date.now()
    const refused = await tenant.submit()
    expectProblem(refused, 429, 'rate_limited')
    const back = before + Number(refused.headers.get('retry-after')) * 1_000
    expect(Math.floor(back / 60_000) - Math.floor(before / 60_000)).toBeLessThanOrEqual(1)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    await tenant.limit({ requests_per_minute: null, tokens_per_minute: 1_100 })
    expect((await tenant.submit({ ...request, max_tokens: 1 })).status).toBe(202)
    await tenant.limit({ tokens_per_minute: 1_005 })
    expectProblem(await tenant.submit(), 429, 'rate_limited')
    expectProblem(await tenant.submit({ ...request, max_tokens: 1_100 }), 400, 'over_token_limit', 'max_tokens')
    await tenant.limit({ tokens_per_minute: null })
    expect((await tenant.submit()).status).toBe(202)
  })

  it('of one tenant are not those of another', async () => {
    const [one, other] = [await tenantWith({ requests_per_minute: 0 }), await tenantWith({ requests_per_minute: 5 })]
    expectProblem(await one.submit(), 429, 'rate_limited')
    expect((await other.submit()).status).toBe(202)
    expectProblem(await one.submit(), 429, 'rate_limited')
  })

  it('are not used by what is refused for another reason, nor by what is sent again [X68]', async () => {
    await withinOneMinute()
    const tenant = await tenantWith({ requests_per_minute: 2, monthly_budget_usd: 1 })
    const headers = { 'idempotency-key': 'mine' }
    const first = await tenant.submit(request, headers)
    expect(first.status).toBe(202)
    await tenant.limit({ monthly_budget_usd: 0 })
    for (let time = 0; time < 3; time++) {
      expectProblem(await tenant.submit(), 402, 'budget_exhausted')
      expect((await tenant.submit(request, headers)).body).toEqual(first.body)
    }
    await tenant.limit({ monthly_budget_usd: 1 })
    expect((await tenant.submit()).status).toBe(202)
    expectProblem(await tenant.submit(), 429, 'rate_limited')
    expect((await tenant.submit(request, headers)).body).toEqual(first.body)
    const events = await listAll<ShownEvent>(server.url, '/api/events?type=genai.request.received', tenant.token)
    expect(events).toHaveLength(2)
  })
})

describe('a monthly budget', () => {
  it('that is used up is 402, also by what is only reserved; raised, it works from the next request on [X14, X68]', async () => {
    const tenant = await tenantWith({ monthly_budget_usd: 1.5 * reserved })
    const first = await tenant.submit()
    expect(first.status).toBe(202)
    expectProblem(await tenant.submit(), 402, 'budget_exhausted')
    expect((await tenant.submit()).headers.get('retry-after')).toBeNull()
    await tenant.limit({ monthly_budget_usd: 2.5 * reserved })
    expect((await tenant.submit()).status).toBe(202)
    expectProblem(await tenant.submit(), 402, 'budget_exhausted')
    await call(server.url, `/api/requests/${first.body.request_id}`, { token: tenant.token, method: 'DELETE' })
    expect((await tenant.submit()).status).toBe(202)
    expectProblem(await tenant.submit(), 402, 'budget_exhausted')
  })

  it('has back what a call did not use when it ends', async () => {
    const tenant = await tenantWith({ monthly_budget_usd: 1.5 * reserved })
    const { body } = await tenant.submit(atOnce)
    await reach(server, tenant.token, body.request_id, 'completed')
    expect((await tenant.submit()).status).toBe(202)
  })

  it('that is lowered below what is taken refuses what comes, and what runs is finished', async () => {
    const tenant = await tenantWith({ monthly_budget_usd: 10 * reserved })
    const running = (await tenant.submit(atOnce)).body.request_id
    await tenant.limit({ monthly_budget_usd: 0.000001 })
    expectProblem(await tenant.submit(), 402, 'budget_exhausted')
    expect(await reach(server, tenant.token, running, 'completed')).toMatchObject({ usage: { usd: expect.any(Number) } })
    expectProblem(await tenant.submit(), 402, 'budget_exhausted')
  })

  it('of 0 refuses also what costs nothing, and is no limit of other tenants', async () => {
    const tenant = await tenantWith({ monthly_budget_usd: 0 })
    expectProblem(await tenant.submit(), 402, 'budget_exhausted')
    expectProblem(await tenant.submit({ prompt: 'For free' }), 402, 'budget_exhausted')
    expect((await call(server.url, '/api/requests', { token: await server.token(), body: request })).status).toBe(202)
    await tenant.limit({ monthly_budget_usd: null })
    expect((await tenant.submit()).status).toBe(202)
  })

  it('is refused before the model is called, and keeps nothing of what was refused [X14]', async () => {
    const tenant = await tenantWith({ monthly_budget_usd: 0 })
    expectProblem(await tenant.submit({ ...request, request_id: 'refused' }), 402, 'budget_exhausted')
    expectProblem(await call(server.url, '/api/requests/refused', { token: tenant.token }), 404)
    expect(await listAll(server.url, '/api/events', tenant.token)).toEqual([])
    await tenant.limit({ monthly_budget_usd: 1 })
    expect((await tenant.submit({ ...request, request_id: 'refused' })).status).toBe(202)
  })
})

interface Entry {
  readonly decision: string
  readonly resource: string
  readonly detail: { readonly repeated?: number }
}

const refusalsOf = async (tenant: Tenant): Promise<Entry[]> =>
  (await listAll<Entry>(server.url, `/api/tenants/${tenant.id}/audit`, admin)).filter(({ decision }) => decision !== 'allowed')

describe('refusals again and again', () => {
  it('by a spent budget leave one entry a minute in the trail, which stays whole [X69]', async () => {
    const tenant = await tenantWith({ monthly_budget_usd: 0 })
    await withinOneMinute()
    for (let time = 0; time < 5; time++) expectProblem(await tenant.submit(), 402, 'budget_exhausted')
    expect(await refusalsOf(tenant)).toMatchObject([{ decision: 'budget_exhausted', detail: {} }])
    const verdict = await call(server.url, `/api/tenants/${tenant.id}/audit/verify`, { token: admin })
    expect(verdict.body).toMatchObject({ valid: true, faults: [] })
  })

  it('by the filters use up the requests of the minute, and leave one entry, too [X68, X69]', async () => {
    const tenant = await tenantWith({ requests_per_minute: 3 })
    const filters = { input: { email: 'block' } }
    await call(server.url, `/api/tenants/${tenant.id}`, { token: admin, method: 'PATCH', body: { filters } })
    await withinOneMinute()
    const blocked = { ...request, prompt: 'Write to ada@example.com.' }
    for (let time = 0; time < 3; time++) expectProblem(await tenant.submit(blocked), 400, 'content_blocked', 'prompt')
    expectProblem(await tenant.submit(blocked), 429, 'rate_limited')
    expectProblem(await tenant.submit(), 429, 'rate_limited')
    const decisions = (await refusalsOf(tenant)).map(({ decision }) => decision)
    expect(decisions.toSorted()).toEqual(['content_blocked', 'rate_limited'])
  })
})

describe('calls at a time', () => {
  it('of a tenant are never more than its limit, and those of another go on beside them [X68]', async () => {
    const [one, other] = [await tenantWith({ concurrent: 1 }), await tenantWith({})]
    const ids = await Promise.all(Array.from({ length: 8 }, async () => (await one.submit(atOnce)).body.request_id))
    const beside = (await other.submit(atOnce)).body.request_id
    const shown = await Promise.all(ids.map((id) => reach(server, one.token, id, 'completed', 30_000)))
    const calls = shown.map(({ timeline }) => {
      const at = (type: string): number => Date.parse(timeline.findLast((entry) => entry.type === type)?.at ?? '')
      return { from: at('started'), to: at('completed') }
    })
    calls.sort((left, right) => left.from - right.from)
    for (const [index, { from }] of calls.entries()) expect(from).toBeGreaterThanOrEqual(calls[index - 1]?.to ?? 0)
    const { timeline } = await reach(server, other.token, beside, 'completed')
    expect(Date.parse(timeline.at(-1)?.at ?? '')).toBeLessThan(calls.at(-1)?.to ?? 0)
  })
})

describe('a virtual key with limits of its own', () => {
  it('is refused by them, whatever its tenant has left; others of the tenant are not [X14, X68]', async () => {
    const tenant = await tenantWith({ monthly_budget_usd: 1 })
    const maker = await server.token({ permissions: ['*'] })
    const key = await call<{ key: string; key_id: string }>(server.url, `/api/tenants/${tenant.id}/keys`, {
      token: maker,
      body: {
        name: 'small',
        permissions: ['requests:write'],
        limits: { monthly_budget_usd: 1.5 * reserved, tokens_per_minute: 5_000 },
      },
    })
    const submit = (body: object = request): Promise<Answer<Acknowledgement>> =>
      call(server.url, '/api/requests', { token: key.body.key, body })
    expect((await submit()).status).toBe(202)
    expectProblem(await submit(), 402, 'budget_exhausted')
    expectProblem(await submit({ ...request, max_tokens: 6_000 }), 400, 'over_token_limit')
    expect((await tenant.submit()).status).toBe(202)
    const usage = await call<{ budget: object }>(server.url, `/api/tenants/${tenant.id}/usage`, { token: admin })
    expect(usage.body.budget).toMatchObject({ limit_usd: 1, keys: [{ key_id: key.body.key_id, taken_usd: expect.any(Number) }] })
    await tenant.limit({ monthly_budget_usd: 0 })
    expectProblem(await submit({ ...request, max_tokens: 1 }), 402, 'budget_exhausted')
  })

  it('has requests of a minute of its own', async () => {
    await withinOneMinute()
    const tenant = await tenantWith({})
    const { body } = await call<{ key: string }>(server.url, `/api/tenants/${tenant.id}/keys`, {
      token: await server.token({ permissions: ['*'] }),
      body: { permissions: ['requests:write'], limits: { requests_per_minute: 2 } },
    })
    const submit = (): Promise<Answer<Acknowledgement>> => call(server.url, '/api/requests', { token: body.key, body: request })
    const first = await submit()
    expect([first.status, (await submit()).status]).toEqual([202, 202])
    expectProblem(await submit(), 429, 'rate_limited')
    expect((await tenant.submit()).status).toBe(202)
    expect((await show(server, tenant.token, first.body.request_id)).request_id).toBe(first.body.request_id)
  })
})
