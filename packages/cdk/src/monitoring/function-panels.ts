import type { RestApiBase } from 'aws-cdk-lib/aws-apigateway'
import { type IMetric, type MetricOptions, Stats, Unit } from 'aws-cdk-lib/aws-cloudwatch'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { period } from '../alarms.ts'
import { type Panel, percentiles } from './panel.ts'
import { processorMetric } from './performance-widget.ts'

export type NamedFunctions = Readonly<Record<string, IFunction>>

/** How long the function that processes takes, and how often each is called, fails and finds no room. */
export function functionPanels(pattern: string, functions: NamedFunctions): readonly Panel[] {
  const sums = (metric: (code: IFunction, options: MetricOptions) => IMetric): readonly IMetric[] =>
    Object.entries(functions).map(([label, code]) => metric(code, { period, statistic: Stats.SUM, label }))
  const duration = (options: MetricOptions) => processorMetric(pattern, 'Duration', options)
  return [
    { title: `Duration of ${pattern}-processor`, unit: 'ms', metrics: percentiles(duration) },
    { title: 'Invocations', unit: 'calls', metrics: sums((code, options) => code.metricInvocations(options)) },
    { title: 'Errors', unit: 'calls', metrics: sums((code, options) => code.metricErrors(options)) },
    { title: 'Throttles', unit: 'calls', metrics: sums((code, options) => code.metricThrottles(options)) },
  ]
}

/** How long requests take, from when API Gateway has them to the end of the answer. */
export function apiPanel(api: RestApiBase): Panel {
  const metrics = percentiles((options) => api.metricLatency(options))
  return { title: `Latency of ${api.restApiName}`, unit: 'ms', metrics }
}

/** How old the records of a stream are that each function is given: what it lags behind. */
export function iteratorPanel(consumers: NamedFunctions): Panel {
  const metrics = Object.entries(consumers).map(([label, code]) =>
    code.metric('IteratorAge', { period, statistic: Stats.MAXIMUM, unit: Unit.MILLISECONDS, label }),
  )
  return { title: 'Iterator age', unit: 'ms', metrics }
}
