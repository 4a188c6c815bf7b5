import { beforeAll, describe, expect, it } from 'vitest'
import type { Problem } from '../../../test/e2e/support/api.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'
import { step, Workflows } from './support/workflows.ts'

let server: TestServer
let ada: Workflows
let mia: Workflows

beforeAll(async () => {
  server = await startTestServer()
  ada = new Workflows(server.url, await server.token({ user: 'ada' }))
  mia = new Workflows(server.url, await server.token({ user: 'mia' }))
})

const body = { request: 'Report.', plan: { steps: [step('a')] }, approval: 'plan' }
const key = (value: string): Readonly<Record<string, string>> => ({ 'idempotency-key': value })

describe('an Idempotency-Key', () => {
  it("is each user's own: the same one and body of another begin another workflow", async () => {
    const id = await ada.start(body, key('k1'))
    expect(await ada.start(body, key('k1'))).toBe(id)
    const other = await mia.start(body, key('k1'))
    expect(other).not.toBe(id)
    const changed = await mia.ask<Problem>('', { body: { ...body, request: 'Another.' }, headers: key('k1') })
    expectProblem(changed, 409, 'reused_with_another_body', 'Idempotency-Key')
    await ada.reach(id, 'awaiting_approval')
    const fork = async (by: Workflows): Promise<string> =>
      (await by.ask(`/${id}/fork`, { body: { step: 'a', approval: 'plan' }, headers: key('k2') })).body.workflow_id
    const first = await fork(ada)
    expect(await fork(ada)).toBe(first)
    expect(await fork(mia)).not.toBe(first)
  })

  it('on a word: it counts once', async () => {
    const id = await ada.start(body)
    await ada.reach(id, 'awaiting_approval')
    const approve = () => ada.ask(`/${id}/approve`, { body: {}, headers: key('k3') })
    expect((await approve()).status).toBe(200)
    await ada.reach(id, 'completed')
    expect([(await approve()).status, (await ada.ask(`/${id}/approve`, { method: 'POST' })).status]).toEqual([200, 409])
  })
})

it('a plan is changed by whoever asked for it: 403 for others, who may agree to it as it is', async () => {
  const id = await ada.start(body)
  await ada.reach(id, 'awaiting_approval')
  const plan = { steps: [step('x')] }
  expectProblem(await mia.ask<Problem>(`/${id}/approve`, { body: { plan } }), 403, 'not_the_requester')
  expect((await ada.show(id)).waits_for).toBe('plan')
  expect((await mia.ask(`/${id}/approve`, { method: 'POST' })).status).toBe(200)
  expect(Object.keys((await ada.reach(id, 'completed')).steps)).toEqual(['a'])
})
