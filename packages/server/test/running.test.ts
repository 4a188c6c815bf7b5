import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

interface Span {
  readonly span_id: string
  readonly name: string
  readonly started_at: string
  readonly duration_ms: number
  readonly status: string
  readonly attributes: Readonly<Record<string, unknown>>
}

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

async function complete(prompt: string, correlation: string): Promise<ShownRequest> {
  const headers = { 'x-correlation-id': correlation }
  const { body } = await call<Acknowledgement>(server.url, '/api/requests', { token, body: { prompt }, headers })
  return until('its end', async () => {
    const shown = await call<ShownRequest>(server.url, `/api/requests/${body.request_id}`, { token })
    return shown.body.status !== 'processing' && shown.body
  })
}

describe('what is open to all', () => {
  it('the key set holds public parts only', async () => {
    const { body } = await call<{ keys: Record<string, unknown>[] }>(server.url, '/.well-known/jwks.json')
    expect(body.keys.length).toBeGreaterThan(0)
    for (const key of body.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
      expect(key).toMatchObject({ alg: 'EdDSA', kty: 'OKP', use: 'sig' })
    }
  })
})

describe('methods', () => {
  it('a method that nobody knows is refused', async () => {
    const answer = await call(server.url, '/api/requests', { token, method: 'PURGE' })
    expect([400, 404, 405]).toContain(answer.status)
  })
})

describe('[X18] [X75] traces', () => {
  it('show the route and the model call of a request, in order of their start', async () => {
    const secret = 'trace-canary-99'
    await complete(secret, 'trace-1')
    const answer = await call<{ correlation_id: string; spans: Span[] }>(server.url, '/api/traces/trace-1', { token })
    expect(answer.status).toBe(200)
    expect(answer.body.correlation_id).toBe('trace-1')
    expect(answer.body.spans.map((span) => span.name)).toEqual([
      'POST /api/requests',
      'process event-driven.process',
      'chat scripted',
    ])
    const chat = answer.body.spans[2]
    expect(chat?.attributes).toMatchObject({ 'gen_ai.request.model': 'scripted', 'gen_ai.operation.name': 'chat' })
    expect(chat?.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0)
    for (const span of answer.body.spans) {
      expect(span).toMatchObject({
        status: 'ok',
        duration_ms: expect.any(Number),
        started_at: expect.stringMatching(/\.\d{3}Z$/),
      })
    }
    expect(answer.text).not.toContain(secret)
    expect(answer.text).not.toContain('demo')
  })

  it('show a failed call as failed, by its code', async () => {
    await complete('[[fail]]', 'trace-2')
    const { body } = await call<{ spans: Span[] }>(server.url, '/api/traces/trace-2', { token })
    expect(body.spans.find((span) => span.name.startsWith('chat'))).toMatchObject({
      status: 'error',
      attributes: { 'error.type': 'model_request_refused' },
    })
  })

  it('the same correlation id of another tenant is another trace', async () => {
    await server.registry.create('tracer', 'Tracer')
    const other = await server.token({ tenant: 'tracer' })
    await complete('x', 'shared-id')
    expectProblem(await call(server.url, '/api/traces/shared-id', { token: other }), 404, 'not_found')
    await call(server.url, '/api/requests?limit=1', { token: other, headers: { 'x-correlation-id': 'shared-id' } })
    const { body } = await call<{ spans: Span[] }>(server.url, '/api/traces/shared-id', { token: other })
    expect(body.spans.map((span) => span.name)).toEqual(['GET /api/requests'])
  })
})

describe('[X75] metrics', () => {
  it('are Prometheus text, count what was done, and hold nobody', async () => {
    await complete('count me', 'metrics-1')
    await call(server.url, '/api/requests/nobody', { token })
    const answer = await call(server.url, '/metrics', { token })
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
    for (const line of answer.text.trim().split('\n')) expect(line).toMatch(/^#|^[a-zA-Z_:][\w:]*(\{.*\})? \S+( \d+)?$/)
    expect(answer.text).toMatch(/http_server_request_duration(?:_seconds)?_count\{[^}]*http_route="\/api\/requests"[^}]*\} \d+/)
    expect(answer.text).toMatch(/http_response_status_code="404"/)
    expect(answer.text).toMatch(/gen_ai_client_token_usage/)
    expect(answer.text).toMatch(/plinth_job_duration/)
    for (const word of ['demo', 'nobody', 'metrics-1', 'count me']) expect(answer.text).not.toContain(word)
  })
})
