import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { type IStream, Stream } from 'aws-cdk-lib/aws-kinesis'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, it } from 'vitest'
import { idleCost, RealTimeAnalytics, type RealTimeAnalyticsProps } from '../src/index.ts'
import { arn, existingIn, functionOptionsIn, synthesiseAlone } from './support/alone.ts'
import { functionOf, variablesIn } from './support/functions.ts'
import { resolved } from './support/intrinsics.ts'
import { roleStatements } from './support/statements.ts'
import { countsOf, handlerFolder, ofType, plinthStack, type Template, templateOf } from './support/synthesised.ts'

const folder = handlerFolder()

/** A stack with the construct alone. */
function alone(
  props: (stack: Stack) => RealTimeAnalyticsProps = () => ({}),
  use: (made: RealTimeAnalytics, stack: Stack) => void = () => {},
) {
  return synthesiseAlone((stack) => {
    const { functions, ...rest } = props(stack)
    const made = new RealTimeAnalytics(stack, 'Analytics', { functions: { handlerFolder: folder, ...functions }, ...rest })
    use(made, stack)
    return made
  })
}

const jobs = ['tick', 'triage']
const names = (template: Template) =>
  ofType(template, 'AWS::SQS::Queue').flatMap(([, { QueueName }]) => (QueueName === undefined ? [] : [String(QueueName)]))
const topics = (template: Template) => ofType(template, 'AWS::SNS::Topic').map(([, { TopicName }]) => TopicName)
const sourceOf = (template: Template) =>
  ofType(template, 'AWS::Lambda::EventSourceMapping').find(([, mapping]) => 'StartingPosition' in mapping)?.[1] ?? {}

describe('the construct', () => {
  it('has no required props, and seven at the most', () => {
    const props: Required<{ [Name in keyof RealTimeAnalyticsProps]: true }> = {
      existing: true,
      stream: true,
      models: true,
      alertTypes: true,
      functions: true,
      alarmTopic: true,
      removalPolicy: true,
    }
    expect(Object.keys(props).length).toBeLessThanOrEqual(7)
  })

  it('[X70] by itself makes a stream, what works it, what comes of it, topics, places for what fails, and alarms [R70, R88, G4]', () => {
    const { made, template } = alone()
    expect(countsOf(template)).toEqual({
      ...{ 'DynamoDB::Table': 1, 'S3::Bucket': 1, 'S3::BucketPolicy': 1, 'KMS::Key': 1, 'Kinesis::Stream': 1 },
      ...{ 'SNS::Topic': 3, 'SNS::TopicPolicy': 3 },
      ...{ 'SQS::Queue': 4, 'SQS::QueuePolicy': 4, 'Lambda::EventSourceMapping': 3 },
      ...{ 'Lambda::Function': 2, 'Logs::LogGroup': 2, 'IAM::Role': 2, 'IAM::Policy': 2, 'CloudWatch::Alarm': 7 },
    })
    expect(names(template)).toEqual(['plinth-dead', ...jobs.map((job) => `plinth-analytics-${job}-normal`)])
    expect(topics(template)).toEqual(['genai-alerts-high_priority', 'genai-alerts-high_risk', 'genai-alerts-anomaly_detected'])
    for (const type of ['DynamoDB::Table', 'S3::Bucket', 'KMS::Key', 'Logs::LogGroup', 'Kinesis::Stream'])
      for (const [id] of ofType(template, `AWS::${type}`)) expect(template.Resources[id]?.DeletionPolicy, id).toBe('Retain')
    expect(made.alarms).toHaveLength(7)
  })

  it('the stream is encrypted, has one shard, and keeps a day', () => {
    const [[, stream] = ['', {}]] = ofType(alone().template, 'AWS::Kinesis::Stream')
    expect(stream).toEqual({
      RetentionPeriodHours: 24,
      ShardCount: 1,
      StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
    })
  })

  it('[X49] a batch fails in part and is halved; what can not be worked ends apart after hours, and an alarm tells', () => {
    const { template } = alone()
    const source = sourceOf(template)
    expect(source).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 1_000,
      MaximumBatchingWindowInSeconds: 10,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRecordAgeInSeconds: 6 * 3_600,
    })
    expect(source).not.toHaveProperty('ParallelizationFactor')
    expect(source).not.toHaveProperty('MaximumRetryAttempts')
    const { OnFailure } = source.DestinationConfig as { OnFailure: { Destination: { 'Fn::GetAtt': [string] } } }
    const [failures] = OnFailure.Destination['Fn::GetAtt']
    expect(failures).toMatch(/^AnalyticsFailures/)
    const watched = ofType(template, 'AWS::CloudWatch::Alarm').filter(([, { Dimensions }]) =>
      JSON.stringify(Dimensions ?? []).includes(failures),
    )
    expect(watched.map(([, { MetricName, Threshold }]) => [MetricName, Threshold])).toEqual([
      ['ApproximateNumberOfMessagesVisible', 0],
    ])
    // Less than the stream keeps: whoever looks still finds the records there.
    expect(Number(source.MaximumRecordAgeInSeconds)).toBeLessThan(24 * 3_600)
  })

  it('[R82] topics are encrypted and asked by TLS alone, and only they are published to', () => {
    const { template } = alone(() => ({ alertTypes: ['too_hot'] }))
    expect(topics(template)).toContain('genai-alerts-too_hot')
    for (const [id, { KmsMasterKeyId }] of ofType(template, 'AWS::SNS::Topic'))
      expect(resolved(template, KmsMasterKeyId), id).toMatch(/:alias\/aws\/sns$/)
    for (const [id, { PolicyDocument }] of ofType(template, 'AWS::SNS::TopicPolicy'))
      expect(JSON.stringify(PolicyDocument), id).toMatch(/"aws:SecureTransport":"false".*"Deny"/)
    const publish = roleStatements(template).filter(({ actions }) => actions.includes('sns:Publish'))
    expect(publish.map(({ roles, resources }) => [roles, resources])).toEqual([
      [[expect.stringMatching(/insightworker/)], ofType(template, 'AWS::SNS::Topic').map(([Ref]) => ({ Ref }))],
    ])
    expect(variablesIn(template, 'insight-worker').PLINTH_TOPIC_ARNS).toBe('arn:aws:sns:eu-central-1:111122223333:')
  })

  it('takes what is there already, makes nothing in its place, and lets the relay send', () => {
    const { template } = alone((stack) => ({
      existing: {
        ...existingIn(stack),
        stream: Stream.fromStreamArn(stack, 'Stream', arn('kinesis', 'stream/records')) as IStream,
      },
    }))
    for (const type of ['DynamoDB::Table', 'S3::Bucket', 'KMS::Key', 'Kinesis::Stream'])
      expect(ofType(template, `AWS::${type}`)).toEqual([])
    expect(names(template)).toHaveLength(2)
    // The dead letters' alarm is that of whoever made them.
    expect(ofType(template, 'AWS::CloudWatch::Alarm')).toHaveLength(6)
    expect(sourceOf(template).EventSourceArn).toBe(arn('kinesis', 'stream/records'))
    for (const name of ['stream-processor', 'insight-worker'] as const)
      expect(variablesIn(template, name)).toMatchObject({
        ...{ PLINTH_TABLE: 'rows', PLINTH_BUCKET: 'own-objects', PLINTH_STREAM: 'records', PLINTH_PATTERNS: 'analytics' },
      })
    const [relay, ...more] = roleStatements(template).filter(({ where }) => where.startsWith('RelayRole'))
    expect([relay?.actions, relay?.resources.length, more]).toEqual([['sqs:GetQueueUrl', 'sqs:SendMessage'], 2, []])
  })

  it.each<[string, RealTimeAnalyticsProps, RegExp]>([
    ['no model', { models: [] }, /^models/],
    ['a wildcard for one', { models: ['amazon.nova-*'] }, /^models.*amazon\.nova-\*/],
    ['no shard', { stream: { shards: 0 } }, /^stream\.shards/],
    ['a part of a shard', { stream: { shards: 1.5 } }, /^stream\.shards/],
    ['less than a day', { stream: { retention: Duration.hours(23) } }, /^stream\.retention/],
    ['more than a year', { stream: { retention: Duration.days(366) } }, /^stream\.retention/],
    ['a type of every Plinth', { alertTypes: ['high_risk'] }, /^alertTypes/],
    ['a type twice', { alertTypes: ['hot', 'hot'] }, /^alertTypes/],
    ['what is no type', { alertTypes: ['Too hot'] }, /^alertTypes/],
    ['records gathered for longer than Lambda does', { functions: { gatherFor: Duration.minutes(6) } }, /^functions\.gatherFor/],
    ['a concurrency that SQS does not take', { functions: { concurrency: 1 } }, /^functions\.concurrency/],
    ['less reserved than the queues call', { functions: { reservedConcurrency: 19 } }, /^functions\.reservedConcurrency.*20/],
    [
      'a variable that is its own',
      { functions: { environment: { PLINTH_STREAM: 'other' } } },
      /^functions\.environment.*PLINTH_STREAM/,
    ],
  ])('refuses %s, and names it', (_, props, words) => {
    expect(() => alone(() => props)).toThrow(words)
  })

  it('refuses a capacity for a stream that is there', () => {
    const both = () =>
      alone((stack) => ({
        existing: { stream: Stream.fromStreamArn(stack, 'Stream', arn('kinesis', 'stream/records')) as IStream },
        stream: { shards: 2 },
      }))
    expect(both).toThrow(/^stream is of the one that is made/)
  })
})

describe('its props', () => {
  const { made, template } = alone(
    (stack) => ({
      stream: { shards: 3, retention: Duration.days(2) },
      models: ['amazon.nova-lite-v1:0'],
      functions: { ...functionOptionsIn(stack), concurrency: 20, gatherFor: Duration.minutes(1) },
      alarmTopic: Topic.fromTopicArn(stack, 'Topic', arn('sns', 'alarms')),
      removalPolicy: RemovalPolicy.DESTROY,
    }),
    (analytics, stack) => {
      const helper = new Role(stack, 'Helper', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
      analytics.grantSendJobs(helper)
      analytics.grantRedriveJobs(helper)
      analytics.grantAppend(helper)
    },
  )

  it('reach stream and functions', () => {
    const [[, stream] = ['', {}]] = ofType(template, 'AWS::Kinesis::Stream')
    expect(stream).toMatchObject({ ShardCount: 3, RetentionPeriodHours: 48 })
    expect(sourceOf(template).MaximumBatchingWindowInSeconds).toBe(60)
    const [, worker] = functionOf(template, 'insight-worker')
    expect(worker).toMatchObject({ ReservedConcurrentExecutions: 100, Timeout: 360, MemorySize: 1_024 })
    const [, processor] = functionOf(template, 'stream-processor')
    expect(processor).toMatchObject({ FunctionName: 'analytics-processor', Timeout: 120, MemorySize: 2_048 })
    expect(processor).not.toHaveProperty('ReservedConcurrentExecutions')
    expect([worker.VpcConfig, processor.VpcConfig].every(Boolean)).toBe(true)
    for (const name of ['stream-processor', 'insight-worker'] as const)
      expect(variablesIn(template, name)).toMatchObject({
        ...{ PLINTH_SEARCH: 'segments', PLINTH_MODEL: 'bedrock/amazon.nova-lite-v1:0' },
      })
    const concurrencies = ofType(template, 'AWS::Lambda::EventSourceMapping').flatMap(
      ([, { ScalingConfig }]) => ScalingConfig ?? [],
    )
    expect(concurrencies).toEqual(jobs.map(() => ({ MaximumConcurrency: 20 })))
  })

  it('and everything else', () => {
    for (const [id, { AlarmActions, OKActions }] of ofType(template, 'AWS::CloudWatch::Alarm'))
      expect([AlarmActions, OKActions], id).toEqual([[arn('sns', 'alarms')], [arn('sns', 'alarms')]])
    for (const [, { RetentionInDays }] of ofType(template, 'AWS::Logs::LogGroup')) expect(RetentionInDays).toBe(7)
    for (const type of ['DynamoDB::Table', 'S3::Bucket', 'KMS::Key', 'Logs::LogGroup', 'Kinesis::Stream'])
      for (const [id] of ofType(template, `AWS::${type}`)) expect(template.Resources[id]?.DeletionPolicy, id).toBe('Delete')
  })

  it('grants and metrics', () => {
    const granted = roleStatements(template).filter(({ roles }) => roles.some((role) => role.startsWith('Helper')))
    expect(granted.find(({ actions }) => actions.includes('kinesis:PutRecord'))).toMatchObject({
      actions: ['kinesis:PutRecord'],
      resources: [{ 'Fn::GetAtt': [expect.stringMatching(/^AnalyticsStream/), 'Arn'] }],
    })
    for (const { resources } of granted) expect(resources).not.toContain('*')
    for (const metric of [made.metricDeadJobs(), made.metricOldestJob('analytics.triage'), made.metricLag()])
      expect(metric.toMetricConfig()).toBeTruthy()
    expect(() => made.metricOldestJob('rag.ingest')).toThrow('There is no job rag.ingest.')
  })
})

describe('in the whole stack', () => {
  const template = templateOf(plinthStack())
  const without = templateOf(plinthStack({ analytics: false }))

  it("the API's function, and no other of requests, is told of the stream and may append to it", () => {
    const [[stream] = ['']] = ofType(template, 'AWS::Kinesis::Stream')
    const told = ofType(template, 'AWS::Lambda::Function').filter(([, { Environment }]) =>
      JSON.stringify(Environment).includes('PLINTH_STREAM'),
    )
    expect(told.map(([id]) => id.replace(/[0-9A-F]{8}$/, '')).toSorted()).toEqual([
      ...['AnalyticsFunctionsinsightworker', 'AnalyticsFunctionsstreamprocessor', 'EventDrivenFunctionsapi'],
    ])
    expect(variablesIn(template, 'api').PLINTH_STREAM).toBe(resolved(template, { Ref: stream }))
    const append = roleStatements(template).filter(({ actions }) => actions.includes('kinesis:PutRecord'))
    expect(append.flatMap(({ roles }) => roles.map((role) => role.replace(/role[0-9A-F]{8}$/, ''))).toSorted()).toEqual([
      ...['AnalyticsFunctionsinsightworker', 'AnalyticsFunctionsstreamprocessor', 'EventDrivenFunctionsapi'],
    ])
  })

  it('without it nothing of it is there, and the API knows no streams', () => {
    expect(Object.keys(without.Resources).filter((id) => id.startsWith('Analytics'))).toEqual([])
    expect(JSON.stringify(without)).not.toMatch(/plinth-analytics|PLINTH_STREAM|genai-alerts|kinesis/)
    for (const name of ['api', 'relay', 'sweeper'] as const)
      expect(variablesIn(without, name).PLINTH_PATTERNS, name).toBe('event-driven,multi-tenant,rag,multi-agent')
    expect(Object.keys(template.Outputs)).toEqual(expect.arrayContaining(['StreamName', 'FailedRecordsQueueUrl']))
    expect(Object.keys(without.Outputs).filter((name) => /Stream|Record/.test(name))).toEqual([])
  })

  it('has nothing of Kinesis Analytics, which AWS has discontinued: its own function counts windows [X57]', () => {
    expect(Object.values(template.Resources).filter(({ Type }) => /KinesisAnalytics/.test(Type))).toEqual([])
    expect(JSON.stringify(template)).not.toMatch(/kinesisanalytics/i)
  })

  it('[R20] waiting costs a shard and less than 1.50 USD a month more for it, and a stream on demand is told too', () => {
    const [whole, less] = [idleCost(template), idleCost(without)]
    expect([whole.streamsUsd, less.streamsUsd]).toEqual([10.8, 0])
    // But for its dashboard.
    const cost = whole.usd - less.usd - whole.streamsUsd - (whole.dashboardsUsd - less.dashboardsUsd)
    expect(cost).toBeGreaterThan(0)
    expect(cost).toBeLessThan(1.5)
    const { lines, streamsUsd } = idleCost(alone(() => ({ stream: { shards: 'on-demand' } })).template)
    expect(lines).toContainEqual({ what: 'streams of Kinesis on demand', count: 1, usd: 28.8 })
    expect(streamsUsd).toBe(28.8)
  })
})
