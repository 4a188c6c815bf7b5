/**
 * Metrics of functions, as lines of their log that CloudWatch reads them from (the embedded metric format): no call to wait for, no leave
 * to grant, and nothing to pay while nothing happens. They name no tenant: a label of their own would show who does how much.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @module
 */

export const metricNamespace = 'Plinth'
/** Of one metric in one line. */
const mostValues = 100

export type MetricUnit = 'Count' | 'Bytes' | 'Milliseconds'

/** Gathers values during a call of a function, and writes them at its end. */
export class FunctionMetrics {
  readonly #pattern: string
  readonly #write: (line: string) => void
  readonly #values = new Map<string, { readonly unit: MetricUnit; readonly values: number[] }>()

  /** @param options.write the function's own log, without what Lambda puts before a line of the console. */
  constructor(options: { readonly pattern: string; readonly write?: (line: string) => void }) {
    this.#pattern = options.pattern
    this.#write = options.write ?? ((line) => void process.stdout.write(line))
  }

  add(name: string, unit: MetricUnit, value: number): void {
    const metric = this.#values.get(name) ?? { unit, values: [] }
    this.#values.set(name, metric)
    metric.values.push(value)
  }

  /** @param at milliseconds UTC. */
  flush(at: number): void {
    while (this.#values.size > 0) {
      const metrics = [...this.#values].map(([Name, { unit: Unit, values }]) => ({
        Name,
        Unit,
        values: values.splice(0, mostValues),
      }))
      for (const [name, { values }] of this.#values) if (values.length === 0) this.#values.delete(name)
      const definitions = metrics.map(({ Name, Unit }) => ({ Name, Unit }))
      const CloudWatchMetrics = [{ Namespace: metricNamespace, Dimensions: [['Pattern']], Metrics: definitions }]
      const values = Object.fromEntries(metrics.map(({ Name, values }) => [Name, values]))
      this.#write(`${JSON.stringify({ _aws: { Timestamp: at, CloudWatchMetrics }, Pattern: this.#pattern, ...values })}\n`)
    }
  }
}
