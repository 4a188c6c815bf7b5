import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type ShownEvent, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

interface ShownSubscriber {
  readonly subscriber_id: string
  readonly pattern: object
  readonly target: { readonly type: string; readonly url?: string }
  readonly status: string
  readonly disabled_reason: string | null
  readonly secret?: string
}

interface Received {
  readonly messages: readonly { readonly event: ShownEvent; readonly receipt: string; readonly receives: number }[]
}

let server: TestServer
let token: string
const url = 'https://example.com/hooks/T0KEN?key=hush'
const hook = { target: { type: 'webhook', url } }
const queue = { target: { type: 'queue' } }

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

function make(body: object, as = token) {
  return call<ShownSubscriber>(server.url, '/api/subscribers', { token: as, body })
}

async function tenantToken(tenant: string): Promise<string> {
  await server.registry.ensure(tenant, tenant)
  return server.token({ tenant })
}

describe('[R21] POST /api/subscribers', () => {
  it('makes a webhook, and shows its secret this once', async () => {
    const { status, body, headers } = await make({ ...hook, pattern: { type: [{ prefix: 'genai.' }] } })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/api/subscribers/${body.subscriber_id}`)
    expect(body).toMatchObject({ ...hook, pattern: { type: [{ prefix: 'genai.' }] }, status: 'active', disabled_reason: null })
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const shown = await call<ShownSubscriber>(server.url, `/api/subscribers/${body.subscriber_id}`, { token })
    const { secret, ...rest } = body
    expect(shown.body).toEqual(rest)
    expect((await call(server.url, '/api/subscribers', { token })).text).not.toContain(secret)
  })

  it('makes a queue, without a secret; without a pattern it asks for every event', async () => {
    const { status, body } = await make(queue)
    expect(status).toBe(201)
    expect(body).toMatchObject({ ...queue, pattern: {} })
    expect(body).not.toHaveProperty('secret')
  })

  it("shows a webhook's whole URL to those only who may change it", async () => {
    const { body } = await make(hook)
    const reader = await server.token({ permissions: ['requests:read'] })
    for (const path of ['/api/subscribers', `/api/subscribers/${body.subscriber_id}`]) {
      expect((await call(server.url, path, { token })).text).toContain(url)
      const { text } = await call(server.url, path, { token: reader })
      expect(text).toContain('https://example.com/…')
      expect(text).not.toMatch(/hush|T0KEN/)
    }
  })

  it.each([
    ['no target', {}, 'target'],
    ['an unknown kind of target', { target: { type: 'fax' } }, 'target.type'],
    ['a webhook without a URL', { target: { type: 'webhook' } }, 'target.url'],
    ['a queue with a URL', { target: { type: 'queue', url } }, 'target.url'],
    ['an unknown field', { ...queue, name: 'x' }, 'name'],
    ['a URL that is none', { target: { type: 'webhook', url: 'example.com' } }, 'target.url', 'url_invalid'],
    ['a URL with a password', { target: { type: 'webhook', url: 'https://a:b@example.com/' } }, 'target.url', 'url_invalid'],
    ['this machine', { target: { type: 'webhook', url: 'http://localhost:4000/' } }, 'target.url', 'address_refused'],
    ['this machine, in other words', { target: { type: 'webhook', url: 'http://0x7f.1/' } }, 'target.url', 'address_refused'],
    [
      'the metadata service',
      { target: { type: 'webhook', url: 'http://169.254.169.254/latest/' } },
      'target.url',
      'address_refused',
    ],
    [
      'the metadata service, mapped',
      { target: { type: 'webhook', url: 'http://[::ffff:a9fe:a9fe]/' } },
      'target.url',
      'address_refused',
    ],
    ['a pattern that is none', { ...queue, pattern: [] }, 'pattern'],
    ['a pattern of an unknown field', { ...queue, pattern: { kind: ['a'] } }, 'pattern.kind'],
    ['a pattern of an unknown test', { ...queue, pattern: { type: [{ matches: 'a' }] } }, 'pattern.type.0'],
    ['a pattern with a bad test', { ...queue, pattern: { detail: { n: [{ numeric: ['>'] }] } } }, 'pattern.detail.n.0.numeric'],
    ['a pattern that is too long', { ...queue, pattern: { type: ['x'.repeat(2_048)] } }, 'pattern'],
  ])('refuses %s, and names the field', async (_, body, field, code = 'invalid_input') => {
    expectProblem(await make(body), 400, code, field)
  })

  it('holds a hundred for a tenant', async () => {
    const many = await tenantToken('many')
    const answers = await Promise.all(Array.from({ length: 103 }, () => make(queue, many)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(100)
    for (const answer of answers.filter(({ status }) => status !== 201)) expectProblem(answer, 429, 'too_many_subscribers')
    const all = await listAll<ShownSubscriber>(server.url, '/api/subscribers', many, 30)
    expect(new Set(all.map(({ subscriber_id }) => subscriber_id)).size).toBe(100)
    await call(server.url, `/api/subscribers/${all[0]?.subscriber_id}`, { token: many, method: 'DELETE' })
    expect((await make(queue, many)).status).toBe(201)
    expectProblem(await make(queue, many), 429, 'too_many_subscribers')
  })
})

describe('[R21] PATCH and DELETE /api/subscribers/{id}', () => {
  const change = (id: string, body: object) =>
    call<ShownSubscriber>(server.url, `/api/subscribers/${id}`, { token, method: 'PATCH', body })

  it('changes status and pattern, and leaves the rest', async () => {
    const { body: made } = await make(hook)
    const { secret: _, ...before } = made
    expect((await change(made.subscriber_id, {})).body).toMatchObject({ ...before, updated_at: expect.any(String) })
    const off = await change(made.subscriber_id, { status: 'disabled' })
    expect(off.body).toMatchObject({ status: 'disabled', disabled_reason: 'caller', pattern: {} })
    const on = await change(made.subscriber_id, { status: 'active', pattern: { subject: ['a'] } })
    expect(on.body).toMatchObject({ status: 'active', disabled_reason: null, pattern: { subject: ['a'] }, target: before.target })
  })

  it.each([
    [{ status: 'gone' }, 'status'],
    [{ pattern: { subject: 'a' } }, 'pattern.subject'],
    [{ target: queue.target }, 'target'],
    [{ secret: 'whsec_x' }, 'secret'],
  ])('refuses %j', async (body, field) => {
    const { body: made } = await make(queue)
    expectProblem(await change(made.subscriber_id, body), 400, 'invalid_input', field)
  })

  it('removes it, once', async () => {
    const { body: made } = await make(queue)
    const path = `/api/subscribers/${made.subscriber_id}`
    expect((await call(server.url, path, { token, method: 'DELETE' })).status).toBe(204)
    for (const method of ['DELETE', 'GET']) expectProblem(await call(server.url, path, { token, method }), 404, 'not_found')
    expectProblem(await change(made.subscriber_id, {}), 404, 'not_found')
  })
})

describe('[R21] secrets', () => {
  it("the tenant's own is made once, and changed with a day of both", async () => {
    const read = () =>
      call<{ secret: string; previous_valid_until: string | null }>(server.url, '/api/webhooks/secret', { token })
    const [first, second] = await Promise.all([read(), read()])
    expect(first.body.secret).toMatch(/^whsec_/)
    expect(second.body).toEqual({ secret: first.body.secret, previous_valid_until: null })
    const changed = await call<{ secret: string; previous_valid_until: string }>(server.url, '/api/webhooks/secret/rotate', {
      token,
      method: 'POST',
    })
    expect(changed.body.secret).not.toBe(first.body.secret)
    const left = Date.parse(changed.body.previous_valid_until) - Date.now()
    expect(left / 3_600_000).toBeGreaterThan(23.9)
    expect(left / 3_600_000).toBeLessThanOrEqual(24)
    expect((await read()).body).toEqual(changed.body)
    const reader = await server.token({ permissions: ['requests:read'] })
    expectProblem(await call(server.url, '/api/webhooks/secret', { token: reader }), 403, 'permission_denied')
    expect(
      (await call<{ secret: string }>(server.url, '/api/webhooks/secret', { token: await tenantToken('secretive') })).body.secret,
    ).not.toBe(changed.body.secret)
  })

  it("a webhook's is changed; a queue has none", async () => {
    const { body: made } = await make(hook)
    const rotated = await call<{ secret: string }>(server.url, `/api/subscribers/${made.subscriber_id}/secret/rotate`, {
      token,
      method: 'POST',
    })
    expect(rotated.status).toBe(200)
    expect(rotated.body.secret).not.toBe(made.secret)
    const { body: pull } = await make(queue)
    expectProblem(
      await call(server.url, `/api/subscribers/${pull.subscriber_id}/secret/rotate`, { token, method: 'POST' }),
      409,
      'wrong_state',
    )
  })
})

describe('[R21] a pull queue over HTTP', () => {
  it('hands out, hides and forgets what was acknowledged', async () => {
    const mine = await tenantToken('puller')
    const { body: made } = await make({ ...queue, pattern: { type: ['genai.request.completed'] } }, mine)
    const receive = (body: object = {}) =>
      call<Received>(server.url, `/api/subscribers/${made.subscriber_id}/receive`, { token: mine, body })
    expect((await receive()).body).toEqual({ messages: [] })
    const { body: accepted } = await call<ShownRequest>(server.url, '/api/requests', {
      token: mine,
      body: { prompt: 'Pull me.' },
    })
    const [message] = await until('a message', async () => {
      const { messages } = (await receive()).body
      return messages.length > 0 && messages
    })
    const events = await listAll<ShownEvent>(server.url, '/api/events?type=genai.request.completed', mine)
    expect(message?.event).toEqual(events[0])
    expect(message).toMatchObject({ receives: 1, event: { subject: accepted.request_id } })
    expect((await receive()).body.messages).toEqual([])
    const acknowledge = (receipts: unknown) =>
      call(server.url, `/api/subscribers/${made.subscriber_id}/acknowledge`, { token: mine, body: { receipts } as object })
    expect((await acknowledge([message?.receipt, 'never given'])).body).toEqual({
      acknowledged: [message?.receipt],
      refused: [{ receipt: 'never given', code: 'unknown' }],
    })
    expectProblem(await acknowledge(undefined), 400, 'invalid_input', 'receipts')
    expectProblem(await acknowledge([]), 400, 'invalid_input', 'receipts')
    expectProblem(await acknowledge('text'), 400, 'invalid_input', 'receipts')
    for (const [field, value] of [
      ['max', 0],
      ['max', 101],
      ['max', '5'],
      ['visibility_seconds', 0],
      ['visibility_seconds', 43_201],
    ] as const)
      expectProblem(await receive({ [field]: value }), 400, 'invalid_input', field)
    const shown = await listAll<{ status: string }>(server.url, `/api/subscribers/${made.subscriber_id}/deliveries`, mine)
    expect(shown).toMatchObject([
      { status: 'delivered', attempts: 1, subject: accepted.request_id, error: null, next_attempt_at: null },
    ])
  })
})

describe('[R21] POST /api/events/replay', () => {
  it('begins a replay, and tells how far it is', async () => {
    const mine = await tenantToken('replayer')
    for (const prompt of ['one', 'two']) await call(server.url, '/api/requests', { token: mine, body: { prompt } })
    await until('four events', async () => (await listAll<ShownEvent>(server.url, '/api/events', mine)).length === 4)
    const { body: made } = await make({ ...queue, pattern: { type: [{ suffix: '.completed' }] } }, mine)
    const begun = await call<{ replay_id: string }>(server.url, '/api/events/replay', { token: mine, body: { from: 1 } })
    expect(begun.status).toBe(202)
    expect(begun.headers.get('location')).toBe(`/api/events/replay/${begun.body.replay_id}`)
    expect(begun.body).toMatchObject({ status: 'running', from_sequence: 1, to_sequence: 4, type: null })
    await until('its end', async () => {
      const { body } = await call<{ status: string }>(server.url, `/api/events/replay/${begun.body.replay_id}`, { token: mine })
      return body.status === 'completed'
    })
    const messages = await until('both messages', async () => {
      const path = `/api/subscribers/${made.subscriber_id}/receive`
      const { body } = await call<Received>(server.url, path, { token: mine, body: { visibility_seconds: 1 } })
      return body.messages.length === 2 && body.messages
    })
    const ids = (await listAll<ShownEvent>(server.url, '/api/events?type=genai.request.completed', mine)).map(({ id }) => id)
    expect(messages.map(({ event }) => event.id).toSorted()).toEqual(ids.toSorted())
    const [first] = await listAll<ShownEvent>(server.url, '/api/events', mine)
    for (const from of [first?.time, new Date(0).toISOString(), '2020-01-01T00:00:00+02:00', 4, 0]) {
      const answer = await call(server.url, '/api/events/replay', { token: mine, body: { from, type: 'genai.request.received' } })
      expect(answer.status, String(from)).toBe(202)
    }
  })

  it.each([
    [{}, 'from'],
    [{ from: null }, 'from'],
    [{ from: '1' }, 'from'],
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2026-01-01' }, 'from'],
    [{ from: 1.5 }, 'from'],
    [{ from: -1 }, 'from'],
    [{ from: true }, 'from'],
    [{ from: {} }, 'from'],
    [{ from: { sequence: 1 } }, 'from'],
    [{ from: 1e9 }, 'from'],
    [{ from: '9999-01-01T00:00:00Z' }, 'from'],
    [{ from: 0, type: '' }, 'type'],
    [{ from: 0, type: 5 }, 'type'],
    [{ from: 0, to: 5 }, 'to'],
  ])('refuses %j, and names the field', async (body, field) => {
    expectProblem(await call(server.url, '/api/events/replay', { token, body }), 400, 'invalid_input', field)
  })

  it('finds no subscriber of another tenant', async () => {
    const { body: made } = await make(queue)
    const body = { from: 0, subscriber_id: made.subscriber_id }
    expectProblem(await call(server.url, '/api/events/replay', { token: await tenantToken('other'), body }), 404, 'not_found')
  })
})

describe('[R21] callback_url', () => {
  it.each([
    'http://localhost/',
    'http://127.0.0.1:4000/',
    'https://[::1]/',
    'http://10.0.0.1/',
    'http://169.254.169.254/',
    'http://2130706433/',
  ])('%s is refused at once', async (callback_url) => {
    const answer = await call(server.url, '/api/requests', { token, body: { prompt: 'x', callback_url } })
    expectProblem(answer, 400, 'address_refused', 'callback_url')
  })

  it('is the callback of its own request: what became of it is shown there', async () => {
    const body = { prompt: 'x', request_id: 'called-back', callback_url: 'https://no-such-host.invalid/' }
    await call(server.url, '/api/requests', { token, body })
    const [delivery] = await until(
      'a delivery',
      async () => {
        const found = await listAll<{ status: string; error: object | null }>(
          server.url,
          '/api/requests/called-back/deliveries',
          token,
        )
        return Boolean(found[0]?.error) && found
      },
      { within: 20_000 },
    )
    expect(delivery).toMatchObject({
      status: 'pending',
      event_type: 'genai.request.completed',
      subject: 'called-back',
      attempts: 1,
      error: { code: 'unreachable' },
      next_attempt_at: expect.any(String),
    })
  })
})

describe('PLINTH_OUTBOUND_ALLOW', () => {
  it('opens what it names', async () => {
    const open = await startTestServer({ PLINTH_OUTBOUND_ALLOW: ' 127.0.0.1:9 , localhost:8080,10.0.0.0/8 ' })
    const body = (where: string) => ({ target: { type: 'webhook', url: where } })
    for (const where of ['http://127.0.0.1:9/', 'http://localhost:8080/', 'http://10.9.8.7/']) {
      const answer = await call(open.url, '/api/subscribers', { token: await open.token(), body: body(where) })
      expect(answer.status, where).toBe(201)
    }
    for (const where of ['http://127.0.0.1/', 'http://localhost/', 'http://192.168.0.1/']) {
      const answer = await call(open.url, '/api/subscribers', { token: await open.token(), body: body(where) })
      expectProblem(answer, 400, 'address_refused', 'target.url')
    }
  })

  it.each(['*', '0.0.0.0/0', 'http://localhost', 'localhost,*', 'local host'])(
    '%j stops the start, with its name',
    async (allow) => {
      await expect(startTestServer({ PLINTH_OUTBOUND_ALLOW: allow })).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'PLINTH_OUTBOUND_ALLOW',
      })
    },
  )
})
