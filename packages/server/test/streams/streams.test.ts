import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type Page } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

interface Shown {
  readonly name: string
  readonly created_at: string
  readonly shards: number
  readonly fields: object
  readonly windows: readonly object[]
  readonly records: number
  readonly watermark: string | null
}

interface ShownWindow {
  readonly window: string
  readonly key: string
  readonly start: string
  readonly end: string
  readonly count: number
  readonly numbers: Readonly<Record<string, { readonly mean: number }>>
}

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

const path = (name: string, rest = ''): string => `/api/streams/${name}${rest}`
const get = <Body = Shown>(name: string, rest = '') => call<Body>(server.url, path(name, rest), { token })
const put = (name: string, body: object) => call<Shown>(server.url, path(name), { token, method: 'PUT', body })
const send = (name: string, records: readonly object[]) => call(server.url, path(name, '/records'), { token, body: { records } })
const begin = Date.UTC(2026, 0, 1)
const at = (seconds: number): string => new Date(begin + seconds * 1_000).toISOString()

describe('a stream', () => {
  it('begins with its first record, as one that nobody set, and shows what came', async () => {
    expectProblem(await get('fresh'), 404, 'not_found')
    expect((await send('fresh', [{ key: 'a', data: { value: 1 }, timestamp: at(0) }])).status).toBe(202)
    const shown = await until('its record', async () => {
      const { body } = await get('fresh')
      return body.records === 1 && body
    })
    expect(shown).toMatchObject({
      name: 'fresh',
      shards: 4,
      fields: {},
      windows: [{ name: '1m', kind: 'tumbling', size_seconds: 60 }],
      allowed_lateness_seconds: 10,
      retention_days: 7,
      late: 0,
      duplicates: 0,
      quarantined: 0,
      anomalies: 0,
      incidents: 0,
      // Its own time, not ours: old is not late.
      watermark: at(-10),
      model_calls: expect.objectContaining({ made: 0, saved: 1, usd: 0 }),
    })
  })

  it('is set before its first record or later, but for its shards', async () => {
    const settings = {
      fields: { value: 'number', state: 'category' },
      windows: [
        { name: 'minute', kind: 'sliding', size_seconds: 60, slide_seconds: 20 },
        { name: 'visit', kind: 'session', gap_seconds: 30 },
      ],
      allowed_lateness_seconds: 5,
      retention_days: 2,
    }
    const made = await put('set', { ...settings, shards: 2 })
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ name: 'set', shards: 2, ...settings })])
    const changed = await put('set', { ...settings, retention_days: 3 })
    expect([changed.status, changed.body]).toEqual([200, expect.objectContaining({ shards: 2, ...settings, retention_days: 3 })])
    expect((await get('set')).body).toMatchObject({ ...settings, shards: 2, retention_days: 3, records: 0 })
    expectProblem(await put('set', { shards: 3 }), 400)
    // What is left out is as for a stream that nobody set.
    expect((await put('set', { shards: 2 })).body).toMatchObject({ fields: {}, windows: [{ name: '1m' }], retention_days: 7 })
  })

  it('begins only, with If-None-Match: *, and stays as it is when it is there', async () => {
    const begin = (retention_days: number, condition = '*') => {
      const headers = { 'if-none-match': condition }
      return call<Shown>(server.url, path('once'), { token, method: 'PUT', body: { retention_days }, headers })
    }
    expectProblem(await begin(2, '"etag"'), 400, 'invalid_input', 'If-None-Match')
    expect((await begin(2)).status).toBe(201)
    const again = await begin(3)
    expectProblem(again, 412, 'already_there', 'name')
    expect(again.text).toContain('There is already a stream of this name.')
    expect((await get('once')).body).toMatchObject({ retention_days: 2 })
    const answers = await Promise.all(
      Array.from({ length: 9 }, () =>
        call(server.url, path('raced'), { token, method: 'PUT', body: {}, headers: { 'if-none-match': '*' } }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 8 }, () => 412)])
  })

  it.each<[string, object, string]>([
    ['an unknown field', { size: 1 }, 'size'],
    ['a kind that is none', { fields: { value: 'text' } }, 'fields.value'],
    [
      'too many fields',
      { fields: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`f${index}`, 'number'])) },
      'fields',
    ],
    [
      'too many windows',
      { windows: Array.from({ length: 5 }, (_, index) => ({ name: `w${index}`, kind: 'session', gap_seconds: 1 })) },
      'windows',
    ],
    [
      'two windows of a name',
      { windows: ['a', 'a'].map((name) => ({ name, kind: 'session', gap_seconds: 9 })) },
      'windows.1.name',
    ],
    ['a window without a length', { windows: [{ name: 'a', kind: 'tumbling' }] }, 'windows.0.size_seconds'],
    ['one that is too short', { windows: [{ name: 'a', kind: 'tumbling', size_seconds: 0.5 }] }, 'windows.0.size_seconds'],
    [
      'one that slides too finely',
      { windows: [{ name: 'a', kind: 'sliding', size_seconds: 86_400, slide_seconds: 1 }] },
      'windows.0.size_seconds',
    ],
    ['a lateness below zero', { allowed_lateness_seconds: -1 }, 'allowed_lateness_seconds'],
    ['a year and more', { retention_days: 366 }, 'retention_days'],
    ['no shards', { shards: 0 }, 'shards'],
    ['too many shards', { shards: 65 }, 'shards'],
  ])('with %s is refused, naming the field', async (_, body, field) => {
    const answer = await put('refused', body)
    expectProblem(answer as never, 400)
    expect(answer.body).toMatchObject({ field })
    expectProblem(await get('refused'), 404)
  })

  it('is listed, newest first, page by page', async () => {
    await server.registry.create('lister', 'Lister')
    const lister = await server.token({ tenant: 'lister' })
    for (const name of ['one', 'two', 'three']) await call(server.url, path(name), { token: lister, method: 'PUT', body: {} })
    const all = await listAll<Shown>(server.url, '/api/streams', lister, 2)
    expect(all.map(({ name }) => name)).toEqual(['three', 'two', 'one'])
    const page = await call<Page<Shown>>(server.url, '/api/streams?limit=2', { token: lister })
    expect(page.body.items).toHaveLength(2)
    expectProblem(await call(server.url, '/api/streams?after=x', { token: lister }), 400)
  })

  it('shows its windows by key, name and time, newest first [R89]', async () => {
    const records = Array.from({ length: 400 }, (_, second) => ({
      key: second % 2 === 0 ? 'even' : 'odd',
      timestamp: at(second),
      data: { value: second },
    }))
    await send('windowed', records)
    const even = await until('windows of even', async () => {
      const found = await listAll<ShownWindow>(server.url, path('windowed', '/windows?key=even'), token)
      return found.length >= 6 && found
    })
    expect(even.map(({ start }) => start)).toEqual([5, 4, 3, 2, 1, 0].map((minute) => at(minute * 60)))
    expect(even.at(-1)).toMatchObject({
      window: '1m',
      key: 'even',
      end: at(60),
      count: 30,
      rate: 0.5,
      numbers: { value: { mean: 29 } },
    })
    const some = await listAll<ShownWindow>(server.url, path('windowed', `/windows?key=even&from=${at(60)}&to=${at(180)}`), token)
    expect(some.map(({ start }) => start)).toEqual([at(120), at(60)])
    expect((await get<Page<ShownWindow>>('windowed', '/windows?window=other')).body.items).toEqual([])
    for (const query of ['from=noon', 'window=a%20b', 'limit=0', 'after=x', 'nothing=1'])
      expectProblem(await call(server.url, path('windowed', `/windows?${query}`), { token }), 400)
  })

  it('has no insights and nothing in quarantine at first', async () => {
    await put('quiet', {})
    for (const rest of ['/insights', '/insights?key=a', '/quarantine', '/windows'])
      expect((await get<Page<object>>('quiet', rest)).body, rest).toEqual({ items: [], next_cursor: null })
  })

  it('that is deleted is gone at once', async () => {
    await send('gone', [{ key: 'a', data: { value: 1 } }])
    await until('its record', async () => (await get('gone')).body.records === 1)
    const deleted = await call(server.url, path('gone'), { token, method: 'DELETE' })
    expect([deleted.status, deleted.text]).toEqual([204, ''])
    for (const rest of ['', '/insights', '/windows', '/quarantine', '/events'])
      expectProblem(await call(server.url, path('gone', rest), { token }), 404)
    expectProblem(await call(server.url, path('gone'), { token, method: 'DELETE' }), 404)
    expectProblem(await send('gone', [{ key: 'a', data: {} }]), 503, 'stream_leaving')
    expect((await listAll<Shown>(server.url, '/api/streams', token)).map(({ name }) => name)).not.toContain('gone')
  })
})
