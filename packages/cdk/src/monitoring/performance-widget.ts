import { Stack } from 'aws-cdk-lib'
import type { RestApiBase } from 'aws-cdk-lib/aws-apigateway'
import { GraphWidget, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { IConstruct } from 'constructs'
import { period } from '../alarms.ts'

/** Of the function that has this name by contract, whoever made it. */
export function processorMetric(pattern: string, metricName: 'Duration' | 'Errors', options: MetricOptions = {}): Metric {
  const dimensionsMap = { FunctionName: `${pattern}-processor` }
  return new Metric({ namespace: 'AWS/Lambda', metricName, dimensionsMap, period, statistic: Stats.AVERAGE, ...options })
}

/** The name by which the seed's dashboard looks for a pattern's API. */
export function apiNameOf(pattern: string): string {
  return `${pattern}-api`
}

/**
 * The widget of the seed's `create_pattern_dashboard` (R123, R124), for the Region of the stack. Where another API serves the pattern, its
 * latency is beside it.
 */
export function performanceWidget(scope: IConstruct, pattern: string, api?: RestApiBase): GraphWidget {
  const own = apiNameOf(pattern)
  const latency = { namespace: 'AWS/ApiGateway', metricName: 'Latency', dimensionsMap: { ApiName: own } }
  const another = api && api.restApiName !== own ? [api] : []
  return new GraphWidget({
    title: `${pattern} Performance Metrics`,
    period,
    statistic: Stats.AVERAGE,
    region: Stack.of(scope).region,
    left: [
      processorMetric(pattern, 'Duration'),
      processorMetric(pattern, 'Errors'),
      new Metric({ ...latency, period, statistic: Stats.AVERAGE }),
      ...another.map((serving) =>
        serving.metricLatency({ period, label: `Latency of ${serving.restApiName}, which serves this pattern` }),
      ),
    ],
    width: 12,
    height: 6,
  })
}
