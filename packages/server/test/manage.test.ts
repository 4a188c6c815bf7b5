import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Acknowledgement,
  type Answer,
  call,
  listAll,
  type ShownEvent,
  type ShownRequest,
} from '../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '300' })
  token = await server.token()
})

const submit = (body: object) => call<Acknowledgement>(server.url, '/api/requests', { token, body })
const show = async (id: string): Promise<ShownRequest> =>
  (await call<ShownRequest>(server.url, `/api/requests/${id}`, { token })).body
const cancel = (id: string): Promise<Answer<ShownRequest>> =>
  call<ShownRequest>(server.url, `/api/requests/${id}`, { token, method: 'DELETE' })
const reach = (id: string, status: string): Promise<ShownRequest> =>
  until(`${id} ${status}`, async () => {
    const shown = await show(id)
    return shown.status === status && shown
  })
const closing = async (id: string): Promise<ShownEvent[]> =>
  (await listAll<ShownEvent>(server.url, '/api/events', token)).filter(
    (event) => event.subject === id && event.type !== 'genai.request.received',
  )

describe('[X21] cancelling', () => {
  it('one that waits: never worked', async () => {
    await submit({ prompt: 'x', request_id: 'waits', not_before: new Date(Date.now() + 400).toISOString() })
    const answer = await cancel('waits')
    expect([answer.status, answer.body.status]).toEqual([202, 'cancelled'])
    // The next one to fall due after it has been worked, so its own turn has passed.
    await submit({ prompt: 'y', request_id: 'after-it', not_before: new Date(Date.now() + 500).toISOString() })
    await reach('after-it', 'completed')
    expect(await show('waits')).toMatchObject({ status: 'cancelled', attempts: 0, result: null, error: { code: 'cancelled' } })
    expect((await closing('waits')).map((event) => event.detail.status)).toEqual(['cancelled'])
  })

  it('one that runs: the call is ended within half a second, and what the model says does not count', async () => {
    const own = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '60000' })
    const ownToken = await own.token()
    const shown = async (): Promise<ShownRequest> =>
      (await call<ShownRequest>(own.url, '/api/requests/runs', { token: ownToken })).body
    await call(own.url, '/api/requests', { token: ownToken, body: { prompt: 'x', request_id: 'runs' } })
    await until('its start', async () => (await shown()).attempts === 1)
    expect((await call(own.url, '/api/requests/runs', { token: ownToken, method: 'DELETE' })).status).toBe(202)
    expect(await shown()).toMatchObject({ status: 'cancelled', result: null })
    expect((await shown()).timeline.map((entry) => entry.type)).toEqual(['received', 'started', 'cancelled'])
    const events = await listAll<ShownEvent>(own.url, '/api/events', ownToken)
    expect(events.map((event) => [event.type, event.detail.status])).toEqual([
      ['genai.request.received', undefined],
      ['genai.request.failed', 'cancelled'],
    ])
    // A server that stops waits for what runs: nothing does.
    const stopped = Date.now()
    await own.stop()
    expect(Date.now() - stopped).toBeLessThan(3_000)
  })

  it('twice is fine, and is one event', async () => {
    await submit({ prompt: 'x', request_id: 'twice' })
    const answers = await Promise.all([cancel('twice'), cancel('twice'), cancel('twice')])
    expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202])
    expect(await closing('twice')).toHaveLength(1)
  })

  it('a completed or failed one is 409', async () => {
    await submit({ prompt: 'x', request_id: 'done' })
    await submit({ prompt: '[[fail]]', request_id: 'broken' })
    await reach('done', 'completed')
    await reach('broken', 'failed')
    for (const id of ['done', 'broken']) expectProblem(await cancel(id), 409, 'wrong_state')
  })

  it('one that nobody knows is 404', async () => {
    expectProblem(await cancel('nobody'), 404, 'not_found')
  })

  it('leaves no dead letter, and can not be redriven', async () => {
    const letters = await listAll<{ request_id: string }>(server.url, '/api/dead-letters', token)
    expect(letters.map((letter) => letter.request_id)).toEqual(['broken'])
    const redriven = await call(server.url, '/api/dead-letters/twice/redrive', { token, method: 'POST' })
    expectProblem(redriven, 404, 'not_found')
    expect((await show('twice')).status).toBe('cancelled')
  })
})

describe('when a request expires', () => {
  const later = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString()

  it('it fails with that status, in time, also while the model runs; redriven it has a week', async () => {
    const own = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '60000' })
    const ownToken = await own.token()
    const ask = <Body>(path: string, options: { method?: string; body?: object } = {}) =>
      call<Body>(own.url, path, { token: ownToken, ...options })
    const expires = later(1_000)
    await ask('/api/requests', { body: { prompt: 'x', request_id: 'short', expires_at: expires } })
    const shown = await until('its end', async () => {
      const { body } = await ask<ShownRequest & { expires_at: string; ended_at: string }>('/api/requests/short')
      return body.status !== 'processing' && body
    })
    expect(shown).toMatchObject({
      status: 'failed',
      attempts: 1,
      expires_at: expires,
      error: { code: 'expired', retryable: false },
    })
    expect(Date.parse(shown.ended_at) - Date.parse(expires)).toBeLessThan(1_000)
    expect(shown.timeline.map((entry) => entry.type)).toEqual(['received', 'started', 'expired'])
    const events = await listAll<ShownEvent>(own.url, '/api/events', ownToken)
    expect(events.at(-1)).toMatchObject({ type: 'genai.request.failed', detail: { status: 'expired', error: shown.error } })
    const letters = await listAll<{ reason: string }>(own.url, '/api/dead-letters', ownToken)
    expect(letters.map((letter) => letter.reason)).toEqual(['expired'])
    await ask('/api/dead-letters/short/redrive', { method: 'POST' })
    const again = (await ask<ShownRequest & { expires_at: string }>('/api/requests/short')).body
    expect(again.status).toBe('processing')
    expect(Date.parse(again.expires_at) - Date.now()).toBeGreaterThan(6 * 86_400_000)
    await ask('/api/requests/short', { method: 'DELETE' })
    await own.stop()
  })

  it('one that waits behind others ends in time', async () => {
    const own = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '4000' })
    const ownToken = await own.token()
    const send = (body: object) => call(own.url, '/api/requests', { token: ownToken, body })
    await Promise.all(Array.from({ length: 64 }, (_, index) => send({ prompt: `p${index}`, max_tokens: 9 })))
    await send({ prompt: 'x', request_id: 'behind', expires_at: later(700) })
    const shown = await until('its end', async () => {
      const { body } = await call<ShownRequest>(own.url, '/api/requests/behind', { token: ownToken })
      return body.status !== 'processing' && body
    })
    expect(shown).toMatchObject({ status: 'failed', attempts: 0, error: { code: 'expired' } })
    expect((await listAll(own.url, '/api/requests?status=completed', ownToken)).length).toBe(0)
    await own.stop()
  })

  it('is a week after it may be worked, where nobody says', async () => {
    const time = Date.now() + 3_600_000
    await submit({ prompt: 'x', request_id: 'whenever', not_before: new Date(time).toISOString() })
    const { expires_at } = (await show('whenever')) as ShownRequest & { expires_at: string }
    expect(Date.parse(expires_at)).toBe(time + 7 * 86_400_000)
    await cancel('whenever')
  })
})

describe('when a request is worked', () => {
  it('not_before far ahead: waits, and the estimate says so', async () => {
    const time = Date.now() + 3_600_000
    const answer = await submit({ prompt: 'x', request_id: 'tomorrow', not_before: new Date(time).toISOString() })
    expect(Date.parse(answer.body.estimated_completion_at)).toBeGreaterThanOrEqual(time)
    expect(answer.body.estimated_completion).toMatch(/^(6\d minutes|1 hour|2 hours)$/)
    await submit({ prompt: 'y', request_id: 'now' })
    await reach('now', 'completed')
    expect(await show('tomorrow')).toMatchObject({ status: 'processing', attempts: 0 })
  })

  it('not_before a little ahead: not before, then done; times of any zone', async () => {
    const time = Date.now() + 500
    const inZone = new Date(time + 2 * 3_600_000).toISOString().replace('Z', '+02:00')
    await submit({ prompt: 'x', request_id: 'soon', not_before: inZone })
    const shown = await reach('soon', 'completed')
    const started = Date.parse(shown.timeline.find((entry) => entry.type === 'started')?.at ?? '')
    expect(started).toBeGreaterThanOrEqual(time)
  })

  it('not_before in the past: now', async () => {
    await submit({ prompt: 'x', request_id: 'past', not_before: '2001-01-01T00:00:00Z' })
    expect(await reach('past', 'completed')).toMatchObject({ attempts: 1 })
  })

  it('[X8] high before normal before low, and none starves', async () => {
    const folder = { PLINTH_DATA_DIR: temporaryFolder() }
    const filled = await startTestServer({ ...folder, PLINTH_WORKER: 'off' })
    const ownToken = await filled.token()
    const send = (priority: string, index: number) =>
      call(filled.url, '/api/requests', { token: ownToken, body: { prompt: 'x', priority, request_id: `${priority}-${index}` } })
    await Promise.all(
      ['low', 'normal', 'high'].flatMap((priority) => Array.from({ length: 130 }, (_, index) => send(priority, index))),
    )
    await filled.stop()
    const own = await startTestServer({ ...folder, PLINTH_SCRIPTED_LATENCY_MS: '60' })
    const done = await until('all 390', async () => {
      const found = await listAll<ShownRequest & { priority: string }>(own.url, '/api/requests?status=completed', ownToken)
      return found.length === 390 && found
    })
    const starts = (priority: string): number[] =>
      done
        .filter((one) => one.priority === priority)
        .map((one) => Date.parse(one.timeline.find((entry) => entry.type === 'started')?.at ?? ''))
    const meanOf = (priority: string): number => starts(priority).reduce((sum, time) => sum + time, 0) / starts(priority).length
    expect(meanOf('high')).toBeLessThan(meanOf('normal'))
    expect(meanOf('normal')).toBeLessThan(meanOf('low'))
    expect(Math.min(...starts('low'))).toBeLessThan(Math.max(...starts('high')))
  })
})
