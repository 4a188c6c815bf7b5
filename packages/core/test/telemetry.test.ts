import { APICallError } from '@ai-sdk/provider'
import { SpanStatusCode } from '@opentelemetry/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { rejection } from '../src/contracts/index.ts'
import { inSpan, NotFoundError, processGenaiRequest, tracesEndpoint } from '../src/index.ts'
import type { Script } from '../src/testing/index.ts'
import { EventBench } from './event-driven/bench.ts'
import { RagBench } from './rag/rag-bench.ts'
import { TelemetryBench } from './telemetry-bench.ts'

const telemetry = new TelemetryBench().register()
const caller = { tenant: 'alpha', correlationId: 'c-1' }

beforeEach(() => telemetry.clear())

/** One request, worked to its end. */
async function work(script: Script, prompt = 'CANARY of the prompt'): Promise<void> {
  const bench = await EventBench.open(script)
  await processGenaiRequest(await bench.scope('beta', 'ada'), { prompt })
  await bench.pass(10 * 60_000, 5_000)
  await bench.stop()
}

function everything(): string {
  return JSON.stringify([telemetry.spans, telemetry.measurements])
}

describe('a span', () => {
  it('carries its tenant and correlation, and ends once [X75, X18]', async () => {
    const result = inSpan(caller, 'work', { a: 1 }, async (span) => {
      span.setAttribute('b', 2)
      return 'result'
    })
    expect(await result).toBe('result')
    expect(telemetry.spans).toEqual([
      {
        name: 'work',
        attributes: { a: 1, b: 2, 'plinth.tenant_id': 'alpha', 'plinth.correlation_id': 'c-1' },
        status: undefined,
        ended: 1,
        more: [],
      },
    ])
  })

  it('can not be given to another tenant by an attribute [X67, X75]', async () => {
    await inSpan(caller, 'work', { 'plinth.tenant_id': 'beta', 'plinth.correlation_id': 'other' }, async () => {})
    expect(telemetry.spans[0]?.attributes).toEqual({ 'plinth.tenant_id': 'alpha', 'plinth.correlation_id': 'c-1' })
  })

  it.each([
    ['an error of ours', new NotFoundError('CANARY'), 'not_found'],
    ['any other error', new TypeError('CANARY', { cause: 'CANARY' }), 'internal'],
    ['a text', 'CANARY', 'internal'],
  ])('of work that fails tells the code of %s, and nothing of what it said [X19, X64, X75]', async (_, error, code) => {
    expect(await rejection(inSpan(caller, 'work', {}, () => Promise.reject(error)))).toBe(error)
    expect(telemetry.spans).toMatchObject([
      { status: { code: SpanStatusCode.ERROR, message: code }, attributes: { 'error.type': code }, ended: 1, more: [] },
    ])
    expect(everything()).not.toContain('CANARY')
  })
})

describe('the telemetry of a request', () => {
  it('tells of its job and of its model call, in the words of the GenAI conventions [X17, X75]', async () => {
    await work(() => 'CANARY of the result')
    const shared = { 'plinth.tenant_id': 'beta', 'plinth.correlation_id': 'correlation-of-ada' }
    expect(telemetry.spans.map((span) => [span.name, span.ended])).toEqual([
      ['process event-driven.process', 1],
      ['chat test/model', 1],
    ])
    expect(telemetry.spans[0]?.attributes).toMatchObject({ ...shared, 'messaging.destination.name': 'event-driven.process' })
    expect(telemetry.spans[1]?.attributes).toEqual({
      ...shared,
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'test',
      'gen_ai.request.model': 'test/model',
      'gen_ai.request.max_tokens': 1_000,
      'gen_ai.response.model': 'test/model',
      'gen_ai.response.finish_reasons': ['end_turn'],
      'gen_ai.usage.input_tokens': 20,
      'gen_ai.usage.output_tokens': 20,
    })
  })

  it('measures tokens, cost and duration, and jobs by their outcome, without naming a tenant [X17, X75]', async () => {
    await work(() => 'CANARY of the result')
    const call = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'test/model' }
    expect(telemetry.measurements.filter(({ instrument }) => /model|gen_ai/.test(instrument))).toEqual([
      { instrument: 'gen_ai.client.operation.duration', value: 0, attributes: call },
      { instrument: 'gen_ai.client.token.usage', value: 20, attributes: { ...call, 'gen_ai.token.type': 'input' } },
      { instrument: 'gen_ai.client.token.usage', value: 20, attributes: { ...call, 'gen_ai.token.type': 'output' } },
      { instrument: 'plinth.model.cost', value: (20 * 1 + 20 * 2) / 1e6, attributes: call },
    ])
    const jobs = telemetry.measurements.filter(({ instrument }) => instrument === 'plinth.job.duration')
    expect(jobs.map(({ attributes }) => attributes)).toEqual([{ queue: 'event-driven.process', outcome: 'done' }])
    const relayed = telemetry.measurements.filter(({ instrument }) => instrument === 'plinth.relay.sent')
    expect(relayed.length).toBeGreaterThan(0)
    expect(
      relayed.reduce(
        (sum, { value, attributes }) => sum + (attributes.kind === 'event' && attributes.outcome === 'sent' ? value : 0),
        0,
      ),
    ).toBe(2)
    expect(JSON.stringify(telemetry.measurements)).not.toMatch(/beta|alpha|ada/)
  })

  it('holds neither prompt nor result, nor what a provider said, whatever happens [X15, X19, X64, X75]', async () => {
    const fault = (statusCode: number): Promise<never> =>
      Promise.reject(
        new APICallError({
          message: 'CANARY of the provider',
          url: 'http://CANARY',
          requestBodyValues: {},
          statusCode,
          responseBody: 'CANARY',
        }),
      )
    const scripts: Script[] = [
      () => 'CANARY of the result',
      ({ attempt }) => (attempt < 3 ? fault(503) : 'CANARY of the result'),
      ({ attempt }) => (attempt < 3 ? fault(429) : 'CANARY of the result'),
      () => fault(400),
      () => Promise.reject(new Error('CANARY')),
      ({ attempt }) => (attempt === 1 ? { content: 'CANARY' as never } : 'CANARY of the result'),
    ]
    for (const script of scripts) await work(script)
    expect(telemetry.spans.length).toBeGreaterThan(15)
    expect(everything()).not.toContain('CANARY')
    for (const span of telemetry.spans) expect([span.ended, span.more]).toEqual([1, []])
  })

  it('of a call that fails has its code, and how long it took [X10, X75]', async () => {
    await work(({ attempt }) => (attempt === 1 ? new Promise(() => {}) : 'At last.'))
    const chats = telemetry.spans.filter((span) => span.name.startsWith('chat'))
    expect(chats.map((span) => [span.attributes['error.type'], span.status?.message])).toEqual([
      ['model_timeout', 'model_timeout'],
      [undefined, undefined],
    ])
    const [failed] = telemetry.measurements.filter(({ attributes }) => 'error.type' in attributes)
    expect(failed).toMatchObject({
      instrument: 'gen_ai.client.operation.duration',
      // The time-out, and up to a tick more.
      value: expect.closeTo(300, 0),
      attributes: { 'error.type': 'model_timeout' },
    })
  })
})

it('documents are counted by what became of them', async () => {
  const bench = await RagBench.open()
  await bench.ingest([{ source: 'good.txt' }, { source: 'empty.txt', content: ' ' }])
  await bench.stop()
  const counted = telemetry.measurements.filter(({ instrument }) => instrument === 'plinth.documents.read')
  expect(counted.map(({ value, attributes }) => [value, attributes]).sort()).toEqual([
    [1, { outcome: 'document_empty' }],
    [1, { outcome: 'processed' }],
  ])
})

describe('where spans are sent', () => {
  const base = 'OTEL_EXPORTER_OTLP_ENDPOINT'
  const own = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'

  it.each<[Readonly<Record<string, string>>, string | undefined]>([
    [{}, undefined],
    [{ [base]: '', [own]: '' }, undefined],
    [{ [base]: 'http://localhost:4318' }, 'http://localhost:4318/v1/traces'],
    [{ [base]: 'https://collector.example/otlp' }, 'https://collector.example/otlp/v1/traces'],
    [{ [base]: 'https://collector.example/otlp/' }, 'https://collector.example/otlp/v1/traces'],
    [{ [own]: 'https://collector.example/spans' }, 'https://collector.example/spans'],
    [{ [base]: 'http://localhost:4318', [own]: 'https://collector.example/spans' }, 'https://collector.example/spans'],
  ])("is what OpenTelemetry's own variables say: %j", (variables, endpoint) => {
    expect(tracesEndpoint(variables)).toBe(endpoint)
  })

  it.each([base, own])('is refused by its name where it is no address, without being shown: %s', (name) => {
    for (const text of ['localhost:4318', 'ftp://user:CANARY@host', 'http://', 'http://user:CANARY@:4318'])
      expect(() => tracesEndpoint({ [name]: text })).toThrow(new RegExp(`^${name} must be a URL(?!.*CANARY)`))
  })
})
