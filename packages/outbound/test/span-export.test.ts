import { type Span, TracerProvider } from '@opentelemetry/sdk-trace'
import { type Log, silentLog } from '@plinth/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../src/index.ts'
import { SpanExport } from '../src/span-export.ts'
import { Collector } from './collector.ts'

const patience = 300
/** Beyond it, what a busy machine may need. */
const slack = 1_000

/** Which is sent at once. */
const fullBatch = 512

let collector: Collector
let passed: number

beforeEach(async () => {
  collector = await Collector.open()
  passed = 0
})
afterEach(() => collector.close())

/** Time goes on by itself, and in leaps. */
const clock = { ...systemClock, now: () => systemClock.now() + passed }

/** An export to this collector, and something that leaves spans. */
function exporting(variables: Readonly<Record<string, string>> = {}, bound = patience) {
  const warnings: string[] = []
  const log: Log = { ...silentLog, warn: (fields, message) => void warnings.push(JSON.stringify([fields, message])) }
  const where = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...variables }
  const spans = SpanExport.of(where, { patience: bound, clock, log })
  if (!spans) throw new Error('Nothing is exported.')
  const tracer = new TracerProvider({ resource: spans.resource, spanProcessors: [spans] }).getTracer('test')
  const leave = (name: string): void => (tracer.startSpan(name, { attributes: { 'plinth.tenant_id': 'demo' } }) as Span).end()
  const flush = async (): Promise<number> => {
    const began = performance.now()
    await spans.forceFlush()
    return performance.now() - began
  }
  return { spans, leave, flush, warnings }
}

describe('spans', () => {
  it.each([
    [{ AWS_LAMBDA_FUNCTION_NAME: 'rag-processor' }, 'rag-processor'],
    [{ AWS_LAMBDA_FUNCTION_NAME: 'rag-processor', OTEL_SERVICE_NAME: 'ours' }, 'ours'],
    [{}, 'plinth'],
  ])('go to a collector by OTLP over HTTP, as those of a service: %j', async (variables, service) => {
    const { leave, flush, warnings } = exporting(variables)
    leave('first')
    leave('second')
    await flush()
    expect(collector.asked).toEqual(['POST /v1/traces application/json'])
    expect(collector.spans).toMatchObject([
      { name: 'first', service, attributes: { 'plinth.tenant_id': 'demo' } },
      { name: 'second', service },
    ])
    expect(warnings).toEqual([])
  })

  it('go nowhere unless a variable says where, and an address that is none is refused by its name', () => {
    const options = { patience, clock, log: silentLog }
    expect(SpanExport.of({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, options)).toBeUndefined()
    expect(() => SpanExport.of({ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, options)).toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT/)
  })

  it('that wait are sent at a shutdown, and no later ones', async () => {
    const { spans, leave } = exporting()
    leave('before')
    await spans.shutdown()
    leave('after')
    await spans.forceFlush()
    expect(collector.spans.map(({ name }) => name)).toEqual(['before'])
  })

  it('that are on their way already are waited for', async () => {
    const { leave, flush } = exporting({}, 30_000)
    for (let count = 0; count < fullBatch; count++) leave('early')
    await flush()
    expect(collector.spans).toHaveLength(fullBatch)
  })

  it('are let go beyond a bound, while the collector does not keep up', async () => {
    const { leave, flush } = exporting({}, 30_000)
    for (let count = 0; count < 10_000; count++) leave('flood')
    await flush()
    expect(collector.spans.length).toBeGreaterThan(2_000)
    expect(collector.spans.length).toBeLessThanOrEqual(fullBatch + 2_048)
  })
})

describe.each<[string, () => Promise<void>]>([
  ['refuses', () => collector.close()],
  ['hangs', async () => void Object.assign(collector, { hangs: true })],
  ['never ends its answer', async () => void Object.assign(collector, { drips: true })],
])('a collector that %s', (_, fail) => {
  it('keeps nobody waiting for longer than was said, fails nothing, and is told of once', async () => {
    const { leave, flush, warnings } = exporting()
    await fail()
    leave('lost')
    expect(await flush()).toBeLessThan(patience + slack)
    expect(warnings).toHaveLength(1)
    // It isn't asked again for a while.
    for (let count = 0; count < 20; count++) {
      leave('lost')
      expect(await flush()).toBeLessThan(patience / 2)
    }
    passed += 31_000
    leave('lost')
    expect(await flush()).toBeLessThan(patience + slack)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).not.toContain('127.0.0.1')
  })

  it('keeps nobody waiting for a batch that is on its way already, either', async () => {
    const { leave, flush, warnings } = exporting()
    await fail()
    for (let count = 0; count < fullBatch; count++) leave('lost')
    expect(await flush()).toBeLessThan(patience + slack)
    expect(warnings).toHaveLength(1)
  })

  it.each([31_000, -86_400_000])(
    'is sent spans again when it is back, and told of again when it fails again: %i ms later',
    async (step) => {
      const { port } = collector
      const { leave, flush, warnings } = exporting()
      await fail()
      leave('lost')
      await flush()
      await collector.close().catch(() => {})
      collector = await Collector.open(port)
      // A clock may be set back, too.
      passed += step
      leave('found')
      await flush()
      expect(collector.spans.map(({ name }) => name)).toEqual(['found'])
      await fail()
      leave('lost again')
      await flush()
      expect(warnings).toHaveLength(2)
    },
  )
})
