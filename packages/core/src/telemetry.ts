/**
 * OpenTelemetry names and instruments, all in one file: the GenAI conventions are still in development (text of 1.41), so
 * one place changes when they do. Content is never recorded.
 * @module
 */
import {
  type Attributes,
  type Counter,
  context,
  type Histogram,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  metrics,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { InvalidInputError, PlinthError } from './errors.ts'
import type { Usage } from './language-model/catalogue.ts'

export const instrumentationName = '@plinth/core'
export const spanNames = {
  chat: 'chat',
  process: 'process',
  workflow: 'invoke_workflow',
  agent: 'invoke_agent',
  tool: 'execute_tool',
} as const
/** On every span: how `/api/traces` finds it, for its tenant only. */
export const correlationAttribute = 'plinth.correlation_id'
export const tenantAttribute = 'plinth.tenant_id'

const tracer = trace.getTracer(instrumentationName)

interface Traced {
  readonly tenant: string
  readonly correlationId: string
  /** The one that it works in: those that it leaves lie below it, and there are none where it isn't recorded. */
  readonly span?: Span
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
  const { span: parent, correlationId, tenant } = caller
  if (parent?.isRecording() === false || !keepsSpans(correlationId)) return work(unrecorded)
  const all = { ...attributes, [correlationAttribute]: correlationId, [tenantAttribute]: tenant }
  const above = context.active()
  const span = tracer.startSpan(name, { attributes: all }, parent ? trace.setSpan(above, parent) : above)
  try {
    return await work(span)
  } catch (error) {
    markFailed(span, PlinthError.is(error) ? error.code : 'internal')
    throw error
  } finally {
    span.end()
  }
}

/** For what failed without an error that is thrown. @param code a stable one, without content. */
export function markFailed(span: Span, code: string): void {
  span.setAttribute('error.type', code)
  span.setStatus({ code: SpanStatusCode.ERROR, message: code })
}

/** The same scope, whose work leaves its spans below this one. */
export function below<Part extends { readonly caller: Traced }>(scope: Part, span: Span): Part {
  return { ...scope, caller: { ...scope.caller, span } }
}

/** A span as another process may name it (W3C Trace Context, `traceparent`); undefined for one that isn't recorded. */
export function traceparentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return span.isRecording() ? `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}` : undefined
}

/** Links a span to one that another process named; what isn't a name is passed over. */
export function linkTo(span: Span, traceparent: string): void {
  const [, traceId = '', spanId = '', flags = ''] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? []
  const linked = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  if (isSpanContextValid(linked)) span.addLink({ context: linked })
}

const tracesPath = 'v1/traces'

/**
 * Where spans are to go by OTLP over HTTP, as OpenTelemetry's own variables say it; undefined: nowhere.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 * @throws InvalidInputError that names the variable.
 */
export function tracesEndpoint(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own, OTEL_EXPORTER_OTLP_ENDPOINT: base } = variables
  if (own) return checkedUrl('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', own).href
  if (!base) return undefined
  const url = checkedUrl('OTEL_EXPORTER_OTLP_ENDPOINT', base)
  return new URL(tracesPath, url.href.endsWith('/') ? url : `${url.href}/`).href
}

function checkedUrl(field: string, text: string): URL {
  if (/^https?:/i.test(text) && URL.canParse(text)) return new URL(text)
  // It may hold a password, so it isn't shown.
  throw new InvalidInputError(`${field} must be a URL with http or https, such as http://localhost:4318.`, { field })
}

/** Bounds of durations in seconds (the GenAI conventions' for model calls), and of token counts. */
export const secondBounds: number[] = [
  0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]
/** Those of workflows, which may wait for people. */
const longBounds = [...secondBounds, 163.84, 327.68, 655.36, 3_600, 14_400, 86_400]
const tokenBounds = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576]

/** Of the instruments that a platform's own metrics are made of, too. */
export const instrumentNames = {
  tokens: 'gen_ai.client.token.usage',
  duration: 'gen_ai.client.operation.duration',
  cost: 'plinth.model.cost',
  streamRecords: 'plinth.stream.records',
  streamBytes: 'plinth.stream.bytes',
  streamAnomalies: 'plinth.stream.anomalies',
  streamFindings: 'plinth.stream.findings',
  streamProcessing: 'plinth.stream.batch.duration',
  streamLag: 'plinth.stream.lag',
  alertsOpened: 'plinth.alerts.opened',
} as const

interface Instruments {
  readonly tokens: Histogram
  readonly duration: Histogram
  readonly cost: Counter
  readonly jobs: Histogram
  readonly relayed: Counter
  readonly documents: Counter
  readonly deliveries: Histogram
  readonly broken: Counter
  readonly workflows: Histogram
  readonly steps: Histogram
  readonly tools: Histogram
  readonly streamRecords: Counter
  readonly streamBytes: Counter
  readonly streamAnomalies: Counter
  readonly streamFindings: Counter
  readonly streamProcessing: Histogram
  readonly streamLag: Histogram
  readonly alertsOpened: Counter
}

// Made on first use: a meter fetched before the server has registered its provider would stay silent for ever.
let made: Instruments | undefined
function instruments(): Instruments {
  if (made) return made
  const meter = metrics.getMeter(instrumentationName)
  const names = instrumentNames
  const histogram = (name: string, description: string, { unit = 's', bounds = secondBounds } = {}): Histogram =>
    meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: bounds } })
  made = {
    tokens: histogram(names.tokens, 'Tokens of model calls', { unit: '{token}', bounds: tokenBounds }),
    duration: histogram(names.duration, 'Duration of model calls'),
    cost: meter.createCounter(names.cost, { unit: 'USD', description: 'List price of model calls' }),
    jobs: histogram('plinth.job.duration', 'Duration of jobs, by outcome'),
    relayed: meter.createCounter('plinth.relay.sent', { description: 'Events and jobs sent by the relay, by outcome' }),
    documents: meter.createCounter('plinth.documents.read', { description: 'Documents read, by outcome' }),
    deliveries: histogram('plinth.stream.delivery.duration', 'Duration of deliveries of streams, by outcome'),
    broken: meter.createCounter('plinth.stream.entries.broken', {
      description: 'Entries of streams that did not open, and were passed over',
    }),
    workflows: histogram('plinth.workflow.duration', 'Duration of workflows, waits for people included, by status', {
      bounds: longBounds,
    }),
    steps: histogram('plinth.workflow.step.duration', 'Duration of tries of steps, by agent and outcome'),
    tools: histogram('plinth.workflow.tool.duration', 'Duration of tool calls, by tool and outcome'),
    streamRecords: meter.createCounter(names.streamRecords, { description: 'Records of streams worked on' }),
    streamBytes: meter.createCounter(names.streamBytes, { unit: 'By', description: 'Bytes of streams worked on' }),
    streamAnomalies: meter.createCounter(names.streamAnomalies, { description: 'Anomalies in streams' }),
    streamFindings: meter.createCounter(names.streamFindings, { description: 'Anomalies in streams that were told' }),
    streamProcessing: histogram(names.streamProcessing, 'Duration of batches of streams, commit included'),
    streamLag: histogram(names.streamLag, 'From the acceptance of a batch to the commit of what came of it'),
    alertsOpened: meter.createCounter(names.alertsOpened, { description: 'Alerts that were opened' }),
  }
  return made
}

/** What a call of a model came to: what it used, or its stable code and how long it took. */
export type ModelCallOutcome = Usage | { readonly errorCode: string; readonly milliseconds: number }

/** A call of a model, as it is told to whoever counts for each tenant; labels of metrics name none. */
export interface ToldModelCall {
  readonly tenant: string
  readonly model: string
  readonly outcome: ModelCallOutcome
}

let tellModelCall: (call: ToldModelCall) => void = () => {}

/** Sets who is told of the calls of models that this process makes. */
export function watchModelCalls(tell: (call: ToldModelCall) => void): void {
  tellModelCall = tell
}

/** A call that was answered, or one that failed: with its stable code, after so many milliseconds. */
export function recordModelCall(
  { tenant }: Pick<Traced, 'tenant'>,
  model: string,
  outcome: ModelCallOutcome,
  operation: 'chat' | 'embeddings' | 'rerank' = 'chat',
): void {
  tellModelCall({ tenant, model, outcome })
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

export function recordDelivery(outcome: 'done' | 'wait' | 'gone' | 'error', milliseconds: number): void {
  instruments().deliveries.record(milliseconds / 1000, { outcome })
}

export function recordBrokenEntries(amount: number): void {
  instruments().broken.add(amount)
}

/** A workflow that came to its end. */
export function recordWorkflow(status: 'completed' | 'failed' | 'cancelled', milliseconds: number): void {
  instruments().workflows.record(milliseconds / 1000, { status })
}

/**
 * A try of a step.
 * @param agent a built-in agent's type; any other is a tenant's own word, which labels must not have.
 * @param outcome its status, or the code of what kept it from being done.
 */
export function recordStep(agent: string, outcome: string, milliseconds: number): void {
  instruments().steps.record(milliseconds / 1000, { 'gen_ai.agent.name': agent, outcome })
}

/** @param tool a built-in tool's name, or its kind: the names of others are a tenant's own words. */
export function recordTool(tool: string, outcome: 'done' | 'failed', milliseconds: number): void {
  instruments().tools.record(milliseconds / 1000, { 'gen_ai.tool.name': tool, outcome })
}

/** A batch of one shard. @param processing how long it took, milliseconds. */
export function recordStreamBatch(
  batch: {
    readonly records: number
    readonly bytes: number
    readonly anomalies: number
    readonly findings: number
    readonly lag: number
  },
  processing: number,
): void {
  const { streamRecords, streamBytes, streamAnomalies, streamFindings, streamProcessing, streamLag } = instruments()
  streamRecords.add(batch.records)
  streamBytes.add(batch.bytes)
  streamAnomalies.add(batch.anomalies)
  streamFindings.add(batch.findings)
  streamProcessing.record(processing / 1000)
  streamLag.record(batch.lag / 1000)
}

/** Alerts that a commit has opened. Their types may be a tenant's own words, so they are no label. */
export function recordAlertsOpened(amount: number): void {
  if (amount > 0) instruments().alertsOpened.add(amount)
}
