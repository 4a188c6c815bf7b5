import { patterns } from '@plinth/core'
import { createMcpEndpoint } from '@plinth/mcp'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll } from '../../../../test/e2e/support/api.ts'
import { startTestServer, type TestServer } from '../../../server/test/support/test-server.ts'
import { callTool, connect, type Revision, revisions } from './support/clients.ts'
import { toolNames } from './support/tool-names.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
  await server.registry.create('other', 'Other')
})

const pump = { source: 'pumps.md', content: '# Pumps\n\nThe pump P-7 runs at 40 degrees. It was installed in 2019.' }

describe.each(revisions)('the official client in revision %s', (revision: Revision) => {
  it('finds Plinth, its tools, and what each does to things', async () => {
    const client = await connect(server.url, await server.token(), { revision })
    expect(client.getNegotiatedProtocolVersion()).toBe(revision)
    expect(client.getServerVersion()).toMatchObject({ name: 'plinth', title: 'Plinth' })
    expect(client.getInstructions()).toMatch(/citations/)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(toolNames)
    for (const { name, title, description, inputSchema, outputSchema, annotations } of tools) {
      expect(title, name).toMatch(/\S/)
      expect(description, name).toMatch(/\.$/)
      expect(inputSchema, name).toMatchObject({ type: 'object', additionalProperties: false })
      expect(outputSchema, name).toMatchObject({ type: 'object' })
      expect(annotations, name).toMatchObject({ title, openWorldHint: false })
    }
    const hints = (hint: 'readOnlyHint' | 'destructiveHint' | 'idempotentHint') =>
      tools.filter(({ annotations }) => annotations?.[hint]).map(({ name }) => name)
    expect(hints('readOnlyHint')).toEqual([
      ...['ask', 'search', 'get_request', 'get_workflow', 'list_agents'],
      ...['list_streams', 'get_insights', 'get_windows', 'list_alerts'],
    ])
    expect(hints('destructiveHint')).toEqual(['ingest', 'cancel_workflow'])
    expect(hints('idempotentHint')).toEqual(toolNames.filter((name) => !['submit', 'run_workflow'].includes(name)))
    const ask = tools.find(({ name }) => name === 'ask')
    expect(Object.keys(ask?.inputSchema.properties ?? {})).toEqual(expect.arrayContaining(['query', 'top_k', 'filter']))
    expect(ask?.inputSchema.properties).not.toHaveProperty('stream')
    expect(ask?.inputSchema.required).toEqual(['query'])
  })

  it('ingests, searches, and is answered with citations that lie in the document [R25, R31]', async () => {
    const client = await connect(server.url, await server.token(), { revision })
    const told: string[] = []
    const ingested = await callTool(
      client,
      'ingest',
      { documents: [{ ...pump, source: `${revision}.md` }], wait_seconds: 60 },
      { onprogress: ({ progress, total, message }) => told.push(`${progress}/${total} ${message}`) },
    )
    expect(ingested).toMatchObject({
      isError: false,
      content: { documents: [{ source: `${revision}.md`, status: 'processed', chunks_count: 1 }], ingest: { processed: 1 } },
    })
    expect(told.at(-1)).toBe('1/1 1 of 1 documents are read')
    expect(new Set(told).size).toBe(told.length)
    const found = await callTool(client, 'search', { query: 'pump degrees', top_k: 1 })
    expect(found.content.results).toEqual([expect.objectContaining({ content: expect.stringContaining('40 degrees') })])
    const { content } = await callTool(client, 'ask', { query: 'How hot does the pump P-7 run?' })
    expect(content).toMatchObject({ abstained: false, response: expect.stringContaining('40 degrees') })
    const [citation] = content.citations as { readonly start: number; readonly end: number }[]
    expect(pump.content.slice(citation?.start, citation?.end)).toContain('40 degrees')
  })

  it('submits, and the same key does nothing twice [R8]', async () => {
    const token = await server.token()
    const client = await connect(server.url, token, { revision })
    const given = { prompt: 'Say something about pumps.', idempotency_key: `key of ${revision}`.replaceAll(' ', '-') }
    const told: string[] = []
    const onprogress = ({ message }: { message?: string | undefined }): void => void told.push(message ?? '')
    const done = await callTool(client, 'submit', { ...given, wait_seconds: 60 }, { onprogress })
    expect(done.content).toMatchObject({
      status: 'completed',
      request: { status: 'completed', result: { text: expect.any(String) } },
    })
    expect(told).toEqual(['received', 'started', 'completed'])
    const again = await callTool(client, 'submit', given)
    expect(again.content).toMatchObject({ request_id: done.content.request_id })
    const listed = await listAll<{ request_id: string }>(server.url, '/api/requests', token)
    expect(listed.filter(({ request_id: id }) => id === done.content.request_id)).toHaveLength(1)
    const shown = await callTool(client, 'get_request', { request_id: done.content.request_id })
    expect(shown.content).toMatchObject({ status: 'completed', attempts: 1 })
    expect(await callTool(client, 'submit', { ...given, prompt: 'Something else.' })).toMatchObject({
      isError: true,
      content: { status: 409, code: 'reused_with_another_body', field: 'idempotency_key' },
    })
  })

  it('runs a workflow, is told of each step that ends, and the same key runs no second one [R56, R65]', async () => {
    const client = await connect(server.url, await server.token(), { revision })
    const given = { request: 'How hot does the pump P-7 run, and when was it installed?', idempotency_key: `run-${revision}` }
    const told: string[] = []
    const options = {
      timeout: 120_000,
      onprogress: ({
        progress,
        total,
        message,
      }: {
        progress: number
        total?: number | undefined
        message?: string | undefined
      }) => void told.push(`${progress}/${total} ${message}`),
    }
    const run = await callTool(client, 'run_workflow', { ...given, wait_seconds: 100 }, options)
    expect(run.content).toMatchObject({
      status: 'completed',
      workflow: { status: 'completed', result: { text: expect.stringContaining('40 degrees') } },
    })
    const { steps } = run.content.workflow as { steps: object }
    const count = Object.keys(steps).length
    expect(told[0]).toBe(`0/${count} planned: ${count} steps`)
    expect(told.at(-1)).toMatch(new RegExp(`^${count}/${count} .*: completed$`))
    const again = await callTool(client, 'run_workflow', given)
    expect(again.content.workflow_id).toBe(run.content.workflow_id)
    const shown = await callTool(client, 'get_workflow', { workflow_id: run.content.workflow_id })
    expect(shown.content).toMatchObject({ status: 'completed', steps })
    const agents = await callTool(client, 'list_agents')
    const types = (agents.content.items as { type: string }[]).map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['orchestrator', 'research', 'analysis', 'report']))
  })

  it('looks at streams, their windows, insights and alerts, page by page', async () => {
    const token = await server.token()
    const client = await connect(server.url, token, { revision })
    const names = ['a', 'b'].map((name) => `${name}-${revision}`)
    for (const name of names)
      expect((await call(server.url, `/api/streams/${name}`, { token, method: 'PUT', body: {} })).status).toBe(201)
    const newest = await callTool(client, 'list_streams', { limit: 1 })
    expect(newest.content.items).toEqual([expect.objectContaining({ name: names[1] })])
    const next = await callTool(client, 'list_streams', { limit: 1, after: newest.content.next_cursor })
    expect(next.content.items).toEqual([expect.objectContaining({ name: names[0] })])
    const none = { isError: false, content: { items: [], next_cursor: null } }
    const within = {
      stream: names[0],
      key: 'k',
      window: '1m',
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-02T00:00:00Z',
      limit: 7,
    }
    expect(await callTool(client, 'get_windows', within)).toMatchObject(none)
    expect(await callTool(client, 'get_insights', { stream: names[0], key: 'k', limit: 7 })).toMatchObject(none)
    expect(await callTool(client, 'list_alerts', { stream: names[0], status: 'open' })).toMatchObject(none)
    expect(await callTool(client, 'get_insights', { stream: 'nowhere' })).toMatchObject({
      isError: true,
      content: { status: 404 },
    })
  })

  it('sees nothing of another tenant, by no tool [R110]', async () => {
    const mine = await connect(server.url, await server.token(), { revision })
    const theirs = await connect(server.url, await server.token({ tenant: 'other' }), { revision })
    await callTool(mine, 'ingest', { documents: [pump], wait_seconds: 60 })
    const request = await callTool(mine, 'submit', { prompt: 'Mine.' })
    const workflow = await callTool(mine, 'run_workflow', { request: 'Mine?' })
    for (const [tool, given] of [
      ['get_request', { request_id: request.content.request_id }],
      ['get_request', { request_id: 'nobody' }],
      ['get_workflow', { workflow_id: workflow.content.workflow_id }],
      ['get_workflow', { workflow_id: 'nobody' }],
      ['cancel_workflow', { workflow_id: workflow.content.workflow_id }],
    ] as const)
      expect(await callTool(theirs, tool, given)).toMatchObject({ isError: true, content: { status: 404, code: 'not_found' } })
    expect((await callTool(theirs, 'search', { query: 'pump degrees' })).content).toEqual({ results: [] })
    expect((await callTool(theirs, 'ask', { query: 'How hot does the pump P-7 run?' })).content).toMatchObject({
      abstained: true,
      sources: [],
    })
    const named = await callTool(theirs, 'search', { query: 'pump', tenant_id: 'demo' })
    expect(named).toMatchObject({ isError: true, content: { status: 403, code: 'tenant_mismatch' } })
  })
})

describe('what a tool is given', () => {
  const wrong: readonly (readonly [tool: string, given: Record<string, unknown>, field: string])[] = [
    ['ask', { query: ' ' }, 'query'],
    ['ask', { query: 'x', stream: true }, 'stream'],
    ['ask', { query: 'x', nothing: 1 }, 'nothing'],
    ['search', {}, 'query'],
    ['search', { query: 'x', top_k: 101 }, 'top_k'],
    ['search', { query: 'x', wait_seconds: 1 }, 'wait_seconds'],
    ['ingest', { documents: [] }, 'documents'],
    ['ingest', { documents: [{ source: 'a.md' }] }, 'documents.0.content'],
    ['submit', { prompt: '' }, 'prompt'],
    ['submit', { prompt: 'x', wait_seconds: 301 }, 'wait_seconds'],
    ['submit', { prompt: 'x', wait_seconds: '1' }, 'wait_seconds'],
    ['submit', { prompt: 'x', idempotency_key: 'ü' }, 'idempotency_key'],
    ['submit', { prompt: 'x', idempotency_key: 7 }, 'idempotency_key'],
    ['get_request', {}, 'request_id'],
    ['get_request', { request_id: 'x', id: 'y' }, 'id'],
    ['get_workflow', { workflow_id: 'x'.repeat(301) }, 'workflow_id'],
    ['run_workflow', { request: 'x', plan: { steps: [] } }, 'plan.steps'],
    ['list_agents', { type: 'x' }, 'type'],
    ['list_streams', { limit: 1.5 }, 'limit'],
    ['list_streams', { limit: 1_001 }, 'limit'],
    ['list_streams', { after: {} }, 'after'],
    ['list_streams', { name: 'x' }, 'name'],
    ['get_windows', { stream: 'x', from: 'yesterday' }, 'from'],
    ['get_windows', { limit: 1 }, 'stream'],
    ['list_alerts', { status: 'shut' }, 'status'],
  ]

  it.each(wrong)('%s refuses %j and names the field', async (tool, given, field) => {
    const client = await connect(server.url, await server.token())
    const { isError, content } = await callTool(client, tool, given)
    expect({ isError, status: content.status, field: content.field }).toEqual({ isError: true, status: 400, field })
    expect(JSON.stringify(content)).not.toMatch(/\.ts:|node_modules|\\n *at /)
    expect(content.request_id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('is the route’s own: what is refused begins nothing', async () => {
    const token = await server.token({ tenant: 'other' })
    const client = await connect(server.url, token)
    await callTool(client, 'submit', { prompt: 'x', wait_seconds: -1 })
    await callTool(client, 'run_workflow', { request: 'x', plan: { steps: [] } })
    expect((await call<{ items: object[] }>(server.url, '/api/requests', { token })).body.items).toEqual([])
    expect((await call<{ items: object[] }>(server.url, '/api/workflows', { token })).body.items).toEqual([])
  })
})

describe('the table of tools', () => {
  it('is there for the patterns that are served, and no more', () => {
    const endpoint = (which: readonly string[]) =>
      createMcpEndpoint({
        routes: patterns.filter(({ name }) => which.includes(name)).flatMap(({ routes }) => routes),
        version: '1.0.0',
      })
    const namesOf = (which: readonly string[]) => endpoint(which).tools.map(({ name }) => name)
    expect(namesOf(patterns.map(({ name }) => name))).toEqual(toolNames)
    expect(namesOf(['rag'])).toEqual(['ask', 'search', 'ingest'])
    expect(namesOf([])).toEqual([])
  })
})
