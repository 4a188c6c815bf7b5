import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib'
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, it } from 'vitest'
import { idleCost, MultiAgentOrchestration, type MultiAgentOrchestrationProps } from '../src/index.ts'
import { arn, existingIn, functionOptionsIn, stackAlone, synthesiseAlone } from './support/alone.ts'
import { functionOf, variablesIn } from './support/functions.ts'
import { resolved } from './support/intrinsics.ts'
import { definitionOf } from './support/state-machine.ts'
import { resourceStatements, roleStatements } from './support/statements.ts'
import { countsOf, handlerFolder, ofType, plinthStack, type Template, templateOf } from './support/synthesised.ts'

const folder = handlerFolder()

/** A stack with the construct alone. */
function alone(
  props: (stack: Stack) => MultiAgentOrchestrationProps = () => ({}),
  use: (made: MultiAgentOrchestration, stack: Stack) => void = () => {},
) {
  return synthesiseAlone((stack) => {
    const { functions, ...rest } = props(stack)
    const made = new MultiAgentOrchestration(stack, 'MultiAgent', { functions: { handlerFolder: folder, ...functions }, ...rest })
    use(made, stack)
    return made
  })
}

const names = (template: Template) =>
  ofType(template, 'AWS::SQS::Queue').flatMap(([, { QueueName }]) => (QueueName === undefined ? [] : [QueueName]))

describe('the construct', () => {
  it('has no required props, and seven at the most', () => {
    const props: Required<{ [Name in keyof MultiAgentOrchestrationProps]: true }> = {
      existing: true,
      models: true,
      embeddingModels: true,
      functions: true,
      executions: true,
      alarmTopic: true,
      removalPolicy: true,
    }
    expect(Object.keys(props).length).toBeLessThanOrEqual(7)
  })

  it('[X70] by itself makes where runs are kept, what runs them, what others start them by, places for what fails, and alarms [R68, G3]', () => {
    const { made, template } = alone()
    expect(countsOf(template)).toEqual({
      ...{
        'DynamoDB::Table': 1,
        'S3::Bucket': 1,
        'S3::BucketPolicy': 1,
        'KMS::Key': 1,
        'Events::EventBus': 1,
        'Events::Rule': 1,
      },
      ...{ 'SQS::Queue': 5, 'SQS::QueuePolicy': 5, 'Lambda::EventSourceMapping': 3, 'StepFunctions::StateMachine': 1 },
      ...{ 'Lambda::Function': 2, 'Logs::LogGroup': 2, 'IAM::Role': 3, 'IAM::Policy': 3, 'CloudWatch::Alarm': 6 },
    })
    expect(names(template)).toEqual([
      'plinth-dead',
      ...['advance-high', 'advance-normal'].map((name) => `plinth-multi-agent-${name}`),
    ])
    for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Logs::LogGroup'])
      for (const [id] of ofType(template, type)) expect(template.Resources[id]?.DeletionPolicy, id).toBe('Retain')
    expect(made.alarms).toHaveLength(6)
  })

  it('takes what is there already, makes nothing in its place, and lets the relay send', () => {
    const { template } = alone((stack) => ({
      existing: {
        ...existingIn(stack),
        bus: EventBus.fromEventBusArn(stack, 'Bus', arn('events', 'event-bus/own')) as IEventBus,
      },
    }))
    for (const type of ['DynamoDB::Table', 'S3::Bucket', 'KMS::Key', 'Events::EventBus'])
      expect(ofType(template, `AWS::${type}`)).toEqual([])
    expect(names(template)).toHaveLength(2)
    // The dead letters' alarm is that of whoever made them.
    expect(ofType(template, 'AWS::CloudWatch::Alarm')).toHaveLength(5)
    const [[, { EventBusName }] = ['', {}]] = ofType(template, 'AWS::Events::Rule')
    expect(EventBusName).toBe('own')
    expect(variablesIn(template, 'workflow-worker')).toMatchObject({ PLINTH_TABLE: 'rows', PLINTH_BUCKET: 'own-objects' })
    const [relay, ...more] = roleStatements(template).filter(({ where }) => where.startsWith('RelayRole'))
    expect([relay?.actions, relay?.resources.length, more]).toEqual([['sqs:GetQueueUrl', 'sqs:SendMessage'], 2, []])
  })

  it('without a state machine there is no function for it, no queue, no rule, and nothing to grant', () => {
    const { made, template } = alone(() => ({ executions: false }))
    expect(countsOf(template)).toMatchObject({ 'Lambda::Function': 1, 'SQS::Queue': 3, 'CloudWatch::Alarm': 3 })
    for (const type of ['StepFunctions::StateMachine', 'Events::Rule']) expect(ofType(template, `AWS::${type}`)).toEqual([])
    expect(JSON.stringify(roleStatements(template))).not.toMatch(/secretsmanager|states:/)
    expect(() => made.metricFailedExecutions()).toThrow('There is no state machine.')
    expect(() =>
      made.grantStartExecution(new Role(stackAlone(), 'R', { assumedBy: new ServicePrincipal('x.amazonaws.com') })),
    ).toThrow('There is no state machine.')
  })

  it.each<[string, MultiAgentOrchestrationProps, RegExp]>([
    ['no model', { models: [] }, /^models/],
    ['a wildcard for one', { models: ['amazon.nova-*'] }, /^models.*amazon\.nova-\*/],
    ['no model for vectors', { embeddingModels: [] }, /^embeddingModels/],
    ['a concurrency that leaves a lane without', { functions: { concurrency: 5 } }, /^functions\.concurrency/],
    ['less reserved than the queues call', { functions: { reservedConcurrency: 49 } }, /^functions\.reservedConcurrency.*50/],
    ['a wait of no time', { executions: { timeout: Duration.seconds(59) } }, /^executions\.timeout/],
    [
      'a wait longer than Step Functions keeps an execution',
      { executions: { timeout: Duration.days(366) } },
      /^executions\.timeout/,
    ],
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
      models: ['amazon.nova-lite-v1:0'],
      embeddingModels: ['cohere.embed-english-v3'],
      functions: {
        ...functionOptionsIn(stack),
        concurrency: 12,
      },
      executions: { timeout: Duration.hours(2) },
      alarmTopic: Topic.fromTopicArn(stack, 'Topic', arn('sns', 'alarms')),
      removalPolicy: RemovalPolicy.DESTROY,
    }),
    (agents, stack) => {
      const helper = new Role(stack, 'Helper', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
      agents.grantSendJobs(helper)
      agents.grantRedriveJobs(helper)
      agents.grantStartExecution(helper)
    },
  )

  it('reach the functions', () => {
    const [, worker] = functionOf(template, 'workflow-worker')
    expect(worker).toMatchObject({ ReservedConcurrentExecutions: 100, Timeout: 900, MemorySize: 1_024 })
    expect(worker.VpcConfig).toBeTruthy()
    expect(functionOf(template, 'execution-worker')[1]).not.toHaveProperty('ReservedConcurrentExecutions')
    for (const name of ['workflow-worker', 'execution-worker'] as const)
      expect(variablesIn(template, name)).toMatchObject({
        PLINTH_SEARCH: 'segments',
        PLINTH_MODEL: 'bedrock/amazon.nova-lite-v1:0',
        PLINTH_EMBEDDING_MODEL: 'bedrock/cohere.embed-english-v3',
        PLINTH_PATTERNS: 'multi-agent',
      })
    const models = roleStatements(template).filter(({ actions }) => actions.some((action) => action.startsWith('bedrock:')))
    expect(models.map(({ resources }) => resources.map((one) => resolved(template, one)))).toEqual([
      ['arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0'],
      ['arn:aws:bedrock:eu-central-1::foundation-model/cohere.embed-english-v3'],
    ])
  })

  it('and everything else', () => {
    const batches = ofType(template, 'AWS::Lambda::EventSourceMapping').map(([, mapping]) => [
      mapping.BatchSize,
      (mapping.ScalingConfig as { MaximumConcurrency: number }).MaximumConcurrency,
    ])
    // Runs by lane, one at a time; and executions.
    expect(batches.toSorted()).toEqual([
      [1, 4],
      [1, 8],
      [10, 10],
    ])
    for (const [id, { AlarmActions, OKActions }] of ofType(template, 'AWS::CloudWatch::Alarm'))
      expect([AlarmActions, OKActions], id).toEqual([[arn('sns', 'alarms')], [arn('sns', 'alarms')]])
    for (const [, { RetentionInDays }] of ofType(template, 'AWS::Logs::LogGroup')) expect(RetentionInDays).toBe(7)
    for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Logs::LogGroup'])
      for (const [id] of ofType(template, type)) expect(template.Resources[id]?.DeletionPolicy, id).toBe('Delete')
  })

  it('grants and metrics', () => {
    const granted = roleStatements(template).filter(({ roles }) => roles.some((role) => role.startsWith('Helper')))
    expect(granted.find(({ actions }) => actions.includes('states:StartExecution'))?.resources).toEqual([
      { Ref: expect.stringContaining('StateMachine') },
    ])
    for (const { resources } of granted) expect(resources).not.toContain('*')
    for (const metric of [made.metricDeadJobs(), made.metricOldestJob('multi-agent.advance'), made.metricFailedExecutions()])
      expect(metric.toMetricConfig()).toBeTruthy()
    expect(() => made.metricOldestJob('rag.ingest')).toThrow('There is no job rag.ingest.')
  })

  it('the state machine waits for so long, cancels then, and fails [R48]', () => {
    const { StartAt, States } = definitionOf(template)
    expect([StartAt, Object.keys(States).sort()]).toEqual(['Run', ['Cancel', 'Run', 'TimedOut']])
    expect(States.Run).toMatchObject({
      Type: 'Task',
      TimeoutSeconds: 7_200,
      Parameters: {
        MessageBody: { task: 'start', 'token.$': '$$.Task.Token', 'execution.$': '$$.Execution.Id', 'input.$': '$' },
      },
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Cancel' }],
      End: true,
    })
    expect(States.Run?.Resource).toMatch(/:states:::sqs:sendMessage\.waitForTaskToken$/)
    expect(States.Cancel).toMatchObject({
      Parameters: { MessageBody: { task: 'cancel', 'execution.$': '$$.Execution.Id', input: { 'tenant_id.$': '$.tenant_id' } } },
      Next: 'TimedOut',
    })
    expect(States.TimedOut).toMatchObject({ Type: 'Fail', Error: 'WorkflowTimedOut' })
  })
})

describe('in the whole stack', () => {
  const template = templateOf(plinthStack())
  const without = templateOf(plinthStack({ multiAgent: false }))

  it('the end of a workflow, and nothing else on the bus, goes to the queue of executions, which keeps apart what fails', () => {
    const [, rule] = ofType(template, 'AWS::Events::Rule').find(([id]) => id.startsWith('MultiAgent')) ?? ['', {}]
    expect(rule.EventPattern).toEqual({ source: ['genai.service'], 'detail-type': ['genai.workflow.finished'] })
    const [target] = rule.Targets as { Arn: { 'Fn::GetAtt': [string] }; DeadLetterConfig: { Arn: unknown } }[]
    const [queue = ''] = target?.Arn['Fn::GetAtt'] ?? []
    expect(template.Resources[queue]?.Properties).toMatchObject({
      VisibilityTimeout: 300,
      RedrivePolicy: { deadLetterTargetArn: target?.DeadLetterConfig.Arn, maxReceiveCount: 5 },
    })
    const [, { Timeout }] = functionOf(template, 'execution-worker')
    expect(6 * Number(Timeout)).toBeLessThanOrEqual(300)
    const [, mapping] = ofType(template, 'AWS::Lambda::EventSourceMapping').find(([id]) => id.includes('executionworker')) ?? [
      '',
      {},
    ]
    expect(mapping).toMatchObject({
      EventSourceArn: target?.Arn,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
    // Nobody but the rule and, by its role, the state machine puts anything there.
    const allowed = resourceStatements(template).filter(
      ({ where, effect }) => where.includes('ExecutionsQueue') && effect === 'Allow',
    )
    for (const { principal } of allowed) expect(principal).toEqual({ Service: 'events.amazonaws.com' })
  })

  it('the functions have the keys of tenants, and may reach what tenants may not', () => {
    const [[, table] = ['', {}]] = ofType(template, 'AWS::DynamoDB::Table')
    for (const name of ['workflow-worker', 'execution-worker'] as const) {
      const [, { Role: role }] = functionOf(template, name)
      const [worker = ''] = (role as { 'Fn::GetAtt': [string] })['Fn::GetAtt']
      const keys = roleStatements(template).filter(
        ({ roles, resources }) => roles.includes(worker) && resources.some((one) => /:key\/\*$/.test(resolved(template, one))),
      )
      expect(keys.flatMap(({ actions }) => actions)).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:Encrypt']))
      expect(JSON.stringify(table.ResourcePolicy)).toContain(worker)
    }
  })

  it('without it nothing of it is there, and the API knows no workflows', () => {
    expect(Object.keys(without.Resources).filter((id) => id.startsWith('MultiAgent'))).toEqual([])
    expect(JSON.stringify(without)).not.toMatch(/plinth-multi-agent|workflow-keys/)
    for (const name of ['api', 'relay', 'sweeper'] as const)
      expect(variablesIn(without, name).PLINTH_PATTERNS, name).toBe('event-driven,multi-tenant,rag,analytics')
    expect(Object.keys(without.Outputs)).not.toContain('WorkflowStateMachineArn')
    expect(Object.keys(template.Outputs)).toEqual(
      expect.arrayContaining(['WorkflowStateMachineArn', 'ExecutionDeadLetterQueueUrl']),
    )
  })

  it('[R20] waiting costs less than 1.50 USD a month for it', () => {
    const [whole, less] = [idleCost(template), idleCost(without)]
    // But for its dashboard.
    const cost = whole.usd - less.usd - (whole.dashboardsUsd - less.dashboardsUsd)
    expect(cost).toBeGreaterThan(0)
    expect(cost).toBeLessThan(1.5)
  })
})
