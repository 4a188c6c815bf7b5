import { analytics } from '@plinth/core'
import { type OwnMetric, ownMetric } from './own-metric.ts'
import { type Panel, percentiles } from './panel.ts'

/** What comes in by streams, how late it is worked, and what was found in it. */
export function analyticsPanels(): readonly Panel[] {
  const sum = (name: OwnMetric, label: string) => ownMetric(name, analytics.name, { label })
  return [
    {
      title: 'Alerts',
      unit: 'in 5 minutes',
      metrics: [
        sum('StreamAnomalies', 'anomalies'),
        sum('StreamFindings', 'findings: anomalies that were told'),
        sum('AlertsOpened', 'alerts opened'),
      ],
    },
    { title: 'Records of streams', unit: 'records', metrics: [sum('StreamRecords', 'worked')] },
    {
      title: 'From a record to what comes of it',
      unit: 'ms',
      metrics: percentiles((options) => ownMetric('StreamLag', analytics.name, options)),
    },
  ]
}
