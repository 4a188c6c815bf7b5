import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { period } from '../alarms.ts'

/** Of what functions write into their logs for CloudWatch to make metrics of; that of `@plinth/aws`. */
const metricNamespace = 'Plinth'

/** What functions count themselves, told apart by the pattern that they work for, and never by tenant. */
export type OwnMetric =
  | 'InputTokens'
  | 'OutputTokens'
  | 'ModelCost'
  | 'ModelDuration'
  | 'ModelThrottles'
  | 'ModelFailures'
  | 'AlertsOpened'
  | 'StreamRecords'
  | 'StreamAnomalies'
  | 'StreamFindings'
  | 'StreamLag'

/** The sum in each period, unless the options say otherwise. */
export function ownMetric(metricName: OwnMetric, pattern: string, options: MetricOptions = {}): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { Pattern: pattern },
    period,
    statistic: Stats.SUM,
    ...options,
  })
}
