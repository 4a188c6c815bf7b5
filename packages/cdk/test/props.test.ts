import type { PatternName } from '@plinth/core'
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Table } from 'aws-cdk-lib/aws-dynamodb'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { EventDrivenGenAi, type EventDrivenGenAiProps } from '../src/index.ts'
import { arn, stackAlone, synthesiseAlone } from './support/alone.ts'
import { resolved } from './support/intrinsics.ts'
import { roleStatements } from './support/statements.ts'
import { handlerFolder, ofType, plinthStack, type Template } from './support/synthesised.ts'

describe('the construct', () => {
  it('has no required props, and seven at the most', () => {
    const props: Required<{ [Name in keyof EventDrivenGenAiProps]: true }> = {
      existing: true,
      models: true,
      embeddingModels: true,
      functions: true,
      throttle: true,
      alarmTopic: true,
      removalPolicy: true,
    }
    expect(Object.keys(props).length).toBeLessThanOrEqual(7)
  })

  it('takes what is there already, and makes nothing in its place', () => {
    const { app, stack } = plinthStack()
    const inner = new Stack(app, 'Own')
    const tableArn = arn('dynamodb', 'table/rows')
    const own = new EventDrivenGenAi(inner, 'Own', {
      existing: {
        table: Table.fromTableAttributes(inner, 'Table', { tableArn, tableStreamArn: `${tableArn}/stream/1` }),
        bucket: Bucket.fromBucketName(inner, 'Bucket', 'own-objects'),
        bus: EventBus.fromEventBusName(inner, 'Bus', 'own-bus'),
        key: Key.fromKeyArn(inner, 'Key', arn('kms', 'key/1')),
      },
      functions: { handlerFolder: handlerFolder() },
    })
    const template = app.synth().getStackByName('Own').template as Template
    for (const type of ['DynamoDB::Table', 'S3::Bucket', 'Events::EventBus', 'KMS::Key'])
      expect(ofType(template, `AWS::${type}`), type).toEqual([])
    const [[, { Environment }] = ['', {}]] = ofType(template, 'AWS::Lambda::Function')
    const { Variables } = Environment as { Variables: Record<string, string> }
    expect(Variables).toMatchObject({ PLINTH_TABLE: 'rows', PLINTH_BUCKET: 'own-objects', PLINTH_BUS: 'own-bus' })
    expect(Variables.PLINTH_POOLED_KEY).toBe(arn('kms', 'key/1'))
    const granted = JSON.stringify(roleStatements(template))
    for (const part of [tableArn, 'own-objects', 'own-bus', arn('kms', 'key/1')]) expect(granted).toContain(part)
    expect([own.api === stack.eventDriven.api, own.alarms.all.length]).toEqual([false, stack.eventDriven.alarms.all.length])
  })

  const streamless = () => Table.fromTableName(stackAlone(), 'Table', 'rows')

  it.each<[string, EventDrivenGenAiProps, RegExp]>([
    ['a table without a stream', { existing: { table: streamless() } }, /existing\.table.*stream/],
    ['no model', { models: [] }, /models/],
    ['a model that is none', { models: ['gpt 5'] }, /models.*gpt 5/],
    ['no model for vectors', { embeddingModels: [] }, /embeddingModels/],
    ['a wildcard for one', { embeddingModels: ['amazon.titan-*'] }, /embeddingModels.*titan-embed.*amazon\.titan-\*/],
    ['a wildcard for a model', { models: ['anthropic.*'] }, /models.*anthropic\.\*/],
    ['a concurrency of which the low lane would get too much', { functions: { concurrency: 10 } }, /functions\.concurrency/],
    ['a concurrency beyond that of SQS', { functions: { concurrency: 2_000 } }, /functions\.concurrency/],
    [
      'a variable that is its own',
      { functions: { environment: { PLINTH_TABLE: 'rows' } } },
      /functions\.environment.*PLINTH_TABLE/,
    ],
    ['less reserved than the queues call', { functions: { reservedConcurrency: 100 } }, /functions\.reservedConcurrency.*150/],
  ])('refuses %s, and names it', (_, props, words) => {
    expect(() => plinthStack({ props })).toThrow(words)
  })

  it('by itself answers no requests of patterns whose jobs it does not work, and refuses to leave out those that it does', () => {
    const make = (patterns?: readonly PatternName[]) => {
      const functions = { handlerFolder: handlerFolder(), ...(patterns && { patterns }) }
      return JSON.stringify(synthesiseAlone((stack) => new EventDrivenGenAi(stack, 'Own', { functions })).template)
    }
    expect(make()).toContain('"PLINTH_PATTERNS":"event-driven,multi-tenant"')
    expect(make(['event-driven', 'rag', 'multi-tenant'])).toContain('"PLINTH_PATTERNS":"event-driven,rag,multi-tenant"')
    expect(() => make(['rag'])).toThrow(/functions\.patterns.*event-driven/)
  })
})

describe('its props', () => {
  const template = (() => {
    // As in an app without any of CDK's flags.
    const context = { '@aws-cdk/core:validateAgainstDefaultRules': false }
    const app = new App({ outdir: temporaryFolder(), context })
    const around = new Stack(app, 'Around')
    const props = {
      functions: {
        vpc: Vpc.fromVpcAttributes(around, 'Vpc', {
          vpcId: 'vpc-0123456789abcdef0',
          availabilityZones: ['a'],
          privateSubnetIds: ['subnet-0123456789abcdef0'],
        }),
        concurrency: 100,
        reservedConcurrency: 900,
        logRetention: RetentionDays.ONE_WEEK,
        environment: { PLINTH_ISSUERS: '[]' },
        handlerFolder: handlerFolder(),
      },
      models: ['eu.anthropic.claude-haiku-4-5-20251001-v1:0', 'amazon.nova-micro-v1:0'],
      throttle: { requestsPerSecond: 10, burst: 20 },
      alarmTopic: Topic.fromTopicArn(around, 'Topic', arn('sns', 'alarms')),
      removalPolicy: RemovalPolicy.DESTROY,
    }
    const own = new EventDrivenGenAi(around, 'Own', props)
    const reader = new Role(around, 'Reader', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
    own.grantConsumeEvents(reader)
    own.grantPutEvents(reader)
    own.grantRedriveJobs(reader)
    expect(() => own.metricOldestJob('nothing')).toThrow('There is no job nothing.')
    for (const metric of [own.metricDeadJobs(), own.metricOldestJob('event-driven.process')])
      expect(metric.toMetricConfig()).toBeTruthy()
    return app.synth().getStackByName('Around').template as Template
  })()
  const functions = ofType(template, 'AWS::Lambda::Function').map(([, properties]) => properties)

  it('vpc: every function is in it, and may have its network interfaces', () => {
    for (const { VpcConfig } of functions) expect(VpcConfig).toBeTruthy()
    const roles = functions.map(({ Role }) => (Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0])
    for (const role of roles)
      expect(JSON.stringify(template.Resources[role]?.Properties.ManagedPolicyArns)).toContain('AWSLambdaVPCAccessExecutionRole')
  })

  it('environment: every function has the variables, beside its own', () => {
    for (const { Environment } of functions)
      expect(Environment).toMatchObject({ Variables: { PLINTH_ISSUERS: '[]', PLINTH_PLATFORM: 'aws' } })
  })

  it('concurrency: 6 : 3 : 1, and reserved for the workers alone', () => {
    const scaling = ofType(template, 'AWS::Lambda::EventSourceMapping').flatMap(([, { ScalingConfig }]) => ScalingConfig ?? [])
    expect(scaling.slice(0, 3).map((config) => (config as { MaximumConcurrency: number }).MaximumConcurrency)).toEqual([
      60, 30, 10,
    ])
    const reserved = functions.flatMap(({ FunctionName, ReservedConcurrentExecutions: most }) =>
      most ? [[FunctionName, most]] : [],
    )
    expect(reserved).toEqual([['event-driven-processor', 900]])
  })

  it('models: the first is asked by default; a profile may be followed through its geography, and only by itself', () => {
    for (const { Environment } of functions)
      expect(Environment).toMatchObject({ Variables: { PLINTH_MODEL: 'bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0' } })
    expect(functions.flatMap(({ Environment }) => Object.keys((Environment as { Variables: object }).Variables))).not.toContain(
      'PLINTH_EMBEDDING_MODEL',
    )
    const [profile, models, bare] = roleStatements(template).filter(
      ({ roles, actions }) => roles.includes('BedrockExecutionRole') && actions.includes('bedrock:InvokeModel'),
    )
    const arns = (of: typeof profile) => of?.resources.map((resource) => resolved(template, resource))
    const profileArn = arn('bedrock', 'inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0')
    expect(arns(profile)).toEqual([profileArn])
    expect(arns(models)).toContain('arn:aws:bedrock:eu-west-3::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0')
    for (const one of arns(models) ?? []) expect(one).toMatch(/^arn:aws:bedrock:eu-[a-z]+-\d::foundation-model\//)
    const { StringEquals } = (models?.conditions ?? {}) as { StringEquals: Record<string, unknown> }
    expect(resolved(template, StringEquals['bedrock:InferenceProfileArn'])).toBe(profileArn)
    expect([arns(bare), bare?.conditions]).toEqual([
      ['arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-micro-v1:0'],
      undefined,
    ])
  })

  it('alarmTopic: every alarm tells it, when it begins and when it ends', () => {
    for (const [id, { AlarmActions, OKActions }] of ofType(template, 'AWS::CloudWatch::Alarm'))
      expect([AlarmActions, OKActions], id).toEqual([[arn('sns', 'alarms')], [arn('sns', 'alarms')]])
  })

  it('throttle, logRetention, removalPolicy', () => {
    const [[, stage] = ['', {}]] = ofType(template, 'AWS::ApiGateway::Stage')
    expect(stage.MethodSettings).toMatchObject([{ ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 }])
    for (const [id, log] of ofType(template, 'AWS::Logs::LogGroup')) expect(log.RetentionInDays, id).toBe(7)
    for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Logs::LogGroup'])
      for (const [id] of ofType(template, type)) expect(template.Resources[id]?.DeletionPolicy, id).toBe('Delete')
    const [[, table] = ['', {}]] = ofType(template, 'AWS::DynamoDB::Table')
    expect(table.DeletionProtectionEnabled).toBe(false)
  })

  it('grants: events to those who follow them, and dead jobs to those who send them again', () => {
    const [statements] = [roleStatements(template).filter(({ roles }) => roles.some((role) => role.startsWith('Reader')))]
    const actions = new Set(statements.flatMap((statement) => statement.actions))
    for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'events:PutEvents', 'sqs:SendMessage'])
      expect(actions).toContain(action)
    for (const { resources } of statements) expect(resources).not.toContain('*')
  })
})
