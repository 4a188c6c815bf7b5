import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, listAll, type ShownEvent, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

const submit = (body: object | string, key?: string) =>
  call<Acknowledgement>(server.url, '/api/requests', {
    token,
    body,
    headers: key === undefined ? {} : { 'idempotency-key': key },
  })

describe('[X6] [X7] the same request twice is one', () => {
  it('the same key and body: the first acknowledgement, byte for byte, also when it is done', async () => {
    const first = await submit({ prompt: 'once', max_tokens: 9 }, 'key-1')
    expect(first.status).toBe(202)
    const second = await submit({ prompt: 'once', max_tokens: 9 }, 'key-1')
    expect([second.status, second.text]).toEqual([202, first.text])
    await until('its end', async () => {
      const { body } = await call<ShownRequest>(server.url, `/api/requests/${first.body.request_id}`, { token })
      return body.status === 'completed'
    })
    const third = await submit('{ "max_tokens": 9, "prompt": "\\u006fnce" }', 'key-1')
    expect([third.status, third.text]).toEqual([202, first.text])
  })

  it('50 at once: one acknowledgement, one request, one pair of events, one call', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => submit({ prompt: 'all at once' }, 'key-50')))
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.text}`)).size).toBe(1)
    const id = answers[0]?.body.request_id ?? ''
    const shown = await until('its end', async () => {
      const { body } = await call<ShownRequest>(server.url, `/api/requests/${id}`, { token })
      return body.status === 'completed' && body
    })
    expect(shown.attempts).toBe(1)
    const events = (await listAll<ShownEvent>(server.url, '/api/events', token)).filter((event) => event.subject === id)
    expect(events.map((event) => event.type)).toEqual(['genai.request.received', 'genai.request.completed'])
  })

  it('50 at once with different bodies: one is accepted, the others are 409', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => submit({ prompt: `number ${index}` }, 'key-race')))
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(1)
    for (const answer of answers) if (answer.status !== 202) expectProblem(answer, 409, 'reused_with_another_body')
  })

  it('50 at once with one request_id: one request', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => submit({ prompt: 'an id of mine', request_id: 'mine-50' })),
    )
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.text}`)).size).toBe(1)
    expect(answers[0]?.body.request_id).toBe('mine-50')
  })

  it.each<[string, object]>([
    ['another prompt', { prompt: 'b' }],
    ['one field more', { prompt: 'a', max_tokens: 5 }],
    ['another priority', { prompt: 'a', priority: 'low' }],
    ['a bigger prompt', { prompt: 'a ' }],
  ])('the same key with %s is 409', async (_, body) => {
    expect((await submit({ prompt: 'a' }, 'key-2')).status).toBe(202)
    expectProblem(await submit(body, 'key-2'), 409, 'reused_with_another_body', 'Idempotency-Key')
  })

  it('the same request_id with the same body: the first acknowledgement; with another: 409', async () => {
    const first = await submit({ prompt: 'a', request_id: 'mine-1' })
    expect((await submit({ prompt: 'a', request_id: 'mine-1' })).text).toBe(first.text)
    expectProblem(await submit({ prompt: 'b', request_id: 'mine-1' }), 409, 'reused_with_another_body', 'request_id')
    expectProblem(await submit({ prompt: 'b', request_id: 'mine-1' }, 'key-new'), 409, 'reused_with_another_body', 'request_id')
  })

  it('a new key for a known request_id and body is the same request', async () => {
    const first = await submit({ prompt: 'a', request_id: 'mine-2' }, 'key-3')
    const second = await submit({ prompt: 'a', request_id: 'mine-2' }, 'key-4')
    expect([second.status, second.body.request_id]).toEqual([202, first.body.request_id])
  })

  it('a key that was refused for its body is still free', async () => {
    expectProblem(await submit({ prompt: '' }, 'key-5'), 400)
    expect((await submit({ prompt: 'good' }, 'key-5')).status).toBe(202)
  })

  it('other keys, and none, are other requests', async () => {
    const ids = new Set<string>()
    for (const key of ['key-6', 'KEY-6', 'key-6.', undefined, undefined])
      ids.add((await submit({ prompt: 'same' }, key)).body.request_id)
    expect(ids.size).toBe(5)
  })
})

describe('the form of a key', () => {
  it.each(['!', '~', 'a'.repeat(255), '"quoted"', '%00', '../..'])('%s is taken', async (key) => {
    expect((await submit({ prompt: `with ${key}` }, key)).status).toBe(202)
  })

  it.each(['a'.repeat(256), 'two words', 'h\u00e4', ''])('"%s" is 400', async (key) => {
    expectProblem(await submit({ prompt: 'x' }, key), 400, 'invalid_input', 'Idempotency-Key')
  })
})
