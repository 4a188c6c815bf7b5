import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { RestApi, Stage } from 'aws-cdk-lib/aws-apigateway'
import { AttributeType, type ITable, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Role } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, it } from 'vitest'
import { siloKeyAlias } from '../../core/src/scope/data-keys.ts'
import { idleCost, SecureMultiTenant, type SecureMultiTenantProps } from '../src/index.ts'
import { tenantKeyAliases } from '../src/tenant-keys.ts'
import { account, arn, synthesiseAlone } from './support/alone.ts'
import { functionOf } from './support/functions.ts'
import { resolved } from './support/intrinsics.ts'
import { isAllowed } from './support/policy-evaluator.ts'
import { resourceStatements, roleStatements, type Statement } from './support/statements.ts'
import { countsOf, ofType, plinthStack, templateOf } from './support/synthesised.ts'

const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`

/** A stack with the construct alone. */
function alone(props: (stack: Stack) => SecureMultiTenantProps, use: (made: SecureMultiTenant, stack: Stack) => void = () => {}) {
  return synthesiseAlone((stack) => {
    const made = new SecureMultiTenant(stack, 'MultiTenant', props(stack))
    use(made, stack)
    return made
  })
}

function stageOf(stack: Stack) {
  const restApi = RestApi.fromRestApiId(stack, 'Api', 'a1b2c3')
  return Stage.fromStageAttributes(stack, 'Stage', { restApi, stageName: 'v2' })
}

describe('the construct', () => {
  it('has no required props, and seven at the most', () => {
    const props: Required<{ [Name in keyof SecureMultiTenantProps]: true }> = {
      existing: true,
      waf: true,
      operators: true,
      logRetention: true,
      alarmTopic: true,
      removalPolicy: true,
    }
    expect(Object.keys(props).length).toBeLessThanOrEqual(7)
  })

  it('[R114] by itself makes where tenants keep their data, with its guards, and no web ACL, as there is no API', () => {
    const { made, template } = alone(() => ({}))
    expect(countsOf(template)).toEqual({ 'DynamoDB::Table': 1, 'KMS::Key': 1, 'S3::Bucket': 1, 'S3::BucketPolicy': 1 })
    expect([made.webAcl, made.alarms]).toEqual([undefined, []])
    const [[, table] = ['', {}]] = ofType(template, 'AWS::DynamoDB::Table')
    expect(table.ResourcePolicy).toBeTruthy()
  })

  it('takes what is there already, and makes nothing in its place', () => {
    const { made, template } = alone(
      (stack) => ({
        existing: {
          table: Table.fromTableArn(stack, 'Table', arn('dynamodb', 'table/rows')),
          bucket: Bucket.fromBucketName(stack, 'Bucket', 'own-objects'),
          key: Key.fromKeyArn(stack, 'Key', arn('kms', 'key/1')),
          stage: stageOf(stack),
        },
      }),
      (multiTenant, stack) => multiTenant.grantTenantData(Role.fromRoleArn(stack, 'Reports', roleArn('reports'))),
    )
    expect(countsOf(template)).toEqual({
      ...{ 'WAFv2::WebACL': 1, 'WAFv2::WebACLAssociation': 1, 'WAFv2::LoggingConfiguration': 1, 'Logs::LogGroup': 1 },
      // The second policy is that of the role which may take the other on.
      ...{ 'CloudWatch::Alarm': 1, 'IAM::Role': 1, 'IAM::Policy': 2 },
    })
    const [[, { ResourceArn }] = ['', {}]] = ofType(template, 'AWS::WAFv2::WebACLAssociation')
    expect(resolved(template, ResourceArn)).toBe('arn:aws:apigateway:eu-central-1::/restapis/a1b2c3/stages/v2')
    const resources = roleStatements(template).flatMap((statement) => statement.resources.map((one) => resolved(template, one)))
    for (const part of [arn('dynamodb', 'table/rows'), 'arn:aws:s3:::own-objects', arn('kms', 'key/1')])
      expect(resources).toContain(part)
    expect(made.metricBlockedRequests('rate').toMetricConfig().metricStat?.dimensions).toContainEqual({
      name: 'Rule',
      value: expect.stringMatching(/-rate$/),
    })
    expect(() => made.metricRefusedTokens()).toThrow('There is no authorizer.')
  })

  it('[X67] a table and a bucket of CDK that are brought get the guards', () => {
    const { template } = alone((stack) => {
      const table = new Table(stack, 'Table', { partitionKey: { name: 'pk', type: AttributeType.STRING } })
      return { existing: { table: table as ITable, bucket: new Bucket(stack, 'Bucket') as IBucket } }
    })
    const guarded = resourceStatements(template).map(({ where, effect }) => [where.replace(/[0-9A-F]{8}$/, ''), effect])
    expect(guarded.filter(([where]) => where === 'Table')).toHaveLength(2)
    expect(guarded.filter(([where]) => where === 'BucketPolicy')).toHaveLength(2)
  })

  it('refuses a web ACL before nothing, and names it', () => {
    expect(() => alone(() => ({ waf: { requestsPerFiveMinutes: 100 } }))).toThrow(/^waf needs existing\.stage/)
  })

  it.each<[string, NonNullable<SecureMultiTenantProps['waf']>, RegExp]>([
    ['a rate that WAF does not know', { requestsPerFiveMinutes: 9 }, /^waf\.requestsPerFiveMinutes/],
    ['a rate in parts', { requestsPerFiveMinutes: 10.5 }, /^waf\.requestsPerFiveMinutes/],
    ['a rate beyond that of WAF', { requestsPerFiveMinutes: 3_000_000_000 }, /^waf\.requestsPerFiveMinutes/],
    ['a rule before ours', { rules: [rule(99)] }, /^waf\.rules/],
    ['two rules of one priority', { rules: [rule(100), rule(100)] }, /^waf\.rules/],
  ])('refuses %s, and names it', (_, waf, words) => {
    expect(() => plinthStack({ multiTenant: { waf } })).toThrow(words)
  })

  it.each([[[]], [['acme', '_system']], [['Acme']], [['*']], [['']]])(
    'grants nothing for what no tenant is named: %j',
    (tenants) => {
      const grant = () =>
        alone(
          () => ({}),
          (multiTenant, stack) => multiTenant.grantTenantData(Role.fromRoleArn(stack, 'Reports', roleArn('reports')), tenants),
        )
      expect(grant).toThrow(/^tenants must be/)
    },
  )
})

describe('its props', () => {
  const { app, stack } = plinthStack({
    props: { removalPolicy: RemovalPolicy.DESTROY, functions: { logRetention: RetentionDays.ONE_WEEK } },
    multiTenant: {
      waf: { requestsPerFiveMinutes: 500, rules: [rule(100)] },
    },
  })
  const template = templateOf({ app, stack })
  const [[, acl] = ['', {}]] = ofType(template, 'AWS::WAFv2::WebACL')
  const rules = acl.Rules as readonly { Name: string; Statement: object }[]

  it('waf: the rate, and rules of the account after ours', () => {
    expect(rules[0]?.Statement).toMatchObject({ RateBasedStatement: { Limit: 500 } })
    expect(rules.map(({ Name }) => Name).slice(-1)).toEqual(['own'])
  })

  it('retention and removal policy are those of the whole stack', () => {
    const logs = ofType(template, 'AWS::Logs::LogGroup').filter(([id]) => id.startsWith('MultiTenant'))
    expect(logs.map(([id, { RetentionInDays }]) => [RetentionInDays, template.Resources[id]?.DeletionPolicy])).toEqual([
      [7, 'Delete'],
    ])
  })

  it('alarmTopic: of the whole stack, or its own', () => {
    const topics = (multiTenant: string | undefined) => {
      const made = plinthStack()
      const topic = (name: string) => Topic.fromTopicArn(made.stack, name, arn('sns', name))
      const own = new SecureMultiTenant(made.stack, 'Own', {
        existing: { stage: made.stack.eventDriven.api.deploymentStage, functions: made.stack.eventDriven.functions },
        ...(multiTenant !== undefined && { alarmTopic: topic(multiTenant) }),
      })
      expect(own.alarms).toHaveLength(2)
      return ofType(templateOf(made), 'AWS::CloudWatch::Alarm')
        .filter(([id]) => id.startsWith('Own'))
        .flatMap(([, { AlarmActions = [], OKActions = [] }]) => [AlarmActions, OKActions].flat())
    }
    expect(topics(undefined)).toEqual([])
    expect(topics('security')).toEqual(Array(4).fill(arn('sns', 'security')))
    const whole = plinthStack({ props: { alarmTopic: Topic.fromTopicArn(new Stack(), 'Topic', arn('sns', 'alarms')) } })
    for (const [id, { AlarmActions }] of ofType(templateOf(whole), 'AWS::CloudWatch::Alarm'))
      expect(AlarmActions, id).toEqual([arn('sns', 'alarms')])
  })

  it('[X67] operators: table and bucket refuse everybody else, whatever allows it, but AWS itself', () => {
    const made = plinthStack({ multiTenant: { operators: [Role.fromRoleArn(new Stack(), 'Admin', roleArn('admin'))] } })
    const reports = Role.fromRoleArn(made.stack, 'Reports', roleArn('reports'))
    made.stack.multiTenant?.grantTenantData(reports)
    const template = templateOf(made)
    const idOf = (type: string, start = '') => ofType(template, type).find(([id]) => id.startsWith(start))?.[0] ?? ''
    const arnOf = (id: string) => resolved(template, { 'Fn::GetAtt': [id, 'Arn'] })
    const everything: Statement = {
      ...{ where: '', roles: [], effect: 'Allow', actions: ['*'], conditions: undefined },
      ...{ resources: ['*'], notResources: [] },
    }
    const guards = resourceStatements(template).filter(({ where }) => /Table|Bucket/.test(where))
    const may = (action: string, resource: string, context: Record<string, string>) =>
      isAllowed(template, [everything, ...guards], { action, resource, context: { 'aws:SecureTransport': 'true', ...context } })
    const [table, bucket] = [arnOf(idOf('AWS::DynamoDB::Table')), `${arnOf(idOf('AWS::S3::Bucket'))}/acme/x`]
    const functions = ofType(template, 'AWS::IAM::Role').filter(([id]) => /^EventDrivenFunctions|^BedrockExecution/.test(id))
    expect(functions).toHaveLength(5)
    const allowed = [
      roleArn('admin'),
      ...functions.map(([id]) => arnOf(id)),
      arnOf(idOf('AWS::IAM::Role', 'MultiTenantTenantRole')),
    ]
    for (const [action, resource] of [
      ['dynamodb:GetItem', table],
      ['dynamodb:Scan', table],
      ['s3:GetObject', bucket],
      ['s3:DeleteObject', bucket],
    ] as const) {
      for (const principal of allowed) expect(may(action, resource, { 'aws:PrincipalArn': principal }), principal).toBe(true)
      const other = { 'aws:PrincipalArn': roleArn('somebody') }
      expect(may(action, resource, other), action).toBe(false)
      expect(may(action, resource, { ...other, 'aws:PrincipalIsAWSService': 'true' }), action).toBe(true)
    }
    // What keeps an administrator from being locked out for good.
    expect(may('dynamodb:PutResourcePolicy', table, { 'aws:PrincipalArn': roleArn('somebody') })).toBe(true)
  })

  it('waf: false leaves the web ACL out, multiTenant: false all of it', () => {
    const without = plinthStack({ multiTenant: { waf: false } })
    const template = templateOf(without)
    expect(Object.keys(countsOf(template)).filter((type) => type.startsWith('WAFv2'))).toEqual([])
    expect(Object.keys(template.Outputs).filter((name) => name.startsWith('WebAcl'))).toEqual([])
    expect(without.stack.multiTenant?.alarms).toHaveLength(1)
    expect(() => without.stack.multiTenant?.metricBlockedRequests()).toThrow('There is no web ACL.')
    const none = templateOf(plinthStack({ multiTenant: false }))
    expect(Object.keys(none.Resources).filter((id) => id.startsWith('MultiTenant'))).toEqual([])
    expect(JSON.stringify(roleStatements(none))).not.toContain('kms:CreateKey')
  })
})

describe('in the whole stack', () => {
  const template = templateOf(plinthStack())

  it('[X70] its outputs say where the web ACL and its log are', () => {
    expect(Object.keys(template.Outputs)).toEqual(expect.arrayContaining(['WebAclArn', 'WebAclLogName']))
  })

  it('an alarm tells of many refused tokens, and one refused token wakes nobody', () => {
    const [authorizer] = functionOf(template, 'authorizer')
    const errors = ofType(template, 'AWS::CloudWatch::Alarm').filter(
      ([, { MetricName, Dimensions }]) => MetricName === 'Errors' && JSON.stringify(Dimensions).includes(authorizer),
    )
    expect(
      errors.map(([id, { Threshold, Statistic }]) => [id.startsWith('MultiTenantRefusedTokens'), Threshold, Statistic]),
    ).toEqual([[true, 100, 'Sum']])
  })

  it('[R20] a web ACL is most of what waiting costs, told apart, and can be left out', () => {
    const cost = idleCost(template)
    expect(cost.lines.filter(({ what }) => what.includes('web ACL'))).toEqual([
      { what: 'web ACLs', count: 1, usd: 5 },
      { what: 'rules of web ACLs', count: 5, usd: 5 },
    ])
    expect(cost.wafUsd).toBe(10)
    const without = idleCost(templateOf(plinthStack({ multiTenant: { waf: false } })))
    expect([without.wafUsd, without.lines.filter(({ what }) => what.includes('web ACL'))]).toEqual([0, []])
    // The web ACL and its alarm.
    expect(cost.usd - without.usd).toBeCloseTo(10.1)
  })

  it('[R106] the names of keys are those that the platform asks for', () => {
    expect(tenantKeyAliases).toBe(siloKeyAlias('*'))
  })
})

function rule(priority: number) {
  return {
    priority,
    name: 'own',
    statement: { geoMatchStatement: { countryCodes: ['AQ'] } },
    action: { block: {} },
    visibilityConfig: { metricName: 'own', cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false },
  }
}
