/** Unmodified clients of a Plinth on AWS's services; its models are those of a double of Bedrock, made from the service model. */
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import Anthropic from '@anthropic-ai/sdk'
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { LocalIssuer } from '@plinth/core'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeWithMoto, motoCredentials, motoRegion, motoVariables } from '../../packages/aws/test/support/moto.ts'
import type { RestApi } from '../../packages/cdk/test/support/rest-api.ts'
import { StageServer } from '../../packages/cdk/test/support/stage-server.ts'
import { BedrockStub } from '../../packages/models/test/bedrock-stub.ts'
import { describeWithBoto3, runBoto3 } from '../../packages/server/test/gateway/bedrock/support/boto3.ts'
import { call } from './support/api.ts'
import { apiOfFunctions, sealed } from './support/aws.ts'
import { type RunningPlinth, runPlinth, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const haiku = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
const arn = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${haiku}`
const titan = 'amazon.titan-embed-text-v2:0'
/** What the double answers: 11 tokens in, 7 out. */
const said = 'Hello from Bedrock, größer & 漢字 😀.'
/** USD of one such answer: 1 a million tokens in, 5 out. */
const price = (11 * 1 + 7 * 5) / 1e6
const messages = [{ role: 'user' as const, content: 'Say something.' }]
const turns = [{ role: 'user' as const, content: [{ text: 'Say something.' }] }]

const environmentOf = (endpoint: string, bedrock: string) => ({
  ...motoVariables(endpoint),
  PLINTH_MODEL: `bedrock/${haiku}`,
  PLINTH_EMBEDDING_MODEL: `bedrock/${titan}`,
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock,
})

const openAi = (url: string, apiKey: string, maxRetries = 2) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries })
const bedrock = (endpoint: string, token: string, maxAttempts = 3) =>
  new BedrockRuntimeClient({
    region: motoRegion,
    endpoint,
    token: { token },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts,
  })

async function streamedText(client: OpenAI): Promise<string> {
  let text = ''
  for await (const { choices } of await client.chat.completions.create({ model: haiku, messages, stream: true }))
    text += choices[0]?.delta.content ?? ''
  return text
}

async function converseStream(client: BedrockRuntimeClient): Promise<{ readonly text: string; readonly usage: unknown }> {
  const { stream = [] } = await client.send(new ConverseStreamCommand({ modelId: arn, messages: turns }))
  let text = ''
  let usage: unknown
  for await (const event of stream) {
    text += event.contentBlockDelta?.delta?.text ?? ''
    usage = event.metadata?.usage ?? usage
  }
  return { text, usage }
}

describeWithMoto('the model gateway on the platform aws, on an emulator', (moto) => {
  let stub: BedrockStub
  let server: RunningPlinth
  let admin: string

  const ask = <Body>(path: string, method = 'GET', body?: object) => call<Body>(server.url, path, { token: admin, method, body })
  const keyOf = async (tenant: string, limits?: object): Promise<string> => {
    expect((await ask('/api/tenants', 'POST', { tenant_id: tenant, name: tenant, ...(limits && { limits }) })).status).toBe(201)
    const permissions = ['models:read', 'models:write']
    return (await ask<{ key: string }>(`/api/tenants/${tenant}/keys`, 'POST', { permissions })).body.key
  }
  const usageOf = async (tenant: string) =>
    (await ask<{ total: Readonly<Record<string, number>> }>(`/api/tenants/${tenant}/usage`)).body.total

  beforeAll(async () => {
    stub = await BedrockStub.start({ region: motoRegion, credentials: motoCredentials })
    const where = environmentOf(moto.endpoint, stub.url)
    server = await startPlinth(temporaryFolder(), where)
    admin = (await runPlinth(['token', '--tenant', 'demo', '--permissions', '*'], { environment: where })).stdout.trim()
  })
  beforeEach(() => stub.reset())
  afterAll(async () => {
    await server?.process.stop()
    await stub?.close()
  })

  it('answers clients of OpenAI and Bedrock, whole and in parts, and what they used adds up in the table [X17]', async () => {
    const key = await keyOf('acme')
    const whole = await openAi(server.url, key).chat.completions.create({ model: haiku, messages })
    expect(whole.choices[0]?.message.content).toBe(said)
    expect(whole.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 })
    expect(await streamedText(openAi(server.url, key))).toBe(said)
    const client = bedrock(server.url, key)
    const conversed = await client.send(new ConverseCommand({ modelId: haiku, messages: turns }))
    expect([conversed.output?.message?.content, conversed.stopReason]).toEqual([[{ text: said }], 'end_turn'])
    expect(await converseStream(client)).toMatchObject({ text: said, usage: { inputTokens: 11, outputTokens: 7 } })
    const calls = ['converse', 'converse-stream', 'converse', 'converse-stream']
    expect(stub.calls.map(({ operation }) => operation)).toEqual(calls)
    expect(stub.calls.map(({ modelId }) => modelId)).toEqual([haiku, haiku, haiku, arn])
    const { requests, input_tokens, output_tokens, usd } = await usageOf('acme')
    expect([requests, input_tokens, output_tokens]).toEqual([4, 4 * 11, 4 * 7])
    expect(usd).toBeCloseTo(4 * price, 9)
  })

  it('makes vectors by Bedrock, which cost their own', async () => {
    const key = await keyOf('vectors')
    const { data } = await openAi(server.url, key).embeddings.create({ model: titan, input: ['one', 'three'], dimensions: 256 })
    expect(data.map(({ embedding }) => [embedding.length, embedding[0]])).toEqual([
      [256, 3],
      [256, 5],
    ])
    const body = JSON.stringify({ inputText: 'two', dimensions: 512 })
    const { body: told } = await bedrock(server.url, key).send(new InvokeModelCommand({ modelId: titan, body }))
    expect(JSON.parse(told.transformToString()).embedding).toHaveLength(512)
    expect(stub.calls.map(({ operation, modelId }) => [operation, modelId])).toEqual([
      ['invoke', titan],
      ['invoke', titan],
      ['invoke', titan],
    ])
    const { requests, input_tokens, usd } = await usageOf('vectors')
    expect([requests, input_tokens]).toEqual([2, 9])
    expect(usd).toBeCloseTo((9 * 0.02) / 1e6, 12)
  })

  it('holds a budget and limits, in the words by which each client stops or waits [X14, X68]', async () => {
    const key = await keyOf('poor', { monthly_budget_usd: 0.00009 })
    const asked = { model: haiku, messages, max_tokens: 10 }
    await openAi(server.url, key).chat.completions.create(asked)
    const calls = stub.calls.length
    await expect(openAi(server.url, key).chat.completions.create(asked)).rejects.toMatchObject({
      status: 429,
      code: 'insufficient_quota',
    })
    const converse = new ConverseCommand({ modelId: haiku, messages: turns, inferenceConfig: { maxTokens: 10 } })
    await expect(bedrock(server.url, key).send(converse)).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      $metadata: { attempts: 1 },
    })
    await ask('/api/tenants/poor', 'PATCH', { limits: { monthly_budget_usd: null, requests_per_minute: 0 } })
    await expect(openAi(server.url, key, 0).chat.completions.create(asked)).rejects.toMatchObject({ status: 429 })
    await expect(bedrock(server.url, key, 1).send(converse)).rejects.toMatchObject({ name: 'ThrottlingException' })
    expect(stub.calls).toHaveLength(calls)
    const { requests, usd } = await usageOf('poor')
    expect(requests).toBe(1)
    expect(usd).toBeCloseTo(price, 9)
  })

  it('serves nobody who is suspended, from the next request on [X59]', async () => {
    const key = await keyOf('paused')
    const asked = { model: haiku, messages }
    await openAi(server.url, key).chat.completions.create(asked)
    await ask('/api/tenants/paused', 'PATCH', { status: 'suspended' })
    await expect(openAi(server.url, key).chat.completions.create(asked)).rejects.toMatchObject({ status: 403 })
    const converse = new ConverseCommand({ modelId: haiku, messages: turns })
    await expect(bedrock(server.url, key).send(converse)).rejects.toMatchObject({ name: 'AccessDeniedException' })
    expect(stub.calls).toHaveLength(1)
    await ask('/api/tenants/paused', 'PATCH', { status: 'active' })
    await openAi(server.url, key).chat.completions.create(asked)
  })

  it('puts every call into the tenant’s trail, sealed and anchored', async () => {
    expect(await sealed(server, admin, 'acme')).toMatchObject({ valid: true })
    const trail = await ask<{ items: { what: string; decision: string }[] }>('/api/tenants/acme/audit')
    const calls = trail.body.items.map(({ what }) => what).filter((what) => /^POST \/(?:v1|model)\//.test(what))
    expect(calls.toSorted()).toEqual([
      'POST /model/{id}/converse',
      'POST /model/{id}/converse-stream',
      'POST /v1/chat/completions',
      'POST /v1/chat/completions',
    ])
  })

  it('has another Plinth for its Bedrock: a call goes through both, and is counted in both', async () => {
    const folder = temporaryFolder()
    const upstream = await startPlinth(folder)
    const where = { PLINTH_DATA_DIR: folder }
    const upstreamToken = (await runPlinth(['token', '--tenant', 'demo', '--permissions', '*'], { environment: where })).stdout
    const through = await startPlinth(temporaryFolder(), {
      ...environmentOf(moto.endpoint, upstream.url),
      AWS_BEARER_TOKEN_BEDROCK: upstreamToken.trim(),
    })
    try {
      const key = await keyOf('both')
      const scripted = /^Scripted [0-9a-f]{8} \w+ \w+\.$/
      const whole = await openAi(through.url, key).chat.completions.create({ model: haiku, messages })
      expect(whole.choices[0]?.message.content).toMatch(scripted)
      expect((await converseStream(bedrock(through.url, key))).text).toMatch(scripted)
      const { data } = await openAi(through.url, key).embeddings.create({ model: titan, input: 'one', dimensions: 256 })
      expect(data[0]?.embedding).toHaveLength(256)
      const there = await call<{ total: object }>(upstream.url, '/api/tenants/demo/usage', { token: upstreamToken.trim() })
      const { requests, input_tokens, output_tokens } = await usageOf('both')
      expect(requests).toBe(3)
      expect(there.body.total).toMatchObject({ requests, input_tokens, output_tokens })
      expect(stub.calls).toEqual([])
    } finally {
      await through.process.stop()
      await upstream.process.stop()
    }
  })
})

/** The functions of our template behind a double of API Gateway, at the address that the stack says. */
describeWithMoto("the model gateway in the API's function, below a stage", (moto) => {
  let stub: BedrockStub
  let rest: RestApi
  let stage: StageServer
  let token: string

  beforeAll(async () => {
    stub = await BedrockStub.start({ region: motoRegion, credentials: motoCredentials })
    const { api, operator } = await apiOfFunctions(environmentOf(moto.endpoint, stub.url))
    expect((await api.ask({ path: '/readyz' })).status).toBe(200)
    const issuer = await LocalIssuer.open(operator)
    token = await issuer.sign({ tenant: 'demo', user: 'ada', permissions: ['models:read', 'models:write'], lifetime: 600 })
    rest = api
    stage = await StageServer.start(api)
  })
  afterAll(async () => {
    await stage?.close()
    await stub?.close()
  })

  it('clients of OpenAI and Anthropic keep the stage before their paths', async () => {
    const client = openAi(stage.url, token)
    expect((await client.chat.completions.create({ model: haiku, messages })).choices[0]?.message.content).toBe(said)
    expect(await streamedText(client)).toBe(said)
    const anthropic = new Anthropic({ baseURL: stage.url, apiKey: token })
    const asked = { model: haiku, max_tokens: 50, messages }
    expect((await anthropic.messages.create(asked)).content).toMatchObject([{ type: 'text', text: said }])
    expect((await anthropic.messages.stream(asked).finalMessage()).content).toMatchObject([{ type: 'text', text: said }])
    expect(new Set(stage.paths)).toEqual(new Set(['/v1/chat/completions', '/v1/messages']))
  })

  it('so do those of AWS for JavaScript, which want no slash after it', async () => {
    const client = new BedrockRuntimeClient({
      region: motoRegion,
      endpoint: stage.url,
      token: { token },
      authSchemePreference: ['httpBearerAuth'],
      // They agree on HTTP/2 or 1.1 with API Gateway by TLS; in clear they would not ask.
      requestHandler: new NodeHttpHandler(),
    })
    const whole = await client.send(new ConverseCommand({ modelId: haiku, messages: turns }))
    expect(whole.output?.message?.content).toEqual([{ text: said }])
    expect(await converseStream(client)).toMatchObject({ text: said })
    expect(stage.paths.at(-1)).toMatch(/^\/model\/arn[^/]+inference-profile%2F[^/]+\/converse-stream$/)
    client.destroy()
  })

  it('so does @ai-sdk/amazon-bedrock', async () => {
    const model = createAmazonBedrock({ region: motoRegion, baseURL: stage.url, apiKey: token })(haiku)
    const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Say something.' }] }]
    expect((await model.doGenerate({ prompt })).content).toMatchObject([{ type: 'text', text: said }])
    expect(stage.paths.at(-1)).toMatch(/^\/model\/us\.anthropic\.[^/]+\/converse$/)
  })

  describeWithBoto3('boto3', () => {
    it.each(['', '/'])('so does boto3, by ids and by ARNs, with "%s" after the stage', async (slash) => {
      const program = [
        'import os',
        `os.environ['AWS_BEARER_TOKEN_BEDROCK'] = '${token}'`,
        "client = boto3.client('bedrock-runtime')",
        "messages = [{'role': 'user', 'content': [{'text': 'Say something.'}]}]",
        `whole = client.converse(modelId='${haiku}', messages=messages)`,
        `stream = client.converse_stream(modelId='${arn}', messages=messages)['stream']`,
        "texts = [event['contentBlockDelta']['delta']['text'] for event in stream if 'contentBlockDelta' in event]",
        "result = [whole['output']['message']['content'][0]['text'], ''.join(texts)]",
      ].join('\n')
      expect(await runBoto3(`${stage.url}${slash}`, program)).toEqual([said, said])
      expect(stub.calls.at(-1)?.modelId).toBe(arn)
      const [converse, stream] = stage.paths.slice(-2)
      expect(converse).toMatch(/^\/model\/us\.anthropic\.[^/]+\/converse$/)
      // The slash in the ARN is kept encoded, as API Gateway's REST API hands it on.
      expect(stream).toMatch(/^\/model\/arn[^/]+inference-profile%2F[^/]+\/converse-stream$/)
    })
  })

  it('who brings no token of it gets no further than the authorizer', async () => {
    const refused = openAi(stage.url, 'nobody').chat.completions.create({ model: haiku, messages })
    await expect(refused).rejects.toMatchObject({ status: 401 })
  })

  /** Before a domain of its own. */
  async function onDomain(basePath: string | undefined, use: (domain: StageServer) => Promise<void>): Promise<void> {
    const domain = await StageServer.domain(rest, basePath)
    try {
      await use(domain)
    } finally {
      await domain.close()
    }
  }

  it('a domain of its own serves clients when it is mapped without a base path', () =>
    onDomain(undefined, async (domain) => {
      const client = openAi(domain.url, token)
      expect((await client.chat.completions.create({ model: haiku, messages })).choices[0]?.message.content).toBe(said)
      expect(domain.paths).toEqual(['/v1/chat/completions'])
    }))

  it('with one it finds nothing, asks no model, and lets nobody in without a token [R114]', () =>
    onDomain('/models', async (domain) => {
      const calls = stub.calls.length
      const ask = (apiKey: string) => openAi(domain.url, apiKey, 0).chat.completions.create({ model: haiku, messages })
      await expect(ask(token)).rejects.toMatchObject({ status: 404 })
      await expect(ask('nobody')).rejects.toMatchObject({ status: 401 })
      expect(domain.paths).toEqual(['/models/v1/chat/completions', '/models/v1/chat/completions'])
      expect(stub.calls).toHaveLength(calls)
    }))

  it('with one that is named like a guarded path the server asks for the token itself [R114]', () =>
    onDomain('/v1', async (domain) => {
      const calls = stub.calls.length
      const client = new OpenAI({ baseURL: domain.url, apiKey: 'nobody', maxRetries: 0 })
      await expect(client.chat.completions.create({ model: haiku, messages })).rejects.toMatchObject({ status: 401 })
      expect(domain.paths).toEqual(['/v1/chat/completions'])
      expect(stub.calls).toHaveLength(calls)
    }))
})
