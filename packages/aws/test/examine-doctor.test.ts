import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createMissing } from '../src/create-missing.ts'
import { readAwsEnvironment } from '../src/environment.ts'
import { type AwsAccount, examineActions, openAccount, tokenQuotaOf } from '../src/examine/index.ts'
import { SignedRequests } from '../src/examine/signed-requests.ts'
import {
  type Fault,
  type Matches,
  operation,
  type ProxiedRequest,
  refuse,
  resetBefore,
  rewrite,
  rewriteJson,
  route,
  useFaultProxy,
} from './support/fault-proxy.ts'
import { describeWithMoto, motoClients, motoCredentials, motoVariables } from './support/moto.ts'

const jobs = ['event-driven.process', 'rag.ingest']
const now = Date.UTC(2026, 10, 27)

/** What moto lacks is answered for it. */
function answer(body: unknown, status = 200): Fault {
  return async () => ({
    status,
    headers: { 'content-type': 'application/json', date: new Date().toUTCString() },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  })
}

const identityAsked: Matches = ({ body }) => body.toString().startsWith('Action=GetCallerIdentity')

describe('the actions that doctor asks by', () => {
  it('are those of the policy in docs/aws.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/aws.md'), 'utf8')
    const [, policy = '{}'] = /## Is it well\?[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? []
    const { Statement = [] } = JSON.parse(policy) as { Statement?: readonly { Action: string | readonly string[] }[] }
    expect(Statement.flatMap(({ Action }) => Action).toSorted()).toEqual([...examineActions].toSorted())
  })

  it('are those that it says, and all of them are needed', () => {
    const folder = join(import.meta.dirname, '../src/examine')
    const sources = readdirSync(folder)
      .filter((name) => name !== 'permissions.ts')
      .map((name) => readFileSync(join(folder, name), 'utf8'))
    const asked = sources.flatMap((text) => [...text.matchAll(/'((?:[a-z0-9]+):[A-Z]\w+)'/g)].map(([, action]) => action))
    expect([...new Set(asked)].sort()).toEqual([...examineActions].sort())
  })
})

describeWithMoto('an account that is looked into', (moto) => {
  const proxy = useFaultProxy(moto)
  let account: AwsAccount

  beforeAll(async () => {
    const environment = readAwsEnvironment(motoVariables(moto.endpoint))
    const clients = motoClients(moto.endpoint)
    await createMissing({ clients, environment, jobs })
    account = opened()
  })
  afterEach(() => account.close())

  function opened(): AwsAccount {
    const environment = readAwsEnvironment(motoVariables(proxy.endpoint))
    return openAccount({ environment, jobs, now, credentials: motoCredentials })
  }

  async function lookedAt<Facts>(ask: (account: AwsAccount) => Promise<Facts>): Promise<Facts> {
    account = opened()
    return ask(account)
  }

  it('shows what was made, and is not changed by being looked into', async () => {
    const found = await lookedAt(async (it) => ({
      table: await it.table(),
      expiry: await it.expiry(),
      recovery: await it.recovery(),
      issuer: await it.issuer(),
      outbox: await it.outbox(),
      bucket: await it.bucket(),
      public: await it.publicAccess(),
      encryption: await it.bucketEncryption(),
      versions: await it.versions(),
      lifecycle: await it.lifecycle(),
      bus: await it.bus(),
      stream: await it.stream(),
      key: await it.key(),
      keyUse: await it.keyUse(),
      tenantKeys: await it.tenantKeys(),
      topics: await it.topics('arn:aws:sns:us-east-1:123456789012:', ['high_risk']),
      queues: await it.queues(),
      identity: await it.identity(),
      lag: await it.streamLag(),
      oldest: await it.oldestJob(),
    }))
    expect(found).toMatchObject({
      table: { facts: { status: 'ACTIVE', differences: [], streamView: undefined, protected: false } },
      expiry: { facts: { status: 'ENABLED', attribute: 'ttl' } },
      recovery: { facts: false },
      issuer: { facts: false },
      outbox: { facts: { due: 0, more: false, since: undefined } },
      bucket: { facts: { region: 'us-east-1' } },
      public: { facts: false },
      encryption: { facts: undefined },
      versions: { facts: false },
      lifecycle: { facts: { uploads: false, versions: false } },
      bus: { facts: 'genai-eventbus' },
      stream: { facts: { status: 'ACTIVE', shards: 1, onDemand: false, retention: 24, encrypted: false } },
      key: { fault: { kind: 'missing', action: 'kms:DescribeKey' } },
      keyUse: { fault: { kind: 'missing', action: 'kms:Encrypt' } },
      tenantKeys: { facts: { keys: 0, more: false } },
      topics: { facts: [{ name: 'genai-alerts-high_risk', subscribers: undefined }] },
      identity: { facts: { account: '123456789012', arn: expect.stringMatching(/^arn:aws:sts::123456789012:/) } },
      lag: { facts: undefined },
      oldest: { facts: undefined },
    })
    const { jobs: queues = [], dead, missing } = found.queues.facts ?? {}
    expect(missing).toEqual([])
    expect(queues.map(({ name }) => name)).toContain('plinth-rag-ingest-normal')
    for (const queue of queues)
      expect(queue).toMatchObject({ waiting: 0, hidden: 31, kept: 1_209_600, deadLetters: dead?.arn, encrypted: true })
    const reads = /^(?:Describe|Get|List|Query|Encrypt)/
    for (const { operation: asked, method, path, body } of proxy.requests) {
      if (asked !== undefined) expect(asked).toMatch(reads)
      else if (method === 'POST') expect(body.toString()).toMatch(/\bAction=Get/)
      else expect([method, path]).toEqual([expect.stringMatching(/^(?:GET|HEAD)$/), path])
    }
    const encrypted = proxy.requests.filter(({ operation: asked }) => asked === 'Encrypt')
    expect(encrypted.map(({ body }) => JSON.parse(body.toString()))).toMatchObject([
      { DryRun: true, EncryptionContext: { tenant_id: '_doctor', field_name: 'key' } },
    ])
  })

  it.each([
    ['a permission that is missing', refuse(400, 'AccessDeniedException'), 'denied', 'AccessDeniedException'],
    ['a table that is missing', refuse(400, 'ResourceNotFoundException'), 'missing', 'ResourceNotFoundException'],
    ['a key that nobody knows', refuse(400, 'UnrecognizedClientException'), 'credentials', 'UnrecognizedClientException'],
    ['a session that has expired', refuse(400, 'ExpiredTokenException'), 'credentials', 'ExpiredTokenException'],
    ['a throttle', refuse(400, 'ThrottlingException'), 'failed', 'ThrottlingException'],
    ['a connection that breaks', resetBefore, 'silent', expect.stringMatching(/^E[A-Z]+$/)],
    ['what an emulator answers that lacks it', answer('<html>', 500), 'failed', 'status 500'],
  ])('%s is told, and not thrown', async (_, fault, kind, name) => {
    proxy.inject(operation('DescribeTable'), fault, Number.POSITIVE_INFINITY)
    const { fault: found } = await lookedAt((it) => it.table())
    expect(found).toMatchObject({ kind, action: 'dynamodb:DescribeTable', name })
  })

  it('has an action for each step of a look', async () => {
    proxy.inject(operation('GetQueueAttributes'), refuse(403, 'AccessDenied'), Number.POSITIVE_INFINITY)
    expect((await lookedAt((it) => it.queues())).fault).toMatchObject({ kind: 'denied', action: 'sqs:GetQueueAttributes' })
  })

  it('tells of a table that is another program’s', async () => {
    interface Described {
      Table: {
        KeySchema: object[]
        AttributeDefinitions: object[]
        GlobalSecondaryIndexes: { IndexName: string; IndexStatus: string }[]
      }
    }
    proxy.inject(
      operation('DescribeTable'),
      rewriteJson<Described>((body) => {
        body.Table.KeySchema = [{ AttributeName: 'id', KeyType: 'HASH' }]
        body.Table.AttributeDefinitions = [{ AttributeName: 'd', AttributeType: 'S' }]
        const [first, second, ...others] = body.Table.GlobalSecondaryIndexes
        body.Table.GlobalSecondaryIndexes = [{ ...first, IndexStatus: 'CREATING' } as never, ...others]
        expect([first?.IndexName, second?.IndexName]).toEqual(['list0', 'list1'])
        return body
      }),
    )
    expect((await lookedAt((it) => it.table())).facts?.differences).toEqual([
      'its keys are id HASH',
      'd is of the type S',
      'the index list0 is CREATING',
      'it has no index list1',
    ])
  })

  it('tells in which region a bucket is that S3 sends elsewhere for', async () => {
    proxy.inject(
      route('HEAD', /^\/plinth/),
      rewrite((found) => ({ ...found, status: 301, headers: { 'x-amz-bucket-region': 'eu-central-1' } })),
      Number.POSITIVE_INFINITY,
    )
    expect(await lookedAt((it) => it.bucket())).toEqual({ facts: { region: 'eu-central-1' } })
  })

  it('takes a bucket that is not shown for one of somebody else', async () => {
    proxy.inject(route('HEAD', /^\/plinth/), refuse(403, 'Forbidden'), Number.POSITIVE_INFINITY)
    expect((await lookedAt((it) => it.bucket())).fault).toMatchObject({ kind: 'denied', action: 's3:ListBucket' })
  })

  it.each([
    ['DryRunOperationException', undefined],
    ['DisabledException', 'DisabledException'],
    ['KMSInvalidStateException', 'KMSInvalidStateException'],
  ])('%s of KMS is an answer', async (code, facts) => {
    proxy.inject(operation('Encrypt'), refuse(400, code))
    expect(await lookedAt((it) => it.keyUse())).toEqual({ facts })
  })

  it('counts the keys of tenants over all pages, and no others', async () => {
    const page = (names: readonly string[], NextMarker?: string) =>
      answer({ Aliases: names.map((AliasName) => ({ AliasName })), Truncated: NextMarker !== undefined, NextMarker })
    proxy.inject(operation('ListAliases'), page(['alias/tenant-acme-key', 'alias/aws/s3'], 'next'))
    proxy.inject(operation('ListAliases'), page(['alias/tenant-b-key', 'alias/plinth-pooled-key']))
    expect(await lookedAt((it) => it.tenantKeys())).toEqual({ facts: { keys: 2, more: false } })
    const asked = proxy.requests.map(({ body }) => JSON.parse(body.toString()))
    expect(asked).toEqual([{ Limit: 100 }, { Limit: 100, Marker: 'next' }])
  })

  it('counts what waits in the outbox, from the first that is due', async () => {
    const asked: unknown[] = []
    const page: Fault = async ({ body }: ProxiedRequest) => {
      const query = JSON.parse(body.toString())
      asked.push(query.ExpressionAttributeValues[':o'].S)
      const first = asked.length === 1
      const Items = first ? [{ d: { N: String(now - 5_000) } }, { d: { N: String(now - 9_000) } }] : []
      const found = { Items, Count: Items.length, ...(first ? { LastEvaluatedKey: { pk: { S: 'x' } } } : {}) }
      return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.from(JSON.stringify(found)) }
    }
    proxy.inject(operation('Query'), page, Number.POSITIVE_INFINITY)
    expect(await lookedAt((it) => it.outbox())).toEqual({ facts: { due: 2, more: true, since: now - 9_000 } })
    expect(asked.sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  })

  it('asks services without a client by signed requests, and reads their refusals in JSON and in XML', async () => {
    proxy.inject(identityAsked, refuse(403, 'SignatureDoesNotMatch'))
    expect((await lookedAt((it) => it.identity())).fault).toMatchObject({ kind: 'credentials', name: 'SignatureDoesNotMatch' })
    expect(proxy.requests[0]?.headers.authorization).toMatch(/Credential=test\/\d{8}\/us-east-1\/sts\/aws4_request/)
    proxy.inject(route('GET', /account-settings/), refuse(403, 'com.amazon.coral#AccessDeniedException'))
    const header: Fault = async () => ({
      status: 400,
      headers: { 'x-amzn-errortype': 'AccessDeniedException:http://x' },
      body: Buffer.from('{}'),
    })
    proxy.inject(operation('ListServiceQuotas'), header)
    expect((await lookedAt((it) => it.tokenQuotas())).fault).toMatchObject({
      kind: 'denied',
      action: 'servicequotas:ListServiceQuotas',
    })
  })

  it('tells how far the clocks are apart, also where AWS refuses', async () => {
    const hour = 3_600_000
    const late: Fault = async (asked) => {
      const refused = await refuse(403, 'SignatureDoesNotMatch')(asked, async () => Promise.reject())
      return refused === 'reset' ? refused : { ...refused, headers: { date: new Date(Date.now() - hour).toUTCString() } }
    }
    proxy.inject(identityAsked, late)
    const { fault } = await lookedAt((it) => it.identity())
    expect(Math.round((fault?.drift ?? 0) / 60_000)).toBe(60)
  })

  it('tells what Bedrock says of a model', async () => {
    const model = 'anthropic.claude-haiku-4-5-20251001-v1:0'
    const details = {
      modelDetails: {
        inferenceTypesSupported: ['INFERENCE_PROFILE'],
        modelLifecycle: { status: 'LEGACY', endOfLifeTime: '2027-01-01T00:00:00Z' },
      },
    }
    proxy.inject(route('GET', /^\/foundation-models\/anthropic\.claude-haiku-4-5-20251001-v1%3A0$/), answer(details), 2)
    proxy.inject(
      route('GET', /^\/foundation-model-availability\//),
      answer({
        authorizationStatus: 'NOT_AUTHORIZED',
        regionAvailability: 'NOT_AVAILABLE',
        agreementAvailability: { status: 'PENDING' },
      }),
      2,
    )
    proxy.inject(route('GET', /^\/inference-profiles\/eu\.anthropic/), refuse(404, 'ResourceNotFoundException'))
    const facts = {
      known: true,
      lifecycle: 'LEGACY',
      ends: '2027-01-01T00:00:00Z',
      callable: ['INFERENCE_PROFILE'],
      agreement: 'PENDING',
    }
    expect(await lookedAt((it) => it.model({ name: `eu.${model}`, model }))).toEqual({
      facts: { ...facts, profile: false, closed: ['authorizationStatus NOT_AUTHORIZED'] },
    })
    expect(await lookedAt((it) => it.model({ name: model, model }))).toEqual({
      facts: { ...facts, profile: undefined, closed: ['authorizationStatus NOT_AUTHORIZED', 'regionAvailability NOT_AVAILABLE'] },
    })
  })

  it('reads quotas page by page, and the figures of CloudWatch', async () => {
    proxy.inject(operation('ListServiceQuotas'), answer({ Quotas: [{ QuotaName: 'Batch jobs', Value: 3 }], NextToken: 'more' }))
    const name = 'On-demand model inference tokens per minute for Amazon Nova Lite'
    proxy.inject(operation('ListServiceQuotas'), answer({ Quotas: [{ QuotaName: name, Value: 4_000 }] }))
    expect(await lookedAt((it) => it.tokenQuotas())).toEqual({ facts: [{ name, tokens: 4_000 }] })
    expect(JSON.parse(proxy.requests[1]?.body.toString() ?? '')).toMatchObject({ ServiceCode: 'bedrock', NextToken: 'more' })

    proxy.inject(
      operation('GetMetricData'),
      answer({ MetricDataResults: [{ Values: [3, 90] }, { Values: [] }, { Values: [7] }] }),
    )
    expect(await lookedAt((it) => it.oldestJob())).toEqual({ facts: 7_000 })
    expect(proxy.requests[2]?.headers['content-type']).toBe('application/x-amz-json-1.0')
    const { MetricDataQueries } = JSON.parse(proxy.requests[2]?.body.toString() ?? '')
    expect(
      MetricDataQueries.map((one: { MetricStat: { Metric: { Dimensions: object[] } } }) => one.MetricStat.Metric.Dimensions),
    ).toContainEqual([{ Name: 'QueueName', Value: 'plinth-rag-ingest-normal' }])

    proxy.inject(
      route('GET', /account-settings/),
      answer({ AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 4 } }),
    )
    expect(await lookedAt((it) => it.functionQuota())).toEqual({ facts: { account: 10, unreserved: 4 } })
  })
})

describe('the quota of a model', () => {
  const quotas = [
    'On-demand model inference tokens per minute for Anthropic Claude 3.5 Sonnet',
    'On-demand model inference tokens per minute for Anthropic Claude 3.5 Sonnet V2',
    'Cross-region model inference tokens per minute for Anthropic Claude Haiku 4.5',
    'Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.5 V1',
    'Global cross-region model inference tokens per minute for Anthropic Claude Haiku 4.5',
    'Cross-region model inference tokens per minute for Anthropic Claude Haiku 4.5 1M Context Length',
    'On-demand InvokeModel tokens per minute for Amazon Nova Lite',
    'On-demand model inference tokens per minute for Meta Llama 3.3 70B Instruct',
  ].map((name, tokens) => ({ name, tokens }))
  const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'

  it.each([
    [`eu.${haiku}`, haiku, 2],
    [`global.${haiku}`, haiku, 4],
    [`arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.${haiku}`, haiku, 2],
    [haiku, haiku, undefined],
    ['amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0', 6],
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', 'anthropic.claude-3-5-sonnet-20241022-v2:0', 1],
    ['meta.llama3-3-70b-instruct-v1:0', 'meta.llama3-3-70b-instruct-v1:0', 7],
  ])('of %s is found by its name', (name, model, tokens) => {
    expect(tokenQuotaOf(quotas, { name, model })?.tokens).toBe(tokens)
  })
})

describe('the host of a service', () => {
  it.each([
    ['eu-central-1', 'https://sts.eu-central-1.amazonaws.com/'],
    ['cn-north-1', 'https://sts.cn-north-1.amazonaws.com.cn/'],
  ])('in %s is that of its partition', async (region, expected) => {
    const { kms } = motoClients('http://127.0.0.1:9')
    const asked: string[] = []
    const requests = new SignedRequests({
      kms,
      region,
      fetch: async (input) => {
        asked.push(String(input))
        return new Response('')
      },
    })
    await requests.send({ service: 'sts', body: 'Action=GetCallerIdentity' }, new AbortController().signal)
    kms.destroy()
    expect(asked).toEqual([expected])
  })
})
