import { spawnSync } from 'node:child_process'
import { PutRecordCommand } from '@aws-sdk/client-kinesis'
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FaultProxy } from '../../packages/aws/test/support/fault-proxy.ts'
import { describeWithMoto, motoVariables } from '../../packages/aws/test/support/moto.ts'
import { bundleHandlers } from '../../packages/cdk/src/index.ts'
import type { Told } from '../../packages/cdk/test/support/rest-api.ts'
import { plinthStack, templateOf } from '../../packages/cdk/test/support/synthesised.ts'
import { Collector } from '../../packages/outbound/test/collector.ts'
import { BundledFunctions, emulatedVariables } from './support/bundled-functions.ts'
import { KinesisSource } from './support/kinesis-source.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

interface Insight {
  readonly insight_id: string
  readonly key: string
  readonly data_point: { readonly pressure: number }
  readonly analysis: { readonly risk_level: string; readonly alert_priority: number }
}

interface Alert {
  readonly alert_id: string
  readonly alert_type: string
  readonly key: string
  readonly status: string
}

interface Notice {
  readonly TopicArn: string
  readonly Subject: string
  readonly Message: string
  readonly MessageAttributes: Readonly<Record<string, { readonly Value: string }>>
}

const alertTypes = ['high_priority', 'high_risk', 'anomaly_detected']
const topicArns = 'arn:aws:sns:us-east-1:123456789012:'
/** Nothing of it may be read where AWS's own tools look. */
const secret = 'pump-of-the-northern-works'
type Line = Readonly<Record<string, unknown>>

/** Bundled functions by the template's wiring, each a process of its own; API Gateway and event sources are doubles. */
describeWithMoto('[G4] [R70] streams on the functions of AWS, on an emulator', (moto) => {
  const template = templateOf(plinthStack())
  const folder = temporaryFolder()
  const proxy = new FaultProxy()
  const notices: Notice[] = []
  const begin = Date.now() - 3_600_000
  let functions: BundledFunctions
  let without: BundledFunctions
  let source: KinesisSource
  let collector: Collector
  let token: string

  beforeAll(async () => {
    bundleHandlers({ folder })
    await proxy.open(moto.endpoint)
    proxy.isolateTransactions()
    collector = await Collector.open()
    const variables = emulatedVariables(proxy.endpoint, {
      PLINTH_MODEL: 'local/extractive',
      PLINTH_TOPIC_ARNS: topicArns,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    })
    functions = new BundledFunctions({ moto, template, folder, variables })
    without = new BundledFunctions({ moto, template: templateOf(plinthStack({ analytics: false })), folder, variables })
    expect((await functions.api.ask({ path: '/readyz' })).status).toBe(200)
    token = await functions.tokenOf('demo')
    const { kinesis } = moto.clients
    source = new KinesisSource(kinesis, functions.environment.stream, (event) => functions.byName['stream-processor'].call(event))
    await subscribe()
  })
  afterAll(async () => {
    functions?.stop()
    without?.stop()
    await collector?.close()
    await proxy.close()
  })

  it('records are taken by the API, worked by analytics-processor, and come out as insights, alerts and messages of SNS [R72, R76, R82, R83, X45]', async () => {
    for (const from of [0, 300]) {
      const sent = await send(recordsOf(from, 300))
      expect([sent.status, JSON.parse(sent.body)]).toEqual([202, { accepted: 300, rejected: [] }])
    }
    const jump = await send([{ ...recordsOf(600, 1)[0], data: { pressure: 4_000, place: secret } }])
    expect(JSON.parse(jump.body)).toEqual({ accepted: 1, rejected: [] })
    await workUntil('the jump is told', async () => (await alerts()).length > 0 && notices.length > 0)
    const [insight] = (await insights()).filter(({ data_point }) => data_point.pressure === 4_000)
    expect(insight).toMatchObject({ key: 'pump', data_point: { pressure: 4_000, place: secret } })
    const told = await alerts()
    expect(told.every(({ key, status }) => key === 'pump' && status === 'open')).toBe(true)
    const [notice] = notices
    const type = notice?.TopicArn.replace(`${topicArns}genai-alerts-`, '') ?? ''
    expect(told.map(({ alert_type }) => alert_type)).toContain(type)
    expect(notice?.Subject).toMatch(/^GenAI Alert: [A-Z][a-z]+ [A-Z][a-z]+$/)
    const body = JSON.parse(notice?.Message ?? '{}')
    expect(body).toMatchObject({ alert_type: type, data: { place: secret }, tenant_id: 'demo' })
    for (const field of ['timestamp', 'severity', 'analysis', 'recommended_actions']) expect(body).toHaveProperty(field)
    expect(notice?.MessageAttributes).toMatchObject({ tenant_id: { Value: 'demo' }, alert_type: { Value: type } })
  })

  it('[R126] [X75] the functions have told CloudWatch of it, as a whole, and a collector where it went; no metric names a tenant', async () => {
    const { 'stream-processor': processor, 'insight-worker': worker, api } = functions.byName
    const sum = ({ metrics }: { readonly metrics: readonly Line[] }, name: string): number =>
      metrics.flatMap((line) => (line[name] as readonly number[] | undefined) ?? []).reduce((all, one) => all + one, 0)
    const count = (await alerts()).length
    await until('the logs are here', () => sum(processor, 'StreamRecords') === 601 && sum(worker, 'AlertsOpened') >= count)
    expect(sum(worker, 'AlertsOpened')).toBe(count)
    for (const name of ['StreamBytes', 'StreamAnomalies', 'StreamFindings', 'StreamLag', 'StreamBatchDuration'])
      expect(sum(processor, name), name).toBeGreaterThan(0)
    const lines = [processor, worker, api].flatMap(({ metrics }) => metrics)
    expect(new Set([processor, worker].flatMap(({ metrics }) => metrics.map(({ Pattern }) => Pattern)))).toEqual(
      new Set(['analytics']),
    )
    expect(JSON.stringify(lines)).not.toMatch(/demo|works|pump|northern/)
    const names = collector.spans.map(({ name }) => name)
    for (const part of ['POST /api/streams/{name}/records', 'process analytics.'])
      expect(
        names.filter((name) => name.startsWith(part)),
        part,
      ).not.toEqual([])
    expect(JSON.stringify(collector.spans)).not.toContain(secret)
  })

  it('[X50] batches that come again, all of them, change nothing and tell nobody anything', async () => {
    await workUntil('all is quiet', quiet)
    const before = [await insights(), await alerts(), notices.length]
    source.rewind()
    expect(await source.deliver()).toBeGreaterThan(0)
    await workUntil('all is quiet', quiet)
    expect([await insights(), await alerts(), notices.length]).toEqual(before)
  })

  it('[X49] what is no record of Plinth holds up nothing, and neither does a function that is ended with a batch', async () => {
    const StreamName = functions.environment.stream
    await moto.clients.kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: 'x', Data: Buffer.from('{"a":1}') }))
    await send(recordsOf(700, 50))
    const cut = source.deliver()
    await new Promise((resolve) => setTimeout(resolve, 30))
    functions.byName['stream-processor'].stop()
    await cut.catch(() => {})
    await workUntil('all is worked', quiet)
    const { body } = await ask('/api/streams/works')
    expect(body).toContain('"records":651')
  })

  it('nothing of the records can be read in Kinesis and in the table, by another client', () => {
    const script = `
import boto3, json
kinesis, table = boto3.client('kinesis'), boto3.client('dynamodb')
name = ${JSON.stringify(functions.environment.stream)}
records = []
for shard in kinesis.list_shards(StreamName=name)['Shards']:
    at = kinesis.get_shard_iterator(StreamName=name, ShardId=shard['ShardId'], ShardIteratorType='TRIM_HORIZON')
    records += kinesis.get_records(ShardIterator=at['ShardIterator'])['Records']
rows = [page for page in table.get_paginator('scan').paginate(TableName=${JSON.stringify(functions.environment.table)})]
told = boto3.client('sns').list_topics()['Topics']
text = repr(records) + repr(rows)
print(json.dumps({'records': len(records), 'read': ${JSON.stringify(secret)} in text or 'pressure' in text,
  'keys': any('pump' in each['PartitionKey'] for each in records), 'topics': sorted(each['TopicArn'] for each in told)}))`
    const env = { ...process.env, ...motoVariables(moto.endpoint), AWS_DEFAULT_REGION: 'us-east-1' }
    const run = spawnSync('python3', ['-c', script], { encoding: 'utf8', env })
    expect(run.stderr).toBe('')
    const { records, topics, ...found } = JSON.parse(run.stdout)
    expect(records).toBeGreaterThan(3)
    expect(found).toEqual({ read: false, keys: false })
    expect(topics).toEqual(alertTypes.map((type) => `${topicArns}genai-alerts-${type}`).toSorted())
  })

  it('a stack without them takes no records, and everything else works', async () => {
    const there = (path: string, method = 'GET', body?: object) =>
      without.api.ask({ path, method, headers: bearer(), ...(body && { body }) })
    for (const told of [
      await there('/api/streams/works/records', 'POST', { records: recordsOf(0, 1) }),
      await there('/api/streams'),
      await there('/api/alerts'),
    ])
      expect([told.by, told.status]).toEqual(['server', 404])
    const { paths } = JSON.parse((await there('/openapi.json')).body) as { paths: object }
    expect(Object.keys(paths)).toContain('/api/requests')
    expect(Object.keys(paths).filter((path) => /^\/api\/(streams|alert)/.test(path))).toEqual([])
    expect((await there('/api/requests', 'POST', { prompt: 'Why queues?' })).status).toBe(202)
    expect(without.byName).not.toHaveProperty('stream-processor')
  })

  const bearer = () => ({ Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' })

  function ask(path: string, { method = 'GET', body }: { readonly method?: string; readonly body?: object } = {}): Promise<Told> {
    return functions.api.ask({ path, method, headers: bearer(), ...(body && { body }) })
  }

  function send(records: readonly object[]): Promise<Told> {
    return ask('/api/streams/works/records', { method: 'POST', body: { records } })
  }

  /** One each second, of a pump at work. */
  function recordsOf(from: number, count: number): { readonly key: string; readonly data: object }[] {
    return Array.from({ length: count }, (_, index) => {
      const second = from + index
      const pressure = Number((20 + Math.sin(second / 20) + ((second * 7_919) % 101) / 100).toFixed(3))
      return { key: 'pump', timestamp: new Date(begin + second * 1_000).toISOString(), id: `${second}`, data: { pressure } }
    })
  }

  async function insights(): Promise<readonly Insight[]> {
    return (JSON.parse((await ask('/api/streams/works/insights?limit=100')).body) as { items: readonly Insight[] }).items
  }

  async function alerts(): Promise<readonly Alert[]> {
    return (JSON.parse((await ask('/api/alerts?limit=100')).body) as { items: readonly Alert[] }).items
  }

  /** A round that finds nothing to do, but for jobs that are for later. */
  async function quiet(): Promise<boolean> {
    return (await source.deliver()) + (await functions.work()) === 0
  }

  async function workUntil(what: string, look: () => Promise<boolean>): Promise<void> {
    const round = async () => {
      await source.deliver()
      await functions.work()
      await receive()
      return look()
    }
    await until(what, round, { within: 120_000, every: 50 })
  }

  /** A system of the account, which follows the topics. */
  async function subscribe(): Promise<void> {
    const { sns, sqs } = moto.clients
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'operators' }))
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
    for (const type of alertTypes) {
      const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `genai-alerts-${type}` }))
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn }))
    }
  }

  async function receive(): Promise<void> {
    const { sqs } = moto.clients
    const QueueUrl = await functions.urlOf('operators')
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    for (const { Body = '{}', ReceiptHandle } of Messages) {
      notices.push(JSON.parse(Body))
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    }
  }
})
