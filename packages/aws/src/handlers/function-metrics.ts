/**
 * Metrics of functions, as lines of their log that CloudWatch reads them from (the embedded metric format): no call to wait for, no leave
 * to grant, and nothing to pay while nothing happens. They name no tenant: a label of their own would show who does how much.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @module
 */
import { AggregationTemporality, AggregationType, InstrumentType, MetricReader } from '@opentelemetry/sdk-metrics'
import { systemClock } from '@plinth/outbound'
import { type MetricUnit, metricsOf } from './shown-metrics.ts'

export const metricNamespace = 'Plinth'
/** Of one metric in one line. */
const mostValues = 100

export interface FunctionMetricsOptions {
  /** Of the one dimension, `Pattern`: a pattern's name, or `api`. */
  readonly pattern: string
  /** The function's own log, without what Lambda puts before a line of the console. */
  readonly write?: (line: string) => void
  /** Milliseconds UTC; for tests. */
  readonly now?: () => number
}

/** Reads what OpenTelemetry's instruments have gathered since the last flush, and writes it; nothing where there is nothing. */
export class FunctionMetrics extends MetricReader {
  readonly #pattern: string
  readonly #write: (line: string) => void
  readonly #now: () => number

  constructor({ pattern, write = (line) => void process.stdout.write(line), now = systemClock.now }: FunctionMetricsOptions) {
    super({
      aggregationTemporalitySelector: () => AggregationTemporality.DELTA,
      // Their buckets follow the values, so that percentiles come out right; bounds that are set would not.
      aggregationSelector: (type) => ({
        type: type === InstrumentType.HISTOGRAM ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT,
      }),
    })
    this.#pattern = pattern
    this.#write = write
    this.#now = now
  }

  protected async onForceFlush(): Promise<void> {
    const { resourceMetrics } = await this.collect()
    const gathered = metricsOf(resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics))
    for (let from = 0; ; from += mostValues) {
      const part = gathered
        .map(({ values, ...metric }) => ({ ...metric, values: values.slice(from, from + mostValues) }))
        .filter(({ values }) => values.length > 0)
      if (part.length === 0) return
      this.#write(this.#line(part))
    }
  }

  protected onShutdown(): Promise<void> {
    return this.onForceFlush()
  }

  #line(metrics: readonly { readonly name: string; readonly unit: MetricUnit; readonly values: readonly number[] }[]): string {
    const Metrics = metrics.map(({ name, unit }) => ({ Name: name, Unit: unit }))
    const CloudWatchMetrics = [{ Namespace: metricNamespace, Dimensions: [['Pattern']], Metrics }]
    const values = Object.fromEntries(metrics.map(({ name, values }) => [name, values]))
    return `${JSON.stringify({ _aws: { Timestamp: this.#now(), CloudWatchMetrics }, Pattern: this.#pattern, ...values })}\n`
  }
}
