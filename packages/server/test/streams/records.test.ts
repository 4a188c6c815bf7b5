import { request } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { heldBuffers } from '../../../../test/support/held-buffers.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

interface Appended {
  readonly accepted: number
  readonly rejected: readonly { readonly index: number; readonly error: { readonly code: string; readonly field?: string } }[]
  readonly rejected_count?: number
}

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

const record = (key: string, value: number) => ({ key, data: { value } })
const send = (stream: string, records: unknown, of = token) =>
  call<Appended>(server.url, `/api/streams/${stream}/records`, { token: of, body: { records } })
const lines = { 'content-type': 'application/x-ndjson' }
const sendLines = (stream: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = lines) =>
  call<Appended>(server.url, `/api/streams/${stream}/records`, { token, body, headers })
const recordsOf = (stream: string, of = token): Promise<number> =>
  call<{ records: number }>(server.url, `/api/streams/${stream}`, { token: of }).then(({ body }) => body.records)
const reach = (stream: string, records: number) =>
  until(`${records} records of ${stream}`, async () => (await recordsOf(stream)) === records, { within: 30_000 })

describe('[R69] POST /api/streams/{name}/records', () => {
  it('takes records, and tells of each that is bad [X49]', async () => {
    const answer = await send('json', [record('a', 1), { key: 'a' }, record('b', 2), { ...record('c', 3), timestamp: 'noon' }])
    expect(answer.status, answer.text).toBe(202)
    expect(answer.body.accepted).toBe(2)
    expect(answer.body.rejected).toEqual([
      { index: 1, error: expect.objectContaining({ code: 'invalid_record', field: 'data', retryable: false }) },
      { index: 3, error: expect.objectContaining({ code: 'invalid_record', field: 'timestamp', retryable: false }) },
    ])
    expect(Object.keys(answer.body).sort()).toEqual(['accepted', 'rejected'])
    await reach('json', 2)
  })

  it.each<[string, unknown, string | undefined]>([
    ['no records', {}, 'records'],
    ['records that are none', { records: 'x' }, 'records'],
    ['a list', [record('a', 1)], undefined],
    ['another field', { records: [], more: 1 }, 'more'],
    ['too many', { records: Array.from({ length: 50_001 }, () => 0) }, 'records'],
    ['another tenant', { records: [], tenant_id: 'other' }, undefined],
  ])('refuses a body with %s, and no stream begins', async (_, body, field) => {
    const answer = await call(server.url, '/api/streams/refused/records', { token, body: JSON.stringify(body) })
    expect([400, 403]).toContain(answer.status)
    expect(answer.body.field).toBe(field)
    expectProblem(await call(server.url, '/api/streams/refused', { token }), 404, 'not_found')
  })

  it.each(['a b', 'ä', 'x'.repeat(129), 'a:b', '%00'])('refuses the name %s', async (name) => {
    const path = `/api/streams/${name.includes('%') ? name : encodeURIComponent(name)}/records`
    expectProblem(await call(server.url, path, { token, body: { records: [record('a', 1)] } }), 400)
  })

  it('takes the good ones of a body with one that is nested deep, or has a name that nobody may have [X49]', async () => {
    const [deep, named] = [`${'['.repeat(100)}${']'.repeat(100)}`, '{"__proto__":{"v":1}}']
    const bad = [deep, named].map((data) => `{"key":"x","data":{"a":${data}}}`)
    const body = `{"records":[${JSON.stringify(record('a', 1))},${bad.join(',')},${JSON.stringify(record('b', 2))}]}`
    const answer = await call<Appended>(server.url, '/api/streams/odd/records', { token, body })
    expect(answer.status, answer.text).toBe(202)
    expect([answer.body.accepted, answer.body.rejected.map(({ index }) => index)]).toEqual([2, [1, 2]])
    // What is too deep to be parsed at no cost isn't parsed.
    const deeper = `{"records":[{"key":"x","data":{"a":${'['.repeat(1_000_000)}}}]}`
    expectProblem(await call(server.url, '/api/streams/odd/records', { token, body: deeper }), 400, 'invalid_input')
  })

  it('takes lines of JSON, and tells of each that is none [X49]', async () => {
    const body = [JSON.stringify(record('a', 1)), '{"key":', '', JSON.stringify(record('b', 2)), '7'].join('\n')
    const answer = await sendLines('lines', body)
    expect(answer.status, answer.text).toBe(202)
    expect([answer.body.accepted, answer.body.rejected.map(({ index }) => index)]).toEqual([2, [1, 4]])
    const typed = await sendLines('lines', `${JSON.stringify(record('a', 3))}\r\n`, {
      'content-type': 'Application/X-NDJSON; charset=utf-8',
    })
    expect(typed.body).toEqual({ accepted: 1, rejected: [] })
    expect((await sendLines('lines', '')).body).toEqual({ accepted: 0, rejected: [] })
    await reach('lines', 3)
  })

  it('refuses lines under another type, and packed ones', async () => {
    expectProblem(await sendLines('other', '{}\n', { 'content-type': 'text/plain' }), 400)
    expectProblem(await sendLines('other', '{}\n', { ...lines, 'content-encoding': 'gzip' }), 415)
  })

  it('takes lines without end, in little memory [X54]', { timeout: 120_000 }, async () => {
    const mebibyte = 1024 * 1024
    const text = JSON.stringify({ key: 'a', data: { note: 'x'.repeat(60_000) } })
    const chunk = Buffer.from(`${text}\n`.repeat(16))
    const chunks = Math.ceil((96 * mebibyte) / chunk.length)
    const before = heldBuffers()
    let highest = before
    const answer = await new Promise<Appended>((resolve, reject) => {
      const asked = request(`${server.url}/api/streams/endless/records`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, ...lines },
      })
      asked.on('response', (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (part: string) => (body += part))
        response.on('end', () => resolve(JSON.parse(body) as Appended))
      })
      asked.on('error', reject)
      const write = async (): Promise<void> => {
        for (let sent = 0; sent < chunks; sent++) {
          if (!asked.write(chunk)) await new Promise((drained) => asked.once('drain', drained))
          if (sent % 20 === 0) highest = Math.max(highest, heldBuffers())
        }
        asked.end()
      }
      void write()
    })
    expect(answer).toEqual({ accepted: chunks * 16, rejected: [] })
    // What waits for a window may take 32 MiB of one tenant's, and is in memory.
    expect(highest).toBeLessThan(before + 48 * mebibyte)
  })

  it('keeps the lines that came whole before a connection was cut', async () => {
    const asked = request(`${server.url}/api/streams/cut/records`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, ...lines },
    })
    asked.on('error', () => {})
    asked.write(`${JSON.stringify(record('a', 1))}\n${JSON.stringify(record('a', 2))}\n${JSON.stringify(record('a', 3))}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    asked.destroy()
    await until('the stream to begin', async () => (await call(server.url, '/api/streams/cut', { token })).status === 200)
    await reach('cut', 2)
  })

  it('counts a record once that comes again under its id [X50]', async () => {
    const records = Array.from({ length: 20 }, (_, index) => ({ ...record(`k${index % 3}`, index), id: `r${index}` }))
    for (let times = 0; times < 3; times++) expect((await send('twice', records)).body.accepted).toBe(20)
    await reach('twice', 20)
    const figures = await call<{ duplicates: number }>(server.url, '/api/streams/twice', { token })
    expect(figures.body.duplicates).toBe(40)
  })

  it('of a tenant that is limited is refused beyond the limit', async () => {
    await server.registry.create('slow', 'Slow')
    const admin = await server.token({ permissions: ['tenants:admin'] })
    const limits = { limits: { requests_per_minute: 2 } }
    const set = await call(server.url, '/api/tenants/slow', { token: admin, method: 'PATCH', body: limits })
    expect(set.status, set.text).toBe(200)
    const slow = await server.token({ tenant: 'slow' })
    // A minute may end in between; three in a row are within one.
    const statuses: number[] = []
    for (let times = 0; times < 6; times++) statuses.push((await send('limited', [record('a', 1)], slow)).status)
    expect(statuses).toContain(429)
    expect(statuses[0]).toBe(202)
  })
})
