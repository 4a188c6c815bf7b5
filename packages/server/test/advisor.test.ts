import type { Advice } from '@plinth/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call } from '../../../test/e2e/support/api.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let viewer: string

beforeAll(async () => {
  server = await startTestServer()
  viewer = await server.token({ permissions: ['advisor:read'] })
})

const ask = (body: object, token: string = viewer): Promise<Answer<Advice>> =>
  call<Advice>(server.url, '/api/advisor', { token, method: 'POST', body })

describe('[R5] [R115] POST /api/advisor', () => {
  it('ranks all five, composes, prices and plans, for whoever may only read', async () => {
    const profile = {
      ...{ response: 'interactive', requests_per_month: 200_000, monthly_budget_usd: 10_000 },
      ...{ knowledge: { documents: 5_000 }, tenants: { count: 40, isolation: 'silo' } },
    }
    const { status, body } = await ask({ profile })
    expect(status).toBe(200)
    expect(body.ranking.map(({ pattern }) => pattern).toSorted()).toEqual([
      ...['analytics', 'event-driven', 'multi-agent', 'multi-tenant', 'rag'],
    ])
    expect(body.ranking[0]).toMatchObject({ pattern: 'rag', matrix: { complexity: 'Medium', cost: 'Medium' } })
    expect(body.composition).toMatchObject({ primary: 'rag', secondary: ['multi-tenant'] })
    expect(body.cost.min).toBeLessThanOrEqual(body.cost.likely)
    expect(body.cost.likely).toBeLessThanOrEqual(body.cost.max)
    expect(body.cost).toMatchObject({ within_budget: true })
    for (const list of [body.cost.lines, body.risks, body.roadmap, body.assumptions, body.cost.variants, body.prices])
      expect(list.length).toBeGreaterThan(0)
    expect(body.assumptions.map(({ field }) => field)).not.toContain('requests_per_month')
  })

  it('takes an empty profile, whose defaults are all told', async () => {
    const { status, body } = await ask({ profile: {} })
    expect(status).toBe(200)
    expect(body.assumptions.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['response', 'requests_per_month', 'model_id', 'knowledge.documents', 'tenants.count']),
    )
    expect(body.composition.primary).toBe('none')
  })

  it('knows each model of the catalogue in any spelling, whichever answers here', async () => {
    const { body } = await ask({ profile: { model_id: 'us.anthropic.claude-3-5-sonnet-20241022-v2:0' } })
    expect(body.flags).toMatchObject([{ field: 'model_id' }])
    expect(body.prices.map(({ name }) => name)).toContain('anthropic.claude-3-5-sonnet-20241022-v2:0 input')
  })

  it('counts with prices that are given', async () => {
    const profile = { knowledge: { documents: 10 } }
    const [list, given] = [await ask({ profile }), await ask({ profile, prices: { services: { dashboardMonth: 1_003 } } })]
    expect(given.body.cost.fixed - list.body.cost.fixed).toBeCloseTo(3_000, 6)
  })

  it.each([
    ['profile', {}],
    ['profile', { profile: 'rag' }],
    ['profil', { profile: {}, profil: {} }],
    ['profile.requests_per_month', { profile: { requests_per_month: -1 } }],
    ['profile.requests_per_month', { profile: { requests_per_month: '5' } }],
    ['profile.requests_per_month', { profile: { requests_per_month: 1e300 } }],
    ['profile.requests_per_mont', { profile: { requests_per_mont: 1 } }],
    ['profile.response', { profile: { response: 'soon' } }],
    ['profile.knowledge.pages', { profile: { knowledge: { documents: 10, pages: 3 } } }],
    ['profile.workflow.approval', { profile: { response: 'interactive', workflow: { approval: true } } }],
    ['prices.services.functionCal', { profile: {}, prices: { services: { functionCal: 1 } } }],
    ['prices.services.functionCall', { profile: {}, prices: { services: { functionCall: -1 } } }],
  ])('names what is wrong: %s', async (field, body) => {
    expectProblem(await ask(body), 400, 'invalid_input', field)
  })

  it('names a model that the catalogue has not', async () => {
    expectProblem(await ask({ profile: { model_id: 'gpt-9' } }), 400, 'model_unknown', 'profile.model_id')
    const prices = { models: { 'gpt-9': { input: 1 } } }
    expectProblem(await ask({ profile: {}, prices }), 400, 'model_unknown', 'prices.models.gpt-9')
  })

  it('is described under a tag of its own', async () => {
    const { body } = await call<{ paths: Record<string, Record<string, { tags: string[] }>> }>(server.url, '/openapi.json', {
      token: viewer,
    })
    expect(body.paths['/api/advisor']?.post?.tags).toEqual(['advisor'])
    expect(body.paths['/api/traces/{correlation_id}']?.get?.tags).toEqual(['running'])
  })
})
