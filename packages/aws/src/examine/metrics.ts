import { queueNames } from '../environment.ts'
import { type Look, look } from './look.ts'
import type { SignedRequests } from './signed-requests.ts'

/** CloudWatch has the figures of the last minutes late. Seconds. */
const lately = 15 * 60
const period = 300

interface Metric {
  readonly namespace: string
  readonly name: string
  readonly dimension: readonly [name: string, value: string]
}

interface Asked {
  readonly requests: SignedRequests
  readonly now: number
}

interface Results {
  readonly MetricDataResults?: readonly { readonly Values?: readonly number[] }[]
}

/**
 * How long the oldest job has waited lately, in milliseconds; undefined where CloudWatch has no figure, as of queues that nobody used for
 * hours.
 */
export function examineOldestJob(
  asked: Asked,
  { prefix, jobs }: { readonly prefix: string; readonly jobs: readonly string[] },
): Promise<Look<number | undefined>> {
  const metrics = queueNames(prefix, jobs).map((queue): Metric => {
    return { namespace: 'AWS/SQS', name: 'ApproximateAgeOfOldestMessage', dimension: ['QueueName', queue] }
  })
  return largest(asked, metrics, 1_000)
}

/** How old the records were that were read last, in milliseconds; undefined where none were read lately. */
export function examineStreamLag(asked: Asked, stream: string): Promise<Look<number | undefined>> {
  const metric: Metric = {
    namespace: 'AWS/Kinesis',
    name: 'GetRecords.IteratorAgeMilliseconds',
    dimension: ['StreamName', stream],
  }
  return largest(asked, [metric], 1)
}

/** The largest of the newest figures, times a unit. */
function largest({ requests, now }: Asked, metrics: readonly Metric[], unit: number): Promise<Look<number | undefined>> {
  const seconds = Math.floor(now / 1_000)
  const body = {
    StartTime: seconds - lately,
    EndTime: seconds,
    ScanBy: 'TimestampDescending',
    MetricDataQueries: metrics.map(({ namespace, name, dimension: [Name, Value] }, index) => ({
      Id: `m${index}`,
      MetricStat: {
        Metric: { Namespace: namespace, MetricName: name, Dimensions: [{ Name, Value }] },
        Period: period,
        Stat: 'Maximum',
      },
    })),
  }
  return look(async (call) => {
    const { text } = await call('cloudwatch:GetMetricData', (signal) =>
      requests.send(
        { service: 'monitoring', target: 'GraniteServiceVersion20100801.GetMetricData', version: '1.0', body },
        signal,
      ),
    )
    const { MetricDataResults = [] } = JSON.parse(text) as Results
    const newest = MetricDataResults.flatMap(({ Values = [] }) => Values.slice(0, 1))
    return newest.length === 0 ? undefined : Math.max(...newest) * unit
  })
}
