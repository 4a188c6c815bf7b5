import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, listAll, type ShownEvent, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

const secret = 'Tango-canary-4711'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token({ user: 'ann' })
})

async function eventsOf(
  body: object,
  last: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly ShownEvent[]> {
  const { body: acknowledged } = await call<Acknowledgement>(server.url, '/api/requests', { token, body, headers })
  return until(`an event ${last}`, async () => {
    const events = (await listAll<ShownEvent>(server.url, '/api/events', token)).filter(
      (event) => event.subject === acknowledged.request_id,
    )
    return events.at(-1)?.type === last && events
  })
}

describe('[R17] [X18] the envelope of an event', () => {
  it('has exactly the fields of the contract', async () => {
    const body = { prompt: 'x', request_id: 'envelope', callback_url: 'https://example.com/' }
    const [received, completed] = await eventsOf(body, 'genai.request.completed')
    expect(Object.keys(completed ?? {})).toEqual(Object.keys(received ?? {}))
    expect(Object.keys(received ?? {}).sort()).toEqual(
      ['correlation_id', 'detail', 'id', 'sequence', 'source', 'subject', 'tenant_id', 'time', 'type', 'version'].sort(),
    )
    expect(received).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'genai.service',
      type: 'genai.request.received',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      version: 1,
      tenant_id: 'demo',
      subject: 'envelope',
      sequence: expect.any(Number),
    })
  })

  it('carries the correlation id that the caller brought, or the id of the request to us', async () => {
    const given = await eventsOf({ prompt: 'x' }, 'genai.request.completed', { 'x-correlation-id': 'trace.me:1' })
    expect(given.map((event) => event.correlation_id)).toEqual(['trace.me:1', 'trace.me:1'])
    const answer = await call<Acknowledgement>(server.url, '/api/requests', { token, body: { prompt: 'y' } })
    const shown = await call<ShownRequest>(server.url, `/api/requests/${answer.body.request_id}`, { token })
    expect(shown.body.correlation_id).toBe(answer.headers.get('x-request-id'))
  })

  it.each(['a b', 'ä', 'x'.repeat(129), '<script>', 'a/b'])('takes no odd correlation id (%s)', async (id) => {
    const headers = { 'x-correlation-id': encodeURIComponent(id) === id ? id : Buffer.from(id).toString('latin1') }
    const answer = await call<Acknowledgement>(server.url, '/api/requests', { token, body: { prompt: 'y' }, headers })
    const shown = await call<ShownRequest>(server.url, `/api/requests/${answer.body.request_id}`, { token })
    expect(shown.body.correlation_id).toBe(answer.headers.get('x-request-id'))
  })
})

describe('the details of events', () => {
  it('[R9] [X14] received: who, which model, and where the prompt is', async () => {
    const [received] = await eventsOf({ prompt: secret, request_id: 'one', model_id: 'scripted' }, 'genai.request.completed')
    expect(received?.detail).toEqual({
      request_id: 'one',
      user_id: 'ann',
      model_id: 'scripted',
      prompt_ref: 'requests/one/prompt',
    })
  })

  it('[R15] [X17] completed: where the result is, and what it used', async () => {
    const [, completed] = await eventsOf({ prompt: secret, request_id: 'two' }, 'genai.request.completed')
    const shown = await call<ShownRequest>(server.url, '/api/requests/two', { token })
    expect(completed?.detail).toEqual({
      request_id: 'two',
      status: 'completed',
      result_ref: 'requests/two/result',
      usage: shown.body.usage,
    })
  })

  it('[R16] [X19] failed: a code of ours, never what the provider said', async () => {
    const [, failed] = await eventsOf({ prompt: `[[fail]] ${secret}`, request_id: 'three' }, 'genai.request.failed')
    const error = {
      code: 'model_request_refused',
      message: expect.stringMatching(/^The provider refused the request/),
      retryable: false,
    }
    expect(failed?.detail).toEqual({ request_id: 'three', status: 'failed', error })
    expect(JSON.stringify(failed)).not.toContain('was told to fail')
    expect((await call<ShownRequest>(server.url, '/api/requests/three', { token })).body.error).toEqual(error)
  })

  it('[R16] [X21] cancelled: failed with that status', async () => {
    const own = await startTestServer({ PLINTH_WORKER: 'off' })
    const ownToken = await own.token()
    await call(own.url, '/api/requests', { token: ownToken, body: { prompt: 'x', request_id: 'four' } })
    await call(own.url, '/api/requests/four', { token: ownToken, method: 'DELETE' })
    const events = await listAll<ShownEvent>(own.url, '/api/events', ownToken)
    expect(events.map((event) => [event.type, event.detail.status])).toEqual([
      ['genai.request.received', undefined],
      ['genai.request.failed', 'cancelled'],
    ])
    expect(Object.keys(events[1]?.detail ?? {}).sort()).toEqual(['error', 'request_id', 'status'])
  })

  it('[X15] no event holds a prompt or a result, however long', async () => {
    const events = [
      ...(await eventsOf({ prompt: `${secret} `.repeat(5_000), request_id: 'five' }, 'genai.request.completed')),
      ...(await listAll<ShownEvent>(server.url, '/api/events', token)),
    ]
    const { body } = await call<ShownRequest>(server.url, '/api/requests/five', { token })
    for (const event of events) {
      const text = JSON.stringify(event)
      expect(text).not.toContain(secret)
      expect(text).not.toContain(body.result?.text ?? '?')
      expect(text.length).toBeLessThan(1_000)
    }
  })

  it('exactly one received and one closing event for each of many', async () => {
    const bodies = Array.from({ length: 200 }, (_, index) => ({
      prompt: index % 5 === 0 ? `[[fail]]${index}` : `p${index}`,
      request_id: `many-${index}`,
    }))
    await Promise.all(bodies.map((body) => call(server.url, '/api/requests', { token, body })))
    const events = await until('400 events', async () => {
      const found = (await listAll<ShownEvent>(server.url, '/api/events', token)).filter((event) =>
        event.subject.startsWith('many-'),
      )
      return found.length >= 400 && found
    })
    for (const { request_id, prompt } of bodies) {
      const closing = prompt.startsWith('[[fail]]') ? 'genai.request.failed' : 'genai.request.completed'
      expect(events.filter((event) => event.subject === request_id).map((event) => event.type)).toEqual([
        'genai.request.received',
        closing,
      ])
    }
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length)
  })
})
