import { metrics, trace } from '@opentelemetry/api'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { FunctionMetrics } from './function-metrics.ts'
import { functionPatterns } from './function-platform.ts'
import { functionSpans } from './function-spans.ts'

let running: (() => Promise<void>) | undefined

/**
 * Runs one call of a function that works, and writes at its end, however that is, what it has measured; spans go where
 * `OTEL_EXPORTER_OTLP_ENDPOINT` says. Between two calls nothing runs for sure, so nothing is left for later.
 */
export async function observed<Result>(work: () => Promise<Result>): Promise<Result> {
  running ??= start()
  const flush = running
  try {
    return await work()
  } finally {
    await flush()
  }
}

/** OpenTelemetry's providers are one for the process. @returns what flushes them. */
function start(): () => Promise<void> {
  const [pattern] = functionPatterns()
  const reader = new FunctionMetrics({ pattern: pattern?.name ?? 'none' })
  const spans = functionSpans()
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  if (spans) trace.setGlobalTracerProvider(new TracerProvider({ resource: spans.resource, spanProcessors: [spans] }))
  return async () => {
    await Promise.all([reader.forceFlush(), spans?.forceFlush()])
  }
}
