import {
  type Attributes,
  type AttributeValue,
  metrics,
  type Span,
  type SpanOptions,
  type SpanStatus,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'

export interface RecordedSpan {
  readonly name: string
  readonly attributes: Record<string, AttributeValue | undefined>
  status: SpanStatus | undefined
  ended: number
  /** Everything else that was put on it: events, links, exceptions. */
  readonly more: unknown[]
}

export interface Measurement {
  readonly instrument: string
  readonly value: number
  readonly attributes: Attributes
}

/** What was told to OpenTelemetry. Register it before anything is told, once a test file. */
export class TelemetryBench {
  readonly spans: RecordedSpan[] = []
  readonly measurements: Measurement[] = []

  register(): this {
    const provider: TracerProvider = { getTracer: () => this.#tracer() }
    if (!trace.setGlobalTracerProvider(provider)) throw new Error('Another tracer was there before.')
    const instrument = (name: string) => ({
      record: (value: number, attributes: Attributes = {}) =>
        void this.measurements.push({ instrument: name, value, attributes }),
      add: (value: number, attributes: Attributes = {}) => void this.measurements.push({ instrument: name, value, attributes }),
    })
    metrics.setGlobalMeterProvider({ getMeter: () => ({ createHistogram: instrument, createCounter: instrument }) as never })
    return this
  }

  clear(): void {
    this.spans.length = 0
    this.measurements.length = 0
  }

  #tracer(): Tracer {
    const startSpan = (name: string, options: SpanOptions = {}): Span => this.#span(name, options)
    const startActiveSpan = (name: string, ...rest: unknown[]): unknown => {
      const work = rest.at(-1) as (span: Span) => unknown
      return work(this.#span(name, rest.length > 1 ? (rest[0] as SpanOptions) : {}))
    }
    return { startSpan, startActiveSpan } as unknown as Tracer
  }

  #span(name: string, options: SpanOptions): Span {
    const recorded: RecordedSpan = {
      name,
      attributes: { ...options.attributes },
      status: undefined,
      ended: 0,
      more: options.links ? [options.links] : [],
    }
    this.spans.push(recorded)
    const set = (attributes: Attributes): Span => {
      Object.assign(recorded.attributes, attributes)
      return span
    }
    const keep = (...given: unknown[]): Span => {
      recorded.more.push(given)
      return span
    }
    const span: Span = {
      spanContext: () => ({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 1 }),
      setAttribute: (key, value) => set({ [key]: value }),
      setAttributes: set,
      setStatus: (status) => {
        recorded.status = status
        return span
      },
      addEvent: keep,
      addLink: keep,
      addLinks: keep,
      recordException: (error) => void keep(error instanceof Error ? [error.message, error.stack] : error),
      updateName: () => span,
      isRecording: () => true,
      end: () => void recorded.ended++,
    }
    return span
  }
}
