import { beforeAll, describe, expect, it } from 'vitest'
import type { Page, Problem } from '../../../test/e2e/support/api.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'
import { type ShownWorkflow, step, Workflows } from './support/workflows.ts'

let server: TestServer
let workflows: Workflows
let source: ShownWorkflow

const plan = { steps: [step('a'), step('b', ['a']), step('c', ['a']), step('d', ['b', 'c'], { agent_type: 'report' })] }
/** Of another plan, whose only step has to give an object. */
let formed: ShownWorkflow

beforeAll(async () => {
  server = await startTestServer()
  workflows = new Workflows(server.url, await server.token())
  source = await workflows.run({ request: 'Report.', plan })
  const form = { type: 'object', required: ['x'] }
  formed = await workflows.run({ request: 'Report.', plan: { steps: [step('a', [], { expected_output: form })] } })
})

const fork = (body: object, options: object = {}, by = workflows, id = source.workflow_id) =>
  by.ask<{ workflow_id: string; status: string }>(`/${id}/fork`, { method: 'POST', body, ...options })
const attempts = ({ steps }: ShownWorkflow): object =>
  Object.fromEntries(Object.entries(steps).map(([id, { attempts: times }]) => [id, times]))

describe('POST /api/workflows/{id}/fork', () => {
  it('acknowledges a new workflow, which keeps what does not depend on the step', async () => {
    const answer = await fork({ step: 'b', prompt: 'Do it in another way.' })
    expect([answer.status, answer.body.status]).toEqual([202, 'running'])
    const { workflow_id: id } = answer.body
    expect(answer.headers.get('location')).toBe(`/api/workflows/${id}`)
    const ended = await workflows.reach(id, 'completed')
    expect(ended).toMatchObject({
      request: 'Report.',
      plan: { source: 'forked' },
      forked_from: { workflow_id: source.workflow_id, step_id: 'b' },
    })
    expect(attempts(ended)).toEqual({ a: 0, b: 1, c: 0, d: 1 })
    expect(ended.steps.b?.result).not.toBe(source.steps.b?.result)
    for (const each of ['a', 'c']) expect(ended.steps[each]?.result).toBe(source.steps[each]?.result)
    expect(ended.usage.input_tokens).toBe((ended.steps.b?.usage.input_tokens ?? 0) + (ended.steps.d?.usage.input_tokens ?? 0))
    expect(await workflows.show(source.workflow_id)).toEqual(source)
  })

  it('says who wrote a result that no agent gave, in forks of the fork too, and nothing of the kind elsewhere', async () => {
    const { body } = await fork({ step: 'b', result: 'By hand.' })
    const ended = await workflows.reach(body.workflow_id, 'completed')
    expect(ended.steps.b).toMatchObject({ result: 'By hand.', given_by: 'ann' })
    for (const id of ['a', 'c', 'd']) expect(ended.steps[id]).not.toHaveProperty('given_by')
    expect((await workflows.ask(`/${body.workflow_id}/steps/b`)).body).toMatchObject({ given_by: 'ann' })
    const further = await fork({ step: 'd' }, {}, workflows, body.workflow_id)
    expect((await workflows.reach(further.body.workflow_id, 'completed')).steps.b).toMatchObject({ given_by: 'ann' })
    const anew = await fork({ step: 'b' }, {}, workflows, body.workflow_id)
    expect((await workflows.reach(anew.body.workflow_id, 'completed')).steps.b).not.toHaveProperty('given_by')
  })

  it('tells of all of it as it happens', async () => {
    const { body } = await fork({ step: 'd', result: 'The end.' })
    const ended = await workflows.reach(body.workflow_id, 'completed')
    expect([ended.result?.text, attempts(ended)]).toEqual(['The end.', { a: 0, b: 0, c: 0, d: 0 }])
    const { text } = await workflows.ask(`/${body.workflow_id}/events`)
    const told = [...text.matchAll(/^event: (\w+)$/gm)].map(([, event]) => event)
    expect(told).toEqual(['status', 'plan', 'step', 'step', 'step', 'step', 'status', 'status', 'done'])
  })

  it('gives the first acknowledgement for the same key and body, and refuses another body', async () => {
    const headers = { 'idempotency-key': 'forked-once' }
    const first = await fork({ step: 'd', approval: 'plan' }, { headers })
    expect([first.status, first.body.status]).toEqual([202, 'awaiting_approval'])
    await workflows.reach(first.body.workflow_id, 'awaiting_approval')
    expect((await fork({ step: 'd', approval: 'plan' }, { headers })).body).toEqual(first.body)
    expectProblem(await fork({ step: 'c' }, { headers }), 409, 'reused_with_another_body', 'Idempotency-Key')
  })

  it.each<[string, object, string]>([
    ['no step', {}, 'step'],
    ['a prompt and a result', { step: 'b', prompt: 'x', result: 'y' }, 'result'],
    ['an empty prompt', { step: 'b', prompt: ' ' }, 'prompt'],
    ['a result beyond its limit', { step: 'b', result: 'x'.repeat(100_001) }, 'result'],
    ['an unknown kind of approval', { step: 'b', approval: 'all' }, 'approval'],
    ['a budget below nothing', { step: 'b', budget: { usd: -1 } }, 'budget.usd'],
    ['a field that is none', { step: 'b', plan }, 'plan'],
  ])('refuses %s, and names it', async (_, body, field) => {
    expectProblem(await fork(body), 400, 'invalid_input', field)
  })

  it.each(['not json <script>', '{"y": 1}'])(
    'refuses a result that is not what the step is to give, and names it: %s',
    async (result) => {
      expectProblem(await fork({ step: 'a', result }, {}, workflows, formed.workflow_id), 400, 'invalid_input', 'result')
      const answer = await fork({ step: 'a', result: '{"x": 1}' }, {}, workflows, formed.workflow_id)
      expect((await workflows.reach(answer.body.workflow_id, 'completed')).steps.a?.result).toBe('{"x": 1}')
    },
  )

  it('is 404 for steps and workflows that are not there, and for those of others; 403 for who may only read', async () => {
    expectProblem(await fork({ step: 'nobody' }), 404, 'not_found')
    expectProblem(await fork({ step: 'b' }, {}, workflows, 'nobody'), 404, 'not_found')
    await server.registry.create('other', 'Other')
    const other = new Workflows(server.url, await server.token({ tenant: 'other' }))
    expectProblem(await fork({ step: 'b' }, {}, other), 404, 'not_found')
    const reader = new Workflows(server.url, await server.token({ permissions: ['workflows:read'] }))
    expectProblem(await fork({ step: 'b' }, {}, reader), 403, 'permission_denied')
  })

  it('is 409 for a workflow that has no plan yet', async () => {
    const slow = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '60000' })
    const own = new Workflows(slow.url, await slow.token())
    const id = await own.start({ request: 'Compare the pumps, and report what each of them costs.' })
    expectProblem(await fork({ step: 'b' }, {}, own, id), 409, 'wrong_state')
    await slow.stop()
  })

  it('refuses what the filters of the tenant refuse', async () => {
    await server.registry.change('other', (settings) => ({
      ...settings,
      filters: { ...settings.filters, input: { credential: 'block' } },
    }))
    const other = new Workflows(server.url, await server.token({ tenant: 'other' }))
    const own = await other.run({ request: 'Report.', plan })
    const secret = 'The password is AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
    for (const field of ['prompt', 'result']) {
      const answer = await fork({ step: 'b', [field]: secret }, {}, other, own.workflow_id)
      expect([answer.status, (answer.body as unknown as Problem).field]).toEqual([400, field])
    }
  })
})

describe('sessions', () => {
  it('are shown, listed for their user alone, and told to what runs in them', async () => {
    const session = { session_id: 'talk-1' }
    const first = await workflows.run({ request: 'What is known of pumps?', plan, ...session })
    expect(first.session_id).toBe('talk-1')
    const list = async (by: Workflows, query: string) => (await by.ask<Page<ShownWorkflow>>(`?${query}`)).body.items
    expect(await list(workflows, 'session_id=talk-1')).toMatchObject([{ workflow_id: first.workflow_id, ...session }])
    expect(await list(workflows, 'session_id=talk-1&status=failed')).toEqual([])
    expect(await list(workflows, 'session_id=talk-2')).toEqual([])
    expectProblem(await workflows.ask<Problem>('?session_id=a%20b'), 400, 'invalid_input', 'session_id')
    const eve = new Workflows(server.url, await server.token({ user: 'eve' }))
    expect(await list(eve, 'session_id=talk-1')).toEqual([])
    const step = { steps: [plan.steps[0]] }
    const used = async (by: Workflows): Promise<number> =>
      (await by.run({ request: 'And?', plan: step, ...session })).steps.a?.usage.input_tokens ?? 0
    const alone = await used(eve)
    expect(await used(workflows)).toBeGreaterThan(alone)
  })
})
