import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { Collector } from '../../outbound/test/collector.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

/** Less than the two seconds that whoever waits for a collector would wait. */
const soon = 1_900

let collector: Collector
let server: TestServer
let token: string

beforeAll(async () => {
  collector = await Collector.open()
})
// OpenTelemetry's providers are one for the process: all servers here send to this collector.
beforeEach(async () => {
  server = await startTestServer({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  token = await server.token()
})
afterAll(() => collector.close().catch(() => {}))

/** Has a request worked to its end. @returns how long its acceptance took, milliseconds. */
async function work(correlation: string): Promise<number> {
  const headers = { 'x-correlation-id': correlation }
  const body = { prompt: 'CANARY of the prompt', request_id: correlation }
  const began = performance.now()
  expect((await call(server.url, '/api/requests', { token, body, headers })).status).toBe(202)
  const took = performance.now() - began
  await until('the request is over', async () => {
    const { body } = await call<{ status: string }>(server.url, `/api/requests/${correlation}`, { token })
    return body.status === 'completed'
  })
  return took
}

async function stop(): Promise<number> {
  const began = performance.now()
  await server.stop()
  return performance.now() - began
}

it('[X75] what a request spent where goes to the collector, by the time that the server has stopped, and without content', async () => {
  await work('c-sent')
  const { body } = await call<{ spans: readonly { trace_id: string }[] }>(server.url, '/api/traces/c-sent', { token })
  await stop()
  const spans = collector.of('c-sent')
  expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['POST /api/requests', 'chat scripted']))
  expect(spans.map(({ name }) => name).some((name) => name.startsWith('process event-driven'))).toBe(true)
  for (const { service, attributes } of spans) expect([service, attributes['plinth.tenant_id']]).toEqual(['plinth', 'demo'])
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(body.spans.map(({ trace_id }) => trace_id)))
  expect(JSON.stringify(collector.spans)).not.toContain('CANARY')
})

it('a collector that hangs delays neither requests nor, for longer than a moment, the stop of the server', async () => {
  collector.hangs = true
  expect(await work('c-hangs')).toBeLessThan(soon)
  const { text } = await call(server.url, '/api/traces/c-hangs', { token })
  expect(text).toContain('chat scripted')
  expect(await stop()).toBeLessThan(15_000)
  expect(collector.asked.length).toBeGreaterThan(0)
  expect(collector.of('c-hangs')).toEqual([])
})

it('nor does one that is away', async () => {
  await collector.close()
  expect(await work('c-away')).toBeLessThan(soon)
  expect(await stop()).toBeLessThan(15_000)
})
