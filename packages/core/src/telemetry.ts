/**
 * OpenTelemetry names and instruments, all in one file: the GenAI conventions are still in development (text of 1.41), so
 * one place changes when they do. Content is never recorded.
 * @module
 */
import {
  type Attributes,
  type Counter,
  type Histogram,
  INVALID_SPAN_CONTEXT,
  metrics,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { PlinthError } from './errors.ts'
import type { Usage } from './language-model/catalogue.ts'

export const instrumentationName = '@plinth/core'
export const spanNames = { chat: 'chat', process: 'process' } as const
/** On every span: how `/api/traces` finds it, for its tenant only. */
export const correlationAttribute = 'plinth.correlation_id'
export const tenantAttribute = 'plinth.tenant_id'

const tracer = trace.getTracer(instrumentationName)

interface Traced {
  readonly tenant: string
  readonly correlationId: string
}

const unrecorded = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
let keepsSpans: (correlationId: string) => boolean = () => true

/** Sets which correlation ids leave spans: asked before a span is made, since also one that isn't recorded costs some µs. */
export function sampleSpans(keeps: (correlationId: string) => boolean): void {
  keepsSpans = keeps
}

/** Runs `work` in a span, which ends with its outcome: an error's stable code, never its message. */
export async function inSpan<Result>(
  caller: Traced,
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  if (!keepsSpans(caller.correlationId)) return work(unrecorded)
  const span = tracer.startSpan(name, {
    attributes: { ...attributes, [correlationAttribute]: caller.correlationId, [tenantAttribute]: caller.tenant },
  })
  try {
    return await work(span)
  } catch (error) {
    const code = PlinthError.is(error) ? error.code : 'internal'
    span.setAttribute('error.type', code)
    span.setStatus({ code: SpanStatusCode.ERROR, message: code })
    throw error
  } finally {
    span.end()
  }
}

/** Bounds of durations in seconds (the GenAI conventions' for model calls), and of token counts. */
export const secondBounds: number[] = [
  0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]
const tokenBounds = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576]

interface Instruments {
  readonly tokens: Histogram
  readonly duration: Histogram
  readonly cost: Counter
  readonly jobs: Histogram
  readonly relayed: Counter
  readonly documents: Counter
}

// Made on first use: a meter fetched before the server has registered its provider would stay silent for ever.
let made: Instruments | undefined
function instruments(): Instruments {
  if (made) return made
  const meter = metrics.getMeter(instrumentationName)
  made = {
    tokens: meter.createHistogram('gen_ai.client.token.usage', {
      unit: '{token}',
      description: 'Tokens of model calls',
      advice: { explicitBucketBoundaries: tokenBounds },
    }),
    duration: meter.createHistogram('gen_ai.client.operation.duration', {
      unit: 's',
      description: 'Duration of model calls',
      advice: { explicitBucketBoundaries: secondBounds },
    }),
    cost: meter.createCounter('plinth.model.cost', { unit: 'USD', description: 'List price of model calls' }),
    jobs: meter.createHistogram('plinth.job.duration', {
      unit: 's',
      description: 'Duration of jobs, by outcome',
      advice: { explicitBucketBoundaries: secondBounds },
    }),
    relayed: meter.createCounter('plinth.relay.sent', { description: 'Events and jobs sent by the relay, by outcome' }),
    documents: meter.createCounter('plinth.documents.read', { description: 'Documents read, by outcome' }),
  }
  return made
}

/** A call that was answered, or one that failed: with its stable code, after so many milliseconds. */
export function recordModelCall(
  model: string,
  outcome: Usage | { readonly errorCode: string; readonly milliseconds: number },
  operation: 'chat' | 'embeddings' | 'rerank' = 'chat',
): void {
  const { tokens, duration, cost } = instruments()
  const attributes = { 'gen_ai.operation.name': operation, 'gen_ai.request.model': model }
  if ('errorCode' in outcome) {
    duration.record(outcome.milliseconds / 1000, { ...attributes, 'error.type': outcome.errorCode })
    return
  }
  duration.record(outcome.latency_ms / 1000, attributes)
  tokens.record(outcome.input_tokens, { ...attributes, 'gen_ai.token.type': 'input' })
  if (operation === 'chat') tokens.record(outcome.output_tokens, { ...attributes, 'gen_ai.token.type': 'output' })
  cost.add(outcome.usd, attributes)
}

export function recordJob(queue: string, outcome: 'done' | 'retry' | 'dead' | 'error', milliseconds: number): void {
  instruments().jobs.record(milliseconds / 1000, { queue, outcome })
}

export function recordRelayed(kind: 'event' | 'job', outcome: 'sent' | 'failed', amount: number): void {
  if (amount > 0) instruments().relayed.add(amount, { kind, outcome })
}

/** @param outcome `processed`, or the code of what kept it from being read. */
export function recordDocument(outcome: string): void {
  instruments().documents.add(1, { outcome })
}
