import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { readStream, type StreamEvent } from '../support/read-stream.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

const path = '/api/streams/plant/events'
const begin = Date.UTC(2026, 0, 1)
const send = (from: number, values: readonly number[]) =>
  call(server.url, '/api/streams/plant/records', {
    token,
    body: {
      records: values.map((value, index) => ({
        key: 'pump',
        timestamp: new Date(begin + (from + index) * 1_000).toISOString(),
        data: { value },
      })),
    },
  })
const points = (events: readonly StreamEvent[]): StreamEvent[] => events.filter(({ event }) => event === 'point')
const kinds = (events: readonly StreamEvent[]): Set<string> => new Set(events.map(({ event }) => event))

describe('[R90] GET /api/streams/{name}/events', () => {
  it('is 404 for a stream that has not begun', async () => {
    expectProblem(await call(server.url, path, { token }), 404, 'not_found')
  })

  it('shows points, an anomaly, its insight and its alert as they come, and goes on behind an id [R84, R85]', async () => {
    const steady = Array.from({ length: 400 }, (_, index) => 20 + Math.sin(index / 5) + (index % 7) / 10)
    await send(0, steady)
    await until('the first records', async () => {
      const { body } = await call<{ records: number }>(server.url, '/api/streams/plant', { token })
      return body.records === 400
    })
    // Listens before anything happens, and is cut off at the first point.
    let id = -1
    const begun = await readStream(server.url, path, token, {
      enough: (events) => {
        if (events.length === 1 && id < 0) {
          id = events[0]?.id ?? 0
          void send(400, [20, 21, 500, 480, 20])
        }
        return points(events).length > 0
      },
    })
    expect(begun[0]).toMatchObject({ event: 'status', data: { stream: 'plant', gap: false } })
    const point = points(begun)[0]
    expect(point?.data).toMatchObject({ stream: 'plant', key: 'pump', timestamp: expect.stringMatching(/^2026-01-01T00:06:40/) })
    expect(Object.keys(point?.data ?? {}).sort()).toEqual([
      'anomalous',
      'expected',
      'key',
      'score',
      'stream',
      'timestamp',
      'values',
    ])
    const enough = (events: readonly StreamEvent[]): boolean => kinds(events).has('insight') && kinds(events).has('alert')
    const rest = await readStream(server.url, path, token, { after: begun.at(-1)?.id ?? 0, enough })
    const times = [...points(begun), ...points(rest)].map(({ data }) => data.timestamp)
    expect(new Set(times).size).toBe(times.length)
    expect(times.slice(0, 5)).toHaveLength(5)
    const anomaly = rest.find(({ event }) => event === 'anomaly')?.data
    expect(anomaly).toMatchObject({ key: 'pump', field: 'value', kind: 'value', value: 500, reason: expect.any(String) })
    const insight = rest.find(({ event }) => event === 'insight')?.data
    expect(insight).toMatchObject({ stream: 'plant', key: 'pump', data_point: { value: 500 } })
    const alert = rest.find(({ event }) => event === 'alert')?.data
    expect(alert).toMatchObject({ stream: 'plant', key: 'pump', change: 'opened', status: 'open' })
    const ids = [...begun, ...rest].map((event) => event.id)
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other))
    // From the very beginning again: all of it, once.
    const again = await readStream(server.url, path, token, { after: id, enough })
    expect(
      points(again)
        .map(({ data }) => data.timestamp)
        .slice(0, 5),
    ).toEqual(times.slice(0, 5))
  })

  it('after an id that it never gave it begins now, and says that something may be missing', async () => {
    const [status] = await readStream(server.url, path, token, { after: 7, enough: () => true })
    expect(status).toMatchObject({ event: 'status', data: { gap: true } })
    const headers = { 'last-event-id': 'x' }
    expectProblem(await call(server.url, path, { token, headers }), 400, 'invalid_input', 'Last-Event-ID')
  })
})
