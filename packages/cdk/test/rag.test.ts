import { RemovalPolicy, type Stack } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, it } from 'vitest'
import { type HandlerName, idleCost, Rag, type RagProps } from '../src/index.ts'
import { arn, existingIn, functionOptionsIn, synthesiseAlone } from './support/alone.ts'
import { functionOf, variablesIn } from './support/functions.ts'
import { resolved } from './support/intrinsics.ts'
import { roleStatements } from './support/statements.ts'
import { countsOf, handlerFolder, ofType, plinthStack, type Template, templateOf } from './support/synthesised.ts'

const folder = handlerFolder()

/** A stack with the construct alone. */
function alone(props: (stack: Stack) => RagProps = () => ({}), use: (made: Rag, stack: Stack) => void = () => {}) {
  return synthesiseAlone((stack) => {
    const { functions, ...rest } = props(stack)
    const made = new Rag(stack, 'Rag', { functions: { handlerFolder: folder, ...functions }, ...rest })
    use(made, stack)
    return made
  })
}

const names = (template: Template) => ofType(template, 'AWS::SQS::Queue').map(([, { QueueName }]) => QueueName)

describe('the construct', () => {
  it('has no required props, and seven at the most', () => {
    const props: Required<{ [Name in keyof RagProps]: true }> = {
      existing: true,
      embeddingModels: true,
      functions: true,
      alarmTopic: true,
      removalPolicy: true,
    }
    expect(Object.keys(props).length).toBeLessThanOrEqual(7)
  })

  it('[X70] by itself makes where documents are kept, what reads them, a place for what fails, and alarms', () => {
    const { made, template } = alone()
    expect(countsOf(template)).toEqual({
      ...{ 'DynamoDB::Table': 1, 'S3::Bucket': 1, 'S3::BucketPolicy': 1, 'KMS::Key': 1 },
      ...{ 'SQS::Queue': 3, 'SQS::QueuePolicy': 3, 'Lambda::EventSourceMapping': 2 },
      ...{ 'Lambda::Function': 1, 'Logs::LogGroup': 1, 'IAM::Role': 1, 'IAM::Policy': 1, 'CloudWatch::Alarm': 4 },
    })
    expect(names(template)).toEqual(['plinth-dead', ...['ingest-normal', 'embed-normal'].map((name) => `plinth-rag-${name}`)])
    for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Logs::LogGroup'])
      for (const [id] of ofType(template, type)) expect(template.Resources[id]?.DeletionPolicy, id).toBe('Retain')
    expect(made.alarms).toHaveLength(4)
    expect(JSON.stringify(roleStatements(template))).not.toContain('bedrock')
  })

  it('takes what is there already, makes nothing in its place, and lets the relay send', () => {
    const { template } = alone((stack) => ({
      existing: existingIn(stack),
    }))
    for (const type of ['DynamoDB::Table', 'S3::Bucket', 'KMS::Key']) expect(ofType(template, `AWS::${type}`)).toEqual([])
    expect(names(template)).toHaveLength(2)
    // The dead letters' alarm is that of whoever made them.
    expect(ofType(template, 'AWS::CloudWatch::Alarm')).toHaveLength(3)
    for (const [, { RedrivePolicy }] of ofType(template, 'AWS::SQS::Queue'))
      expect(RedrivePolicy).toEqual({ deadLetterTargetArn: arn('sqs', 'plinth-dead'), maxReceiveCount: 1_000 })
    expect(variablesIn(template, 'document-worker')).toMatchObject({ PLINTH_TABLE: 'rows', PLINTH_BUCKET: 'own-objects' })
    const statements = roleStatements(template)
    const granted = JSON.stringify(statements)
    for (const part of ['table/rows', 'own-objects', arn('kms', 'key/1'), arn('sqs', 'plinth-dead')])
      expect(granted).toContain(part)
    const [relay, ...more] = statements.filter(({ where }) => where.startsWith('RelayRole'))
    expect([relay?.actions, relay?.resources.length, more]).toEqual([['sqs:GetQueueUrl', 'sqs:SendMessage'], 2, []])
  })

  it.each<[string, RagProps, RegExp]>([
    ['no model for vectors', { embeddingModels: [] }, /^embeddingModels/],
    ['a wildcard for one', { embeddingModels: ['amazon.titan-*'] }, /^embeddingModels.*amazon\.titan-\*/],
    ['a concurrency that SQS does not take', { functions: { concurrency: 1 } }, /^functions\.concurrency/],
    ['a concurrency in parts', { functions: { concurrency: 2.5 } }, /^functions\.concurrency/],
    ['a concurrency beyond that of SQS', { functions: { concurrency: 1_001 } }, /^functions\.concurrency/],
    ['less reserved than the queues call', { functions: { reservedConcurrency: 19 } }, /^functions\.reservedConcurrency.*20/],
    [
      'a variable that is its own',
      { functions: { environment: { PLINTH_PATTERNS: 'rag' } } },
      /^functions\.environment.*PLINTH_PATTERNS/,
    ],
  ])('refuses %s, and names it', (_, props, words) => {
    expect(() => alone(() => props)).toThrow(words)
  })
})

describe('its props', () => {
  const { made, template } = alone(
    (stack) => ({
      embeddingModels: ['cohere.embed-english-v3'],
      functions: {
        ...functionOptionsIn(stack),
        concurrency: 20,
      },
      alarmTopic: Topic.fromTopicArn(stack, 'Topic', arn('sns', 'alarms')),
      removalPolicy: RemovalPolicy.DESTROY,
    }),
    (rag, stack) => {
      const helper = new Role(stack, 'Helper', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
      rag.grantSendJobs(helper)
      rag.grantRedriveJobs(helper)
    },
  )

  it('reach the function', () => {
    const [[, properties] = ['', {}]] = ofType(template, 'AWS::Lambda::Function')
    expect(properties).toMatchObject({ ReservedConcurrentExecutions: 100, Timeout: 900, MemorySize: 2_048 })
    expect(properties.VpcConfig).toBeTruthy()
    expect(variablesIn(template, 'document-worker')).toMatchObject({
      PLINTH_SEARCH: 'segments',
      PLINTH_EMBEDDING_MODEL: 'bedrock/cohere.embed-english-v3',
      PLINTH_PATTERNS: 'rag',
    })
    for (const [, { ScalingConfig }] of ofType(template, 'AWS::Lambda::EventSourceMapping'))
      expect(ScalingConfig).toEqual({ MaximumConcurrency: 20 })
    const models = roleStatements(template).filter(({ actions }) => actions.some((action) => action.startsWith('bedrock:')))
    expect(models.map(({ actions, resources }) => [actions, resources.map((one) => resolved(template, one))])).toEqual([
      [['bedrock:InvokeModel'], ['arn:aws:bedrock:eu-central-1::foundation-model/cohere.embed-english-v3']],
    ])
  })

  it('and everything else', () => {
    for (const [id, { AlarmActions, OKActions }] of ofType(template, 'AWS::CloudWatch::Alarm'))
      expect([AlarmActions, OKActions], id).toEqual([[arn('sns', 'alarms')], [arn('sns', 'alarms')]])
    for (const [, { RetentionInDays }] of ofType(template, 'AWS::Logs::LogGroup')) expect(RetentionInDays).toBe(7)
    for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Logs::LogGroup'])
      for (const [id] of ofType(template, type)) expect(template.Resources[id]?.DeletionPolicy, id).toBe('Delete')
  })

  it('grants and metrics', () => {
    const granted = roleStatements(template).filter(({ roles }) => roles.some((role) => role.startsWith('Helper')))
    expect(new Set(granted.flatMap(({ actions }) => actions))).toEqual(
      new Set(
        ['ReceiveMessage', 'ChangeMessageVisibility', 'GetQueueUrl', 'DeleteMessage', 'GetQueueAttributes', 'SendMessage'].map(
          (action) => `sqs:${action}`,
        ),
      ),
    )
    for (const { resources } of granted) expect(resources).not.toContain('*')
    for (const metric of [made.metricDeadJobs(), made.metricOldestJob('rag.ingest')]) expect(metric.toMetricConfig()).toBeTruthy()
    expect(() => made.metricOldestJob('event-driven.process')).toThrow('There is no job event-driven.process.')
  })
})

describe('in the whole stack', () => {
  const template = templateOf(plinthStack())
  const without = templateOf(plinthStack({ rag: false }))

  it('documents wait an hour at most before an alarm goes off, and what ends in the dead letters has one', () => {
    const waits = ofType(template, 'AWS::CloudWatch::Alarm').filter(([id]) => /^Rag.*waits/.test(id))
    expect(waits.map(([, { Threshold }]) => Threshold)).toEqual([3_600, 3_600])
    expect(names(template).filter((name) => name === 'plinth-dead')).toHaveLength(1)
  })

  it('the function has the keys of tenants, and may reach what tenants may not', () => {
    const [, { Role: role }] = functionOf(template, 'document-worker')
    const [worker = ''] = (role as { 'Fn::GetAtt': [string] })['Fn::GetAtt']
    const keys = roleStatements(template).filter(
      ({ roles, resources }) => roles.includes(worker) && resources.some((one) => /:key\/\*$/.test(resolved(template, one))),
    )
    expect(keys.flatMap(({ actions }) => actions)).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:Encrypt']))
    const [[, table] = ['', {}]] = ofType(template, 'AWS::DynamoDB::Table')
    expect(JSON.stringify(table.ResourcePolicy)).toContain(worker)
  })

  it('without it there are no queues and no function for documents, and the API knows none either', () => {
    expect(Object.keys(without.Resources).filter((id) => id.startsWith('Rag'))).toEqual([])
    expect(JSON.stringify(without)).not.toContain('plinth-rag')
    const word = (name: HandlerName) => variablesIn(without, name).PLINTH_PATTERNS
    for (const name of ['api', 'relay', 'sweeper'] as const)
      expect(word(name), name).toBe('event-driven,multi-tenant,multi-agent,analytics')
    expect(word('request-worker')).toBe('event-driven,multi-tenant')
    expect(variablesIn(template, 'api').PLINTH_PATTERNS).toBe('event-driven,multi-tenant,rag,multi-agent,analytics')
    // A stack says which patterns there are, whatever the functions were to be told.
    const asked = templateOf(
      plinthStack({ rag: false, props: { functions: { patterns: ['event-driven', 'multi-tenant', 'rag'] } } }),
    )
    expect(variablesIn(asked, 'api').PLINTH_PATTERNS).toBe('event-driven,multi-tenant,multi-agent,analytics')
  })

  it('[R20] waiting costs less than a dollar a month for it', () => {
    const [whole, less] = [idleCost(template), idleCost(without)]
    // But for its dashboard.
    const cost = whole.usd - less.usd - (whole.dashboardsUsd - less.dashboardsUsd)
    expect(cost).toBeGreaterThan(0)
    expect(cost).toBeLessThan(1)
  })
})
