import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { correlationAttribute, tenantAttribute } from '@plinth/core'

const keptTraces = 5_000
const spansATrace = 200

/** A span as `/api/traces` shows it. */
export interface ShownSpan {
  readonly span_id: string
  readonly name: string
  /** RFC 3339. */
  readonly started_at: string
  readonly duration_ms: number
  readonly status: 'ok' | 'error'
  readonly attributes: Readonly<Record<string, unknown>>
}

/** The latest spans of this process, by tenant and correlation id; the oldest go first. A restart forgets them. */
export class SpanStore implements SpanProcessor {
  readonly #traces = new Map<string, ReadableSpan[]>()

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const tenant = span.attributes[tenantAttribute]
    const correlation = span.attributes[correlationAttribute]
    if (typeof tenant !== 'string' || typeof correlation !== 'string') return
    const name = traceName(tenant, correlation)
    const spans = this.#traces.get(name)
    if (spans) {
      if (spans.length < spansATrace) spans.push(span)
      return
    }
    this.#traces.set(name, [span])
    const oldest = this.#traces.keys().next()
    if (this.#traces.size > keptTraces && !oldest.done) this.#traces.delete(oldest.value)
  }

  /** The spans of one correlation id of one tenant, in order of their start. */
  find(tenant: string, correlation: string): ShownSpan[] {
    const spans = this.#traces.get(traceName(tenant, correlation)) ?? []
    return spans.toSorted(byStart).map(show)
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

function byStart({ startTime: left }: ReadableSpan, { startTime: right }: ReadableSpan): number {
  return left[0] - right[0] || left[1] - right[1]
}

function traceName(tenant: string, correlation: string): string {
  return `${tenant}\n${correlation}`
}

function show(span: ReadableSpan): ShownSpan {
  const { [tenantAttribute]: tenant, [correlationAttribute]: correlation, ...attributes } = span.attributes
  return {
    span_id: span.spanContext().spanId,
    name: span.name,
    started_at: new Date(span.startTime[0] * 1000 + span.startTime[1] / 1e6).toISOString(),
    duration_ms: span.duration[0] * 1000 + span.duration[1] / 1e6,
    status: attributes['error.type'] === undefined ? 'ok' : 'error',
    attributes,
  }
}
