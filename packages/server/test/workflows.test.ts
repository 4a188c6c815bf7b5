import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type Page, type Problem } from '../../../test/e2e/support/api.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'
import { type ShownWorkflow, step, Workflows } from './support/workflows.ts'

const noUsage = { input_tokens: 0, output_tokens: 0, usd: 0, latency_ms: 0 }
const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

let server: TestServer
let workflows: Workflows

beforeAll(async () => {
  server = await startTestServer()
  workflows = new Workflows(server.url, await server.token())
})

const plan = {
  steps: [
    step('find'),
    step('look'),
    step('weigh', ['find', 'look'], { agent_type: 'analysis' }),
    step('write', ['weigh'], { agent_type: 'report' }),
  ],
}

describe('POST /api/workflows', () => {
  it('acknowledges at once: an id, a status and where to look [R56]', async () => {
    const answer = await workflows.ask<Readonly<Record<string, string>>>('', { body: { request: 'What is known of pumps?' } })
    expect(answer.status).toBe(202)
    expect(answer.body).toEqual({ workflow_id: expect.stringMatching(/^[0-9a-f-]{36}$/), status: 'planning' })
    expect(answer.headers.get('location')).toBe(`/api/workflows/${answer.body.workflow_id}`)
    const ended = await workflows.reach(answer.body.workflow_id ?? '', 'completed', 'failed')
    expect(ended.status, JSON.stringify(ended.error)).toBe('completed')
    expect(ended.plan?.steps.length).toBeGreaterThan(0)
  })

  it.each<[string, unknown, string]>([
    ['no request', {}, 'request'],
    ['an empty request', { request: '' }, 'request'],
    ['a blank request', { request: ' \n ' }, 'request'],
    ['a request that is no text', { request: 7 }, 'request'],
    ['a request beyond its limit', { request: 'x'.repeat(100_001) }, 'request'],
    ['a field that is none', { request: 'x', tenant: 'other' }, 'tenant'],
    ['an unknown kind of approval', { request: 'x', approval: 'all' }, 'approval'],
    ['a plan that is null', { request: 'x', plan: null }, 'plan'],
    ['a plan that is a list', { request: 'x', plan: [] }, 'plan'],
    ['a plan that is a text', { request: 'x', plan: '{}' }, 'plan'],
    ['a budget below nothing', { request: 'x', budget: { usd: -1 } }, 'budget.usd'],
    ['a budget of nothing', { request: 'x', budget: { seconds: 0 } }, 'budget.seconds'],
    ['a budget of part of a token', { request: 'x', budget: { tokens: 1.5 } }, 'budget.tokens'],
    ['a budget that is a text', { request: 'x', budget: { usd: '1' } }, 'budget.usd'],
    ['a session that is no id', { request: 'x', session_id: 'a b' }, 'session_id'],
    ['an empty session', { request: 'x', session_id: '' }, 'session_id'],
    ['an unknown kind of budget', { request: 'x', budget: { euros: 1 } }, 'budget.euros'],
  ])('refuses %s, and names it', async (_, body, field) => {
    expectProblem(await workflows.ask<Problem>('', { body: body as object }), 400, 'invalid_input', field)
  })

  it.each<[string, object, string]>([
    ['without steps', {}, 'plan.steps'],
    ['of no steps', { steps: [] }, 'plan.steps'],
    ['with a step that is none', { steps: [7] }, 'plan.steps.0'],
    ['with a step without an id', { steps: [{ agent_type: 'research', prompt: 'x' }] }, 'plan.steps.0.id'],
    ['with a step without an agent', { steps: [{ id: 'a', prompt: 'x' }] }, 'plan.steps.0.agent_type'],
    ['with a step without a prompt', { steps: [{ id: 'a', agent_type: 'research' }] }, 'plan.steps.0.prompt'],
    ['with a blank prompt', { steps: [step('a', [], { prompt: ' ' })] }, 'plan.steps.0.prompt'],
    ['with an id that no address can hold', { steps: [step('a/b')] }, 'plan.steps.0.id'],
    ['with an id that is a step upward', { steps: [step('..')] }, 'plan.steps.0.id'],
    ['with an id twice', { steps: [step('a'), step('b'), step('a')] }, 'plan.steps.2.id'],
    ['with an unknown dependency', { steps: [step('a'), step('b', ['a', 'c'])] }, 'plan.steps.1.dependencies.1'],
    ['with a step that waits for itself', { steps: [step('a', ['a'])] }, 'plan.steps.0.dependencies.0'],
    [
      'with a cycle',
      { steps: [step('s'), step('a', ['s', 'c']), step('b', ['a']), step('c', ['b'])] },
      'plan.steps.1.dependencies',
    ],
    ['with an unknown agent', { steps: [step('a', [], { agent_type: 'nobody' })] }, 'plan.steps.0.agent_type'],
    ['with a step for the orchestrator', { steps: [step('a', [], { agent_type: 'orchestrator' })] }, 'plan.steps.0.agent_type'],
    ['with a tool that its agent lacks', { steps: [step('a', [], { tools: ['calculate'] })] }, 'plan.steps.0.tools.0'],
    ['with a field that is none', { steps: [step('a', [], { promt: 'x' })] }, 'plan.steps.0.promt'],
    ['with an unknown end for a failure', { steps: [step('a', [], { on_failure: 'ignore' })] }, 'plan.steps.0.on_failure'],
    ['of more steps than a plan may have', { steps: Array.from({ length: 10_001 }, (_, at) => step(`s${at}`)) }, 'plan.steps'],
  ])('refuses a plan %s at once, and mends nothing of it [X40]', async (_, given, field) => {
    const before = await listAll(server.url, '/api/workflows', workflows.token)
    expectProblem(await workflows.ask<Problem>('', { body: { request: 'x', plan: given } }), 400, 'invalid_plan', field)
    expect(await listAll(server.url, '/api/workflows', workflows.token)).toEqual(before)
  })

  it('refuses a plan whose steps may use more than the whole', async () => {
    const body = { request: 'x', budget: { usd: 1 }, plan: { steps: [step('a', [], { budget: { usd: 2 } })] } }
    expectProblem(await workflows.ask<Problem>('', { body }), 400, 'invalid_plan', 'plan.steps')
  })

  it('the same key and body are the same workflow; with another body it is refused', async () => {
    const headers = { 'idempotency-key': 'once' }
    const body = { request: 'Once.', plan: { steps: [step('a')] } }
    const first = await workflows.ask('', { body, headers })
    await workflows.reach(first.body.workflow_id, 'completed')
    const again = await workflows.ask('', { body, headers })
    expect([again.status, again.body]).toEqual([202, first.body])
    expectProblem(
      await workflows.ask<Problem>('', { body: { request: 'Twice.' }, headers }),
      409,
      'reused_with_another_body',
      'Idempotency-Key',
    )
    await server.registry.create('same-key', 'Same key')
    const other = new Workflows(server.url, await server.token({ tenant: 'same-key' }))
    expect(await other.start({ request: 'Mine.', plan: { steps: [step('a')] } }, headers)).not.toBe(first.body.workflow_id)
  })
})

describe('GET /api/workflows/{id}', () => {
  it("shows every step of a caller's plan from the start, before anything runs", async () => {
    const idle = await startTestServer({ PLINTH_WORKER: 'off' })
    const own = new Workflows(idle.url, await idle.token())
    const shown = await own.show(await own.start({ request: 'Report.', plan }))
    expect([shown.status, shown.result, shown.usage]).toEqual(['planning', null, noUsage])
    expect(Object.keys(shown.steps)).toEqual(['find', 'look', 'weigh', 'write'])
    for (const [id, each] of Object.entries(shown.steps)) {
      expect(each).toMatchObject({ step_id: id, status: 'pending', attempts: 0, result: null, usage: noUsage })
      expect([each.started_at, each.ended_at]).toEqual([null, null])
    }
    expect(shown.plan?.steps[0]).toEqual({
      id: 'find',
      agent_type: 'research',
      prompt: 'Do find.',
      dependencies: [],
      expected_output: null,
    })
    expect(shown.plan?.success_criteria).toEqual([])
    await idle.stop()
  })

  it('shows what came of it: results by step, the report, and what each step cost [R46, R57, R62]', async () => {
    const ended = await workflows.run({ request: 'Report.', plan })
    expect(ended).toMatchObject({ tenant_id: 'demo', status: 'completed', request: 'Report.', synthesis: null })
    expect(ended.result).toEqual({ text: ended.steps.write?.result, sources: [], citations: [] })
    expect(ended.result?.text).toMatch(/\S/)
    for (const [id, each] of Object.entries(ended.steps)) {
      expect(each).toMatchObject({ step_id: id, status: 'completed', attempts: 1, started_at: timestamp, ended_at: timestamp })
      expect(each.result).toMatch(/\S/)
      expect(Object.keys(each.usage)).toEqual(Object.keys(noUsage))
      expect(each.usage.input_tokens * each.usage.output_tokens).toBeGreaterThan(0)
    }
    for (const name of ['input_tokens', 'output_tokens', 'usd'] as const) {
      const sum = Object.values(ended.steps).reduce((total, { usage }) => total + usage[name], 0)
      expect(ended.usage[name]).toBeCloseTo(sum, 9)
    }
  })

  it('puts together what several ends gave, in a step of its own', async () => {
    const ended = await workflows.run({ request: 'Report.', plan: { steps: [step('a'), step('b')] } })
    expect(ended.synthesis).toMatchObject({ agent_type: 'report', status: 'completed', attempts: 1 })
    expect(ended.result?.text).toBe(ended.synthesis?.result)
    expect(Object.keys(ended.steps)).toEqual(['a', 'b'])
  })

  it('takes names that an object has of itself for steps', async () => {
    const steps = ['__proto__', 'constructor', 'synthesis'].map((id) => step(id))
    const { body, text } = await workflows.ask(`/${(await workflows.run({ request: 'Odd.', plan: { steps } })).workflow_id}`)
    expect(body.status).toBe('completed')
    expect(Object.keys(JSON.parse(text).steps)).toEqual(['__proto__', 'constructor', 'synthesis'])
  })

  it('knows no workflow of another tenant, nor any that is not there', async () => {
    const id = await workflows.start({ request: 'Mine.', plan: { steps: [step('a')] } })
    await server.registry.create('hostile', 'Hostile')
    const hostile = new Workflows(server.url, await server.token({ tenant: 'hostile' }))
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ...['approve', 'reject', 'cancel', 'resume', 'steps/a/retry'].map((verb) => ['POST', `/${verb}`]),
    ] as const) {
      const theirs = await hostile.ask<Problem>(`/${id}${path}`, { method })
      const nobodys = await hostile.ask<Problem>(`/f0000000-0000-7000-8000-000000000000${path}`, { method })
      expectProblem(theirs, 404, 'not_found')
      expect({ ...theirs.body, request_id: '' }).toEqual({ ...nobodys.body, request_id: '' })
    }
    expect((await hostile.ask<Page<object>>('')).body).toEqual({ items: [], next_cursor: null })
    expect((await workflows.reach(id, 'completed')).status).toBe('completed')
  })

  it.each(['%C3%A4', 'x'.repeat(300), '%00', 'a%2Fb', '__proto__'])(
    'answers an odd id (%s) like any that is not there',
    async (id) => {
      const answer = await workflows.ask<Problem>(`/${id}`)
      expect([400, 404]).toContain(answer.status)
      expectProblem(answer, answer.status)
    },
  )
})

describe('GET /api/workflows', () => {
  it('lists newest first, in pages, by status, without texts', async () => {
    await server.registry.create('lists', 'Lists')
    const own = new Workflows(server.url, await server.token({ tenant: 'lists' }))
    const ids: string[] = []
    for (const prompt of ['one', 'two', '[[fail]]', 'four'])
      ids.push((await own.run({ request: 'Private.', plan: { steps: [step('a', [], { prompt })] } })).workflow_id)
    const newest = ids.toReversed()
    for (const limit of [1, 3, 4, 1_000]) {
      const all = await listAll<ShownWorkflow>(server.url, '/api/workflows', own.token, limit)
      expect(all.map(({ workflow_id }) => workflow_id)).toEqual(newest)
    }
    const { body } = await own.ask<Page<ShownWorkflow>>('?limit=4')
    expect(body.next_cursor).toBeNull()
    expect(body.items.map(({ status }) => status)).toEqual(['completed', 'failed', 'completed', 'completed'])
    expect(Object.keys(body.items[0] ?? {}).sort()).toEqual(
      ['created_at', 'status', 'tenant_id', 'updated_at', 'usage', 'workflow_id'].sort(),
    )
    const failed = await own.ask<Page<ShownWorkflow>>('?status=failed')
    expect(failed.body.items.map(({ workflow_id }) => workflow_id)).toEqual([ids[2]])
    expectProblem(await own.ask<Problem>('?status=done'), 400, 'invalid_input', 'status')
  })
})

describe('several steps', () => {
  it('run side by side, each with an agent of its own kind [R64, R65]', async () => {
    const slow = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '400' })
    const own = new Workflows(slow.url, await slow.token())
    const agents = ['research', 'analysis', 'research', 'analysis']
    const steps = agents.map((agent_type, at) => step(`s${at}`, [], { agent_type }))
    const ended = await own.run({ request: 'All.', plan: { steps: [...steps, step('end', ['s0', 's1', 's2', 's3'])] } })
    const first = Object.values(ended.steps).slice(0, 4)
    const starts = first.map(({ started_at }) => Date.parse(started_at ?? ''))
    const ends = first.map(({ ended_at }) => Date.parse(ended_at ?? ''))
    expect(Math.max(...starts)).toBeLessThan(Math.min(...ends))
    expect(Date.parse(ended.steps.end?.started_at ?? '')).toBeGreaterThanOrEqual(Math.max(...ends))
    await slow.stop()
  })
})

it('a key of its own budget that is spent ends a workflow before the next call', async () => {
  const ended = await workflows.run({ request: 'Report.', plan, budget: { tokens: 1 } })
  expect(ended).toMatchObject({ status: 'failed', usage: noUsage })
  expect(ended.steps.find?.error?.code).toBe('workflow_budget_exhausted')
  expect(ended.steps.write).toMatchObject({ status: 'skipped', attempts: 0 })
  expect((await call(server.url, '/readyz')).status).toBe(200)
})
