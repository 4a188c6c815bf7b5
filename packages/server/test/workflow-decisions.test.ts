import { beforeAll, describe, expect, it } from 'vitest'
import type { Problem } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'
import { step, Workflows } from './support/workflows.ts'

let server: TestServer
let workflows: Workflows

beforeAll(async () => {
  server = await startTestServer()
  workflows = new Workflows(server.url, await server.token())
})

const plan = { steps: [step('a'), step('b', ['a'], { agent_type: 'report' })] }

async function waiting(more: object = { plan, approval: 'plan' }): Promise<string> {
  const id = await workflows.start({ request: 'Ask first.', ...more })
  await workflows.reach(id, 'awaiting_approval')
  return id
}

const refusedFor = async (id: string, ...verbs: readonly string[]): Promise<void> => {
  for (const verb of verbs) expectProblem(await workflows.ask<Problem>(`/${id}/${verb}`, { method: 'POST' }), 409, 'wrong_state')
}

describe('a plan that has to be agreed to', () => {
  it('waits, and has started nothing; then it is done', async () => {
    const id = await waiting()
    const shown = await workflows.show(id)
    expect([shown.waits_for, shown.steps.a?.attempts, shown.usage.input_tokens]).toEqual(['plan', 0, 0])
    const approved = await workflows.ask(`/${id}/approve`, { method: 'POST' })
    expect([approved.status, approved.body.workflow_id, approved.body.status]).toEqual([200, id, 'running'])
    await workflows.reach(id, 'completed')
    await refusedFor(id, 'approve', 'reject', 'cancel', 'resume', 'steps/a/retry')
  })

  it('a plan that the model made waits as well', async () => {
    const id = await waiting({ approval: 'plan' })
    expect((await workflows.show(id)).plan?.steps.length).toBeGreaterThan(0)
    await workflows.ask(`/${id}/approve`, { body: {} })
    expect((await workflows.reach(id, 'completed', 'failed')).status).toBe('completed')
  })

  it('is run as somebody changed it', async () => {
    const id = await waiting()
    const steps = [step('x'), step('y', ['x'], { agent_type: 'report' })]
    expect((await workflows.ask(`/${id}/approve`, { body: { plan: { steps } } })).status).toBe(200)
    const ended = await workflows.reach(id, 'completed')
    expect(Object.keys(ended.steps)).toEqual(['x', 'y'])
    expect(ended.plan?.source).toBe('edited')
  })

  it('still waits when the change is no plan', async () => {
    const id = await waiting()
    const changed = { plan: { steps: [step('x', ['y'])] } }
    expectProblem(
      await workflows.ask<Problem>(`/${id}/approve`, { body: changed }),
      400,
      'invalid_plan',
      'plan.steps.0.dependencies.0',
    )
    expectProblem(await workflows.ask<Problem>(`/${id}/approve`, { body: { plam: {} } }), 400, 'invalid_input', 'plam')
    expect((await workflows.show(id)).waits_for).toBe('plan')
  })

  it('ends when it is rejected, with the reason', async () => {
    const id = await waiting()
    expect((await workflows.ask(`/${id}/reject`, { body: { reason: 'Too dear.' } })).status).toBe(200)
    const ended = await workflows.reach(id, 'cancelled')
    expect(ended.error).toEqual({ code: 'cancelled', message: 'Too dear.' })
    expect(Object.values(ended.steps).map(({ status, attempts }) => [status, attempts])).toEqual([
      ['cancelled', 0],
      ['cancelled', 0],
    ])
    await refusedFor(id, 'approve', 'reject', 'resume')
  })

  it('of two who decide at the same time one does', async () => {
    const id = await waiting()
    const answers = await Promise.all(
      ['approve', 'reject', 'approve', 'reject'].map((verb) => workflows.ask(`/${id}/${verb}`, { method: 'POST' })),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409])
    await workflows.reach(id, 'completed', 'cancelled')
  })
})

describe('a step that has to be agreed to', () => {
  const asking = { steps: [step('a'), step('b', ['a'], { approval: true }), step('c', ['b'], { agent_type: 'report' })] }

  it('waits when its turn comes, and the workflow with it; then both go on', async () => {
    const id = await waiting({ plan: asking })
    const shown = await workflows.show(id)
    expect(shown.waits_for).toBe('steps')
    expect(Object.values(shown.steps).map(({ status }) => status)).toEqual(['completed', 'awaiting_approval', 'pending'])
    expectProblem(await workflows.ask<Problem>(`/${id}/approve`, { body: { step: 'nobody' } }), 404, 'not_found')
    expectProblem(await workflows.ask<Problem>(`/${id}/approve`, { body: { step: 'c' } }), 409, 'wrong_state')
    await refusedFor(id, 'approve')
    for (const verb of ['approve', 'reject']) {
      const plain = await workflows.ask<Problem>(`/${id}/${verb}`, { method: 'POST' })
      expect(plain.body.detail).toBe('The plan does not wait; these steps do: b.')
      const unknown = await workflows.ask<Problem>(`/${id}/${verb}`, { body: { step: 'nobody' } })
      expect([unknown.status, unknown.body.detail]).toEqual([404, 'There is no such step; these wait: b.'])
    }
    expect((await workflows.ask(`/${id}/approve`, { body: { step: 'b' } })).status).toBe(200)
    expect((await workflows.reach(id, 'completed')).steps.b).toMatchObject({ status: 'completed', attempts: 1 })
  })

  it('is named with ten others that wait, and no more', async () => {
    const many = Array.from({ length: 12 }, (_, at) => step(`s${at}`, [], { approval: true }))
    const id = await workflows.start({ request: 'Ask first.', plan: { steps: many } })
    await until('all of them', async () =>
      Object.values((await workflows.show(id)).steps).every((each) => each.status === 'awaiting_approval'),
    )
    const named = Array.from({ length: 10 }, (_, at) => `s${at}`).join(', ')
    const plain = await workflows.ask<Problem>(`/${id}/approve`, { method: 'POST' })
    expect(plain.body.detail).toBe(`The plan does not wait; these steps do: ${named}, ….`)
    const unknown = await workflows.ask<Problem>(`/${id}/approve`, { body: { step: 'nobody' } })
    expect(unknown.body.detail).toBe(`There is no such step; these wait: ${named}, ….`)
    await workflows.ask(`/${id}/cancel`, { method: 'POST' })
  })

  it('fails when it is rejected, and with it what needs it', async () => {
    const id = await waiting({ plan: asking })
    expect((await workflows.ask(`/${id}/reject`, { body: { step: 'b', reason: 'Not that.' } })).status).toBe(200)
    const ended = await workflows.reach(id, 'failed')
    expect(ended.steps.b).toMatchObject({
      status: 'failed',
      attempts: 0,
      error: { code: 'step_rejected', message: 'Not that.' },
    })
    expect(ended.steps.c?.status).toBe('skipped')
  })
})

describe('cancel', () => {
  it('ends what runs; again it changes nothing', async () => {
    const slow = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '60000' })
    const own = new Workflows(slow.url, await slow.token())
    const id = await own.start({ request: 'Slow.', plan })
    await own.reach(id, 'running')
    const cancelled = await own.ask(`/${id}/cancel`, { body: { reason: 'Never mind.' } })
    expect(cancelled.status).toBe(202)
    const ended = await own.reach(id, 'cancelled')
    expect(ended.error).toEqual({ code: 'cancelled', message: 'Never mind.' })
    expect(Object.values(ended.steps).map(({ status }) => status)).toEqual(['cancelled', 'cancelled'])
    const again = await own.ask(`/${id}/cancel`, { method: 'POST' })
    const { workflow_id, tenant_id, status, usage, created_at, updated_at } = { created_at: '', updated_at: '', ...ended }
    expect([again.status, again.body]).toEqual([202, { workflow_id, tenant_id, status, usage, created_at, updated_at }])
    await slow.stop()
  })

  it('ends what waits', async () => {
    const id = await waiting()
    expect((await workflows.ask(`/${id}/cancel`, { method: 'POST' })).status).toBe(202)
    expect((await workflows.reach(id, 'cancelled')).steps.a?.attempts).toBe(0)
  })
})

describe('resume', () => {
  it('wakes what goes on by itself in any case', async () => {
    const id = await waiting()
    const answer = await workflows.ask(`/${id}/resume`, { method: 'POST' })
    expect([answer.status, answer.body.status]).toEqual([202, 'awaiting_approval'])
    await workflows.ask(`/${id}/approve`, { method: 'POST' })
    await workflows.reach(id, 'completed')
  })
})

describe('retry of a step', () => {
  it('does it again, and what was left out behind it; what is done stays', async () => {
    const steps = [step('a'), step('b', ['a'], { prompt: 'Please [[fail]].' }), step('c', ['b'], { agent_type: 'report' })]
    const failed = await workflows.run({ request: 'Fail.', plan: { steps } })
    expect([failed.status, failed.error?.code]).toEqual(['failed', 'step_failed'])
    expect(Object.values(failed.steps).map(({ status, attempts }) => [status, attempts])).toEqual([
      ['completed', 1],
      ['failed', 1],
      ['skipped', 0],
    ])
    const { workflow_id: id } = failed
    expectProblem(await workflows.ask<Problem>(`/${id}/steps/nobody/retry`, { method: 'POST' }), 404, 'not_found')
    await refusedFor(id, 'steps/a/retry')
    const answer = await workflows.ask(`/${id}/steps/b/retry`, { method: 'POST' })
    expect([answer.status, answer.body.status]).toEqual([202, 'running'])
    const again = await workflows.reach(id, 'failed')
    expect([again.steps.a?.attempts, again.steps.b?.attempts]).toEqual([1, 2])
  })
})

describe('who may act, and not read', () => {
  it('is told where the workflow stands, and none of its texts', async () => {
    const blind = new Workflows(server.url, await server.token({ permissions: ['workflows:write'] }))
    const steps = [
      step('a', [], { prompt: 'A private prompt.' }),
      step('b', ['a'], { approval: true }),
      step('c', ['b'], { prompt: '[[fail]]' }),
    ]
    const id = await blind.start({ request: 'A private request.', plan: { steps }, approval: 'plan' })
    await workflows.reach(id, 'awaiting_approval')
    const facts = ['created_at', 'status', 'tenant_id', 'updated_at', 'usage', 'workflow_id']
    const act = async (path: string, body?: object, more: readonly string[] = []): Promise<void> => {
      const answer = await blind.ask<object>(`/${id}${path}`, body ? { body } : { method: 'POST' })
      expect(answer.status).toBeLessThan(300)
      expect(Object.keys(answer.body).toSorted()).toEqual([...facts, ...more].toSorted())
      expect(answer.text).not.toMatch(/private|Scripted|too dear/)
    }
    await act('/resume', undefined, ['waits_for'])
    await act('/approve')
    await until('the step that asks', async () => (await workflows.show(id)).waits_for === 'steps')
    await act('/approve', { step: 'b' })
    await workflows.reach(id, 'failed')
    await act('/steps/c/retry')
    await workflows.reach(id, 'failed')
    for (const [verb, body] of [
      ['reject', { reason: 'It is too dear.' }],
      ['cancel', { reason: 'It is too dear.' }],
    ] as const) {
      const other = await blind.start({ request: 'A private request.', plan: { steps }, approval: 'plan' })
      await workflows.reach(other, 'awaiting_approval')
      const answer = await blind.ask<object>(`/${other}/${verb}`, { body })
      expect(
        Object.keys(answer.body)
          .filter((name) => name !== 'waits_for')
          .toSorted(),
      ).toEqual(facts)
      expect(answer.text).not.toMatch(/private|too dear/)
    }
    expectProblem(await blind.ask<Problem>(`/${id}`), 403, 'permission_denied')
  })
})
