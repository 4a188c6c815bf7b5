import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type Page } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

interface Point {
  readonly key: string
  readonly timestamp: string
  readonly values: Readonly<Record<string, number>>
  readonly expected: Readonly<Record<string, readonly [number, number]>>
  readonly anomalous: readonly string[]
}

let server: TestServer
let token: string
const path = '/api/streams/plant/points'
const begin = Date.UTC(2026, 0, 1)
const record = (key: string, second: number, value: number) => ({
  key,
  timestamp: new Date(begin + second * 1_000).toISOString(),
  data: { value },
})

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
  // One record at a time a key: a sample leaves none of so few out.
  const pump = Array.from({ length: 150 }, (_, second) => record('pump', second, second === 149 ? 900 : 20 + (second % 7)))
  const records = [...pump, record('fan', 0, 1), record('fan', 1, 5)]
  await call(server.url, '/api/streams/plant/records', { token, body: { records } })
  await until('the records', async () => {
    const { body } = await call<{ records: number }>(server.url, '/api/streams/plant', { token })
    return body.records === records.length
  })
})

describe('[R90] GET /api/streams/{name}/points', () => {
  it('lists what followers were told, newest first, page after page, each once', async () => {
    const all = await listAll<Point>(server.url, path, token)
    expect(all).toHaveLength(152)
    expect(all[0]).toMatchObject({ stream: 'plant', key: 'pump', values: { value: 900 } })
    const times = all.map(({ timestamp }) => timestamp)
    expect(times).toEqual(times.toSorted().reverse())
    const { body } = await call<Page<Point>>(server.url, `${path}?key=fan&limit=1`, { token })
    expect(body.items).toMatchObject([{ key: 'fan', values: { value: 5 }, anomalous: [] }])
    expect(body.next_cursor).not.toBeNull()
  })

  it('says between what each value was expected to be before it came, and which is an anomaly', async () => {
    const { body } = await call<Page<Point>>(server.url, `${path}?key=pump&limit=1000`, { token })
    const [last, before] = body.items
    expect(last).toMatchObject({ expected: { value: [20, 26] }, anomalous: ['value'] })
    expect(before).toMatchObject({ expected: { value: [20, 26] }, anomalous: [] })
    // Of the first nothing was expected.
    expect(body.items.at(-1)).toMatchObject({ values: { value: 20 }, expected: {} })
  })

  it('is 404 for a stream that has not begun, and takes no cursor that it did not give', async () => {
    expectProblem(await call(server.url, '/api/streams/none/points', { token }), 404, 'not_found')
    expectProblem(await call(server.url, `${path}?after=abc`, { token }), 400)
  })
})

describe('what a stream saved', () => {
  it('is reckoned with one call a record at a list price, and told with what it was reckoned with', async () => {
    const { body } = await call<{ model_calls: object }>(server.url, '/api/streams/plant', { token })
    const each = {
      model_id: 'anthropic.claude-haiku-4-5-20251001-v1:0',
      input_tokens: 300,
      output_tokens: 200,
      usd: expect.closeTo(0.0013),
    }
    // 152 records at 300 tokens in for a dollar a million, and 200 out for five.
    expect(body.model_calls).toMatchObject({ saved_usd: expect.closeTo(152 * 0.0013, 6), call_per_record: each })
  })
})
