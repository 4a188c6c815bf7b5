import { type Histogram, metrics, trace } from '@opentelemetry/api'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics'
import { type SpanProcessor, TracerProvider, type TracerProviderOptions } from '@opentelemetry/sdk-trace'
import { sampleSpans, secondBounds, watchModelCalls } from '@plinth/core'
import { Activity } from '../activity/activity.ts'
import { SpanStore } from './span-store.ts'
import { TraceSampler } from './trace-sampler.ts'

/** A request has three; more than these requests a second are sampled. */
const spansASecond = 300

export interface TelemetryOptions {
  /** Where spans go besides, and whose they are said to be. */
  readonly spanExport?: (SpanProcessor & Required<Pick<TracerProviderOptions, 'resource'>>) | undefined
  /** Who reads the instruments, besides `/metrics`. */
  readonly readers?: readonly IMetricReader[]
}

export interface Telemetry {
  readonly spans: SpanStore
  /** The last hour, tenant by tenant. */
  readonly activity: Activity
  readonly httpDuration: Histogram
  /** Calls of the tools of `/mcp`. */
  readonly mcpDuration: Histogram
  /** Everything measured so far, as Prometheus text. */
  metricsText(): Promise<string>
  /** Has whatever was measured go where it is sent, for as long as that takes. */
  flush(): Promise<void>
}

let running: Telemetry | undefined

/** OpenTelemetry's providers are one for the process, so this is too: the first call starts them, others get the same. */
export function startTelemetry({ spanExport, readers = [] }: TelemetryOptions = {}): Telemetry {
  if (running) return running
  const reader = new PrometheusExporter({ preventServerStart: true })
  const meters = new MeterProvider({ readers: [reader, ...readers] })
  metrics.setGlobalMeterProvider(meters)
  const spans = new SpanStore()
  const exported = spanExport && { spanProcessors: [spans, spanExport], resource: spanExport.resource }
  trace.setGlobalTracerProvider(new TracerProvider(exported ?? { spanProcessors: [spans] }))
  const sampler = new TraceSampler(spansASecond)
  sampleSpans((correlationId) => sampler.keeps(correlationId))
  const activity = new Activity()
  watchModelCalls((call) => activity.addModelCall(call))
  const meter = meters.getMeter('@plinth/server')
  const mcpDuration = meter.createHistogram('mcp.server.operation.duration', {
    unit: 's',
    description: 'Duration of calls of the tools of /mcp, by tool and error',
    advice: { explicitBucketBoundaries: secondBounds },
  })
  const httpDuration = meter.createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of HTTP requests, by route and status',
    advice: { explicitBucketBoundaries: secondBounds },
  })
  const serializer = new PrometheusSerializer(undefined, false, undefined, true)
  running = {
    spans,
    activity,
    httpDuration,
    mcpDuration,
    metricsText: async () => serializer.serialize((await reader.collect()).resourceMetrics),
    flush: async () => {
      await Promise.all([spanExport?.forceFlush(), ...readers.map((each) => each.forceFlush())])
    },
  }
  return running
}
