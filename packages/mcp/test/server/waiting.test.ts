import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../../../server/test/support/test-server.ts'
import { callTool, connect, revisions } from './support/clients.ts'
import { accept, callOf, messageOf, type RpcAnswer } from './support/raw.ts'

let server: TestServer
let token: string

beforeAll(async () => {
  // Longer than any test: a model that is still asked when its asker has left is found out.
  server = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '120000' })
  token = await server.token()
})

/** Waits an hour. */
const later = { prompt: 'x', not_before: new Date(Date.now() + 3_600_000).toISOString() }

interface Span {
  readonly name: string
  readonly status: string
  readonly attributes: Readonly<Record<string, unknown>>
}

/** The span of a tool, once it has ended. */
function ended(correlation: string, tool: string): Promise<Span> {
  return until(`${tool} has ended`, async () => {
    const { body } = await call<{ spans?: Span[] }>(server.url, `/api/traces/${correlation}`, { token })
    return body.spans?.find(({ name }) => name === `tools/call ${tool}`)
  })
}

/** Sends a call of a tool. @returns its answer when it has begun: the tool runs. */
function begin(
  url: string,
  bearer: string,
  message: object,
  options: { correlation?: string; signal?: AbortSignal } = {},
): Promise<Response> {
  const { correlation = 'none', signal } = options
  const headers = {
    authorization: `Bearer ${bearer}`,
    accept,
    'content-type': 'application/json',
    'x-correlation-id': correlation,
  }
  return fetch(`${url}/mcp`, { method: 'POST', headers, body: JSON.stringify(message), ...(signal ? { signal } : {}) })
}

/** A tool's answer, of what came to its end. */
async function resultOf(response: Response): Promise<{ isError?: boolean; content: Record<string, unknown> }> {
  const text = await response.text()
  const { result } = messageOf({ status: 200, headers: response.headers, text, body: {} as RpcAnswer })
  return { ...(result?.isError ? { isError: true } : {}), content: JSON.parse(result?.content?.[0]?.text ?? '{}') }
}

describe('waiting', () => {
  it('ends when its time is over, with the work as it is then, which goes on', async () => {
    const client = await connect(server.url, token)
    const { content } = await callTool(client, 'submit', { ...later, wait_seconds: 0.2 })
    expect(content).toMatchObject({ status: 'processing', request: { status: 'processing', result: null } })
    const shown = await callTool(client, 'get_request', { request_id: content.request_id })
    expect(shown.content).toMatchObject({ status: 'processing' })
  })

  it.each(revisions)('ends when the client leaves, in revision %s; the work goes on', async (revision) => {
    const correlation = `left-${revision}`
    const client = await connect(server.url, token, { revision, headers: { 'x-correlation-id': correlation } })
    const leaving = new AbortController()
    let told = false
    const waiting = callTool(
      client,
      'submit',
      { ...later, wait_seconds: 300 },
      { signal: leaving.signal, onprogress: () => (told = true) },
    )
    await until('it waits', () => told)
    leaving.abort()
    await expect(waiting).rejects.toThrow()
    if (revision === '2025-11-25') await client.close()
    await ended(correlation, 'submit')
    const { body } = await call<{ items: { status: string; correlation_id: string }[] }>(server.url, '/api/requests', { token })
    expect(body.items.find(({ correlation_id: of }) => of === correlation)?.status).toBe('processing')
  })

  it('for a model’s answer ends the call of the model when the client leaves', async () => {
    const client = await connect(server.url, token)
    const document = { source: 'pumps.md', content: 'The pump P-7 runs at 40 degrees.' }
    await callTool(client, 'ingest', { documents: [document], wait_seconds: 60 })
    const leaving = new AbortController()
    const options = { correlation: 'asked', signal: leaving.signal }
    const response = await begin(server.url, token, callOf('ask', { query: 'How hot does the pump P-7 run?' }), options)
    expect(response.status).toBe(200)
    leaving.abort()
    expect((await ended('asked', 'ask')).status).toBe('error')
  })

  it('doesn’t outlive the right to know: who is suspended meanwhile is told nothing [R95]', async () => {
    await server.registry.create('leaving', 'Leaving')
    const theirs = await server.token({ tenant: 'leaving' })
    const admin = await server.token({ permissions: ['tenants:admin'] })
    const response = await begin(server.url, theirs, callOf('submit', { ...later, wait_seconds: 2 }))
    await call(server.url, '/api/tenants/leaving', { token: admin, method: 'PATCH', body: { status: 'suspended' } })
    expect(await resultOf(response)).toMatchObject({ isError: true, content: { status: 403, code: 'tenant_suspended' } })
  })

  it('ends when the work waits for somebody: a plan is to be agreed to', async () => {
    const client = await connect(server.url, token)
    const plan = { steps: [{ id: 'one', agent_type: 'research', prompt: 'x' }] }
    const { content } = await callTool(client, 'run_workflow', { request: 'x', plan, approval: 'plan', wait_seconds: 50 })
    expect(content).toMatchObject({ status: 'awaiting_approval', workflow: { status: 'awaiting_approval' } })
    const steps = [{ ...plan.steps[0], approval: true }]
    const one = await callTool(client, 'run_workflow', { request: 'x', plan: { steps }, wait_seconds: 50 })
    expect(one.content).toMatchObject({ status: 'awaiting_approval' })
  })

  it('may outlast its token: what was begun in time ends', async () => {
    // Clocks may be five seconds apart: it is good for three more.
    const short = await server.token({ lifetime: -2 })
    const response = await begin(server.url, short, callOf('submit', { ...later, wait_seconds: 4 }))
    expect(await resultOf(response)).toMatchObject({ content: { request: { status: 'processing' } } })
    expect((await begin(server.url, short, callOf('list_agents'))).status).toBe(401)
  })

  it('ends when the server stops: with the work as it is, which the next start takes up', async () => {
    const stopped = await startTestServer()
    const response = await begin(stopped.url, await stopped.token(), callOf('submit', { ...later, wait_seconds: 300 }))
    const answer = resultOf(response)
    await stopped.stop()
    expect((await answer).content).toMatchObject({ status: 'processing', request: { status: 'processing' } })
  })
})
