import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Acknowledgement,
  type Answer,
  call,
  listAll,
  type Page,
  type Problem,
  type ShownEvent,
  type ShownRequest,
} from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { readStream } from '../support/read-stream.ts'
import { fill, nameOf, tenantRoutes } from '../support/routes.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

interface Trace {
  readonly spans: readonly { readonly span_id: string }[]
}

/** Stands in everything that is the owner's and that anybody could be told of. */
const mark = 'zanzibar'
const nobodys = 'f0000000-0000-7000-8000-000000000000'

let server: TestServer
let owner: string
let stranger: string
/** The owner's. */
let request: ShownRequest
let queue: string
const texts: string[] = []

beforeAll(async () => {
  server = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
  await server.registry.create('stranger', 'Stranger')
  owner = await server.token({ user: `user-${mark}` })
  stranger = await server.token({ tenant: 'stranger', user: 'eve' })
  queue = (await as<{ subscriber_id: string }>(owner, '/api/subscribers', { body: { target: { type: 'queue' } } })).body
    .subscriber_id
  await as(owner, '/api/subscribers', { body: { target: { type: 'webhook', url: `https://${mark}.example/` } } })
  for (let number = 0; number < 3; number++) {
    request = await submit(
      owner,
      { prompt: `The city is ${mark}. Number ${number}.`, request_id: `${mark}-${number}` },
      `key-${number}`,
    )
    await submit(owner, { prompt: `${mark} [[fail]] ${number}`, model_id: 'scripted' })
  }
  for (const type of [`${mark}-a`, `${mark}-b`])
    await as(owner, '/api/agents', { body: { type, system_prompt: `You come from ${mark}.` } })
  for (let number = 0; number < 2; number++)
    await as(owner, '/api/workflows', { body: { request: `What is the city? It is ${mark}.` } })
  for (let number = 0; number < 2; number++) await submit(stranger, { prompt: `Nothing here. Number ${number}.` })
})

async function as<Body = Problem>(token: string, path: string, options: Parameters<typeof call>[2] = {}): Promise<Answer<Body>> {
  const answer = await call<Body>(server.url, path, { ...options, token })
  if (token === stranger) texts.push(answer.text)
  return answer
}

async function submit(token: string, body: object, key?: string): Promise<ShownRequest> {
  const headers = key === undefined ? {} : { 'idempotency-key': key }
  const accepted = await as<Acknowledgement>(token, '/api/requests', { body, headers })
  expect(accepted.status, accepted.text).toBe(202)
  return until('its end', async () => {
    const { body: shown } = await as<ShownRequest>(token, `/api/requests/${accepted.body.request_id}`)
    return shown.status !== 'processing' && shown
  })
}

const lists = tenantRoutes.filter((route) => route.method === 'GET' && route.query?.safeParse({ after: 'AAAA' }).success)

describe('[G5] [R110] [X67] from another tenant', () => {
  it('an idempotency key and an id that were used are as good as new', async () => {
    const same = { prompt: 'The city is zanzibar. Number 2.', request_id: `${mark}-2` }
    const headers = { 'idempotency-key': 'key-2' }
    const mine = await as<Acknowledgement>(stranger, '/api/requests', { body: { ...same, prompt: 'Another text.' }, headers })
    expect(mine.status, mine.text).toBe(202)
    const shown = await until('its end', async () => {
      const { body } = await as<ShownRequest>(stranger, `/api/requests/${mark}-2`)
      return body.status === 'completed' && body
    })
    expect(shown).toMatchObject({ tenant_id: 'stranger', user_id: 'eve' })
    expect(shown.result?.text).toContain('Another')
    // The owner's key still stands for the owner's request.
    const again = await as<Acknowledgement>(owner, '/api/requests', { body: same, headers })
    expect([again.status, again.body.request_id]).toEqual([202, `${mark}-2`])
    expect((await as<ShownRequest>(owner, `/api/requests/${mark}-2`)).body).toEqual(request)
    expectProblem(
      await as(owner, '/api/requests', { body: { prompt: 'Another text.' }, headers }),
      409,
      'reused_with_another_body',
    )
  })

  it('the lists have cursors to be tried', () => {
    expect(lists.map(nameOf)).toEqual(
      expect.arrayContaining([
        'GET /api/requests',
        'GET /api/events',
        'GET /api/subscribers',
        'GET /api/agents',
        'GET /api/workflows',
      ]),
    )
  })

  it.each(lists.map((route) => [nameOf(route), route] as const))(
    '%s: no cursor shows anything, of whichever list it is',
    async (_, route) => {
      const cursors: string[] = []
      for (const list of lists) {
        const page = await as<Page<object>>(
          owner,
          `${fill(list.path, list.path.startsWith('/api/subscribers') ? queue : request.request_id)}?limit=1`,
        )
        if (page.body.next_cursor) cursors.push(page.body.next_cursor)
      }
      expect(cursors.length).toBeGreaterThan(3)
      for (const after of cursors) {
        const answer = await as<Page<{ tenant_id?: string }>>(stranger, `${fill(route.path, nobodys)}?after=${after}`)
        expect([200, 400, 404], answer.text).toContain(answer.status)
        if (answer.status !== 200) continue
        for (const item of answer.body.items) expect(item.tenant_id ?? 'stranger').toBe('stranger')
        if (['/api/subscribers', '/api/dead-letters', '/api/workflows'].includes(route.path))
          expect(answer.body.items).toEqual([])
      }
    },
  )

  it('an event stream tells of none of it, wherever it is taken up', async () => {
    const events = await listAll<ShownEvent>(server.url, '/api/events', owner)
    const [own] = await listAll<ShownEvent>(server.url, '/api/events', stranger, 1)
    expect(own?.sequence).toBe(1)
    const seen = await readStream(server.url, '/api/events/stream', stranger, {
      after: 0,
      enough: (told) => told.length >= 4,
    })
    for (const { data } of seen) expect(data.tenant_id).toBe('stranger')
    // A sequence that only the owner's log reaches is ahead of this one.
    const ahead = await as(stranger, '/api/events/stream', { headers: { 'last-event-id': String(events.length) } })
    expectProblem(ahead, 400, 'invalid_input', 'Last-Event-ID')
  })

  it("a request's stream is not there, at whatever Last-Event-ID", async () => {
    for (const last of ['0', '1', '3', '999999']) {
      const headers = { 'last-event-id': last }
      const theirs = await as(stranger, `/api/requests/${mark}-1/events`, { headers })
      const absent = await as(stranger, `/api/requests/${nobodys}/events`, { headers })
      expectProblem(theirs, 404, 'not_found')
      expect({ ...theirs.body, request_id: '' }).toEqual({ ...absent.body, request_id: '' })
    }
    expect((await readStream(server.url, `/api/requests/${mark}-1/events`, owner)).at(-1)?.event).toBe('done')
  })

  it('a correlation id that is taken joins nothing: each tenant has a trace of its own', async () => {
    const headers = { 'x-correlation-id': request.correlation_id }
    expectProblem(await as(stranger, `/api/traces/${request.correlation_id}`), 404, 'not_found')
    // Of a flood, as the calls of the tests before are, a share leaves spans: so until one of the requests was among them.
    const trace = await until('its trace', async () => {
      const mine = await as<Acknowledgement>(stranger, '/api/requests', { body: { prompt: 'Joined.' }, headers })
      const { body: ended } = await until('its end', async () => {
        const shown = await as<ShownRequest>(stranger, `/api/requests/${mine.body.request_id}`)
        return shown.body.status === 'completed' && shown
      })
      expect(ended.correlation_id).toBe(request.correlation_id)
      const asked = await as<Trace>(stranger, `/api/traces/${request.correlation_id}`)
      return asked.status === 200 && asked
    })
    const owners = await as<Trace>(owner, `/api/traces/${request.correlation_id}`)
    const idsOf = ({ body }: Answer<Trace>): readonly string[] => body.spans.map(({ span_id }) => span_id)
    expect(idsOf(trace)).not.toEqual([])
    expect(idsOf(owners)).not.toEqual([])
    expect(idsOf(owners).filter((id) => idsOf(trace).includes(id))).toEqual([])
  })

  it('receipts and subscribers of it are unknown', async () => {
    const { body: own } = await as<{ subscriber_id: string }>(stranger, '/api/subscribers', {
      body: { target: { type: 'queue' } },
    })
    const received = await until('messages', async () => {
      const { body } = await as<{ messages: { receipt: string }[] }>(owner, `/api/subscribers/${queue}/receive`, { body: {} })
      return body.messages.length > 0 && body.messages
    })
    const receipts = received.map(({ receipt }) => receipt)
    const answer = await as<{ acknowledged: string[] }>(stranger, `/api/subscribers/${own.subscriber_id}/acknowledge`, {
      body: { receipts },
    })
    expect(answer.body).toEqual({ acknowledged: [], refused: receipts.map((receipt) => ({ receipt, code: 'unknown' })) })
    for (const id of [queue, nobodys])
      expectProblem(await as(stranger, '/api/events/replay', { body: { from: 1, subscriber_id: id } }), 404, 'not_found')
    const back = await as<{ acknowledged: string[] }>(owner, `/api/subscribers/${queue}/acknowledge`, { body: { receipts } })
    expect(back.body.acknowledged.toSorted()).toEqual(receipts.toSorted())
  })

  it('an upload of it is no document, nor is anything of it found by naming its tenant in a filter', async () => {
    const { body: upload } = await as<{ upload_id: string }>(owner, '/api/uploads', { body: {} })
    const path = `/api/uploads/${upload.upload_id}`
    expectProblem(await as(stranger, path, { method: 'PUT', body: 'mine now' }), 404, 'not_found')
    const sent = await as(owner, path, { method: 'PUT', body: `The harbour of ${mark} is deep.` })
    expect(sent.status, sent.text).toBe(200)
    const documents = [{ source: 'harbour.txt', upload_id: upload.upload_id }]
    expectProblem(await as(stranger, '/api/documents', { body: { documents } }), 400, 'upload_unknown', 'documents.0.upload_id')
    const made = await as<{ document_id: string }[]>(owner, '/api/documents', { body: { documents } })
    expect(made.status, made.text).toBe(202)
    const retrieve = (token: string, filter: object = {}): Promise<Answer<{ results: object[] }>> =>
      as(token, '/api/rag/retrieve', { body: { query: 'How deep is the harbour?', filter } })
    await until('the passage', async () => (await retrieve(owner)).body.results.length > 0)
    for (const filter of [{}, { tenant_id: 'demo' }, { tenant: 'demo' }, { document_id: made.body[0]?.document_id ?? '' }])
      expect((await retrieve(stranger, filter)).body).toEqual({ results: [] })
  })

  it('no error, list or document that it was given in all of this holds a word of it', async () => {
    for (const route of tenantRoutes) {
      if (route.streams) continue
      for (const id of [request.request_id.replace(mark, 'not'), queue])
        await as(stranger, fill(route.path, id), { method: route.method, body: route.body ? { nonsense: 1 } : undefined })
    }
    await as(stranger, '/openapi.json')
    expect(texts.length).toBeGreaterThan(60)
    // What it said itself it may be told again: the ids of its own requests.
    for (const text of texts) expect(text.replaceAll(`${mark}-2`, '').replaceAll(request.correlation_id, '')).not.toContain(mark)
  })
})
