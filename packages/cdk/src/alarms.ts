import { Duration } from 'aws-cdk-lib'
import type { RestApi } from 'aws-cdk-lib/aws-apigateway'
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
  Unit,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { HandlerName, RequestHandler } from './handlers.ts'
import type { JobQueue, JobQueues } from './queues.ts'

export const period: Duration = Duration.minutes(5)
/** Jobs may be sent 15 minutes ahead, which counts as waiting. */
const longestWait = Duration.minutes(30)
const longestLag = Duration.minutes(1)

/**
 * Functions whose failures nothing else tells: when `api` or `authorizer` fails, the API answers with a 5xx. (The authorizer also says no by
 * failing, as API Gateway wants it.)
 */
const failingAlone = ['request-worker', 'relay', 'sweeper'] as const satisfies readonly RequestHandler[]
/** Functions of an account share its room, so one alarm is enough; each costs 0.10 USD a month. */
const throttles = LambdaFunction.metricAllThrottles({ period })

export interface AlarmsProps {
  readonly functions: Readonly<Record<RequestHandler, LambdaFunction>>
  readonly queues: JobQueues
  readonly eventDeadLetters: IQueue
  readonly api: RestApi
  /** Who is told, when an alarm goes off and when it is over. */
  readonly topic?: ITopic
}

/** What somebody must look at: work that ended in a dead-letter queue or waits for long, and functions or an API that fail. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[]

  constructor(scope: Construct, id: string, { functions, queues, eventDeadLetters, api, topic }: AlarmsProps) {
    super(scope, id)
    this.all = [
      deadJobsAlarm(this, queues),
      this.#above(0, 'DeadEvents', queueDepth(eventDeadLetters), 'Events that did not reach those who follow the bus.'),
      ...waitAlarms(this, queues, longestWait),
      ...failingAlone.map((name) => failureAlarm(this, name, functions[name])),
      this.#above(0, 'Throttles', throttles, 'Functions of this account and Region find no room.'),
      this.#above(
        longestLag.toMilliseconds(),
        'RelayLag',
        functions.relay.metric('IteratorAge', { period, statistic: Stats.MAXIMUM, unit: Unit.MILLISECONDS }),
        'What commits emitted is sent more than a minute late.',
      ),
      this.#above(0, 'ApiFailures', api.metricServerError({ period, statistic: Stats.SUM }), 'Requests end with a 5xx.'),
    ]
    if (topic) for (const alarm of this.all) tell(alarm, topic)
  }

  #above(threshold: number, id: string, metric: IMetric, description: string): Alarm {
    return alarmAbove(this, id, { threshold, metric, description })
  }
}

export function deadJobsAlarm(scope: Construct, { deadLetters }: JobQueues): Alarm {
  const description = 'Messages that ended their worker again and again, or hold no job.'
  return alarmAbove(scope, 'DeadJobs', { threshold: 0, metric: queueDepth(deadLetters), description })
}

/** One for the queues of each host, but for lane low: what is sent there may wait. */
export function waitAlarms(scope: Construct, queues: JobQueues, longest: Duration): readonly Alarm[] {
  return [...queues.byJob()].map(([job, lanes]) =>
    alarmAbove(scope, `${job}-waits`, {
      threshold: longest.toSeconds(),
      metric: oldestJob(lanes.filter(({ lane }) => lane !== 'low')),
      description: `Jobs in the queues of ${job} wait for more than ${longest.toMinutes()} minutes.`,
    }),
  )
}

export function failureAlarm(scope: Construct, name: HandlerName, code: LambdaFunction): Alarm {
  const metric = code.metricErrors({ period })
  return alarmAbove(scope, `${name}-errors`, { threshold: 0, metric, description: `Calls of ${name} fail.` })
}

/** Goes off when it is above in two of three periods of five minutes: what passes by itself wakes nobody. */
export function alarmAbove(
  scope: Construct,
  id: string,
  { threshold, metric, description }: { readonly threshold: number; readonly metric: IMetric; readonly description: string },
): Alarm {
  return new Alarm(scope, id, {
    metric,
    threshold,
    alarmDescription: description,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  })
}

export function queueDepth(queue: IQueue): IMetric {
  return queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM })
}

/** Seconds that the oldest job of any lane has waited. */
export function oldestJob(lanes: readonly JobQueue[]): IMetric {
  const metrics = lanes.map(
    ({ lane, queue }) => [lane, queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM })] as const,
  )
  return new MathExpression({
    expression: `MAX([${metrics.map(([lane]) => lane).join(', ')}])`,
    usingMetrics: Object.fromEntries(metrics),
    label: `oldest of ${lanes[0]?.job}`,
    period,
  })
}

/** Tells a topic when an alarm goes off, and when it is over. */
export function tell(alarm: Alarm, topic: ITopic): void {
  const action = new SnsAction(topic)
  alarm.addAlarmAction(action)
  alarm.addOkAction(action)
}
