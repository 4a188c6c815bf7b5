import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'
import { step, Workflows } from './support/workflows.ts'

let server: TestServer
let workflows: Workflows

beforeAll(async () => {
  server = await startTestServer()
  workflows = new Workflows(server.url, await server.token())
})

interface Whole {
  readonly step_id: string
  readonly status: string
  readonly agent: { readonly type: string } | null
  readonly prompt: { readonly system: string; readonly user: string } | null
  readonly context: readonly { readonly step_id: string; readonly text: string }[]
  readonly tries: readonly {
    readonly attempt: number
    readonly status: string
    readonly started_at: string
    readonly ended_at: string | null
    readonly error?: { readonly code: string }
  }[]
}

describe('GET /api/workflows/{id}/steps/{step}', () => {
  it('tells of a step who does it, its prompt, its context and each try [R62]', async () => {
    const plan = { steps: [step('one'), step('two', ['one'])] }
    const { workflow_id: id, steps } = await workflows.run({ request: 'Both.', plan })
    const { body } = await workflows.ask<Whole>(`/${id}/steps/two`)
    expect(body).toMatchObject({
      step_id: 'two',
      status: 'completed',
      agent: { type: 'research' },
      context: [{ step_id: 'one', text: steps.one?.result }],
      tries: [{ attempt: 1, status: 'completed', calls: [] }],
    })
    expect(body.prompt?.user).toContain('Do two.')
    expect(body.prompt?.user).toContain(steps.one?.result)
    const whole = await workflows.ask<Whole>(`/${id}/steps/@synthesis`)
    expect(whole.body).toMatchObject({ step_id: 'synthesis', context: [{ step_id: 'one' }, { step_id: 'two' }] })
    expectProblem(await workflows.ask(`/${id}/steps/three`), 404, 'not_found')
  })

  it('tells of each try of a step that failed what was wrong with it', async () => {
    const plan = { steps: [step('bad', [], { prompt: 'Do it. [[fail]]' })] }
    const { workflow_id: id } = await workflows.run({ request: 'Fails.', plan })
    const again = await workflows.ask(`/${id}/steps/bad/retry`, { method: 'POST' })
    expect(again.status, again.text).toBe(202)
    await workflows.reach(id, 'failed')
    const { body } = await workflows.ask<Whole>(`/${id}/steps/bad`)
    expect(body.tries.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 'failed'],
      [2, 'failed'],
    ])
    expect(body.tries[0]?.error?.code).toMatch(/\S/)
  })

  it('counts of a step the time of its tries, and not that between them', async () => {
    const plan = { steps: [step('bad', [], { prompt: 'Do it. [[fail]]' })] }
    const { workflow_id: id } = await workflows.run({ request: 'Fails.', plan })
    await workflows.ask(`/${id}/steps/bad/retry`, { method: 'POST' })
    const ended = (await workflows.reach(id, 'failed')).steps.bad
    const { body } = await workflows.ask<Whole>(`/${id}/steps/bad`)
    const took = body.tries.map(({ started_at: from, ended_at: to }) => Date.parse(to ?? '') - Date.parse(from))
    expect(ended).toMatchObject({
      ran_seconds: took.reduce((sum, each) => sum + each, 0) / 1_000,
      tried_at: body.tries[1]?.started_at,
      started_at: body.tries[0]?.started_at,
    })
  })
})

describe('a workflow', () => {
  it('shows who asked for it, what it may use, and since when its seconds count', async () => {
    const budget = { usd: 1, tokens: 50_000, seconds: 600, tool_calls: 10 }
    const shown = await workflows.run({ request: 'Count.', plan: { steps: [step('one')] }, budget })
    expect(shown).toMatchObject({ user_id: 'ann', approval: 'none', budget, tool_calls: 0, waited_seconds: 0 })
    expect(shown).toMatchObject({ counts_from: expect.stringMatching(/Z$/) })
  })

  it('stands in lists with the beginning of its request where texts are asked for, and without it else', async () => {
    const request = `Long. ${'x'.repeat(1_000)}`
    const id = await workflows.start({ request, plan: { steps: [step('one')] } })
    type Listed = { readonly items: readonly { readonly workflow_id: string; readonly request?: string }[] }
    const find = async (query: string) =>
      (await workflows.ask<Listed>(query)).body.items.find(({ workflow_id }) => workflow_id === id)
    expect((await find('?texts=true'))?.request).toBe(request.slice(0, 300))
    for (const query of ['', '?texts=false']) expect(await find(query)).not.toHaveProperty('request')
    expectProblem(await workflows.ask('?texts=maybe'), 400, 'invalid_input', 'texts')
  })
})

describe('what people said of a workflow', () => {
  it('stands in it with their names, in order', async () => {
    const plan = { steps: [step('one'), step('two', [], { approval: true })] }
    const id = await workflows.start({ request: 'Ask.', plan, approval: 'plan' })
    await workflows.reach(id, 'awaiting_approval')
    expect(await workflows.show(id)).toMatchObject({ decisions: [] })
    const bob = new Workflows(server.url, await server.token({ user: 'bob' }))
    await bob.ask(`/${id}/approve`, { method: 'POST' })
    await workflows.ask(`/${id}/reject`, { body: { step: 'two', reason: 'Not now.' } })
    await workflows.reach(id, 'failed')
    await bob.ask(`/${id}/steps/two/retry`, { method: 'POST' })
    await workflows.reach(id, 'awaiting_approval')
    await bob.ask(`/${id}/cancel`, { body: { reason: 'Enough.' } })
    const at = expect.stringMatching(/Z$/)
    expect(await workflows.reach(id, 'cancelled')).toMatchObject({
      decisions: [
        { decision: 'approved', at, by: 'bob' },
        { decision: 'rejected', at, by: 'ann', step_id: 'two', reason: 'Not now.' },
        { decision: 'retried', at, by: 'bob', step_id: 'two' },
        { decision: 'cancelled', at, by: 'bob', reason: 'Enough.' },
      ],
    })
  })
})

describe('GET /api/tools', () => {
  it('lists what any agent can be given by name', async () => {
    const token = await server.token()
    const { body } = await call<{ items: { name: string; description: string; changes: boolean }[] }>(server.url, '/api/tools', {
      token,
    })
    expect(body.items.map(({ name }) => name)).toEqual(expect.arrayContaining(['search_knowledge', 'calculate', 'read_result']))
    const tools = body.items.map(({ name }) => name)
    const made = await call(server.url, '/api/agents', { token, body: { type: 'handy', tools } })
    expect(made.status, made.text).toBe(201)
  })
})
