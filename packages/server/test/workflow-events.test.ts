import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { allPermissions, createWorkflow, LocalIssuer, patterns, silentLog } from '@plinth/core'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { bootstrap, createApp, nodeListener, startTelemetry } from '@plinth/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { readStream, type StreamEvent } from './support/read-stream.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'
import { step, Workflows } from './support/workflows.ts'

let server: TestServer
let workflows: Workflows

beforeAll(async () => {
  server = await startTestServer()
  workflows = new Workflows(server.url, await server.token())
})

const plan = {
  steps: [
    step('a'),
    step('b'),
    step('c', ['a', 'b'], { approval: true }),
    step('d', ['c'], { prompt: '[[fail]]' }),
    step('e', ['d']),
    step('f', ['a'], { agent_type: 'report' }),
  ],
}

const pathOf = (id: string): string => `/api/workflows/${id}/events`
const follow = (id: string, options: Parameters<typeof readStream>[3] = {}, own = workflows): Promise<StreamEvent[]> =>
  readStream(own.url, pathOf(id), own.token, options)

/** How a stream is answered that goes on behind an id. */
async function statusBehind(id: string, last: number): Promise<number> {
  const headers = { authorization: `Bearer ${workflows.token}`, 'last-event-id': `${last}` }
  const response = await fetch(server.url + pathOf(id), { headers })
  await response.body?.cancel()
  return response.status
}

/** What was told of one step, or of the workflow: its statuses, in order. */
function statusesOf(events: readonly StreamEvent[], stepId?: string): unknown[] {
  return events.flatMap(({ event, data }) => {
    if (stepId === undefined) return event === 'status' ? [data.status] : []
    return event === 'step' && data.step_id === stepId ? [data.status] : []
  })
}

async function throughApproval(): Promise<string> {
  const id = await workflows.start({ request: 'All changes.', plan, approval: 'plan' })
  await workflows.reach(id, 'awaiting_approval')
  await workflows.ask(`/${id}/approve`, { method: 'POST' })
  await until('the step that asks', async () => (await workflows.show(id)).steps.c?.status === 'awaiting_approval')
  await workflows.ask(`/${id}/approve`, { body: { step: 'c' } })
  await workflows.reach(id, 'failed')
  return id
}

describe('the events of a workflow', () => {
  it('tell of every change, and end with the whole [R62]', async () => {
    const id = await throughApproval()
    const events = await follow(id)
    const statuses = statusesOf(events)
    expect(statuses.slice(0, 3)).toEqual(['planning', 'awaiting_approval', 'running'])
    expect(statuses.at(-1)).toBe('failed')
    expect(statusesOf(events, 'a')).toEqual(['running', 'completed'])
    expect(statusesOf(events, 'c')).toEqual(['awaiting_approval', 'pending', 'running', 'completed'])
    expect(statusesOf(events, 'd')).toEqual(['running', 'failed'])
    // Nothing was written of it: it was left out since what it needs failed.
    expect(statusesOf(events, 'e')).toEqual(['skipped'])
    const [told] = events.filter(({ event }) => event === 'plan')
    expect(told?.data.steps).toHaveLength(6)
    const approvals = events.filter(({ event }) => event === 'approval').map(({ data }) => [data.decision, data.by, data.step_id])
    expect(approvals).toEqual([
      ['approved', 'ann', undefined],
      ['approved', 'ann', 'c'],
    ])
    expect(events.at(-1)?.event).toBe('error')
    expect(events.at(-1)?.data).toEqual(await workflows.show(id))
  })

  it('tell what each step cost, as the workflow shows it', async () => {
    const ended = await workflows.run({ request: 'Cost.', plan: { steps: [step('a'), step('b')] } })
    const events = await follow(ended.workflow_id)
    for (const id of ['a', 'b']) {
      const last = events.findLast(({ event, data }) => event === 'step' && data.step_id === id)
      const { workflow_id, at, ...shown } = last?.data ?? {}
      expect([workflow_id, shown]).toEqual([ended.workflow_id, ended.steps[id]])
    }
    const last = events.findLast(({ event }) => event === 'synthesis')
    expect(last?.data).toMatchObject({ ...ended.synthesis })
    expect(events.at(-1)?.event).toBe('done')
    expect(events.at(-1)?.data).toEqual(ended)
  })

  it('have ids that grow, and resume at any of them', async () => {
    const id = await throughApproval()
    const events = await follow(id)
    const ids = events.map((event) => event.id)
    expect(ids).toEqual([...new Set(ids)].toSorted((left, right) => left - right))
    for (const [index, after] of ids.slice(0, -1).entries()) expect(await follow(id, { after })).toEqual(events.slice(index + 1))
    expect(await statusBehind(id, (ids.at(-1) ?? 0) + 1)).toBe(204)
  })

  it.each(['completed', 'failed', 'cancelled'] as const)(
    'are over for whoever has the last one: 204, so that an EventSource stops to ask (%s)',
    async (status) => {
      const prompt = status === 'failed' ? '[[fail]]' : 'Go.'
      const approval = status === 'cancelled' ? 'plan' : 'none'
      const id = await workflows.start({ request: 'End.', plan: { steps: [step('a', [], { prompt })] }, approval })
      if (status === 'cancelled') {
        await workflows.reach(id, 'awaiting_approval')
        await workflows.ask(`/${id}/cancel`, { method: 'POST' })
      }
      await workflows.reach(id, status)
      const events = await follow(id)
      expect(events.at(-1)?.event).toBe(status === 'completed' ? 'done' : 'error')
      expect(await statusBehind(id, events.at(-1)?.id ?? 0)).toBe(204)
      expect(await statusBehind(id, (events.at(-1)?.id ?? 0) - 1)).toBe(200)
    },
  )

  it('are told once each to one whose connection breaks after every event', async () => {
    const slow = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '150' })
    const own = new Workflows(slow.url, await slow.token())
    const steps = [step('a'), step('b', ['a']), step('c', ['a']), step('d', ['b', 'c'], { agent_type: 'report' })]
    const id = await own.start({ request: 'Bit by bit.', plan: { steps } })
    const told: StreamEvent[] = []
    while (told.at(-1)?.event !== 'done') {
      const after = told.at(-1)?.id
      told.push(...(await follow(id, { ...(after === undefined ? {} : { after }), enough: () => true }, own)))
    }
    expect(told).toEqual(await follow(id, {}, own))
    for (const each of ['a', 'b', 'c', 'd']) expect(statusesOf(told, each)).toEqual(['running', 'completed'])
    await slow.stop()
  })

  it('go on behind an end when a step is tried again', async () => {
    const steps = [step('a', [], { prompt: '[[fail]]' })]
    const failed = await workflows.run({ request: 'Again.', plan: { steps } })
    const first = await follow(failed.workflow_id)
    const after = first.at(-1)?.id ?? 0
    expect(await statusBehind(failed.workflow_id, after)).toBe(204)
    await workflows.ask(`/${failed.workflow_id}/steps/a/retry`, { method: 'POST' })
    const rest = await follow(failed.workflow_id, { after })
    expect(statusesOf(rest)).toEqual(['running', 'failed'])
    expect(statusesOf(rest, 'a')).toEqual(['pending', 'running', 'failed'])
    expect(rest.at(-1)?.event).toBe('error')
    expect(rest.at(-1)?.data).toMatchObject({ steps: { a: { attempts: 2 } } })
  })

  it('of another tenant are not there, at whatever Last-Event-ID', async () => {
    await server.registry.create('eaves', 'Eaves')
    const hostile = await server.token({ tenant: 'eaves' })
    const id = await workflows.start({ request: 'Mine.', plan: { steps: [step('a')] } })
    for (const last of ['0', '1', '999999999999']) {
      const headers = { 'last-event-id': last }
      expect((await call(server.url, pathOf(id), { token: hostile, headers })).status).toBe(404)
    }
  })
})

describe('a connection that is gone', () => {
  it('is let go: nothing is read for it any more', async () => {
    const memory = memoryPlatform({ models: scriptedModels(() => 'An answer.') })
    const { platform, clock } = memory
    let reads = 0
    const { state } = memory.adapters
    const { read } = state
    const counted = (...given: Parameters<typeof read>): ReturnType<typeof read> => {
      reads++
      return read.apply(state, given)
    }
    Object.defineProperty(state, 'read', { value: counted })
    const identity = await bootstrap(platform)
    const stopping = new AbortController()
    const parts = { platform, patterns, telemetry: startTelemetry(), log: silentLog, ready: () => true }
    const app = createApp({ ...identity, ...parts, stopping: stopping.signal })
    const listener = createServer(nodeListener(app.handle, app.refuseTarget)).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
    const issuer = await LocalIssuer.open(platform.operate())
    const token = await issuer.sign({ tenant: 'demo', user: 'ann', permissions: allPermissions, lifetime: 3_600 })
    const caller = await identity.authenticator.authenticate(`Bearer ${token}`, 'test')
    const { workflow_id: id } = await createWorkflow(platform.scope(caller), { request: 'Nobody works on it.' })

    const readsIn = async (seconds: number): Promise<number> => {
      const before = reads
      for (let passed = 0; passed < seconds * 4; passed++) await clock.advance(250)
      return reads - before
    }
    await readStream(url, pathOf(id), token, { enough: () => true })
    await until('the server has noticed', async () => (await readsIn(1)) === 0)
    expect(await readsIn(60)).toBe(0)

    const gone = new AbortController()
    const headers = { authorization: `Bearer ${token}` }
    await fetch(url + pathOf(id), { headers, signal: gone.signal })
    // Else the reads above would be none for another reason.
    expect(await readsIn(10)).toBeGreaterThan(30)
    gone.abort()
    await until('the server has noticed', async () => (await readsIn(1)) === 0)
    stopping.abort()
    listener.closeAllConnections()
    listener.close()
  })
})
