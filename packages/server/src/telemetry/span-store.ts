import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { correlationAttribute, tenantAttribute } from '@plinth/core'

const keptTraces = 5_000
const spansATrace = 200
/** Besides them, those that others lie in: they end last. */
const holdersATrace = 50

/** A span as `/api/traces` shows it. */
export interface ShownSpan {
  readonly trace_id: string
  readonly span_id: string
  /** Of the one that it lies in; null: it lies in none. */
  readonly parent_span_id: string | null
  readonly name: string
  /** RFC 3339. */
  readonly started_at: string
  readonly duration_ms: number
  readonly status: 'ok' | 'error'
  readonly attributes: Readonly<Record<string, unknown>>
  /** Spans of other traces that it goes on from. */
  readonly links: readonly { readonly trace_id: string; readonly span_id: string }[]
}

/** The latest spans of this process, by tenant and correlation id; the oldest go first. A restart forgets them. */
export class SpanStore implements SpanProcessor {
  readonly #traces = new Map<string, ReadableSpan[]>()
  /** Their places in the order of their starts, for which times in milliseconds are too coarse. */
  readonly #places = new WeakMap<object, number>()
  #started = 0

  onStart(span: object): void {
    this.#places.set(span, this.#started++)
  }

  onEnd(span: ReadableSpan): void {
    const tenant = span.attributes[tenantAttribute]
    const correlation = span.attributes[correlationAttribute]
    if (typeof tenant !== 'string' || typeof correlation !== 'string') return
    const name = traceName(tenant, correlation)
    const spans = this.#traces.get(name)
    if (spans) {
      const isFull = spans.length >= spansATrace
      if (!isFull || (spans.length < spansATrace + holdersATrace && isHolder(span, spans))) spans.push(span)
      return
    }
    this.#traces.set(name, [span])
    const oldest = this.#traces.keys().next()
    if (this.#traces.size > keptTraces && !oldest.done) this.#traces.delete(oldest.value)
  }

  /** The spans of one correlation id of one tenant, in order of their start. */
  find(tenant: string, correlation: string): ShownSpan[] {
    const spans = this.#traces.get(traceName(tenant, correlation)) ?? []
    const placeOf = (span: ReadableSpan): number => this.#places.get(span) ?? 0
    return spans.toSorted((one, other) => placeOf(one) - placeOf(other)).map(show)
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** Whether one that is kept lies in it. */
function isHolder(span: ReadableSpan, spans: readonly ReadableSpan[]): boolean {
  const { spanId } = span.spanContext()
  return spans.some(({ parentSpanContext: parent }) => parent?.spanId === spanId)
}

function traceName(tenant: string, correlation: string): string {
  return `${tenant}\n${correlation}`
}

function show(span: ReadableSpan): ShownSpan {
  const { [tenantAttribute]: tenant, [correlationAttribute]: correlation, ...attributes } = span.attributes
  return {
    trace_id: span.spanContext().traceId,
    span_id: span.spanContext().spanId,
    parent_span_id: span.parentSpanContext?.spanId ?? null,
    name: span.name,
    started_at: new Date(span.startTime[0] * 1000 + span.startTime[1] / 1e6).toISOString(),
    duration_ms: span.duration[0] * 1000 + span.duration[1] / 1e6,
    status: attributes['error.type'] === undefined ? 'ok' : 'error',
    attributes,
    links: span.links.map(({ context: { traceId, spanId } }) => ({ trace_id: traceId, span_id: spanId })),
  }
}
