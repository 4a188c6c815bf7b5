import { lanesOf } from '@plinth/aws/environment'
import { type Lane, type PatternName, patterns } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { tableDefinition } from '../../aws/src/create-table.ts'
import { stagingPlace } from '../../aws/src/s3-staging.ts'
import { type HandlerName, idleCost } from '../src/index.ts'
import { hostsOf } from '../src/queues.ts'
import { functionOf } from './support/functions.ts'
import { resolved } from './support/intrinsics.ts'
import { resourceStatements, roleStatements } from './support/statements.ts'
import { ofType, plinthStack, templateOf } from './support/synthesised.ts'

const template = templateOf(plinthStack())
const only = (type: string) => {
  const [found, ...more] = ofType(template, type)
  if (!found || more.length > 0) throw new Error(`There is not exactly one ${type}.`)
  return found
}
const functions = ofType(template, 'AWS::Lambda::Function')
const isEvents = (principal: unknown) => JSON.stringify(principal) === '{"Service":"events.amazonaws.com"}'
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })

describe('the bus', () => {
  const [bus, properties] = only('AWS::Events::EventBus')

  it('[R120] is named genai-eventbus', () => {
    expect(properties.Name).toBe('genai-eventbus')
  })

  it('[X1] is where events are sent: every function of requests is told of it, and the relay may put them on no other', () => {
    for (const [id, { Environment }] of functions.filter(([id]) => id.startsWith('EventDriven')))
      expect(Environment, id).toMatchObject({ Variables: { PLINTH_BUS: { Ref: bus } } })
    const put = roleStatements(template).filter(({ actions }) => actions.includes('events:PutEvents'))
    expect(put.map(({ resources }) => resources)).toEqual([[arnOf(bus)]])
  })

  it('[X2] is joined by a rule on its source to a queue that it may send to, with a place for what fails', () => {
    const [[rule, { EventBusName, EventPattern, Targets }] = ['', {}]] = ofType(template, 'AWS::Events::Rule').filter(
      ([, rule]) => 'EventPattern' in rule,
    )
    expect([EventBusName, EventPattern]).toEqual([{ Ref: bus }, { source: ['genai.service'] }])
    const [target] = Targets as { Arn: { 'Fn::GetAtt': string[] }; DeadLetterConfig: { Arn: unknown } }[]
    const [queue = ''] = target?.Arn['Fn::GetAtt'] ?? []
    const dead = target?.DeadLetterConfig.Arn
    expect(template.Resources[queue]).toMatchObject({
      Type: 'AWS::SQS::Queue',
      Properties: { RedrivePolicy: { deadLetterTargetArn: dead, maxReceiveCount: 5 } },
    })
    const sendable = resourceStatements(template)
      .filter(
        ({ where, actions, principal }) =>
          actions.includes('sqs:SendMessage') && isEvents(principal) && where.startsWith('EventDriven'),
      )
      .map(({ resources, conditions }) => [resources, conditions])
    const fromRule = { ArnEquals: { 'aws:SourceArn': arnOf(rule) } }
    expect(sendable).toHaveLength(2)
    for (const arn of [target?.Arn, dead]) expect(sendable).toContainEqual([[arn], fromRule])
  })
})

describe('the functions', () => {
  it.each([
    ['request-worker', 'event-driven-processor'],
    ['document-worker', 'rag-processor'],
    ['workflow-worker', 'multi-agent-processor'],
    ['stream-processor', 'analytics-processor'],
    ['authorizer', 'multi-tenant-processor'],
  ] as const)('[R121] %s, which processes, has the name that dashboards look for, %s, code and a handler', (name, known) => {
    const [, { FunctionName, Handler, Code }] = functionOf(template, name)
    expect([FunctionName, Handler, Code]).toEqual([
      known,
      'index.handler',
      { S3Bucket: expect.anything(), S3Key: expect.stringMatching(/^[0-9a-f]{64}\.zip$/) },
    ])
  })

  it('[X72] run on a supported runtime, with traces and logs that end', () => {
    expect(functions).toHaveLength(10)
    for (const [id, properties] of functions)
      expect(properties, id).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], TracingConfig: { Mode: 'Active' } })
    const logs = functions.map(([, { LoggingConfig }]) => (LoggingConfig as { LogGroup: { Ref: string } }).LogGroup.Ref)
    expect(new Set(logs).size).toBe(10)
    for (const log of logs) expect(template.Resources[log]?.Properties).toMatchObject({ RetentionInDays: 30 })
  })

  it('[R122] the execution role: its id, trust, managed and inline policy, for exact models', () => {
    const { Type, Properties = {} } = template.Resources.BedrockExecutionRole ?? {}
    const [, { Role }] = functionOf(template, 'request-worker')
    expect([Type, Role]).toEqual(['AWS::IAM::Role', arnOf('BedrockExecutionRole')])
    expect(Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
    })
    const managed = (Properties.ManagedPolicyArns as unknown[]).map((arn) => resolved(template, arn))
    expect(managed).toEqual(['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'])
    const [{ PolicyName, PolicyDocument } = {}] = Properties.Policies as { PolicyName?: string; PolicyDocument?: unknown }[]
    expect(PolicyName).toBe('BedrockAccess')
    const { Statement } = PolicyDocument as { Statement: { Action: unknown; Resource: unknown }[] }
    for (const { Action } of Statement) expect(Action).toEqual(['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'])
    expect(Statement.flatMap(({ Resource }) => [Resource].flat()).map((arn) => resolved(template, arn))).toEqual([
      'arn:aws:bedrock:eu-central-1:111122223333:inference-profile/global.amazon.nova-2-lite-v1:0',
      'arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-2-lite-v1:0',
      'arn:aws:bedrock:::foundation-model/amazon.nova-2-lite-v1:0',
    ])
  })

  it("only the API's function, which is the model gateway, and those of agents and of insights may call a model besides", () => {
    const roles = roleStatements(template)
      .filter(({ actions }) => actions.some((action) => action.startsWith('bedrock:')))
      .map(({ where }) => where)
    const others = (['api', 'workflow-worker', 'insight-worker'] as const).map((name) => {
      const [, { Role }] = functionOf(template, name)
      return (Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]
    })
    expect(new Set(roles)).toEqual(new Set([...others, 'BedrockExecutionRole']))
  })

  it('[X70] each has a role of its own; rule, queues, table, API, key, alarms and outputs are there', () => {
    const roles = functions.map(([, { Role }]) => JSON.stringify(Role))
    expect(new Set(roles).size).toBe(10)
    const types = new Set(Object.values(template.Resources).map(({ Type }) => Type.replace('AWS::', '')))
    const parts = [
      'Events::Rule',
      'SQS::Queue',
      'DynamoDB::Table',
      'ApiGateway::RestApi',
      'KMS::Key',
      'CloudWatch::Alarm',
      'S3::Bucket',
    ]
    for (const part of parts) expect(types).toContain(part)
    const outputs = [
      'ApiUrl',
      'GatewayUrl',
      'BusName',
      'TableName',
      'BucketName',
      'PooledKeyArn',
      'EventQueueUrl',
      'JobQueueNames',
    ]
    expect(Object.keys(template.Outputs)).toEqual(expect.arrayContaining(outputs))
  })
})

it('says where clients of models turn to: the stage, without a slash at its end', () => {
  const { ApiUrl, GatewayUrl } = template.Outputs as Readonly<Record<string, { readonly Value: unknown }>>
  const [api, gateway] = [ApiUrl, GatewayUrl].map((output) => resolved(template, output?.Value))
  expect(gateway).toMatch(/^https:\/\/\S+\.execute-api\.\S+\/live$/)
  expect(api).toBe(`${gateway}/`)
})

describe('the table', () => {
  const [id, properties] = only('AWS::DynamoDB::Table')

  it('has the form that the AWS platform makes itself', () => {
    const { TableName: _, AttributeDefinitions, ...expected } = tableDefinition('plinth')
    expect(properties).toMatchObject(expected)
    // The relay's function is called by it, which takes an entry from its new image.
    expect(properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' })
    const sorted = (list: unknown) =>
      [...(list as { AttributeName: string }[])].sort((a, b) => (a.AttributeName < b.AttributeName ? -1 : 1))
    expect(sorted(properties.AttributeDefinitions)).toEqual(sorted(AttributeDefinitions))
    expect(properties.TimeToLiveSpecification).toEqual({ AttributeName: 'ttl', Enabled: true })
  })

  it('is kept when the stack goes, and can be taken back to a moment', () => {
    expect(template.Resources[id]?.DeletionPolicy).toBe('Retain')
    expect(properties).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    })
  })
})

it('the bucket is private and kept, and the key turns; what was deleted stays as long as the table can be taken back', () => {
  const [bucket, properties] = only('AWS::S3::Bucket')
  const blocked = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }
  expect(properties).toMatchObject({
    PublicAccessBlockConfiguration: blocked,
    VersioningConfiguration: { Status: 'Enabled' },
    LifecycleConfiguration: {
      Rules: [
        { NoncurrentVersionExpiration: { NoncurrentDays: 35 } },
        { ExpiredObjectDeleteMarker: true },
        { Prefix: stagingPlace('bucket', '').Key, ExpirationInDays: 1, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
      ],
    },
  })
  const [key, { EnableKeyRotation }] = only('AWS::KMS::Key')
  expect([EnableKeyRotation, ...[bucket, key].map((id) => template.Resources[id]?.DeletionPolicy)]).toEqual([
    true,
    'Retain',
    'Retain',
  ])
})

describe('the queues', () => {
  const queues = new Map(ofType(template, 'AWS::SQS::Queue'))
  const hosts = patterns.flatMap((pattern) =>
    hostsOf(pattern.jobs.map(({ name }) => name)).map((job) => [job, pattern.name] as const),
  )
  const sources = ofType(template, 'AWS::Lambda::EventSourceMapping').map(([, mapping]) => mapping)
  const named = (name: string) => [...queues].find(([, { QueueName }]) => QueueName === name) ?? ['', {}]

  /** Of functions that may work a job in a lane at a time. */
  const most = (job: string, lane: Lane): number => {
    if (/^(rag|analytics)\./.test(job)) return 10
    const lanes = lanesOf(job)
    if (lanes.length === 1) return 50
    if (lanes.length === 3) return { high: 30, normal: 15, low: 5 }[lane]
    return lanes.includes('high') ? { high: 33, normal: 17, low: 0 }[lane] : { high: 0, normal: 38, low: 13 }[lane]
  }
  const workers: Readonly<Partial<Record<PatternName, HandlerName>>> = {
    rag: 'document-worker',
    'multi-agent': 'workflow-worker',
    analytics: 'insight-worker',
  }

  it.each(hosts.flatMap(([job, pattern]) => lanesOf(job).map((lane) => [job, lane, pattern] as const)))(
    '%s, lane %s: hidden long enough, with a place for what fails, and worked in batches that fail in part',
    (job, lane: Lane, pattern) => {
      const [id, properties] = named(`plinth-${job.replaceAll('.', '-')}-${lane}`)
      const [worker, { Timeout }] = functionOf(template, workers[pattern] ?? 'request-worker')
      expect(properties.VisibilityTimeout).toBe(6 * Number(Timeout))
      expect(properties.RedrivePolicy).toEqual({ deadLetterTargetArn: arnOf(named('plinth-dead')[0]), maxReceiveCount: 1_000 })
      expect(sources.find(({ EventSourceArn }) => JSON.stringify(EventSourceArn) === JSON.stringify(arnOf(id)))).toMatchObject({
        FunctionName: { Ref: worker },
        BatchSize: ['rag', 'multi-agent'].includes(pattern) ? 1 : 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: most(job, lane) },
      })
    },
  )

  it('are no more than that: jobs that may wait for one another share one, since each empty one costs', () => {
    // Those of jobs, and that of executions.
    expect(sources.filter((mapping) => 'ScalingConfig' in mapping)).toHaveLength(13)
    // Beside them the events' queue, its dead letters, those of jobs, those of executions, and what is told of records given up.
    expect(queues.size).toBe(18)
  })

  it('are sealed at rest and on the way, and keep what ends in them for as long as SQS does', () => {
    const denied = resourceStatements(template)
      .filter(({ effect, actions }) => effect === 'Deny' && actions.includes('sqs:*'))
      .map(({ resources, conditions }) => [resources, conditions])
    for (const [id, properties] of queues) {
      expect(properties, id).toMatchObject({ SqsManagedSseEnabled: true })
      expect(denied).toContainEqual([[arnOf(id)], { Bool: { 'aws:SecureTransport': 'false' } }])
      if (!('RedrivePolicy' in properties)) expect(properties.MessageRetentionPeriod, id).toBe(14 * 86_400)
    }
  })
})

it('the relay is woken by items of the outbox alone, and each minute; a batch that fails holds up nobody', () => {
  const [stream] = ofType(template, 'AWS::Lambda::EventSourceMapping').filter(([, mapping]) => 'FilterCriteria' in mapping)
  expect(stream?.[1]).toMatchObject({
    FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"],"dynamodb":{"NewImage":{"o":{"S":[{"exists":true}]}}}}' }] },
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 2,
  })
  const scheduled = (rate: string) =>
    ofType(template, 'AWS::Events::Rule')
      .filter(([, { ScheduleExpression }]) => ScheduleExpression === rate)
      .flatMap(([, { Targets }]) => (Targets as { Arn: unknown }[]).map(({ Arn }) => Arn))
  // The sweeper seals audit trails, and no more.
  expect(scheduled('rate(1 minute)')).toEqual([
    arnOf(functionOf(template, 'relay')[0]),
    arnOf(functionOf(template, 'sweeper')[0]),
  ])
  expect(scheduled('rate(1 hour)')).toEqual([arnOf(functionOf(template, 'sweeper')[0])])
})

describe('the API', () => {
  const methods = ofType(template, 'AWS::ApiGateway::Method').map(([, method]) => method)
  const resources = new Map(ofType(template, 'AWS::ApiGateway::Resource'))

  /** The path of a resource of the API: `/api/{path+}`. */
  function pathOf(reference: unknown): string {
    const { Ref: id } = reference as { Ref?: string }
    const { ParentId, PathPart } = (id !== undefined && resources.get(id)) || {}
    return PathPart === undefined ? '' : `${pathOf(ParentId)}/${PathPart}`
  }

  it('asks for a token before the server is called, but where the contract says that it is open', () => {
    const byAuthorization = Map.groupBy(methods, ({ AuthorizationType }) => AuthorizationType)
    const paths = (type: string) =>
      byAuthorization
        .get(type)
        ?.map(({ ResourceId }) => pathOf(ResourceId) || '/')
        .sort()
    expect(paths('NONE')).toEqual(['/', '/api/session', '/{path+}'])
    const guarded = ['api', 'mcp', 'metrics', 'model', 'openapi.json', 'v1'].flatMap((name) => [`/${name}`, `/${name}/{path+}`])
    expect(paths('CUSTOM')).toEqual(guarded)
    expect(byAuthorization.size).toBe(2)
  })

  it('streams what the server answers, for as long as that may run: the most that AWS lets a call of a model take', () => {
    const [, server] = functionOf(template, 'api')
    expect(server).toMatchObject({ Timeout: 900, MemorySize: 1_024 })
    for (const { HttpMethod, Integration } of methods) {
      expect(HttpMethod).toBe('ANY')
      expect(Integration).toMatchObject({
        Type: 'AWS_PROXY',
        ResponseTransferMode: 'STREAM',
        TimeoutInMillis: Number(server?.Timeout) * 1_000,
      })
      const { Uri } = Integration as { Uri: unknown }
      expect(resolved(template, Uri)).toMatch(/:lambda:path\/2021-11-15\/functions\/.*\/response-streaming-invocations$/)
    }
  })

  it('asks the authorizer of each request, whatever it brings, and keeps no answer', () => {
    const [, authorizer] = only('AWS::ApiGateway::Authorizer')
    // An empty text, not none: CloudFormation leaves a source where it was when the property goes (aws-cdk, issue 2561).
    expect(authorizer).toMatchObject({ Type: 'REQUEST', AuthorizerResultTtlInSeconds: 0, IdentitySource: '' })
  })

  it('is throttled, traced and logged, without bodies', () => {
    const [[, stage] = ['', {}]] = ofType(template, 'AWS::ApiGateway::Stage')
    expect(stage).toMatchObject({
      TracingEnabled: true,
      MethodSettings: [{ ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1_000, LoggingLevel: 'ERROR', DataTraceEnabled: false }],
    })
    const { Format } = stage.AccessLogSetting as { Format: string }
    const fields = JSON.parse(Format)
    expect(Object.keys(fields)).toContain('request_id')
    // Of who asks, the tenant and nothing else.
    expect(fields.tenant_id).toBe('$context.authorizer.tenant_id')
    expect(Format.match(/\$context\.(authorizer|identity)\.\w+/g)).toEqual([
      '$context.identity.sourceIp',
      '$context.authorizer.tenant_id',
    ])
  })

  it('refuses in the form of the contract', () => {
    const responses = ofType(template, 'AWS::ApiGateway::GatewayResponse').map(([, response]) => response)
    expect(responses.map(({ ResponseType, StatusCode }) => [ResponseType, StatusCode])).toEqual([
      ['UNAUTHORIZED', '401'],
      ['WAF_FILTERED', '403'],
      ['REQUEST_TOO_LARGE', '413'],
      ['THROTTLED', '429'],
      ['INTEGRATION_TIMEOUT', '504'],
      ['DEFAULT_5XX', '503'],
    ])
    // Its function goes on, with a model that is paid for.
    const { ResponseParameters } = responses.find(({ StatusCode }) => StatusCode === '504') ?? {}
    expect(ResponseParameters).toMatchObject({ 'gatewayresponse.header.x-should-retry': "'false'" })
    expect(ResponseParameters).not.toHaveProperty(['gatewayresponse.header.retry-after'])
    for (const { StatusCode, ResponseTemplates, ResponseParameters } of responses) {
      const body = JSON.parse((ResponseTemplates as Record<string, string>)['application/json'] ?? '')
      expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'detail', 'code', 'request_id'])
      expect(String(body.status)).toBe(StatusCode)
      expect(ResponseParameters).toMatchObject({
        'gatewayresponse.header.content-type': "'application/problem+json'",
        'gatewayresponse.header.x-request-id': 'context.requestId',
      })
    }
  })
})

describe('alarms', () => {
  const alarms = ofType(template, 'AWS::CloudWatch::Alarm')

  it('[X70] watch dead letters, jobs that wait, functions that fail or find no room, the relay, the API and its web ACL', () => {
    const watched = alarms.map(([, { MetricName, Metrics }]) => MetricName ?? (Metrics ? 'age' : undefined))
    const counts = Object.fromEntries([...Map.groupBy(watched, String)].map(([name, list]) => [name, list.length]))
    expect(counts).toEqual({
      // Of dead letters of all kinds, and of records given up.
      ApproximateNumberOfMessagesVisible: 4,
      age: patterns.flatMap(({ jobs }) => hostsOf(jobs.map(({ name }) => name))).length,
      // Of the queue of executions.
      ApproximateAgeOfOldestMessage: 1,
      // Those of the API show in what it answers; the authorizer's are refusals.
      Errors: 9,
      // Of the whole account, whose functions share their room.
      Throttles: 1,
      // Of the table's stream, and of that of records.
      IteratorAge: 2,
      '5XXError': 1,
      BlockedRequests: 1,
    })
  })

  it('are quiet while nothing is measured', () => {
    for (const [id, alarm] of alarms) expect(alarm.TreatMissingData, id).toBe('notBreaching')
  })
})

it('only what is named by contract has a name of its own, so that nothing clashes when it is made anew', () => {
  const names = Object.values(template.Resources).flatMap(({ Properties = {} }) => {
    const { QueueName, FunctionName, TableName, BucketName, RoleName, AlarmName, LogGroupName } = Properties
    return [
      QueueName,
      typeof FunctionName === 'string' ? FunctionName : undefined,
      TableName,
      BucketName,
      RoleName,
      AlarmName,
      LogGroupName,
    ]
  })
  const fixed = names.filter((name) => name !== undefined && !String(name).startsWith('plinth-'))
  // WAF asks for the beginning of its log's name; the rest is the stack's own id.
  const stackId = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }
  const ofStack = { 'Fn::Join': ['-', [expect.stringMatching(/^aws-waf-logs-plinth-/), stackId]] }
  const processors = ['multi-tenant', 'event-driven', 'rag', 'multi-agent', 'analytics'].map((name) => `${name}-processor`)
  // API Gateway takes no other for its log.
  const ofApi = { 'Fn::Join': ['', ['API-Gateway-Execution-Logs_', { Ref: only('AWS::ApiGateway::RestApi')[0] }, '/live']] }
  expect(fixed).toHaveLength(processors.length + 2)
  expect(fixed).toEqual(expect.arrayContaining([...processors, ofApi, ofStack]))
  expect(only('AWS::ApiGateway::RestApi')[1].Name).toBe('event-driven-api')
})

it('no custom resources: nothing of ours runs while CloudFormation deploys', () => {
  const types = Object.values(template.Resources).map(({ Type }) => Type)
  expect(types.filter((type) => !type.startsWith('AWS::') || type.startsWith('AWS::CloudFormation::'))).toEqual([])
})

it('[R20] waiting costs less than 8 USD a month without web ACL, stream of records and dashboards, line by line', () => {
  const { lines, usd, wafUsd, streamsUsd, dashboardsUsd } = idleCost(template)
  expect(lines.map(({ what, count }) => [what, count])).toEqual([
    ['KMS keys', 1],
    ['metrics that alarms watch', 29],
    ['queues that Lambda asks for jobs', 13],
    ['functions called each minute', 2],
    ['shards of Kinesis', 1],
    ['web ACLs', 1],
    ['rules of web ACLs', 5],
    ['dashboards', 5],
  ])
  expect(usd).toBeCloseTo(lines.reduce((sum, line) => sum + line.usd, 0))
  expect(streamsUsd).toBe(10.8)
  expect(usd - wafUsd - streamsUsd - dashboardsUsd).toBeLessThan(8)
})

it('logical ids stay: a change of one replaces what it names, data included (vitest -u accepts it)', async () => {
  const list = Object.entries(template.Resources)
    // A deployment's id holds a hash of the API, on purpose.
    .map(([id, { Type }]) => `${Type} ${Type === 'AWS::ApiGateway::Deployment' ? id.slice(0, -40) : id}`)
    .sort()
  await expect(`${list.join('\n')}\n`).toMatchFileSnapshot('./logical-ids.txt')
})
