import { queueNames, readAwsEnvironment } from '@plinth/aws/environment'
import { jobNames, type PatternName } from '@plinth/core'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { describe, expect, it } from 'vitest'
import { type HandlerName, handlerNames, jobsOf, requestPatterns } from '../src/handlers.ts'
import { functionOf, variablesIn } from './support/functions.ts'
import { resolved } from './support/intrinsics.ts'
import { resourceStatements, roleStatements, type Statement } from './support/statements.ts'
import { handlerFolder, ofType, plinthStack, type Template, templateOf } from './support/synthesised.ts'

const embeddingModel = 'amazon.titan-embed-text-v2:0'
const embeddingModels = [embeddingModel]
const foreignGuardrail = 'arn:aws:bedrock:eu-central-1:444455556666:guardrail/gr9'
const callers = ['api', 'request-worker', 'workflow-worker', 'insight-worker'] as const
const functions = { handlerFolder: handlerFolder({ draws: true }) }
const template = templateOf(plinthStack({ props: { embeddingModels, functions } }))

/** Actions that AWS allows for `*` only. */
const withoutResource = [
  ['xray:PutTelemetryRecords', 'traces belong to no resource'],
  ['xray:PutTraceSegments', 'traces belong to no resource'],
  ['xray:GetSamplingRules', 'nor do the rules on what is traced'],
  ['xray:GetSamplingTargets', 'nor the shares of it'],
  ['dynamodb:ListStreams', 'streams are listed for the account'],
  ['textract:DetectDocumentText', 'an image is no resource'],
  ['textract:GetDocumentTextDetection', 'nor is a job'],
  ['textract:StartDocumentTextDetection', 'nor is an image'],
] as const

/** Wildcards inside an ARN that there is nothing narrower for; and, where they are wide, the condition that makes them narrow. */
const partial = [
  [/^arn:aws:s3:[^*]*\/\*$/, 'the objects of one bucket', undefined],
  [/^arn:aws:secretsmanager:[^*]*:secret:plinth\/workflow-keys\/\*$/, 'keys of tenants, which come and go', undefined],
  [/^arn:aws:kms:[^*]*:alias\/tenant-\*-key$/, 'the aliases of keys of tenants, which come and go', undefined],
  [/^arn:aws:kms:[^*]*:key\/\*$/, "keys with a tenant's alias as their tag", 'aws:ResourceTag/plinth:alias'],
] as const

/** The same of actions on everything, and of such as come before there is a resource. */
const bound = [
  ['kms:CreateKey', 'keys are made for no resource; they get the tag', 'aws:RequestTag/plinth:alias'],
  ['kms:TagResource', 'a new key has no name yet; it gets this tag, and no key with an alias does', 'kms:ResourceAliases'],
] as const

/** What a role may be given of AWS's own policies. */
const managed = [
  ['service-role/AWSLambdaBasicExecutionRole', 'the seed gives it to its execution role (R122)'],
  ['service-role/AmazonAPIGatewayPushToCloudWatchLogs', 'what AWS asks for so that API Gateway writes logs'],
] as const

/** What is wider than it has to be; none, for a template as it should be. */
function breaches(found: Template): readonly string[] {
  const wide = roleStatements(found)
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) => {
      const wide = [...wideActions(statement), ...wideResources(found, statement)]
      return wide.length > 0 ? [`${statement.where}: ${wide.join(', ')}`] : []
    })
  const policies = ofType(found, 'AWS::IAM::Role').flatMap(([id, { ManagedPolicyArns = [] }]) =>
    (ManagedPolicyArns as unknown[])
      .map((arn) => resolved(found, arn).replace('arn:aws:iam::aws:policy/', ''))
      .filter((name) => !managed.some(([known]) => known === name))
      .map((name) => `${id}: ${name}`),
  )
  const open = resourceStatements(found)
    .filter(({ effect, principal }) => effect === 'Allow' && JSON.stringify(principal).includes('"*"'))
    .map(({ where }) => `${where}: open to everyone`)
  return [...wide, ...policies, ...open]
}

function wideActions({ actions }: Statement): readonly string[] {
  return actions.filter((action) => action.includes('*') || !/^[a-z0-9-]+:[A-Za-z]+$/.test(action))
}

function wideResources(found: Template, { actions, resources, conditions }: Statement): readonly string[] {
  if (resources.length === 0) return ['no resource']
  const keys = Object.values((conditions ?? {}) as Readonly<Record<string, object>>).flatMap((one) => Object.keys(one))
  const isBound = (action: string): boolean => bound.some(([known, , key]) => known === action && keys.includes(key))
  const isNarrow = (arn: string): boolean =>
    partial.some(([form, , key]) => form.test(arn) && (key === undefined || keys.includes(key) || actions.every(isBound)))
  return resources
    .map((resource) => resolved(found, resource))
    .filter((arn) =>
      arn === '*'
        ? actions.some((action) => !withoutResource.some(([known]) => known === action) && !isBound(action))
        : arn.includes('*') && !isNarrow(arn),
    )
    .map((arn) => `${actions.join(' ')} on ${arn}`)
}

describe('[X71] roles may do what their function does', () => {
  it('no action and no resource is wider than AWS makes it', () => {
    expect(breaches(template)).toEqual([])
  })

  it.each([
    ['all of a service', 'sqs:*', 'arn:aws:sqs:eu-central-1:111122223333:plinth-dead'],
    ['everything', '*', '*'],
    ['a family of actions', 'dynamodb:Batch*', 'arn:aws:dynamodb:eu-central-1:111122223333:table/plinth'],
    ['every resource', 'dynamodb:GetItem', '*'],
    ['every resource, beside an action that needs it', ['xray:PutTraceSegments', 's3:GetObject'], '*'],
    ['every queue', 'sqs:SendMessage', 'arn:aws:sqs:eu-central-1:111122223333:*'],
    ['every model', 'bedrock:InvokeModel', 'arn:aws:bedrock:*::foundation-model/*'],
    ['no resource at all', 'sqs:SendMessage', []],
    ['every key', 'kms:Decrypt', 'arn:aws:kms:eu-central-1:111122223333:key/*'],
    ['keys without their tag', 'kms:CreateKey', '*'],
    ['every secret', 'secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:*'],
    ['every alias', 'kms:CreateAlias', 'arn:aws:kms:eu-central-1:111122223333:alias/*'],
  ])('finds a breach: %s', (_, Action, Resource) => {
    const PolicyDocument = { Statement: [{ Effect: 'Allow', Action, Resource }] }
    const Seeded = { Type: 'AWS::IAM::Policy', Properties: { PolicyDocument, Roles: [{ Ref: 'BedrockExecutionRole' }] } }
    expect(breaches({ ...template, Resources: { ...template.Resources, Seeded } })).toHaveLength(1)
  })

  it('finds a breach where somebody adds to a role in code', () => {
    const seeded = plinthStack()
    const statement = new PolicyStatement({ actions: ['s3:*'], resources: ['*'] })
    seeded.stack.eventDriven.functions.api.addToRolePolicy(statement)
    expect(breaches(templateOf(seeded)).join('\n')).toMatch(/^EventDrivenFunctionsapirole\w+: s3:\*/)
  })

  const rows = ['BatchGetItem', 'DescribeTable', 'GetItem', 'Query'].map((action) => `dynamodb:${action}`)
  const changes = ['ConditionCheckItem', 'DeleteItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action}`)
  const objects = ['AbortMultipartUpload', 'DeleteObject', 'GetObject', 'ListBucket', 'PutObject'].map((action) => `s3:${action}`)
  const seal = ['Decrypt', 'DescribeKey', 'Encrypt', 'GetKeyRotationStatus', 'ListKeyRotations'].map((action) => `kms:${action}`)
  // What KmsKeyService calls besides, and the tag that goes with making a key.
  const keys = [
    ...['CreateAlias', 'CreateKey', 'DisableKey', 'EnableKey', 'RotateKeyOnDemand', 'ScheduleKeyDeletion', 'TagResource'],
  ].map((action) => `kms:${action}`)
  const logs = ['logs:CreateLogStream', 'logs:PutLogEvents']
  const traces = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments']
  const stream = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((action) => `dynamodb:${action}`)
  // What AWS asks of whoever is given the records of a stream.
  const records = [
    ...['DescribeStream', 'DescribeStreamConsumer', 'DescribeStreamSummary', 'GetRecords', 'GetShardIterator'],
    ...['ListShards', 'ListStreams', 'SubscribeToShard'],
  ].map((action) => `kinesis:${action}`)
  const work = ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage', 'SendMessage']

  const models = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream']
  const look = ['DetectDocumentText', 'GetDocumentTextDetection', 'StartDocumentTextDetection'].map((one) => `textract:${one}`)

  const allowed: Readonly<Record<HandlerName, readonly string[]>> = {
    api: [
      ...[...models, ...rows, 'dynamodb:Scan', ...changes, ...objects, ...seal, ...keys, ...logs, ...traces],
      'kinesis:PutRecord',
    ],
    authorizer: [...rows, ...changes, ...seal, ...logs, ...traces],
    'request-worker': [
      ...[...models, ...rows, ...changes, ...objects, ...seal, ...traces],
      ...work.map((action) => `sqs:${action}`),
    ],
    'document-worker': [
      ...['bedrock:InvokeModel', ...look, ...rows, ...changes, ...objects, ...seal, ...logs, ...traces],
      ...work.map((action) => `sqs:${action}`),
    ],
    'workflow-worker': [
      ...[...models, ...rows, ...changes, ...objects, ...seal, ...logs, ...traces],
      ...work.map((action) => `sqs:${action}`),
    ],
    'execution-worker': [
      ...[...rows, ...changes, ...objects, ...seal, ...logs, ...traces],
      ...work.filter((action) => action !== 'SendMessage').map((action) => `sqs:${action}`),
      ...['secretsmanager:GetSecretValue', 'states:SendTaskFailure', 'states:SendTaskSuccess'],
    ],
    'stream-processor': [
      ...[...rows, ...changes, ...objects, ...seal, ...logs, ...traces, ...records, 'kinesis:PutRecord'],
      // Where is told of what is given up.
      ...['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    ],
    'insight-worker': [
      ...[...models, ...rows, ...changes, ...objects, ...seal, ...logs, ...traces, 'kinesis:PutRecord', 'sns:Publish'],
      ...work.map((action) => `sqs:${action}`),
    ],
    relay: [
      ...[...rows, 'dynamodb:DeleteItem', 'dynamodb:UpdateItem', ...stream],
      ...['sqs:GetQueueUrl', 'sqs:SendMessage', 'events:PutEvents', ...logs, ...traces],
    ],
    sweeper: [
      ...[...rows, 'dynamodb:Scan', ...changes, ...seal, 'kms:ScheduleKeyDeletion', ...logs, ...traces],
      ...['s3:DeleteObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject'],
    ],
  }

  it.each(handlerNames)('%s: these actions and no other', (name) => {
    const allows = statementsOf(name).filter(({ effect }) => effect === 'Allow')
    const actions = allows.flatMap((statement) => statement.actions)
    expect([...new Set(actions)].sort()).toEqual([...allowed[name]].sort())
  })

  it('the state machine sends to the queue of executions, and does nothing else; its worker answers no other', () => {
    const [[machine, { RoleArn }] = ['', {}]] = ofType(template, 'AWS::StepFunctions::StateMachine')
    const [role = ''] = (RoleArn as { 'Fn::GetAtt': [string] })['Fn::GetAtt']
    const own = roleStatements(template).filter(({ roles, actions }) => roles.includes(role) && !actions[0]?.startsWith('xray:'))
    expect(own.map(({ actions }) => actions)).toEqual([['sqs:SendMessage']])
    expect(own.flatMap(({ resources }) => resources.map((arn) => resolved(template, arn)))).toEqual([
      expect.stringMatching(/:sqs:.*multiagentexecutionsqueue/),
    ])
    const answers = statementsOf('execution-worker').filter(({ actions }) =>
      actions.some((action) => action.startsWith('states:')),
    )
    expect(answers.map(({ resources }) => resources)).toEqual([[{ Ref: machine }]])
  })

  it('who calls models calls these, and of those that make vectors never streamed', () => {
    const profile = 'global.amazon.nova-2-lite-v1:0'
    const profileArn = `arn:aws:bedrock:eu-central-1:111122223333:inference-profile/${profile}`
    const inRegion = 'arn:aws:bedrock:eu-central-1::foundation-model'
    const byProfile = [`${inRegion}/amazon.nova-2-lite-v1:0`, 'arn:aws:bedrock:::foundation-model/amazon.nova-2-lite-v1:0']
    const language = [
      [models, [profileArn], undefined],
      [models, byProfile, profileArn],
    ]
    const vectors = [['bedrock:InvokeModel'], [`${inRegion}/${embeddingModel}`], undefined]
    expect(modelsOf('api')).toEqual([...language, vectors])
    expect(modelsOf('request-worker')).toEqual(language)
    expect(modelsOf('workflow-worker')).toEqual([...language, vectors])
    expect(modelsOf('document-worker')).toEqual([vectors])
    expect(modelsOf('insight-worker')).toEqual(language)
    for (const name of ['authorizer', 'relay', 'sweeper', 'execution-worker', 'stream-processor'] as const)
      expect(modelsOf(name)).toEqual([])
  })

  it.each([
    ['gr1abc2def3g:3', 'arn:aws:bedrock:eu-central-1:111122223333:guardrail/gr1abc2def3g'],
    [`${foreignGuardrail}:DRAFT`, foreignGuardrail],
  ])('who calls language models applies exactly the guardrail that is set, and nobody else does: %s [X74]', (text, arn) => {
    const found = templateOf(
      plinthStack({ props: { functions: { ...functions, environment: { PLINTH_BEDROCK_GUARDRAIL: text } } } }),
    )
    expect(breaches(found)).toEqual([])
    const applying = roleStatements(found).filter(({ actions }) => actions.includes('bedrock:ApplyGuardrail'))
    expect(applying.map(({ actions, resources }) => [actions, resources.map((each) => resolved(found, each))])).toEqual(
      callers.map(() => [['bedrock:ApplyGuardrail'], [arn]]),
    )
    const roles = callers.map((name) => (functionOf(found, name)[1].Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0])
    expect(applying.flatMap((statement) => statement.roles).sort()).toEqual(roles.sort())
    for (const name of callers) expect(variablesIn(found, name).PLINTH_BEDROCK_GUARDRAIL).toBe(text)
  })

  it('a guardrail that is none is refused by the name of its variable', () => {
    const environment = { PLINTH_BEDROCK_GUARDRAIL: 'gr1abc2def3g' }
    expect(() => plinthStack({ props: { functions: { ...functions, environment } } })).toThrow(
      expect.objectContaining({ field: 'PLINTH_BEDROCK_GUARDRAIL' }),
    )
  })

  it('images are read by Textract where the code can draw pages, and else neither read nor granted', () => {
    const blind = templateOf(plinthStack())
    for (const [found, ocr] of [
      [template, 'textract'],
      [blind, 'off'],
    ] as const) {
      const variables = ofType(found, 'AWS::Lambda::Function').map(([, { Environment }]) => Environment as { Variables?: object })
      const told = variables.flatMap(({ Variables = {} } = {}) => ('PLINTH_OCR' in Variables ? [Variables.PLINTH_OCR] : []))
      // Workflows and streams read no documents.
      const { off = [], textract = [] } = Object.groupBy(told, (word) => word as string)
      expect([off.length, textract.length]).toEqual(ocr === 'textract' ? [4, 6] : [10, 0])
      const granted = roleStatements(found).filter(({ actions }) => actions.some((action) => action.startsWith('textract:')))
      const readers = granted.flatMap(({ roles }) => roles)
      expect(readers).toEqual(ocr === 'textract' ? [expect.stringMatching(/^RagFunctionsdocumentworkerrole/)] : [])
    }
  })

  it("the authorizer sees the system's own rows and opens the system's own keys, and no tenant's", () => {
    const conditions = statementsOf('authorizer')
      .filter(({ actions }) => !actions.some((action) => /^(logs|xray):|^kms:DescribeKey$/.test(action)))
      .map((statement) => statement.conditions)
    expect(conditions).toEqual([
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['_system#*'] } },
      { StringEquals: { 'kms:EncryptionContext:tenant_id': '_system' } },
    ])
  })
})

describe('[X70] what the variables of a function name is granted to its role', () => {
  const named = ['table', 'bucket', 'bus', 'queues', 'key', 'stream'] as const

  const noStream = 'it is told of none'
  /** What a handler is told of and doesn't touch. */
  const untouched: Readonly<Record<HandlerName, Partial<Record<(typeof named)[number], string>>>> = {
    api: { bus: 'events go by the outbox', queues: 'jobs go by the outbox' },
    'stream-processor': { bus: 'it is told of none: events go by the outbox', queues: 'jobs go by the outbox' },
    'insight-worker': { bus: 'it is told of none: events go by the outbox' },
    authorizer: {
      ...{ bucket: 'no sealed field of the system is that large', bus: 'it tells nothing', queues: 'it sends nothing' },
      stream: noStream,
    },
    'request-worker': { bus: 'events go by the outbox', stream: noStream },
    'document-worker': { bus: 'events go by the outbox', stream: noStream },
    'workflow-worker': { bus: 'it is told of none: events go by the outbox', stream: noStream },
    'execution-worker': {
      ...{ bus: 'it is told of none: events come by its own queue', queues: 'jobs go by the outbox' },
      stream: noStream,
    },
    relay: { bucket: 'an entry of the outbox is whole', key: 'an entry of the outbox is plain', stream: noStream },
    sweeper: { bus: 'it tells nothing', queues: 'it sends nothing', stream: noStream },
  }

  const worked: Readonly<Partial<Record<HandlerName, readonly PatternName[]>>> = {
    'request-worker': requestPatterns,
    'document-worker': ['rag'],
    'workflow-worker': ['multi-agent'],
    'execution-worker': ['multi-agent'],
    'stream-processor': ['analytics'],
    'insight-worker': ['analytics'],
  }

  /** Whose queues a handler is told of. */
  const jobsFor = (name: HandlerName): readonly string[] =>
    name === 'relay' ? jobNames : jobsOf(worked[name] ?? requestPatterns)

  it.each(handlerNames)('%s: its variables are read as the platform reads them', (name) => {
    const patterns = worked[name] ?? ['event-driven', 'multi-tenant', 'rag', 'multi-agent', 'analytics']
    expect(environmentOf(name)).toMatchObject({ bus: 'genai-eventbus', queuePrefix: 'plinth', create: false, patterns })
    const { PLINTH_PLATFORM, PLINTH_MODEL, PLINTH_EMBEDDING_MODEL } = variablesIn(template, name)
    const makesVectors = !worked[name]?.includes('analytics')
    expect([PLINTH_PLATFORM, PLINTH_EMBEDDING_MODEL]).toEqual(['aws', makesVectors ? `bedrock/${embeddingModel}` : undefined])
    expect(PLINTH_MODEL).toBe(name === 'document-worker' ? undefined : 'bedrock/global.amazon.nova-2-lite-v1:0')
  })

  it.each(handlerNames.flatMap((name) => named.map((what) => [name, what, untouched[name][what] ?? 'granted'] as const)))(
    '%s, %s: %s',
    (name, what, reason) => {
      const { table, bucket, bus, stream, queuePrefix, pooledKey } = environmentOf(name)
      const form = {
        table: new RegExp(`:dynamodb:.*:${table}$`),
        bucket: new RegExp(`:s3:.*:${bucket}$`),
        bus: new RegExp(`:events:.*:${bus}$`),
        queues: new RegExp(`:sqs:.*:${queuePrefix}-.+-(high|normal|low)$`),
        key: new RegExp(`^${pooledKey}$`),
        stream: new RegExp(`:kinesis:.*:${stream}$`),
      }[what]
      const arns = new Set(statementsOf(name).flatMap(({ resources }) => resources.map((arn) => resolved(template, arn))))
      const count = [...arns].filter((arn) => form.test(arn)).length
      const queueCount = queueNames(queuePrefix, jobsFor(name)).length
      expect(count).toBe(reason !== 'granted' ? 0 : what === 'queues' ? queueCount : 1)
    },
  )
})

function statementsOf(name: HandlerName): readonly Statement[] {
  const [, { Role }] = functionOf(template, name)
  const [role = ''] = (Role as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt']
  return roleStatements(template).filter(({ roles }) => roles.includes(role))
}

/** What of Bedrock's a function may do, on what, and by which profile. */
function modelsOf(name: HandlerName): readonly unknown[] {
  return statementsOf(name)
    .filter(({ actions }) => actions.some((action) => action.startsWith('bedrock:')))
    .map(({ actions, resources, conditions }) => {
      const { StringEquals } = (conditions ?? {}) as { StringEquals?: Readonly<Record<string, unknown>> }
      const profile = StringEquals?.['bedrock:InferenceProfileArn']
      return [
        actions,
        resources.map((arn) => resolved(template, arn)),
        profile === undefined ? undefined : resolved(template, profile),
      ]
    })
}

function environmentOf(name: HandlerName) {
  return readAwsEnvironment({ ...variablesIn(template, name), AWS_REGION: 'eu-central-1' })
}
