import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import {
  Authenticator,
  getRequest,
  jobNames,
  LocalIssuer,
  type Operator,
  processGenaiRequest,
  type Scope,
  TenantRegistry,
} from '@plinth/core'
import { createModels } from '@plinth/models'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { rsa, rsaIssuer, signedToken } from '../../core/test/identity/issuer-bench.ts'
import { Collector } from '../../outbound/test/collector.ts'
import { observed } from '../src/handlers/function-telemetry.ts'
import { awsPlatform, queueName, readAwsEnvironment } from '../src/index.ts'
import type { SqsRecord } from '../src/sqs-record.ts'
import { describeWithMoto, motoCredentials, motoRegion } from './support/moto.ts'

const job = 'event-driven.process'

describeWithMoto('[R11] [R121] the functions, fed as Lambda feeds them', (moto) => {
  let operator: Operator
  let scope: Scope
  let token: string
  const batch: Message[] = []
  let collector: Collector

  afterAll(() => collector?.close())

  beforeAll(async () => {
    collector = await Collector.open()
    Object.assign(process.env, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      AWS_LAMBDA_FUNCTION_NAME: 'event-driven-processor',
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_REGION: motoRegion,
      AWS_ACCESS_KEY_ID: motoCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: motoCredentials.secretAccessKey,
      PLINTH_MODEL: 'scripted',
    })
    // A function has a process to itself, and this is the first that it does; here the relay would be before.
    await observed(async () => {})
    const platform = await awsPlatform({
      environment: readAwsEnvironment({ ...process.env, PLINTH_AWS_CREATE: 'on' }),
      models: createModels({ model: 'scripted', clock: systemClock }),
      clock: systemClock,
      outbound: new GuardedHttp({ clock: systemClock }),
      jobs: jobNames,
    })
    operator = platform.operate()
    const registry = new TenantRegistry(operator)
    await registry.ensure('demo', 'Demo')
    const issuer = await LocalIssuer.open(operator)
    token = await issuer.sign({ tenant: 'demo', user: 'ada', permissions: ['*'], lifetime: 3_600 })
    const authenticator = new Authenticator({ registry, issuer, clock: systemClock })
    scope = platform.scope(await authenticator.authenticate(`Bearer ${token}`, 'test'))
  })

  it('the relay sends what the stream brings, and settles it', async () => {
    const { handler } = await import('../src/handlers/relay.ts')
    await processGenaiRequest(scope, { prompt: 'Why queues?', request_id: 'streamed' })
    const { Items = [] } = await moto.clients.dynamodb.send(new ScanCommand({ TableName: 'plinth' }))
    const inserted = Items.map((NewImage) => ({ eventName: 'INSERT', dynamodb: { NewImage } }))
    const changed = Items.map((NewImage) => ({ eventName: 'MODIFY', dynamodb: { NewImage } }))
    await handler({ Records: [...inserted, ...changed, { eventName: 'REMOVE', dynamodb: {} }] })
    expect(await operator.operations.pending(10)).toEqual([])
    batch.push(...(await received('normal')))
    expect(batch).toHaveLength(1)
  })

  it('and, on a schedule, what was left; but not what is for later', async () => {
    const { handler } = await import('../src/handlers/relay.ts')
    const tomorrow = systemClock.now() + 24 * 3_600_000
    await processGenaiRequest(scope, { prompt: 'Later?', request_id: 'later', not_before: tomorrow })
    await processGenaiRequest(scope, { prompt: 'Why queues?', request_id: 'left', priority: 'high' })
    await handler({})
    expect(await operator.operations.pending(10)).toEqual([])
    batch.push(...(await received('high')))
    expect(batch).toHaveLength(2)
  })

  it('[R22] [X11] the worker works a batch, and leaves in the queue only what is not over', async () => {
    const { handler } = await import('../src/handlers/request-worker.ts')
    const records = batch.map((message, index) => recordOf(message, index === 0 ? 'normal' : 'high'))
    await moto.clients.sqs.send(new SendMessageCommand({ QueueUrl: await urlOf('low'), MessageBody: '{{' }))
    const garbage = (await received('low')).map((message) => recordOf(message, 'low'))
    const elsewhere = recordOf({ MessageId: 'elsewhere', ReceiptHandle: 'none', Body: '{}' }, 'nowhere')
    const { result, metrics } = await metricsOf(() => handler({ Records: [...records, ...garbage, elsewhere] }))
    const { batchItemFailures } = result
    // The one from a queue that isn't there can't be worked; the other is with the dead letters.
    expect(batchItemFailures).toEqual([{ itemIdentifier: 'elsewhere' }])
    for (const id of ['streamed', 'left']) {
      const { status, attempts } = (await getRequest(scope, id)).fields
      expect([id, status, attempts]).toEqual([id, 'completed', 1])
    }
    expect((await getRequest(scope, 'later')).fields.status).toBe('processing')
    // By the end of the call, what its two models' calls took is in the log, and what it did is with the collector.
    expect(metrics).toMatchObject([{ Pattern: 'event-driven', ModelDuration: [expect.any(Number), expect.any(Number)] }])
    const spans = collector.of('test').filter(({ name }) => name === `process ${job}`)
    expect(spans.map(({ service }) => service)).toEqual(['event-driven-processor', 'event-driven-processor'])
  })

  it('a job is worked as well while a collector hangs, whose call ends in time', async () => {
    const { handler } = await import('../src/handlers/request-worker.ts')
    collector.hangs = true
    await processGenaiRequest(scope, { prompt: 'Why queues?', request_id: 'hangs' })
    await (await import('../src/handlers/relay.ts')).handler({})
    const records = (await received('normal')).map((message) => recordOf(message, 'normal'))
    const { result, metrics } = await metricsOf(() => handler({ Records: records }))
    expect([result, metrics.length]).toEqual([{ batchItemFailures: [] }, 1])
    expect((await getRequest(scope, 'hangs')).fields.status).toBe('completed')
    expect(collector.of('test').length).toBeGreaterThan(0)
    collector.hangs = false
  })

  it('a job of a version to come waits, under a message of its own', async () => {
    const { handler } = await import('../src/handlers/request-worker.ts')
    const unknown = {
      queue: 'event-driven.to-come',
      tenant: 'demo',
      id: 'x',
      lane: 'low',
      version: 1,
      correlationId: 'c',
      body: {},
    }
    const QueueUrl = await urlOf('low')
    await moto.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(unknown) }))
    const records = (await received('low')).map((message) => recordOf(message, 'low'))
    expect(await handler({ Records: records })).toEqual({ batchItemFailures: [] })
    const AttributeNames = ['ApproximateNumberOfMessagesDelayed' as const, 'ApproximateNumberOfMessagesNotVisible' as const]
    const { Attributes } = await moto.clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))
    expect(Attributes).toEqual({ ApproximateNumberOfMessagesDelayed: '1', ApproximateNumberOfMessagesNotVisible: '0' })
  })

  it('the worker does nothing twice when a batch comes again', async () => {
    const { handler } = await import('../src/handlers/request-worker.ts')
    const body = JSON.stringify({
      queue: job,
      tenant: 'demo',
      id: 'again',
      lane: 'normal',
      version: 1,
      correlationId: 'c',
      body: { request_id: 'streamed', round: 1 },
    })
    await handler({ Records: [recordOf({ MessageId: 'again', ReceiptHandle: 'gone', Body: body }, 'normal')] })
    expect((await getRequest(scope, 'streamed')).fields.attempts).toBe(1)
  })

  it('[R95] [R114] the authorizer lets a genuine token in, and by one word tells API Gateway of any other', async () => {
    const { handler } = await import('../src/handlers/authorizer.ts')
    const ask = (path: string, headers: Readonly<Record<string, string>>) =>
      handler({
        methodArn: `arn:aws:execute-api:us-east-1:123456789012:api/live/GET${path}`,
        path,
        multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      })
    const good = { Authorization: `Bearer ${token}` }
    expect(await ask('/api/requests', good)).toMatchObject({
      policyDocument: {
        Statement: [{ Effect: 'Allow', Resource: 'arn:aws:execute-api:us-east-1:123456789012:api/live/*' }],
      },
      context: { tenant_id: 'demo' },
    })
    expect(await ask('/v1/messages', { 'X-Api-Key': token })).toMatchObject({ context: { tenant_id: 'demo' } })
    for (const bad of ['', 'Bearer x', `Bearer ${token.slice(0, -4)}AAAA`, token])
      await expect(ask('/api/requests', { Authorization: bad })).rejects.toThrow(/^Unauthorized$/)
    await expect(ask('/api/requests', { 'X-Api-Key': token })).rejects.toThrow(/^Unauthorized$/)

    const registry = new TenantRegistry(operator)
    await registry.setStatus('demo', 'suspended')
    expect(await ask('/api/requests', good)).toMatchObject({ principalId: 'unknown', context: {} })
    await registry.setStatus('demo', 'active')
  })

  it('[R114] the authorizer trusts whom the file of PLINTH_ISSUERS names, and lets nobody in while it can not be read', async () => {
    const folder = temporaryFolder()
    const { keys: set, ...issuer } = rsaIssuer
    writeFileSync(join(folder, 'issuers.json'), JSON.stringify([{ ...issuer, keys: 'keys.json' }]))
    const ask = async () => {
      vi.resetModules()
      process.env.PLINTH_ISSUERS = join(folder, 'issuers.json')
      const { handler } = await import('../src/handlers/authorizer.ts')
      const now = Math.floor(systemClock.now() / 1_000)
      const claims = { iss: issuer.issuer, aud: 'plinth', sub: 'ada', tenant_id: 'demo', iat: now, exp: now + 60 }
      const foreign = signedToken({ alg: 'RS256', kid: 'rsa-1' }, claims, rsa, 'RS256')
      const path = '/api/requests'
      const methodArn = `arn:aws:execute-api:us-east-1:123456789012:api/live/GET${path}`
      return handler({ methodArn, path, multiValueHeaders: { Authorization: [`Bearer ${foreign}`] } })
    }
    try {
      await expect(ask()).rejects.toThrow(/PLINTH_ISSUERS.*keys\.json can not be read/)
      writeFileSync(join(folder, 'keys.json'), JSON.stringify(set))
      expect(await ask()).toMatchObject({ context: { tenant_id: 'demo' } })
    } finally {
      delete process.env.PLINTH_ISSUERS
    }
  })

  it('the sweeper has a round', async () => {
    const { handler } = await import('../src/handlers/sweeper.ts')
    expect(await handler()).toMatchObject({ objects: 0 })
  })

  async function received(lane: string): Promise<readonly Message[]> {
    const all = { MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] }
    const command = new ReceiveMessageCommand({ QueueUrl: await urlOf(lane), MaxNumberOfMessages: 10, ...all })
    return (await moto.clients.sqs.send(command)).Messages ?? []
  }

  async function urlOf(lane: string): Promise<string | undefined> {
    return (await moto.clients.sqs.send(new GetQueueUrlCommand({ QueueName: queueName('plinth', job, lane) }))).QueueUrl
  }
})

/** What a call writes into its log to be made metrics of. */
async function metricsOf<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly metrics: readonly object[] }> {
  const metrics: object[] = []
  const written = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    metrics.push(JSON.parse(String(text)))
    return true
  })
  try {
    return { result: await work(), metrics }
  } finally {
    written.mockRestore()
  }
}

/** A message as Lambda hands it over. */
function recordOf(message: Message, lane: string): SqsRecord {
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue = '', DataType = '' }]) => [
        name,
        { stringValue: StringValue, dataType: DataType },
      ]),
    ),
    eventSourceARN: `arn:aws:sqs:${motoRegion}:123456789012:${queueName('plinth', job, lane)}`,
  }
}
