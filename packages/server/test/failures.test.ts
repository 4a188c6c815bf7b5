import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type ShownEvent, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

interface DeadLetter {
  readonly dead_letter_id: string
  readonly request_id: string
  readonly reason: string
  readonly message: string
  readonly attempts: number
  readonly round: number
  readonly at: string
}

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

const show = async (id: string): Promise<ShownRequest> =>
  (await call<ShownRequest>(server.url, `/api/requests/${id}`, { token })).body
const letters = (): Promise<DeadLetter[]> => listAll<DeadLetter>(server.url, '/api/dead-letters', token)
const letterOf = (id: string, round: number): Promise<DeadLetter> =>
  until(`dead letter ${id} of round ${round}`, async () =>
    (await letters()).find((letter) => letter.request_id === id && letter.round === round),
  )
const closing = async (id: string): Promise<ShownEvent[]> =>
  (await listAll<ShownEvent>(server.url, '/api/events', token)).filter(
    (event) => event.subject === id && event.type !== 'genai.request.received',
  )
const redrive = (path: string) => call<{ redriven: string[] }>(server.url, `/api/dead-letters/${path}`, { token, method: 'POST' })

describe('[R19] [X11] what cannot succeed', () => {
  it('fails for good: one start, one event, a dead letter with its reason', async () => {
    await call(server.url, '/api/requests', { token, body: { prompt: 'please [[fail]] now', request_id: 'dead-1' } })
    const letter = await letterOf('dead-1', 1)
    expect(Object.keys(letter).sort()).toEqual([
      'at',
      'attempts',
      'dead_letter_id',
      'kind',
      'message',
      'reason',
      'request_id',
      'round',
    ])
    expect(letter).toMatchObject({ dead_letter_id: 'dead-1', reason: 'model_request_refused', attempts: 1, round: 1 })
    expect(letter.message).not.toContain('told to fail')
    expect(await show('dead-1')).toMatchObject({
      status: 'failed',
      result: null,
      attempts: 1,
      error: { code: letter.reason, retryable: false },
    })
    expect(await closing('dead-1')).toHaveLength(1)
  })

  it('redriven it fails again and is a dead letter again: a round and one closing event each', async () => {
    await call(server.url, '/api/requests', { token, body: { prompt: '[[fail]] again', request_id: 'dead-2' } })
    for (let round = 1; round <= 3; round++) {
      const letter = await letterOf('dead-2', round)
      expect(letter.attempts).toBe(round)
      expect(await closing('dead-2')).toHaveLength(round)
      const answer = await redrive('dead-2/redrive')
      expect([answer.status, answer.body]).toEqual([202, { redriven: ['dead-2'] }])
    }
    await letterOf('dead-2', 4)
    const { timeline } = await show('dead-2')
    expect(timeline.filter((entry) => entry.type === 'redriven')).toHaveLength(3)
    expect((await letters()).filter((letter) => letter.request_id === 'dead-2')).toHaveLength(1)
  })

  it('redriving twice at once is one round', async () => {
    await call(server.url, '/api/requests', { token, body: { prompt: '[[fail]] race', request_id: 'dead-3' } })
    await letterOf('dead-3', 1)
    const answers = await Promise.all([1, 2, 3, 4].map(() => redrive('dead-3/redrive')))
    expect(answers.filter((answer) => answer.status === 202).length).toBeGreaterThanOrEqual(1)
    for (const answer of answers) expect([202, 404, 409], answer.text).toContain(answer.status)
    const rounds = answers.filter((answer) => answer.status === 202).length + 1
    await letterOf('dead-3', rounds)
    expect(await closing('dead-3')).toHaveLength(rounds)
  })

  it('all at once, and those that are none any more are left alone', async () => {
    const before = new Map((await letters()).map((letter) => [letter.request_id, letter.round]))
    expect(before.size).toBeGreaterThanOrEqual(3)
    const answer = await redrive('redrive')
    expect(answer.status).toBe(202)
    expect(answer.body.redriven.toSorted()).toEqual([...before.keys()].toSorted())
    for (const [id, round] of before) await letterOf(id, round + 1)
  })

  it.each(['nobody', 'redrive'])('redriving %s, which is none, is 404', async (id) => {
    expectProblem(await redrive(`${id}/redrive`), 404, 'not_found')
  })

  it('a completed request is none', async () => {
    await call(server.url, '/api/requests', { token, body: { prompt: 'fine', request_id: 'fine' } })
    await until('its end', async () => (await show('fine')).status === 'completed')
    expectProblem(await redrive('fine/redrive'), 404, 'not_found')
  })

  it('a list of dead letters has pages, newest first', async () => {
    const all = await letters()
    const paged = await listAll<DeadLetter>(server.url, '/api/dead-letters', token, 1)
    expect(paged).toEqual(all)
    const times = all.map((letter) => letter.at)
    expect(times).toEqual(times.toSorted().toReversed())
  })
})

describe('[X9] a provider that throttles', () => {
  it('half of all calls: what is throttled ends completed, and throttled starts use up no retries', async () => {
    const throttled = await startTestServer({ PLINTH_SCRIPTED_FAILURE_RATE: '0.5' })
    const own = await throttled.token()
    const ids = Array.from({ length: 40 }, (_, index) => `t-${index}`)
    await Promise.all(
      ids.map((request_id) => call(throttled.url, '/api/requests', { token: own, body: { prompt: request_id, request_id } })),
    )
    const starts = (one: ShownRequest, type: string): number => one.timeline.filter((entry) => entry.type === type).length
    // Waits double with each throttle, so the last of them may take a minute; 30 show enough, of which one was throttled at least.
    const enough = async (): Promise<ShownRequest[] | false> => {
      const completed = await listAll<ShownRequest>(throttled.url, '/api/requests?status=completed', own)
      return completed.length >= 30 && completed.some((one) => starts(one, 'throttled') > 0) && completed
    }
    const completed = await until('30 of 40', enough, { within: 45_000, every: 100 })
    for (const one of completed) {
      expect(one.attempts).toBe(starts(one, 'started'))
      expect(one.attempts).toBe(starts(one, 'throttled') + 1)
      for (const entry of one.timeline) if (entry.type === 'throttled') expect(entry.detail).toBe('model_throttled')
    }
    expect(await listAll(throttled.url, '/api/requests?status=failed', own)).toEqual([])
    expect(await listAll(throttled.url, '/api/dead-letters', own)).toEqual([])
  })
})
