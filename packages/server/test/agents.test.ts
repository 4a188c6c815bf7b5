import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type Page, type Problem } from '../../../test/e2e/support/api.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'
import { step, Workflows } from './support/workflows.ts'

interface ShownAgent {
  readonly type: string
  readonly model_id: string
  readonly system_prompt: string
  readonly tools: readonly string[]
  readonly capabilities: readonly string[]
  readonly limits: Readonly<Record<string, unknown>>
  readonly version: number
  readonly built_in: boolean
}

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

const ask = <Body = ShownAgent>(path: string, options: Omit<Parameters<typeof call>[2], 'token'> = {}) =>
  call<Body>(server.url, `/api/agents${path}`, { ...options, token })
const roles = ['orchestrator', 'research', 'analysis', 'report']

describe('the agents of a tenant', () => {
  it('are there from the start: orchestrator, research, analysis, report [R47, R49]', async () => {
    await server.registry.create('fresh', 'Fresh')
    const own = await server.token({ tenant: 'fresh' })
    const { body } = await call<Page<ShownAgent>>(server.url, '/api/agents', { token: own })
    expect(body.items.map(({ type }) => type)).toEqual(roles)
    for (const agent of body.items) {
      expect(agent).toMatchObject({ built_in: true, version: 0, model_id: expect.stringMatching(/\S/) })
      expect(agent.system_prompt).not.toBe('You are a helpful AI agent.')
      expect(agent.capabilities.length).toBeGreaterThan(0)
    }
    expect(body.next_cursor).toBeNull()
  })

  it('are listed with own ones first, in pages', async () => {
    await server.registry.create('pages', 'Pages')
    const own = await server.token({ tenant: 'pages' })
    const types = ['one', 'two', 'three']
    for (const type of types) await call(server.url, '/api/agents', { token: own, body: { type } })
    for (const limit of [1, 2, 3, 7, 1_000]) {
      const all = await listAll<ShownAgent>(server.url, '/api/agents', own, limit)
      expect(all.map(({ type }) => type)).toEqual([...types.toReversed(), ...roles])
    }
    expectProblem(await call(server.url, '/api/agents?after=bm9uZQ', { token: own }), 400, 'invalid_input', 'after')
  })
})

describe('POST /api/agents', () => {
  it('needs a type only; the rest is the usual [R50, R55]', async () => {
    const made = await ask('', { body: { type: 'plain' } })
    expect(made.status).toBe(201)
    expect(made.headers.get('location')).toBe('/api/agents/plain')
    expect(made.body).toMatchObject({
      type: 'plain',
      system_prompt: 'You are a helpful AI agent.',
      tools: [],
      capabilities: [],
      version: 1,
      built_in: false,
    })
    expect(made.body.model_id).toBe((await ask('/research')).body.model_id)
    expect((await ask('/plain')).body).toEqual(made.body)
  })

  it('keeps what it is given [R50]', async () => {
    const agent = {
      type: 'lawyer',
      model_id: 'anthropic.claude-3-5-sonnet-20241022-v2:0',
      system_prompt: 'You read contracts.',
      tools: ['search_knowledge', 'calculate'],
      capabilities: ['find clauses'],
      limits: { turns: 3, max_tokens: 500 },
    }
    const made = await ask('', { body: agent })
    expect(made.body).toMatchObject(agent)
    expect((await listAll<ShownAgent>(server.url, '/api/agents', token)).find(({ type }) => type === 'lawyer')).toEqual(made.body)
  })

  it('gives the same agent for the same body again, and refuses another one', async () => {
    const body = { type: 'twice', capabilities: ['one'] }
    const first = await ask('', { body })
    const again = await ask('', { body })
    expect([again.status, again.body]).toEqual([201, first.body])
    expectProblem(await ask<Problem>('', { body: { ...body, capabilities: ['two'] } }), 409, 'reused_with_another_body', 'type')
  })

  it("gives a tenant's own agent of a built-in type that role's prompt [R55]", async () => {
    const role = (await ask('/analysis')).body
    const made = await ask('', { body: { type: 'analysis', tools: ['calculate'] } })
    expect(made.body).toMatchObject({ system_prompt: role.system_prompt, tools: ['calculate'], built_in: false })
    expect((await ask('/analysis', { method: 'DELETE' })).status).toBe(204)
    expect((await ask('/analysis')).body).toEqual(role)
  })

  it.each<[string, object, string]>([
    ['no type', {}, 'type'],
    ['an empty type', { type: '' }, 'type'],
    ['a type in capitals', { type: 'Lawyer' }, 'type'],
    ['a type with a space', { type: 'a lawyer' }, 'type'],
    ['a type that is a path', { type: '../research' }, 'type'],
    ['a type beyond its limit', { type: 'x'.repeat(65) }, 'type'],
    ['a field that is none', { type: 'x', prompt: 'y' }, 'prompt'],
    ['an unknown model', { type: 'x', model_id: 'none' }, 'model_id'],
    ['an unknown tool', { type: 'x', tools: ['calculate', 'nothing'] }, 'tools.1'],
    ['tools that are a text', { type: 'x', tools: 'calculate' }, 'tools'],
    ['an empty prompt', { type: 'x', system_prompt: '' }, 'system_prompt'],
    ['a limit of no turns', { type: 'x', limits: { turns: 0 } }, 'limits.turns'],
    ['a limit that is none', { type: 'x', limits: { luck: 1 } }, 'limits.luck'],
  ])('refuses %s, and names it', async (_, body, field) => {
    expectProblem(await ask<Problem>('', { body }), 400, undefined, field)
    expect((await ask('/x')).status).toBe(404)
  })
})

describe('PUT and DELETE /api/agents/{type}', () => {
  it('makes a new version, in the place of the whole', async () => {
    await ask('', { body: { type: 'changing', tools: ['calculate'], system_prompt: 'One.' } })
    const changed = await ask('/changing', { method: 'PUT', body: { system_prompt: 'Two.' } })
    expect(changed.status).toBe(200)
    expect(changed.body).toMatchObject({ type: 'changing', version: 2, system_prompt: 'Two.', tools: [] })
    expect((await ask('/changing')).body).toEqual(changed.body)
  })

  it('makes none in the place of a version that whoever changes it has not seen', async () => {
    const put = (type: string, body: object) => ask<ShownAgent & Problem>(`/${type}`, { method: 'PUT', body })
    await ask('', { body: { type: 'shared', system_prompt: 'One.' } })
    expect((await put('shared', { system_prompt: 'Two.', version: 1 })).body.version).toBe(2)
    const late = await put('shared', { capabilities: ['count'], version: 1 })
    expectProblem(late, 409, 'wrong_state')
    expect(late.body.detail).toContain('version 2')
    expect((await ask('/shared')).body).toMatchObject({ system_prompt: 'Two.', capabilities: [], version: 2 })
    expectProblem(await put('report', { version: 1 }), 409, 'wrong_state')
    expect((await put('report', { version: 0 })).body.version).toBe(1)
    expect((await ask('/report', { method: 'DELETE' })).status).toBe(204)
    expectProblem(await put('shared', { version: -1 }), 400, 'invalid_input', 'version')
  })

  it('refuses the type of another agent, and what is wrong with the rest', async () => {
    const put = (body: object) => ask<Problem>('/changing', { method: 'PUT', body })
    expectProblem(await put({ type: 'another' }), 400, 'invalid_input', 'type')
    expectProblem(await put({ tools: ['nothing'] }), 400, undefined, 'tools.0')
    expect((await ask('/changing')).body.version).toBe(2)
  })

  it('knows nothing that is not there: 404, also for what another tenant has', async () => {
    await server.registry.create('hostile', 'Hostile')
    const hostile = await server.token({ tenant: 'hostile' })
    await ask('', { body: { type: 'mine', system_prompt: 'Mine.' } })
    for (const type of ['mine', 'nobodys'])
      for (const [method, body] of [['GET'], ['PUT', {}], ['DELETE']] as const)
        expectProblem(await call(server.url, `/api/agents/${type}`, { token: hostile, method, body }), 404, 'not_found')
    const all = await listAll<ShownAgent>(server.url, '/api/agents', hostile)
    expect(all.map(({ type }) => type)).toEqual(roles)
    const plan = { steps: [step('a', [], { agent_type: 'mine' })] }
    const started = await call(server.url, '/api/workflows', { token: hostile, body: { request: 'x', plan } })
    expectProblem(started, 400, 'invalid_plan', 'plan.steps.0.agent_type')
    expect((await ask('/mine')).body.system_prompt).toBe('Mine.')
  })

  it('takes an own agent away, and no built-in one', async () => {
    await ask('', { body: { type: 'leaving' } })
    const gone = await ask('/leaving', { method: 'DELETE' })
    expect([gone.status, gone.text]).toEqual([204, ''])
    expectProblem(await ask<Problem>('/leaving', { method: 'DELETE' }), 404, 'not_found')
    const kept = await ask<Problem>('/research', { method: 'DELETE' })
    expect([403, 409]).toContain(kept.status)
    expect((await ask('/research')).status).toBe(200)
  })
})

it('a type that a tenant adds does steps at once, with its own model, beside those that are there [R66, R67]', async () => {
  const workflows = new Workflows(server.url, token)
  await ask('', { body: { type: 'poet', system_prompt: 'You write verse.', model_id: 'local/extractive' } })
  const steps = [step('find'), step('sing', ['find'], { agent_type: 'poet' }), step('tell', ['sing'], { agent_type: 'report' })]
  const ended = await workflows.run({ request: 'A song.', plan: { steps } })
  expect(ended.status).toBe('completed')
  expect(Object.values(ended.steps).map(({ agent_type }) => agent_type)).toEqual(['research', 'poet', 'report'])
  // The extractive model costs nothing, the others do.
  expect(ended.steps.sing?.usage.usd).toBe(0)
})
