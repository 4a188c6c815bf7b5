import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type Page, type ShownEvent, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let token: string

const claude = 'anthropic.claude-3-haiku-20240307-v1:0'

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
  const given = [
    { request_id: 'mail-1', prompt: 'Summarise: Queues absorb BURSTS.', priority: 'high' },
    { request_id: 'mail-2', prompt: 'Translate this.', model_id: claude },
    { request_id: 'broken', prompt: '[[fail]] bursts', priority: 'low' },
    ...Array.from({ length: 30 }, (_, index) => ({ request_id: `bulk-${index}`, prompt: `number ${index}`, priority: 'low' })),
  ]
  for (const body of given) expect((await call(server.url, '/api/requests', { token, body })).status).toBe(202)
  await until('the end of all', async () => (await found('status=processing')).length === 0)
})

async function found(query: string, limit?: number): Promise<string[]> {
  const items = await listAll<ShownRequest>(server.url, `/api/requests?${query}`, token, limit)
  return items.map(({ request_id }) => request_id)
}

describe('GET /api/requests looks for', () => {
  it('a model, a priority, a status, each and together', async () => {
    expect(await found(`model_id=${encodeURIComponent(claude)}`)).toEqual(['mail-2'])
    expect(await found('priority=high')).toEqual(['mail-1'])
    expect(await found('priority=low&status=failed')).toEqual(['broken'])
    expect(await found('priority=high&status=failed')).toEqual([])
  })

  it('a text in prompts, results, ids, users and errors, of whatever case', async () => {
    expect(await found('text=bursts')).toEqual(['broken', 'mail-1'])
    expect(await found('text=MAIL-')).toEqual(['mail-2', 'mail-1'])
    expect(await found('text=model_request_refused')).toEqual(['broken'])
    const { body } = await call<ShownRequest>(server.url, '/api/requests/mail-2', { token })
    expect(await found(`text=${encodeURIComponent(body.result?.text ?? '')}`)).toContain('mail-2')
    expect(await found('text=nowhere-at-all')).toEqual([])
  })

  it('each once and in order, in pages of any size', async () => {
    const all = await found('priority=low')
    expect(all).toEqual([...Array.from({ length: 30 }, (_, index) => `bulk-${29 - index}`), 'broken'])
    for (const limit of [1, 7, 31]) expect(await found('priority=low', limit)).toEqual(all)
  })

  it('nothing that isn’t a priority, a model or a text', async () => {
    for (const [query, field] of [
      ['priority=urgent', 'priority'],
      ['model_id=', 'model_id'],
      ['text=', 'text'],
      ['text=%20', 'text'],
      [`text=${'a'.repeat(201)}`, 'text'],
    ] as const)
      expectProblem(await call(server.url, `/api/requests?${query}`, { token }), 400, 'invalid_input', field)
  })
})

describe('GET /api/requests/{id}/log', () => {
  it('has what was told of a request, in each of its rounds', async () => {
    const typesOf = async (id: string): Promise<string[]> => {
      const { body } = await call<Page<ShownEvent>>(server.url, `/api/requests/${id}/log`, { token })
      for (const { subject } of body.items) expect(subject).toBe(id)
      return body.items.map(({ type }) => type)
    }
    expect(await typesOf('bulk-7')).toEqual(['genai.request.received', 'genai.request.completed'])
    expect(await typesOf('broken')).toEqual(['genai.request.received', 'genai.request.failed'])
    await call(server.url, '/api/dead-letters/broken/redrive', { token, method: 'POST' })
    await until('its second end', async () => (await found('status=processing')).length === 0)
    expect(await typesOf('broken')).toEqual(['genai.request.received', 'genai.request.failed', 'genai.request.failed'])
  })
})

describe('GET /api/models', () => {
  it('lists what a tenant may use, its default first, with what answers and what it costs', async () => {
    interface Model {
      readonly model_id: string
      readonly is_default: boolean
      readonly served_by: string
      readonly price: { readonly input: number }
    }
    const all = await listAll<Model>(server.url, '/api/models?kind=language', token, 10)
    expect(all[0]).toMatchObject({ model_id: 'scripted', is_default: true, served_by: 'scripted' })
    expect(all.filter(({ is_default }) => is_default)).toHaveLength(1)
    expect(all.find(({ model_id }) => model_id === claude)).toMatchObject({ served_by: 'scripted', price: { input: 0.25 } })
    const admin = await server.token({ permissions: ['*'] })
    const settings = { tenant_id: 'strict', name: 'Strict', model_config: { allowed_models: [claude] } }
    expect((await call(server.url, '/api/tenants', { token: admin, body: settings })).status).toBe(201)
    const strict = await server.token({ tenant: 'strict' })
    expect((await listAll<Model>(server.url, '/api/models?kind=language', strict)).map(({ model_id }) => model_id)).toEqual([
      claude,
    ])
  })
})
