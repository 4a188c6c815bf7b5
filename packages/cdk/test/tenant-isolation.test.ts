import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { describe, expect, it } from 'vitest'
import { eventsKey, listKey, partitionKey } from '../../aws/src/table-keys.ts'
import type { HandlerName } from '../src/handlers.ts'
import { resolved } from './support/intrinsics.ts'
import { type Access, isAllowed } from './support/policy-evaluator.ts'
import { resourceStatements, roleStatements, type Statement } from './support/statements.ts'
import { ofType, plinthStack, templateOf } from './support/synthesised.ts'

const made = plinthStack()
const { multiTenant } = made.stack
if (!multiTenant) throw new Error('There is no SecureMultiTenant.')
const assumedBy = new ServicePrincipal('ecs-tasks.amazonaws.com')
const reports = new Role(made.stack, 'Reports', { assumedBy })
const exports = new Role(made.stack, 'Exports', { assumedBy })
multiTenant.grantTenantData(reports)
multiTenant.grantTenantData(exports, ['acme', 'globex'])
const template = templateOf(made)

const idOf = (type: string) => ofType(template, type)[0]?.[0] ?? ''
const arnOf = (id: string) => resolved(template, { 'Fn::GetAtt': [id, 'Arn'] })
const [table, bucket, pooledKey] = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key'].map((type) => arnOf(idOf(type)))
const roleId = (start: string) =>
  ofType(template, 'AWS::IAM::Role').find(([id]) => id.startsWith(start))?.[0] ?? `no role ${start}`
const statementsOf = (role: string) => roleStatements(template).filter(({ roles }) => roles.includes(role))
const guardsOf = (type: string) => {
  const ids = ofType(template, type).map(([id]) => id)
  return resourceStatements(template).filter(({ where, effect }) => ids.includes(where) && effect === 'Deny')
}
const guards = [...guardsOf('AWS::DynamoDB::Table'), ...guardsOf('AWS::S3::BucketPolicy')]
const tenantRole = roleId('MultiTenantTenantRole')
const everything: Statement = {
  ...{ where: 'somebody', roles: [], effect: 'Allow', actions: ['*'], conditions: undefined },
  ...{ resources: ['*'], notResources: [] },
}
const tagged = (tenant: string, role = 'arn:aws:iam::111122223333:role/somebody') => ({
  'aws:PrincipalTag/tenant_id': tenant,
  'aws:PrincipalArn': role,
})

const rowOf = (tenant: string) => partitionKey(tenant, 'requests', 'r1')
const rows = (action: string, ...keys: string[]): Access => ({
  action: `dynamodb:${action}`,
  resource: `${table}`,
  ...(keys.length > 0 && { context: { 'dynamodb:LeadingKeys': keys } }),
})
const list = (index: string, key: string): Access => ({ ...rows('Query', key), resource: `${table}/index/${index}` })
const object = (action: string, name: string): Access => ({ action: `s3:${action}`, resource: `${bucket}/${name}` })
const listing = (prefix?: string): Access => ({
  action: 's3:ListBucket',
  resource: `${bucket}`,
  ...(prefix !== undefined && { context: { 's3:prefix': prefix } }),
})
const use = (action: string, resource: string, tenant: string, tag?: string): Access => ({
  action: `kms:${action}`,
  resource,
  context: {
    'kms:EncryptionContext:tenant_id': tenant,
    'kms:EncryptionContextKeys': ['tenant_id', 'field_name'],
    ...(tag !== undefined && { 'aws:ResourceTag/plinth:alias': tag }),
  },
})
const someKey = 'arn:aws:kms:eu-central-1:111122223333:key/0b1d'

const own: readonly (readonly [string, Access])[] = [
  ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem', 'Query', 'BatchGetItem'].map(
    (action) => [action, rows(action, rowOf('acme'))] as const,
  ),
  ['its events', rows('Query', eventsKey('acme'))],
  ['its lists', list('list2', listKey({ tenant: 'acme', collection: 'requests' }, { group: 'all' }))],
  ...['GetObject', 'PutObject', 'DeleteObject'].map((action) => [action, object(action, 'acme/results/r1')] as const),
  ['its names', listing('acme/results/')],
]
const foreign: readonly (readonly [string, Access])[] = [
  ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'].map(
    (action) => [`${action} of another`, rows(action, rowOf('globex'))] as const,
  ),
  ['a row of another beside an own', rows('BatchGetItem', rowOf('acme'), rowOf('globex'))],
  ["a tenant's whose name begins like this one's", rows('GetItem', rowOf('acme-2'))],
  ["the system's rows", rows('GetItem', rowOf('_system'))],
  ['all rows', rows('Scan')],
  ["rows that it doesn't name", rows('Query')],
  ['rows by a statement', rows('PartiQLSelect', rowOf('globex'))],
  ['the lists of another', list('list0', rowOf('globex'))],
  ['all lists', { ...rows('Scan'), resource: `${table}/index/list0` }],
  ['what the relay sends', list('outbox', '0')],
  ['an object of another', object('GetObject', 'globex/results/r1')],
  ["an object of one whose name begins like this one's", object('PutObject', 'acme-2/results/r1')],
  ['content on its way', object('GetObject', '.incoming/1')],
  ['the names of another', listing('globex/')],
  ['all names', listing()],
]

describe('[X67] [R114] who works for one tenant', () => {
  const as = (tenant: string, access: Access): boolean => {
    const context = { ...tagged(tenant, arnOf(tenantRole)), 'aws:SecureTransport': 'true', ...access.context }
    return isAllowed(template, [...statementsOf(tenantRole), ...guards], { ...access, context })
  }

  it.each(own)('may: %s', (_, access) => {
    expect(as('acme', access)).toBe(true)
    expect(as('globex', access)).toBe(false)
  })

  it.each(foreign)('may not, by its own policy and by those of table and bucket: %s', (_, access) => {
    expect(as('acme', access)).toBe(false)
    const context = { ...tagged('acme', arnOf(tenantRole)), ...access.context }
    expect(isAllowed(template, statementsOf(tenantRole), { ...access, context })).toBe(false)
  })

  it('may do nothing at all without a tag', () => {
    for (const [what, access] of own) expect(isAllowed(template, statementsOf(tenantRole), access), what).toBe(false)
  })

  it.each(['Encrypt', 'Decrypt'])(
    "[R106] [R107] %s: with its tenant's key or the pooled one, in its tenant's name alone",
    (action) => {
      const may = (key: string, tenant: string, tag?: string) => as('acme', use(action, key, tenant, tag))
      expect(may(someKey, 'acme', 'alias/tenant-acme-key')).toBe(true)
      expect(may(`${pooledKey}`, 'acme')).toBe(true)
      expect(may(`${pooledKey}`, 'globex')).toBe(false)
      expect(may(someKey, 'acme', 'alias/tenant-globex-key')).toBe(false)
      expect(may(someKey, 'globex', 'alias/tenant-acme-key')).toBe(false)
      expect(may(someKey, 'acme')).toBe(false)
    },
  )

  it('is vouched for by whom the grant names: with the tag, no other tag, and a name that a tenant may have', () => {
    const { AssumeRolePolicyDocument } = template.Resources[tenantRole]?.Properties ?? {}
    const only = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant_id'] } }
    const statement = (role: string, Condition: object) => ({
      Effect: 'Allow',
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Principal: { AWS: { 'Fn::GetAtt': [roleId(role), 'Arn'] } },
      Condition: { ...Condition, ...only },
    })
    expect((AssumeRolePolicyDocument as { Statement: unknown }).Statement).toEqual([
      statement('Reports', {
        StringLike: { 'aws:RequestTag/tenant_id': '?*' },
        StringNotLike: { 'aws:RequestTag/tenant_id': ['_*', '*/*'] },
      }),
      statement('Exports', { StringEquals: { 'aws:RequestTag/tenant_id': ['acme', 'globex'] } }),
    ])
    for (const role of ['Reports', 'Exports']) {
      const given = statementsOf(roleId(role)).map(({ actions, resources }) => [actions, resources])
      expect(given).toEqual([[['sts:AssumeRole', 'sts:TagSession'], [{ 'Fn::GetAtt': [tenantRole, 'Arn'] }]]])
    }
  })

  it('has no role until somebody is granted it', () => {
    const types = ofType(templateOf(plinthStack()), 'AWS::IAM::Role').map(([id]) => id)
    expect(types.filter((id) => id.startsWith('MultiTenant'))).toEqual([])
  })
})

describe('[X67] the table and the bucket themselves', () => {
  const as = (context: Access['context'], access: Access): boolean =>
    isAllowed(template, [everything, ...guards], {
      ...access,
      context: { 'aws:SecureTransport': 'true', ...context, ...access.context },
    })

  it.each(own)("hold whoever carries a tenant's tag to that tenant: %s", (_, access) => {
    expect(as(tagged('acme'), access)).toBe(true)
    expect(as(tagged('globex'), access)).toBe(false)
  })

  it.each(foreign)('refuse, whatever else allows it: %s', (_, access) => {
    expect(as(tagged('acme'), access)).toBe(false)
  })

  it('leave alone who carries no tag, and the functions, though the whole stack be tagged for its bill', () => {
    const server = arnOf(roleId('EventDrivenFunctionsapirole'))
    for (const [what, access] of [...own, ...foreign]) {
      expect(as({ 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/somebody' }, access), what).toBe(true)
      expect(as(tagged('billing', server), access), what).toBe(true)
    }
  })

  it('[R114] the bucket refuses what comes without TLS', () => {
    const [, access] = own.find(([what]) => what === 'GetObject') ?? ['', object('GetObject', 'acme/x')]
    const context = { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/somebody', 'aws:SecureTransport': 'false' }
    expect(as(context, access)).toBe(false)
  })
})

describe('the pooled key itself', () => {
  const keyGuards = guardsOf('AWS::KMS::Key')
  const as = (context: Access['context'], access: Access) =>
    isAllowed(template, [everything, ...keyGuards], { ...access, context: { ...context, ...access.context } })

  it("[R107] [X67] opens for who carries a tenant's tag only what was wrapped in that tenant's name", () => {
    for (const action of ['Encrypt', 'Decrypt', 'GenerateDataKey', 'ReEncryptFrom']) {
      expect(as(tagged('acme'), use(action, `${pooledKey}`, 'acme')), action).toBe(true)
      expect(as(tagged('acme'), use(action, `${pooledKey}`, 'globex')), action).toBe(false)
      expect(as(tagged('acme'), { action: `kms:${action}`, resource: `${pooledKey}` }), action).toBe(false)
    }
  })

  it.each([
    ['7', false],
    ['29', false],
    ['30', true],
  ])('is deleted after thirty days and no sooner: %s', (days, allowed) => {
    const context = { 'kms:ScheduleKeyDeletionPendingWindowInDays': days }
    expect(as(context, { action: 'kms:ScheduleKeyDeletion', resource: `${pooledKey}` })).toBe(allowed)
  })
})

describe('[R106] [X65] the keys of tenants with a key of their own', () => {
  const roles: Readonly<Record<HandlerName, string>> = {
    api: roleId('EventDrivenFunctionsapirole'),
    'request-worker': 'BedrockExecutionRole',
    authorizer: roleId('EventDrivenFunctionsauthorizerrole'),
    relay: roleId('EventDrivenFunctionsrelayrole'),
    sweeper: roleId('EventDrivenFunctionssweeperrole'),
    'document-worker': roleId('RagFunctionsdocumentworkerrole'),
    'workflow-worker': roleId('MultiAgentFunctionsworkflowworkerrole'),
    'execution-worker': roleId('MultiAgentFunctionsexecutionworkerrole'),
    'stream-processor': roleId('AnalyticsFunctionsstreamprocessorrole'),
    'insight-worker': roleId('AnalyticsFunctionsinsightworkerrole'),
  }
  const may = (name: HandlerName, access: Access) => isAllowed(template, statementsOf(roles[name]), access)
  const key = (action: string, context: Access['context'] = {}, resource = someKey): Access => ({
    action: `kms:${action}`,
    resource,
    context,
  })
  const alias = (name: string) => key('CreateAlias', {}, `arn:aws:kms:eu-central-1:111122223333:alias/${name}`)
  const ofTenant = { 'aws:ResourceTag/plinth:alias': 'alias/tenant-acme-key' }
  const ofOthers = { 'aws:ResourceTag/plinth:alias': 'alias/payroll' }
  const tagging = (value: string, ...more: string[]) => ({
    'aws:RequestTag/plinth:alias': value,
    'aws:TagKeys': ['plinth:alias', ...more],
  })
  const sealing = [
    'api',
    'request-worker',
    'document-worker',
    'workflow-worker',
    'execution-worker',
    'stream-processor',
    'insight-worker',
  ] as const
  const lifecycle = ['DescribeKey', 'DisableKey', 'EnableKey', 'GetKeyRotationStatus', 'ListKeyRotations', 'RotateKeyOnDemand']

  it('api makes them with their tag, names, turns, disables and destroys them', () => {
    const name = 'api'
    expect(may(name, key('CreateKey', tagging('alias/tenant-acme-key'), '*'))).toBe(true)
    expect(may(name, key('TagResource', tagging('alias/tenant-acme-key')))).toBe(true)
    expect([may(name, alias('tenant-acme-key')), may(name, key('CreateAlias', ofTenant))]).toEqual([true, true])
    for (const action of [...lifecycle, 'ScheduleKeyDeletion']) expect(may(name, key(action, ofTenant)), action).toBe(true)
  })

  it.each([...sealing, 'sweeper'] as const)("%s touches no other keys, and makes no other key a tenant's", (name) => {
    expect(may(name, key('CreateKey', {}, '*'))).toBe(false)
    expect(may(name, key('CreateKey', tagging('alias/payroll'), '*'))).toBe(false)
    expect(may(name, key('CreateKey', tagging('alias/tenant-acme-key', 'owner'), '*'))).toBe(false)
    expect([may(name, alias('payroll')), may(name, key('CreateAlias', ofOthers)), may(name, key('CreateAlias'))]).toEqual([
      ...[false, false, false],
    ])
    const named = { ...tagging('alias/tenant-acme-key'), 'kms:ResourceAliases': ['alias/payroll'] }
    expect(may(name, key('TagResource', named))).toBe(false)
    expect(may(name, key('TagResource', tagging('alias/tenant-acme-key'), `${pooledKey}`))).toBe(false)
    for (const action of [...lifecycle, 'ScheduleKeyDeletion', 'Encrypt', 'Decrypt'])
      for (const context of [ofOthers, {}]) expect(may(name, key(action, context)), action).toBe(false)
    // Had somebody tagged it, nevertheless.
    for (const action of ['DisableKey', 'ScheduleKeyDeletion', 'CreateAlias'])
      expect(may(name, key(action, ofTenant, `${pooledKey}`)), action).toBe(false)
    for (const action of ['UpdateAlias', 'DeleteAlias', 'UntagResource', 'PutKeyPolicy', 'CreateGrant'])
      expect(may(name, key(action, ofTenant)), action).toBe(false)
  })

  it.each(sealing)(
    '[R107] %s seals with them, and with the pooled one, under {tenant_id, field_name} and no other context',
    (name) => {
      for (const action of ['Encrypt', 'Decrypt'])
        for (const [resource, tag] of [
          [someKey, ofTenant],
          [`${pooledKey}`, {}],
        ] as const) {
          const under = (context: Access['context']) => may(name, key(action, { ...tag, ...context }, resource))
          const names = (...keys: string[]) => ({ 'kms:EncryptionContextKeys': keys })
          const tenant = { 'kms:EncryptionContext:tenant_id': 'acme' }
          expect(under({ ...tenant, ...names('tenant_id', 'field_name') })).toBe(true)
          expect(under({ ...tenant, ...names('tenant_id') })).toBe(true)
          expect(under({ ...tenant, ...names('tenant_id', 'owner') })).toBe(false)
          expect(under(names('field_name'))).toBe(false)
          expect(under({})).toBe(false)
        }
    },
  )

  it('the workers use them and no more, sweeper ends them and no more', () => {
    const able = (name: HandlerName) =>
      [...lifecycle, 'ScheduleKeyDeletion', 'CreateAlias', 'TagResource', 'Encrypt', 'Decrypt'].filter((action) =>
        may(name, key(action, { ...ofTenant, ...tagging('alias/tenant-acme-key'), ...use('', '', 'acme').context })),
      )
    const look = ['DescribeKey', 'GetKeyRotationStatus', 'ListKeyRotations']
    const workers = [
      ...(['request-worker', 'document-worker', 'workflow-worker', 'execution-worker'] as const),
      ...(['stream-processor', 'insight-worker'] as const),
    ]
    for (const name of workers) expect(able(name)).toEqual([...look, 'Encrypt', 'Decrypt'])
    expect(able('sweeper')).toEqual([...look, 'ScheduleKeyDeletion'])
    for (const name of [...workers, 'sweeper'] as const)
      expect(may(name, key('CreateKey', tagging('alias/tenant-acme-key'), '*')), name).toBe(false)
  })

  it("[X67] sweeper opens the system's own key alone, and puts the system's objects alone", () => {
    for (const action of ['Encrypt', 'Decrypt']) {
      expect(may('sweeper', use(action, `${pooledKey}`, '_system')), action).toBe(true)
      expect(may('sweeper', use(action, `${pooledKey}`, 'acme')), action).toBe(false)
    }
    expect(may('sweeper', object('PutObject', '_system/audit/acme/1'))).toBe(true)
    expect(may('sweeper', object('PutObject', 'acme/sealed/1'))).toBe(false)
  })

  it.each(['authorizer', 'relay'] as const)('%s has nothing to do with them', (name) => {
    for (const action of [...lifecycle, 'ScheduleKeyDeletion', 'Encrypt', 'Decrypt', 'CreateAlias', 'TagResource'])
      expect(may(name, key(action, { ...ofTenant, ...tagging('alias/tenant-acme-key') })), action).toBe(false)
    expect(may(name, key('CreateKey', tagging('alias/tenant-acme-key'), '*'))).toBe(false)
  })
})
