import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, type Problem, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token({ user: 'ann' })
})

const submit = (body: object | string, headers: Readonly<Record<string, string>> = {}) =>
  call<Acknowledgement>(server.url, '/api/requests', { token, body, headers })

const finished = (id: string): Promise<ShownRequest> =>
  until(`the end of ${id}`, async () => {
    const { body } = await call<ShownRequest>(server.url, `/api/requests/${id}`, { token })
    return body.status !== 'processing' && body
  })

describe('[R8] [R10] a request is acknowledged at once', () => {
  it('with its id, its status and an estimate, as text and as a time', async () => {
    const before = Date.now()
    const answer = await submit({ prompt: 'hello' })
    expect(answer.status).toBe(202)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('location')).toBe(`/api/requests/${answer.body.request_id}`)
    expect(Object.keys(answer.body).sort()).toEqual(['estimated_completion', 'estimated_completion_at', 'request_id', 'status'])
    expect(answer.body.status).toBe('processing')
    expect(answer.body.request_id).toMatch(/^[0-9a-f-]{36}$/)
    expect(answer.body.estimated_completion).toMatch(/^\d+ (seconds?|minutes?|hours?)$/)
    expect(answer.body.estimated_completion_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(Date.parse(answer.body.estimated_completion_at)).toBeGreaterThanOrEqual(before)
  })

  it('[G1] [R13] [R14] [X5] [X17] and ends completed, with result, usage, attempts and timeline', async () => {
    const { body } = await submit({
      prompt: 'tell me',
      request_id: 'whole-life',
      model_id: 'scripted',
      max_tokens: 50,
      priority: 'high',
    })
    expect(body.request_id).toBe('whole-life')
    const shown = await finished('whole-life')
    expect(shown).toMatchObject({
      request_id: 'whole-life',
      tenant_id: 'demo',
      user_id: 'ann',
      status: 'completed',
      error: null,
      attempts: 1,
    })
    expect(shown.result).toEqual({
      text: expect.stringMatching(/^Scripted [0-9a-f]{8}/),
      stop_reason: 'end_turn',
      model_id: 'scripted',
    })
    expect(Object.keys(shown.usage ?? {}).sort()).toEqual(['input_tokens', 'latency_ms', 'output_tokens', 'usd'])
    expect(shown.usage?.input_tokens).toBeGreaterThan(0)
    expect(shown.usage?.output_tokens).toBeGreaterThan(0)
    expect(shown.usage?.latency_ms).toBeGreaterThanOrEqual(0)
    expect(shown.timeline.map((entry) => entry.type)).toEqual(['received', 'started', 'completed'])
    for (const { at } of shown.timeline) expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const times = shown.timeline.map((entry) => Date.parse(entry.at))
    expect(times).toEqual(times.toSorted((left, right) => left - right))
  })

  it('[R12] [R23] [X4] its state is there with the acknowledgement, before any worker has seen it', async () => {
    const still = await startTestServer({ PLINTH_WORKER: 'off' })
    const own = await still.token()
    const answer = await call<Acknowledgement>(still.url, '/api/requests', { token: own, body: { prompt: 'x' } })
    const shown = await call<ShownRequest>(still.url, `/api/requests/${answer.body.request_id}`, { token: own })
    expect(shown.body).toMatchObject({ status: 'processing', attempts: 0, result: null, error: null, usage: null })
    expect(shown.body.timeline.map((entry) => entry.type)).toEqual(['received'])
  })

  it('[X20] says that an answer was cut', async () => {
    const { body } = await submit({ prompt: 'a long answer, please', max_tokens: 1 })
    expect((await finished(body.request_id)).result?.stop_reason).toBe('max_tokens')
  })

  it('[X16] the estimate follows what was measured and how much waits', async () => {
    const slow = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '400' })
    const slowToken = await slow.token()
    const promised = async (number: number): Promise<number> => {
      const sent = { token: slowToken, body: { prompt: `p${number}`, request_id: `p${number}` } }
      const { body } = await call<Acknowledgement>(slow.url, '/api/requests', sent)
      return Date.parse(body.estimated_completion_at) - Date.now()
    }
    const guessed = await promised(0)
    expect(guessed).toBeLessThan(400)
    for (let number = 1; number <= 12; number++) await promised(number)
    const show = () => call<ShownRequest>(slow.url, '/api/requests/p12', { token: slowToken })
    await until('the end of all', async () => (await show()).body.status === 'completed')
    const measured = await promised(13)
    expect(measured).toBeGreaterThan(300)
    const behind = await Promise.all(Array.from({ length: 400 }, (_, index) => promised(14 + index)))
    expect(Math.max(...behind)).toBeGreaterThan(measured + 1_000)
  })
})

describe('[X20] bad input is refused and named', () => {
  it.each<[string, object, string]>([
    ['no prompt', {}, 'prompt'],
    ['an empty prompt', { prompt: '' }, 'prompt'],
    ['a prompt of white space', { prompt: ' \n\t\u00a0\u2003' }, 'prompt'],
    ['a number as prompt', { prompt: 1 }, 'prompt'],
    ['null as prompt', { prompt: null }, 'prompt'],
    ['a list as prompt', { prompt: ['x'] }, 'prompt'],
    ['an unknown field', { prompt: 'x', promt: 'y' }, 'promt'],
    ['somebody as user', { prompt: 'x', user_id: 'root' }, 'user_id'],
    ['an unknown priority', { prompt: 'x', priority: 'urgent' }, 'priority'],
    ['another case of a priority', { prompt: 'x', priority: 'High' }, 'priority'],
    ['max_tokens 0', { prompt: 'x', max_tokens: 0 }, 'max_tokens'],
    ['max_tokens -1', { prompt: 'x', max_tokens: -1 }, 'max_tokens'],
    ['max_tokens 1.5', { prompt: 'x', max_tokens: 1.5 }, 'max_tokens'],
    ['max_tokens as text', { prompt: 'x', max_tokens: '5' }, 'max_tokens'],
    ['more tokens than the model gives', { prompt: 'x', max_tokens: 8_193 }, 'max_tokens'],
    ['an endless max_tokens', { prompt: 'x', max_tokens: 1e300 }, 'max_tokens'],
    ['an empty request_id', { prompt: 'x', request_id: '' }, 'request_id'],
    ['a request_id with a slash', { prompt: 'x', request_id: 'a/b' }, 'request_id'],
    ['a request_id with white space', { prompt: 'x', request_id: 'a b' }, 'request_id'],
    ['a request_id with a line break at its end', { prompt: 'x', request_id: 'a\n' }, 'request_id'],
    ['a request_id that is too long', { prompt: 'x', request_id: 'a'.repeat(129) }, 'request_id'],
    ['a number as request_id', { prompt: 'x', request_id: 7 }, 'request_id'],
    ['a bad time', { prompt: 'x', not_before: 'tomorrow' }, 'not_before'],
    ['a time without a zone', { prompt: 'x', not_before: '2030-01-01T00:00:00' }, 'not_before'],
    ['a day that is none', { prompt: 'x', not_before: '2030-02-30T00:00:00Z' }, 'not_before'],
    ['a number as time', { prompt: 'x', not_before: 1 }, 'not_before'],
    ['an end in the past', { prompt: 'x', expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
    [
      'an end before its beginning',
      { prompt: 'x', not_before: '2999-01-02T00:00:00Z', expires_at: '2999-01-01T00:00:00Z' },
      'expires_at',
    ],
    [
      'an end at its beginning',
      { prompt: 'x', not_before: '2999-01-01T01:00:00+01:00', expires_at: '2999-01-01T00:00:00Z' },
      'expires_at',
    ],
    ['a bad end', { prompt: 'x', expires_at: 'soon' }, 'expires_at'],
    ['a number as end', { prompt: 'x', expires_at: 4_000_000_000_000 }, 'expires_at'],
    ['a callback that is no URL', { prompt: 'x', callback_url: 'example.com' }, 'callback_url'],
    ['a callback without a host', { prompt: 'x', callback_url: 'https://' }, 'callback_url'],
    ['a callback by another protocol', { prompt: 'x', callback_url: 'ftp://example.com/' }, 'callback_url'],
    ['a callback to a file', { prompt: 'x', callback_url: 'file:///etc/passwd' }, 'callback_url'],
    ['a callback with a password', { prompt: 'x', callback_url: 'https://ann:secret@example.com/' }, 'callback_url'],
    ['a callback with a user', { prompt: 'x', callback_url: 'https://ann@example.com/' }, 'callback_url'],
    ['a callback with white space', { prompt: 'x', callback_url: 'https://example.com/a b' }, 'callback_url'],
    ['a callback with a line break', { prompt: 'x', callback_url: 'https://example.com/\n' }, 'callback_url'],
    ['a callback that is too long', { prompt: 'x', callback_url: `https://example.com/${'a'.repeat(2_029)}` }, 'callback_url'],
    ['an empty callback', { prompt: 'x', callback_url: '' }, 'callback_url'],
    ['a number as model', { prompt: 'x', model_id: 1 }, 'model_id'],
    ['an empty model', { prompt: 'x', model_id: '' }, 'model_id'],
  ])('%s', async (_, body, field) => {
    expectProblem(await submit(body), 400, undefined, field)
  })

  it.each([0, -1, 1.5, '5', 1_000_001, 1e308])('max_tokens %s, and says what is taken', async (max_tokens) => {
    const { text } = await submit({ prompt: 'x', max_tokens })
    expect((JSON.parse(text) as Problem).detail).toBe('Must be a whole number from 1 to 1,000,000.')
  })

  it.each(['not-a-model', 'anthropic.claude-99', '__proto__', 'us.scripted', 'SCRIPTED'])(
    '[X13] the model %s is unknown',
    async (model_id) => {
      expectProblem(await submit({ prompt: 'x', model_id }), 400, 'model_unknown', 'model_id')
    },
  )

  it('[X13] a model that writes no text is unknown as well', async () => {
    expectProblem(await submit({ prompt: 'x', model_id: 'amazon.titan-embed-text-v2:0' }), 400, 'model_unknown', 'model_id')
  })

  it('nothing of it is kept', async () => {
    const fresh = await server.registry.create('clean', 'Clean')
    const own = await server.token({ tenant: fresh.tenant_id })
    for (const body of [{}, { prompt: '' }, { prompt: 'x', model_id: 'none' }])
      await call(server.url, '/api/requests', { token: own, body })
    for (const path of ['/api/requests', '/api/events']) {
      expect((await call<object>(server.url, path, { token: own })).body).toEqual({ items: [], next_cursor: null })
    }
  })
})

describe('what a request may be', () => {
  it.each([
    'anthropic.claude-3-5-sonnet-20241022-v2:0',
    'us.anthropic.claude-3-5-sonnet-20241022-v2:0',
    'eu.anthropic.claude-3-5-sonnet-20241022-v2:0',
    'apac.anthropic.claude-3-5-sonnet-20241022-v2:0',
    'global.anthropic.claude-3-5-sonnet-20241022-v2:0',
    'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-sonnet-20241022-v2:0',
    'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-3-5-sonnet-20241022-v2:0',
    'local/extractive',
    'scripted',
  ])('[X13] [X74] model %s', async (model_id) => {
    const { status, body } = await submit({ prompt: 'Plinth keeps what it accepts. It is a base.', model_id })
    expect(status).toBe(202)
    expect(await finished(body.request_id)).toMatchObject({ status: 'completed', result: { text: expect.stringMatching(/\S/) } })
  })

  // A URL parser takes them as steps upward: what they name could never be asked for.
  it.each(['.', '..'])('request_id %s is refused', async (request_id) => {
    expect(await submit({ prompt: 'x', request_id })).toMatchObject({ status: 400, body: { field: 'request_id' } })
  })

  it.each([
    ['2030-01-31t12:00:00z', '2030-01-31T12:00:00.000Z'],
    ['2030-06-30T23:59:60Z', '2030-07-01T00:00:00.000Z'],
    ['2030-01-31T12:00:00.5+02:30', '2030-01-31T09:30:00.500Z'],
  ])('not_before %s is any RFC 3339 time', async (not_before, earliest) => {
    const { status, body } = await submit({ prompt: 'x', not_before })
    expect(status).toBe(202)
    expect(Date.parse(String(body.estimated_completion_at))).toBeGreaterThanOrEqual(Date.parse(earliest))
  })

  it.each([
    '9999-12-31T23:59:59-23:59',
    '2030-02-30T00:00:00Z',
    '2030-01-31 12:00:00Z',
    '2030-01-31',
    'tomorrow',
    '1969-12-31T23:59:59Z',
  ])('not_before %s is refused', async (not_before) => {
    expect(await submit({ prompt: 'x', not_before })).toMatchObject({ status: 400, body: { field: 'not_before' } })
  })

  it.each([
    'https://example.com',
    'http://example.com:8080/told?by=plinth&and=more#here',
    'HTTPS://EXAMPLE.COM/',
    'http://[2606:4700:4700::1111]/',
    `https://example.com/${'a'.repeat(2_028)}`,
  ])('callback_url %s, which only the request itself shows', async (callback_url) => {
    const { status, body } = await submit({ prompt: 'x', callback_url })
    expect(status).toBe(202)
    await finished(body.request_id)
    const shown = await call<{ callback_url: string }>(server.url, `/api/requests/${body.request_id}`, { token })
    expect(shown.body.callback_url).toBe(callback_url)
    for (const path of ['/api/requests', '/api/events?limit=1000', `/api/requests/${body.request_id}/events`]) {
      const { text } = await call(server.url, path, { token })
      expect(text).toContain(body.request_id)
      expect(text.toLowerCase()).not.toContain('callback')
      expect(text).not.toContain(callback_url)
    }
  })

  it.each(['a', 'A-Z_0.9:x', 'a'.repeat(128), '__proto__', 'constructor', '...'])('request_id %s', async (request_id) => {
    const { status, body, headers } = await submit({ prompt: 'x', request_id })
    expect(status).toBe(202)
    expect(body.request_id).toBe(request_id)
    expect((await call(server.url, headers.get('location') ?? '', { token })).status).toBe(200)
  })

  it.each(['"\\\u0000\u001f', '\ud83d\ude00 𝔘𝔫𝔦', '<script>', "'; DROP TABLE record; --", '\u202e\u200b', '\ud800'])(
    'the prompt %j',
    async (prompt) => {
      const { status, body } = await submit({ prompt })
      expect(status).toBe(202)
      expect((await finished(body.request_id)).status).toBe('completed')
    },
  )
})
