import { variablesOf } from '@plinth/aws/environment'
import { analytics, defaultAlertTypes } from '@plinth/core'
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import { type IMetric, Stats, Unit } from 'aws-cdk-lib/aws-cloudwatch'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IStream } from 'aws-cdk-lib/aws-kinesis'
import { type Function as LambdaFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { KinesisEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { alarmAbove, period, queueDepth, tell } from './alarms.ts'
import { AlertTopics } from './alert-topics.ts'
import { ConstructWithJobs } from './construct-with-jobs.ts'
import { createStream } from './event-stream.ts'
import { bundleNow, checkVariables } from './function-settings.ts'
import { HandlerFunctions } from './functions.ts'
import { type AnalyticsHandler, analyticsHandlers, insightHandler, jobsOf, streamHandler } from './handlers.ts'
import { defaultModel, modelAccess } from './models.ts'
import { appendToStream, grantAccess } from './permissions.ts'
import { grantAll } from './policy-statements.ts'
import { hostsOf } from './queues.ts'
import {
  checkAnalyticsProps,
  defaultAnalyticsConcurrency,
  defaultGathering,
  type RealTimeAnalyticsProps,
} from './real-time-analytics-props.ts'
import { connectQueues } from './triggers.ts'

/** Jobs are short, or wait for a model. */
const jobsAtATime = 10
/** What a call is given at the most; Lambda ends a batch at 6 MB. */
const recordsAtATime = 1_000
/** A batch that can't be worked is tried again for so long, since the table or the key may be out of reach, while all behind it wait. */
const longestTries = Duration.hours(6)
const longestWait = Duration.minutes(30)
const longestLag = Duration.minutes(5)

/**
 * Real-time analytics on AWS, but for its API: a stream of Kinesis for the records of all tenants, a function that works them, queues and a
 * function for what comes of them, and topics on which alerts are published.
 *
 * One in an account and Region: the function `analytics-processor`, the queues and the topics have fixed names, by contract.
 */
export class RealTimeAnalytics extends ConstructWithJobs {
  readonly stream: IStream
  readonly topics: AlertTopics
  readonly functions: Readonly<Record<AnalyticsHandler, LambdaFunction>>
  /** Works the stream's records. */
  readonly processor: LambdaFunction
  /** Which records were given up is told here: where they lie in the stream, not what they hold. */
  readonly failures: IQueue
  readonly alarms: readonly Alarm[]

  /** @throws InvalidInputError that names the prop at fault. */
  constructor(scope: Construct, id: string, props: RealTimeAnalyticsProps = {}) {
    const jobs = jobsOf([analytics.name])
    checkAnalyticsProps(props, hostsOf(jobs).length)
    const { existing = {}, removalPolicy = RemovalPolicy.RETAIN } = props
    super(scope, id, { jobs, handler: insightHandler, existing, removalPolicy })
    const { stream: capacity = {}, models = [defaultModel], alertTypes = [], functions = {} } = props
    const { alarmTopic } = props
    const { concurrency = defaultAnalyticsConcurrency, logRetention = RetentionDays.ONE_MONTH, vpc } = functions
    const { environment = {}, reservedConcurrency, gatherFor = defaultGathering } = functions

    const { table, bucket, key, queues } = this
    // Asserted, as CDK's class is no instance of its interface under exactOptionalPropertyTypes.
    this.stream = existing.stream ?? (createStream(this, { capacity, removalPolicy }) as IStream)
    const { deadLetters, relay } = existing
    this.topics = new AlertTopics(this, 'Topics', { types: [...defaultAlertTypes, ...alertTypes] })

    const handlerFolder = functions.handlerFolder ?? bundleNow()
    const variables = {
      ...variablesOf({
        ...this.places(),
        stream: this.stream.streamName,
        topicArns: Stack.of(this).formatArn({ service: 'sns', resource: '' }),
        ocr: 'off',
        patterns: [analytics.name],
      }),
      PLINTH_MODEL: `bedrock/${models[0]}`,
    }
    checkVariables(functions, variables)
    const made = new HandlerFunctions<AnalyticsHandler>(this, 'Functions', {
      names: analyticsHandlers,
      handlerFolder,
      environment: { ...environment, ...variables },
      modelAccess: { [insightHandler]: modelAccess(this, { models, guardrail: environment.PLINTH_BEDROCK_GUARDRAIL }) },
      logRetention,
      removalPolicy,
      ...(vpc && { vpc }),
      traceCollector: functions.traceCollector ?? false,
      ...(reservedConcurrency !== undefined && { reservedConcurrency: { [insightHandler]: reservedConcurrency } }),
    })
    this.functions = made.byName
    this.processor = made.byName[streamHandler]
    const { stream, topics } = this
    for (const name of analyticsHandlers) grantAccess(name, made.roles[name], { table, bucket, key, queues, stream })
    topics.grantPublish(made.roles[insightHandler])
    connectQueues(made.byName[insightHandler], { queues, concurrency, batchSize: jobsAtATime })
    this.failures = this.#connectStream(gatherFor)
    if (relay) this.grantSendJobs(relay)
    this.alarms = [
      ...this.jobAlarms({ deadLetters, longestWait, functions: this.functions }),
      alarmAbove(this, 'StreamLag', {
        threshold: longestLag.toMilliseconds(),
        metric: this.metricLag(),
        description: `Records are worked more than ${longestLag.toMinutes()} minutes late.`,
      }),
      alarmAbove(this, 'FailedRecords', {
        threshold: 0,
        metric: queueDepth(this.failures),
        description: 'Records of the stream were given up: what they would have caused is missing.',
      }),
    ]
    if (alarmTopic) for (const alarm of this.alarms) tell(alarm, alarmTopic)
  }

  /** Lets somebody append records, sealed as Plinth seals them: the function behind the API. */
  grantAppend(grantee: IGrantable): Grant {
    return grantAll(grantee, [appendToStream(this.stream)])
  }

  /** How old the records are that the processor is given, milliseconds. */
  metricLag(): IMetric {
    return this.processor.metric('IteratorAge', { period, statistic: Stats.MAXIMUM, unit: Unit.MILLISECONDS })
  }

  /** @returns where is told of what is given up. */
  #connectStream(gatherFor: Duration): IQueue {
    const failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    acknowledge(failures, {
      'AwsSolutions-SQS3': 'It is itself where is told of what failed; people read it, and nobody works it.',
    })
    this.processor.addEventSource(
      new KinesisEventSource(this.stream, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: recordsAtATime,
        maxBatchingWindow: gatherFor,
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        maxRecordAge: longestTries,
        onFailure: new SqsDlq(failures),
      }),
    )
    return failures
  }
}
