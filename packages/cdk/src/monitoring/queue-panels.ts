import { type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { period, queueDepth } from '../alarms.ts'
import type { Panel } from './panel.ts'

/** CloudWatch itself tells lines apart by the names of their queues. */
export function queuePanels(queues: readonly IQueue[]): readonly Panel[] {
  return [
    { title: 'Oldest job', unit: 's', metrics: queues.map(oldestMessage) },
    { title: 'Jobs that wait', unit: 'jobs', metrics: queues.map(queueDepth) },
  ]
}

export function deadLetterPanel(deadLetters: readonly IQueue[]): Panel {
  return { title: 'Dead letters', unit: 'messages', metrics: deadLetters.map(queueDepth) }
}

function oldestMessage(queue: IQueue): IMetric {
  return queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM })
}
