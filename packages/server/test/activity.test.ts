import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { Activity } from '../src/activity/activity.ts'
import { Durations } from '../src/activity/durations.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

interface Figures {
  readonly requests: number
  readonly errors: number
  readonly refused: number
  readonly throttled: number
  readonly p95_ms: number | null
}

interface Overview {
  readonly platform: string
  readonly version: string
  readonly models: { readonly default_model: string; readonly is_extractive: boolean }
  readonly patterns: readonly ({ readonly name: string; readonly status: string } & Figures)[]
  readonly requests_per_minute: number
  readonly last_hour: Figures
  readonly spending: { readonly today_usd: number; readonly month_usd: number; readonly monthly_budget_usd: number | null }
  readonly requests: { readonly count: number; readonly oldest_age_ms: number | null }
  readonly dead_letters: { readonly count: number; readonly more: boolean }
  readonly open_alerts: { readonly count: number }
}

interface Metrics {
  readonly kept: { readonly in: string; readonly minutes: number }
  readonly minutes: readonly { readonly at: string; readonly http: Figures }[]
  readonly total: { readonly http: Figures; readonly models: { readonly calls: number; readonly input_tokens: number } }
  readonly routes: readonly ({ readonly route: string } & Figures)[]
  readonly models: readonly { readonly model_id: string; readonly calls: number }[]
  readonly streams: readonly { readonly name: string; readonly records: number; readonly lag_ms: number }[]
}

let server: TestServer
let owner: string
let stranger: string

beforeAll(async () => {
  server = await startTestServer()
  await server.registry.create('stranger', 'Stranger')
  owner = await server.token()
  stranger = await server.token({ tenant: 'stranger' })
})

const overviewOf = async (token: string): Promise<Overview> => (await call<Overview>(server.url, '/api/overview', { token })).body
const metricsOf = async (token: string): Promise<Metrics> => (await call<Metrics>(server.url, '/api/metrics', { token })).body

async function submit(prompt: string): Promise<void> {
  const { body } = await call<Acknowledgement>(server.url, '/api/requests', { token: owner, body: { prompt } })
  await until('an end', async () => {
    const { body: shown } = await call<ShownRequest>(server.url, `/api/requests/${body.request_id}`, { token: owner })
    return shown.status !== 'processing'
  })
}

describe('the overview and the figures of the last hour', () => {
  it('tell what was asked for, what came of it, and what it cost', async () => {
    await submit('Good.')
    await submit('Bad. [[fail]]')
    await call(server.url, '/api/requests/nothing', { token: owner })
    const records = [{ key: 'a', data: { value: 1 } }]
    await call(server.url, '/api/streams/mine/records', { token: owner, body: { records } })
    const { platform, models, patterns, requests_per_minute, last_hour, spending, dead_letters } = await overviewOf(owner)
    expect({ platform, models }).toMatchObject({ platform: 'local', models: { default_model: 'scripted', is_extractive: false } })
    expect(patterns.map(({ name }) => name)).toEqual(['event-driven', 'rag', 'multi-agent', 'analytics', 'multi-tenant'])
    expect(patterns[0]).toMatchObject({ status: 'serving', refused: 1, errors: 0 })
    expect(patterns[1]).toMatchObject({ status: 'idle', requests: 0, p95_ms: null })
    expect(requests_per_minute).toBeGreaterThan(0)
    expect(last_hour.requests).toBe(patterns.reduce((sum, { requests }) => sum + requests, 0))
    expect(dead_letters).toEqual({ count: 1, more: false })
    expect(spending.monthly_budget_usd).toBeNull()
    const metrics = await metricsOf(owner)
    expect(metrics.kept).toMatchObject({ in: 'memory', minutes: 60 })
    expect(metrics.minutes).toHaveLength(60)
    expect(metrics.minutes.reduce((sum, { http }) => sum + http.requests, 0)).toBe(metrics.total.http.requests)
    expect(metrics.routes.find(({ route }) => route === 'POST /api/requests')?.requests).toBe(2)
    expect(metrics.models.find(({ model_id }) => model_id === 'scripted')?.calls).toBeGreaterThan(1)
    expect(metrics.total.models.input_tokens).toBeGreaterThan(0)
    expect(metrics.streams).toMatchObject([{ name: 'mine' }])
  })

  it('show no tenant anything of another, nor that there is one', async () => {
    const before = await overviewOf(stranger)
    expect(before.last_hour).toMatchObject({ requests: 0, p95_ms: null })
    expect(before.dead_letters.count).toBe(0)
    expect(before.spending).toMatchObject({ today_usd: 0, month_usd: 0 })
    const metrics = await metricsOf(stranger)
    expect(metrics).toMatchObject({ routes: [], models: [], streams: [], total: { http: { requests: 0 }, models: { calls: 0 } } })
    const asked = await call(server.url, '/api/metrics', { token: stranger, headers: { 'x-tenant-id': 'demo' } })
    expectProblem(asked, 403, 'tenant_mismatch')
    expect((await metricsOf(stranger)).total.http.requests).toBe(0)
    expectProblem(await call(server.url, '/api/overview?tenant_id=demo', { token: stranger }), 403, 'tenant_mismatch')
  })

  it('give no age to what is to wait until a time: it is no queue that is stuck', async () => {
    const body = { prompt: 'Later.', request_id: 'later', not_before: new Date(Date.now() + 3_600_000).toISOString() }
    await call(server.url, '/api/requests', { token: owner, body })
    const { requests } = await until('one that waits', async () => {
      const overview = await overviewOf(owner)
      return overview.requests.count === 1 && overview
    })
    expect(requests.oldest_age_ms).toBeNull()
    await call(server.url, '/api/requests/later', { method: 'DELETE', token: owner })
  })

  it('count nobody whose token is refused, and no look at themselves', async () => {
    const before = (await metricsOf(owner)).total.http.requests
    await call(server.url, '/api/requests', { token: 'none' })
    await overviewOf(owner)
    expect((await metricsOf(owner)).total.http.requests).toBe(before)
  })
})

describe('what is kept', () => {
  it('is the last hour, and within bounds', () => {
    let now = 3_600_000 * 1_000
    const activity = new Activity(() => now)
    for (let route = 0; route < 1_000; route++) activity.addRequest('one', `GET /${route}`, route % 2 === 0 ? 500 : 429, 10)
    const { routes, requests, requestsPerMinute } = activity.read('one')
    expect(routes.size).toBe(200)
    expect(requests.show()).toMatchObject({ requests: 1_000, errors: 500, throttled: 500 })
    expect(requestsPerMinute).toBe(1_000)
    now += 90_000
    expect(activity.read('one').requestsPerMinute).toBe(500)
    now += 3_600_000
    expect(activity.read('one').requests.requests).toBe(0)
    activity.addRequest('one', 'GET /', 200, 10)
    expect(activity.read('one').requests.requests).toBe(1)
    for (let tenant = 0; tenant < 500; tenant++) activity.addRequest(`tenant-${tenant}`, 'GET /', 200, 10)
    expect(activity.read('one').requests.requests).toBe(0)
    expect(activity.read('tenant-499').requests.requests).toBe(1)
  })

  it('tells percentiles within 7%', () => {
    const durations = new Durations()
    expect(durations.percentile(0.5)).toBeNull()
    for (let milliseconds = 1; milliseconds <= 1_000; milliseconds++) durations.add(milliseconds)
    for (const share of [0.5, 0.95, 0.99]) {
      const told = durations.percentile(share) ?? 0
      expect(Math.abs(told / (share * 1_000) - 1)).toBeLessThan(0.07)
    }
  })
})
