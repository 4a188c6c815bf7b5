/** The whole stack: made by CloudFormation, and all five patterns over HTTP on what it made. @module */
import { join } from 'node:path'
import { SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FaultProxy } from '../../packages/aws/test/support/fault-proxy.ts'
import { describeWithMoto, type Moto, motoVariables } from '../../packages/aws/test/support/moto.ts'
import { bundleHandlers, synthesise } from '../../packages/cdk/src/index.ts'
import { StageServer } from '../../packages/cdk/test/support/stage-server.ts'
import { countsOf, ofType } from '../../packages/cdk/test/support/synthesised.ts'
import { startTestServer, type TestServer } from '../../packages/server/test/support/test-server.ts'
import { type Answer, call, type Page, type Problem, type ShownEvent, type ShownRequest } from './support/api.ts'
import { BundledFunctions } from './support/bundled-functions.ts'
import { type DeployedStack, deployStack, launchedMoto, runPython, sortedTypes } from './support/deployed-stack.ts'
import { KinesisSource } from './support/kinesis-source.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

interface ShownWorkflow {
  readonly workflow_id: string
  readonly status: string
  readonly steps: Readonly<Record<string, { readonly status: string; readonly attempts: number }>>
  readonly result: { readonly text: string } | null
}

/** What lies in the services, as look_inside.py prints it. */
interface Inside {
  readonly rows: number
  readonly objects: number
  readonly records: number
  readonly found: readonly string[]
  readonly events: readonly { readonly source: string; readonly 'detail-type': string }[]
  readonly notices: readonly { readonly Subject: string; readonly Message: string }[]
}

/** Nothing of it may be read where AWS's own tools look. */
const secret = 'pump-of-the-northern-works'
const embeddingModel = 'amazon.titan-embed-text-v2:0'
const support = join(import.meta.dirname, 'support')
/** Once the stack is there. Functions start by their first event, side by side on a machine that may be busy. */
const slow = { timeout: 300_000 }

/**
 * Moto by our launcher; the functions are bundled, each a process of its own with the variables that the stack gave it. Bedrock is another
 * Plinth's gateway. API Gateway and event sources are doubles, by the template's methods and the stack's mappings.
 */
function tryStack(moto: Moto): void {
  const out = temporaryFolder()
  const proxy = new FaultProxy()
  const begin = Date.now() - 3_600_000
  let stack: DeployedStack
  let bedrock: TestServer
  let functions: BundledFunctions
  let stage: StageServer
  let source: KinesisSource
  let token: string

  beforeAll(async () => {
    const folder = temporaryFolder()
    bundleHandlers({ folder })
    synthesise({ out, handlerFolder: folder, embeddingModels: [embeddingModel] })
    stack = await deployStack({ out, endpoint: moto.endpoint })
    await proxy.open(moto.endpoint)
    proxy.isolateTransactions()
    bedrock = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
    const variables = {
      ...motoVariables(proxy.endpoint),
      PLINTH_AWS_CREATE: undefined,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
      AWS_BEARER_TOKEN_BEDROCK: await bedrock.token({ permissions: ['models:read', 'models:write'] }),
    }
    functions = new BundledFunctions({ moto, template: stack.template, wiring: stack.wiring, folder, variables })
    stage = await StageServer.start(functions.api)
    const { StreamName = '' } = stack.outputs
    source = new KinesisSource(moto.clients.kinesis, StreamName, (event) => functions.byName['stream-processor'].call(event))
    await subscribe()
    expect((await call(stage.url, '/readyz')).status).toBe(200)
    token = await functions.tokenOf('demo')
  }, 600_000)
  afterAll(async () => {
    functions?.stop()
    await stage?.close()
    await proxy.close()
  })

  it(
    'is there as the template says, for another client: table, queues, bus, stream, topics, key, bucket, API, alarms, dashboards',
    slow,
    async () => {
      expect(stack.status).toBe('CREATE_COMPLETE')
      expect(Object.keys(stack.resources).toSorted()).toEqual(Object.keys(stack.template.Resources).toSorted())
      const args = [join(support, 'look_at_stack.py'), join(out, 'Plinth.template.json'), 'Plinth']
      const { looked, differences } = JSON.parse(await runPython(args, moto.endpoint))
      expect(differences).toEqual([])
      const counts = countsOf(stack.template)
      const expected = Object.keys(looked).map((type) => [type, counts[type.replace('AWS::', '')]])
      expect(looked).toEqual(Object.fromEntries(expected))
      for (const type of ['DynamoDB::Table', 'SQS::Queue', 'Kinesis::Stream', 'SNS::Topic', 'KMS::Key', 'S3::Bucket'])
        expect(looked[`AWS::${type}`]).toBeGreaterThan(0)
      for (const type of ['Events::Rule', 'CloudWatch::Alarm', 'CloudWatch::Dashboard', 'ApiGateway::Method'])
        expect(looked[`AWS::${type}`]).toBeGreaterThan(0)
    },
  )

  it('is made by stock moto, but for these types, whose results rest on our launcher', slow, async () => {
    const { stock, added, recorded } = await sortedTypes(stack.template)
    console.log(`Made by stock moto: ${stock.join(' ')}\nadded to it: ${added.join(' ')}\nnames alone: ${recorded.join(' ')}`)
    // Moto looks at no conditions of a bucket's policy, and would refuse everything.
    expect(recorded).toEqual(['AWS::ApiGateway::Account', 'AWS::S3::BucketPolicy'])
  })

  it('gives functions their variables, and makes nothing by itself', () => {
    const { api } = stack.wiring.variables
    const { TableName, BucketName, PooledKeyArn, StreamName } = stack.outputs
    expect(api).toMatchObject({ PLINTH_TABLE: TableName, PLINTH_BUCKET: BucketName, PLINTH_POOLED_KEY: PooledKeyArn })
    expect(api).toMatchObject({ PLINTH_STREAM: StreamName, PLINTH_BUS: 'genai-eventbus' })
    for (const variables of Object.values(stack.wiring.variables)) expect(variables).not.toHaveProperty('PLINTH_AWS_CREATE')
  })

  it('[G1] event-driven: a request is taken, worked from its queue, and told on the bus', slow, async () => {
    const sent = await ask('/api/requests', { prompt: `What is ${secret}?`, request_id: 'first' })
    expect(sent.status).toBe(202)
    await workUntil('it has ended', async () => (await shownRequest('first')).status !== 'processing')
    const shown = await shownRequest('first')
    expect(shown).toMatchObject({ status: 'completed', attempts: 1, error: null })
    expect(shown.result?.text).toMatch(/\S/)
    expect(shown.usage?.usd).toBeGreaterThan(0)
  })

  it('[G2] rag: a document is read, and an answer names it', slow, async () => {
    const documents = [
      { source: 'pumps.md', content: `# Pumps\n\nThe ${secret} is serviced every 400 hours.\n` },
      { source: 'boats.md', content: '# Boats\n\nThe ferry Marianne leaves at 9 o’clock.\n' },
    ]
    expect((await ask('/api/documents', { documents })).status).toBe(202)
    await workUntil('they are read', async () => {
      const { items } = (await ask<Page<{ embedding: string }>>('/api/documents')).body
      return items.length === 2 && items.every(({ embedding }) => embedding === 'done')
    })
    const { body } = await ask<object>('/api/rag/query', { query: 'When does the ferry Marianne leave?' })
    expect(body).toMatchObject({
      abstained: false,
      sources: ['boats.md'],
      response: expect.stringContaining('leaves at 9 o’clock'),
    })
  })

  it('[G3] multi-agent: a workflow runs step by step, and ends in a report', slow, async () => {
    const steps = [
      { id: 'read', agent_type: 'research', prompt: 'The pump is serviced every 400 hours. How often is the pump serviced?' },
      { id: 'tell', agent_type: 'report', prompt: 'Say how often the pump is serviced.', dependencies: ['read'] },
    ]
    const started = await ask<ShownWorkflow>('/api/workflows', { request: 'How often is the pump serviced?', plan: { steps } })
    expect(started.status).toBe(202)
    const shown = async () => (await ask<ShownWorkflow>(`/api/workflows/${started.body.workflow_id}`)).body
    await workUntil('it has ended', async () => /completed|failed|cancelled/.test((await shown()).status))
    const done = await shown()
    expect(done.status).toBe('completed')
    for (const { status, attempts } of Object.values(done.steps)) expect([status, attempts]).toEqual(['completed', 1])
    expect(done.result?.text).toContain('400 hours')
  })

  it('[G4] analytics: records become an insight, an alert and a message of SNS', slow, async () => {
    for (const from of [0, 300])
      expect((await ask('/api/streams/works/records', { records: records(from, 300) })).status).toBe(202)
    const [jump] = records(600, 1)
    await ask('/api/streams/works/records', { records: [{ ...jump, data: { pressure: 4_000, place: secret } }] })
    const items = async (path: string) => (await ask<Page<object>>(path)).body.items
    await workUntil('the jump is told', async () => (await items('/api/alerts')).length > 0)
    const insights = await items('/api/streams/works/insights?limit=100')
    expect(insights).toContainEqual(expect.objectContaining({ data_point: { pressure: 4_000, place: secret } }))
    for (const alert of await items('/api/alerts')) expect(alert).toMatchObject({ key: 'pump', status: 'open' })
    await workUntil('all is quiet', async () => true)
  })

  it('[G5] multi-tenant: a second tenant sees nothing of the first', slow, async () => {
    expect((await ask('/api/tenants', { tenant_id: 'other', name: 'Other' })).status).toBe(201)
    const own = await functions.tokenOf('other')
    for (const path of ['requests', 'documents', 'workflows', 'streams', 'alerts', 'events', 'dead-letters']) {
      const { status, body } = await call<Page<object>>(stage.url, `/api/${path}`, { token: own })
      expect([path, status, body.items]).toEqual([path, 200, []])
    }
    const { items } = (await ask<Page<{ document_id: string }>>('/api/documents')).body
    for (const path of ['requests/first', `documents/${items[0]?.document_id}`, 'streams/works'])
      expect((await call<Problem>(stage.url, `/api/${path}`, { token: own })).status).toBe(404)
    const query = { query: 'When does the ferry Marianne leave?' }
    const asked = await call<object>(stage.url, '/api/rag/query', { token: own, body: query })
    expect(asked.body).toMatchObject({ abstained: true, sources: [] })
    expect((await call(stage.url, '/api/tenants', { token: own, body: { tenant_id: 'x', name: 'X' } })).status).toBe(201)
    expect((await call(stage.url, '/api/requests')).status).toBe(401)
  })

  it('what lies in its services says so, and shows nothing of what was sent, to another client', slow, async () => {
    const { items } = (await ask<Page<ShownEvent>>('/api/events?limit=100')).body
    const { TableName, BucketName, StreamName, EventQueueUrl } = stack.outputs
    const args = [join(support, 'look_inside.py'), JSON.stringify({ TableName, BucketName, StreamName, EventQueueUrl }), secret]
    const inside = JSON.parse(await runPython(args, moto.endpoint)) as Inside
    expect(inside.found).toEqual([])
    for (const count of [inside.rows, inside.objects, inside.records]) expect(count).toBeGreaterThan(0)
    expect(new Set(inside.events.map(({ source: from }) => from))).toEqual(new Set(['genai.service']))
    const types = inside.events.map((event) => event['detail-type'])
    expect(types).toEqual(expect.arrayContaining(['genai.request.received', 'genai.request.completed']))
    for (const { type } of items) expect(types).toContain(type)
    const [notice] = inside.notices
    expect(notice?.Subject).toMatch(/^GenAI Alert: /)
    // Topics are the operator's, and say what an alert is about.
    expect(JSON.parse(notice?.Message ?? '{}')).toMatchObject({ tenant_id: 'demo', data: { place: secret } })
  })

  it('every model was asked through the other Plinth’s gateway', async () => {
    const { body } = await call<{ total: { requests: number } }>(bedrock.url, '/api/tenants/demo/usage', {
      token: await bedrock.token({ permissions: ['*', 'tenants:admin'] }),
    })
    expect(body.total.requests).toBeGreaterThan(5)
  })

  function ask<Body = Problem>(path: string, body?: object): Promise<Answer<Body>> {
    return call<Body>(stage.url, path, { token, ...(body && { body }) })
  }

  async function shownRequest(id: string): Promise<ShownRequest> {
    return (await ask<ShownRequest>(`/api/requests/${id}`)).body
  }

  /** One each second, of a pump at work. */
  function records(from: number, count: number): readonly object[] {
    return Array.from({ length: count }, (_, index) => {
      const second = from + index
      const pressure = Number((20 + Math.sin(second / 20) + ((second * 7_919) % 101) / 100).toFixed(3))
      return { key: 'pump', timestamp: new Date(begin + second * 1_000).toISOString(), id: `${second}`, data: { pressure } }
    })
  }

  async function workUntil(what: string, look: () => Promise<boolean>): Promise<void> {
    const round = async () => {
      await source.deliver()
      await functions.work()
      return look()
    }
    await until(what, round, { within: 250_000, every: 50 })
  }

  /** A system of the account, which follows the topics. */
  async function subscribe(): Promise<void> {
    const { sns, sqs } = moto.clients
    await sqs.send(new CreateQueueCommand({ QueueName: 'operators' }))
    const Endpoint = 'arn:aws:sqs:us-east-1:123456789012:operators'
    for (const [id] of ofType(stack.template, 'AWS::SNS::Topic'))
      await sns.send(new SubscribeCommand({ TopicArn: stack.resources[id], Protocol: 'sqs', Endpoint }))
  }
}

describeWithMoto('[G6] a whole stack on an emulator', tryStack, launchedMoto)
