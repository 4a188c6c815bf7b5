import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Acknowledgement,
  call,
  listAll,
  type Page,
  type ShownEvent,
  type ShownRequest,
} from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { fill, nameOf, tenantRoutes } from './support/routes.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let owner: string
let stranger: string
/** Ids of demo's own things, by the beginning of the paths that take them. */
let samples: readonly (readonly [prefix: string, id: string])[]

beforeAll(async () => {
  server = await startTestServer()
  await server.registry.create('stranger', 'Stranger')
  owner = await server.token()
  stranger = await server.token({ tenant: 'stranger' })
  const request = await submit(owner, { prompt: 'mine' }, 'completed')
  const letter = await submit(owner, { prompt: 'mine [[fail]]' }, 'failed')
  samples = [
    ['/api/requests/', request.request_id],
    ['/api/dead-letters/', letter.request_id],
    ['/api/traces/', request.correlation_id],
    ['/api/subscribers/', await make('/api/subscribers', { target: { type: 'queue' } }, 'subscriber_id')],
    ['/api/events/replay/', await make('/api/events/replay', { from: 1 }, 'replay_id')],
    ['/api/uploads/', await make('/api/uploads', {}, 'upload_id')],
    ['/api/agents/', await make('/api/agents', { type: 'mine' }, 'type')],
    ['/api/workflows/', await make('/api/workflows', { request: 'Mine.', plan: { steps } }, 'workflow_id')],
    ...(await ingest()),
    ...(await stream()),
  ]
})

const steps = [{ id: 'one', agent_type: 'research', prompt: 'Mine.' }]

/** Makes something of demo's. @returns its id. */
async function make(path: string, body: object, id: string): Promise<string> {
  const answer = await call<Record<string, string>>(server.url, path, { token: owner, body })
  return answer.body[id] ?? expect.fail(answer.text)
}

/** A document of demo's, and the batch that it came with. */
async function ingest(): Promise<readonly (readonly [string, string])[]> {
  const body = { documents: [{ source: 'mine.txt', content: 'Mine.' }] }
  const sent = await call<{ document_id: string }[]>(server.url, '/api/documents', { token: owner, body })
  const id = sent.body[0]?.document_id ?? expect.fail(sent.text)
  await until('a document is read', async () => {
    const { body: shown } = await call<{ status: string }>(server.url, `/api/documents/${id}`, { token: owner })
    return shown.status === 'processed'
  })
  return [
    ['/api/documents/', id],
    ['/api/ingests/', sent.headers.get('location')?.split('/').at(-1) ?? expect.fail('no location')],
  ]
}

/** A stream of demo's, and an alert that a rule raised of its first record. */
async function stream(): Promise<readonly (readonly [string, string])[]> {
  const rule = { rule_id: 'mine', alert_type: 'mine', on: 'record', field: 'value', operator: '>', threshold: 1 }
  const ruled = await call(server.url, '/api/alert-rules', { token: owner, method: 'PUT', body: { rules: [rule] } })
  expect(ruled.status, ruled.text).toBe(200)
  const records = [{ key: 'mine', data: { value: 2 } }]
  const sent = await call(server.url, '/api/streams/mine/records', { token: owner, body: { records } })
  expect(sent.status, sent.text).toBe(202)
  const alert = await until('an alert', async () => {
    const { body } = await call<Page<{ alert_id: string }>>(server.url, '/api/alerts', { token: owner })
    return body.items[0]
  })
  return [
    ['/api/alerts/', alert.alert_id],
    ['/api/streams/', 'mine'],
  ]
}

async function submit(token: string, body: object, status: string): Promise<ShownRequest> {
  const { body: acknowledged } = await call<Acknowledgement>(server.url, '/api/requests', { token, body })
  return until(`a request that is ${status}`, async () => {
    const { body: shown } = await call<ShownRequest>(server.url, `/api/requests/${acknowledged.request_id}`, { token })
    return shown.status === status && shown
  })
}

function sampleFor(path: string): string {
  const found = samples.find(([prefix]) => path.startsWith(prefix))
  if (!found) throw new Error(`${path} takes an id, but no sample of one is made in isolation.test.ts.`)
  return found[1]
}

const withIds = tenantRoutes.filter((route) => route.path.includes('{')).map((route) => [nameOf(route), route] as const)

/** A name is the caller's own here: under it something of its own begins. */
const beginning = ['POST /api/streams/{name}/records', 'PUT /api/streams/{name}']

describe("[R110] what belongs to another tenant isn't there", () => {
  it.each(withIds.filter(([name]) => !beginning.includes(name)))(
    "%s: the same 404 as for an id that doesn't exist",
    async (_, route) => {
      const body = route.body ? {} : undefined
      const ask = (token: string, id: string) => call(server.url, fill(route.path, id), { token, method: route.method, body })
      const theirs = await ask(stranger, sampleFor(route.path))
      const nobodys = await ask(stranger, 'f0000000-0000-7000-8000-000000000000')
      expectProblem(theirs, 404, 'not_found')
      expectProblem(nobodys, 404, 'not_found')
      expect({ ...theirs.body, request_id: '' }).toEqual({ ...nobodys.body, request_id: '' })
      const names = (answer: typeof theirs): string[] => [...answer.headers.keys()].sort()
      expect(names(theirs)).toEqual(names(nobodys))
    },
  )

  // Else the test above would also pass on a server that finds nothing at all.
  it.each(withIds)('%s: its own tenant finds it', async (_, route) => {
    const stop = new AbortController()
    const response = await fetch(server.url + fill(route.path, sampleFor(route.path)), {
      method: route.method,
      headers: { authorization: `Bearer ${owner}` },
      signal: stop.signal,
    })
    expect(response.status).not.toBe(404)
    expect(response.status).toBeLessThan(500)
    stop.abort()
  })

  it('a stream of the same name is another one', async () => {
    const theirs = await server.token({ tenant: 'stranger', user: 'eve' })
    const path = '/api/streams/ours'
    for (const [token, value] of [
      [owner, 1],
      [theirs, 2],
    ] as const) {
      const records = [{ key: 'same', data: { value } }]
      await call(server.url, `${path}/records`, { token, body: { records: value === 1 ? [...records, ...records] : records } })
    }
    const recordsOf = async (token: string): Promise<number> =>
      (await call<{ records: number }>(server.url, path, { token })).body.records
    await until('the records of both', async () => (await recordsOf(owner)) === 2 && (await recordsOf(theirs)) === 1)
    await call(server.url, path, { token: theirs, method: 'DELETE' })
    expect(await recordsOf(owner)).toBe(2)
    const names = (await listAll<{ name: string }>(server.url, '/api/streams', theirs)).map(({ name }) => name)
    expect(names).not.toContain('ours')
    expect(names).not.toContain('mine')
  })

  it('no method changes anything of another tenant', async () => {
    const path = `/api/requests/${samples[0]?.[1]}`
    const before = await call<ShownRequest>(server.url, path, { token: owner })
    for (const method of ['DELETE', 'PUT', 'PATCH', 'POST']) await call(server.url, path, { token: stranger, method })
    expect((await call<ShownRequest>(server.url, path, { token: owner })).body).toEqual(before.body)
  })

  it('lists and events show nothing of it', async () => {
    const fresh = await server.token({ tenant: 'stranger', user: 'eve' })
    await submit(fresh, { prompt: 'theirs' }, 'completed')
    const lists = tenantRoutes.filter((route) => route.method === 'GET' && !route.path.includes('{') && route.query)
    expect(lists.map(nameOf)).toContain('GET /api/requests')
    const own = new Set((await listAll<ShownRequest>(server.url, '/api/requests', owner)).map((request) => request.request_id))
    expect(own.size).toBeGreaterThan(0)
    for (const path of ['/api/requests', '/api/dead-letters']) {
      for (const item of await listAll<ShownRequest>(server.url, path, fresh)) expect(own).not.toContain(item.request_id)
    }
    const events = await listAll<ShownEvent>(server.url, '/api/events', fresh)
    expect(events.map((event) => event.tenant_id)).toEqual(events.map(() => 'stranger'))
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
  })

  it("a cursor of another tenant shows nothing of it either, and doesn't break", async () => {
    await submit(owner, { prompt: 'one more' }, 'completed')
    const page = await call<{ next_cursor: string }>(server.url, '/api/requests?limit=1', { token: owner })
    const answer = await call<{ items: ShownRequest[] }>(server.url, `/api/requests?after=${page.body.next_cursor}`, {
      token: stranger,
    })
    expect(answer.status).toBe(200)
    for (const item of answer.body.items) expect(item.tenant_id).toBe('stranger')
  })

  it('[X6] the same request id and key in two tenants are two requests', async () => {
    const headers = { 'idempotency-key': 'same-key' }
    const ids: string[] = []
    for (const [token, prompt] of [
      [owner, 'of demo'],
      [stranger, 'of stranger'],
    ] as const) {
      const answer = await call<Acknowledgement>(server.url, '/api/requests', {
        token,
        body: { prompt, request_id: 'same-id' },
        headers,
      })
      expect(answer.status, answer.text).toBe(202)
      ids.push(answer.body.request_id)
    }
    expect(ids).toEqual(['same-id', 'same-id'])
    const texts = await Promise.all(
      [owner, stranger].map((token) =>
        until(
          'both results',
          async () => (await call<ShownRequest>(server.url, '/api/requests/same-id', { token })).body.result?.text,
        ),
      ),
    )
    expect(texts[0]).not.toBe(texts[1])
  })

  it('redriving all dead letters touches one tenant only', async () => {
    const answer = await call<{ redriven: string[] }>(server.url, '/api/dead-letters/redrive', {
      token: stranger,
      method: 'POST',
    })
    expect(answer.body.redriven).toEqual([])
  })
})
