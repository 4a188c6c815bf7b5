import { Stack } from 'aws-cdk-lib'
import { GraphWidget, type IMetric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { IConstruct } from 'constructs'
import { period } from '../alarms.ts'

/** A graph of a dashboard: what is measured, and in which unit. */
export interface Panel {
  readonly title: string
  readonly unit: string
  readonly metrics: readonly IMetric[]
}

/** Three lie in a row, which is 24 wide. */
const size = { width: 8, height: 6 }

/** A panel as a widget, for the Region of the stack that it is drawn in. */
export function drawPanel(scope: IConstruct, { title, unit, metrics }: Panel): GraphWidget {
  return new GraphWidget({
    ...size,
    title,
    period,
    region: Stack.of(scope).region,
    left: [...metrics],
    leftYAxis: { label: unit, min: 0, showUnits: false },
  })
}

/** What half of all stay below, and all but a twentieth, and all but a hundredth: an average hides those who wait (X73). */
export function percentiles(metric: (options: MetricOptions) => IMetric, of?: string): readonly IMetric[] {
  return [50, 95, 99].map((percentile) => {
    const statistic = Stats.p(percentile)
    return metric({ period, statistic, label: of === undefined ? statistic : `${statistic}, ${of}` })
  })
}
