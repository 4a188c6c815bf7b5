import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  InvokeModelCommand,
  ThrottlingException,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answerOf, BedrockStub, eventsOf, hello } from './bedrock-stub.ts'

/** The stub is what the provider is judged by, so it is judged by AWS's own client. */
const region = 'eu-central-1'
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session/token+=' }
let stub: BedrockStub

beforeAll(async () => {
  stub = await BedrockStub.start({ region, credentials })
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

// HTTP/1.1, as the provider speaks; one try, so that what is seen is what was sent.
const plain = { requestHandler: new NodeHttpHandler(), maxAttempts: 1 }
const client = (options: object = {}): BedrockRuntimeClient =>
  new BedrockRuntimeClient({ region, credentials, endpoint: stub.url, ...plain, ...options })
const input: ConverseCommandInput = {
  modelId: 'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0',
  system: [{ text: 'Be short.' }],
  messages: [
    {
      role: 'user',
      content: [{ text: 'Größe? 漢字 😀' }, { image: { format: 'png', source: { bytes: new Uint8Array([1, 2, 3]) } } }],
    },
  ],
  inferenceConfig: { maxTokens: 5, temperature: 0.5, stopSequences: ['x'] },
  additionalModelRequestFields: { top_k: 5 },
}

async function textOf(stream: AsyncIterable<{ contentBlockDelta?: { delta?: { text?: string } } }>): Promise<string> {
  let text = ''
  for await (const event of stream) text += event.contentBlockDelta?.delta?.text ?? ''
  return text
}

describe("the stub, as AWS's client sees it", () => {
  it('answers, and knows the model by its encoded ARN', async () => {
    const { $metadata, ...answer } = await client().send(new ConverseCommand(input))
    expect(answer).toEqual(hello)
    expect($metadata.httpStatusCode).toBe(200)
    expect(stub.calls[0]?.modelId).toBe(input.modelId)
    expect(stub.calls[0]?.path).toContain('%3Ainference-profile%2F')
  })

  it('streams events as they were meant, in whatever packets', async () => {
    for (const piece of [1, 7, 1_000]) {
      stub.reply({ stream: eventsOf(hello), piece })
      const { stream = [] } = await client().send(new ConverseStreamCommand(input))
      const events: unknown[] = []
      for await (const event of stream as AsyncIterable<unknown>) events.push(event)
      expect(events).toEqual(eventsOf(hello))
    }
  })

  it('streams the input of tools', async () => {
    const toolUse = { toolUseId: 't-1', name: 'weather', input: { city: 'Zürich' } }
    const answer = answerOf('', { output: { message: { role: 'assistant', content: [{ toolUse }] } }, stopReason: 'tool_use' })
    stub.reply({ stream: eventsOf(answer) })
    const { stream = [] } = await client().send(new ConverseStreamCommand(input))
    let json = ''
    for await (const event of stream as AsyncIterable<{ contentBlockDelta?: { delta?: { toolUse?: { input?: string } } } }>)
      json += event.contentBlockDelta?.delta?.toolUse?.input ?? ''
    expect(JSON.parse(json)).toEqual(toolUse.input)
  })

  it('fails with typed faults, before and in the middle of a stream', async () => {
    stub.reply(
      { fault: 'ServiceQuotaExceededException' },
      { stream: [...eventsOf(hello).slice(0, 3), { exception: 'ThrottlingException' }] },
    )
    await expect(client().send(new ConverseCommand(input))).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      $metadata: { httpStatusCode: 400 },
    })
    const { stream = [] } = await client().send(new ConverseStreamCommand(input))
    const error = await textOf(stream as AsyncIterable<object>).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ThrottlingException)
  })
})

describe('the stub, invoked for embeddings', () => {
  const invoke = async (modelId: string, body: object): Promise<unknown> => {
    const input = { modelId, body: JSON.stringify(body), contentType: 'application/json' }
    return JSON.parse((await client().send(new InvokeModelCommand(input))).body.transformToString())
  }

  it.each([
    ['amazon.titan-embed-text-v1', { inputText: 'four' }, { inputTextTokenCount: 3, embedding: expect.any(Array) }],
    ['amazon.titan-embed-text-v2:0', { inputText: 'four', dimensions: 256, normalize: true }, { inputTextTokenCount: 3 }],
    ['cohere.embed-english-v3', { texts: ['four'], input_type: 'search_query' }, { response_type: 'embeddings_floats' }],
  ])('answers for %s', async (modelId, body, answer) => {
    expect(await invoke(modelId, body)).toMatchObject(answer)
  })

  it.each([
    ['amazon.titan-embed-text-v1', { inputText: 'x', dimensions: 1536 }],
    ['amazon.titan-embed-text-v2:0', { inputText: 'x', dimensions: 300 }],
    ['amazon.titan-embed-text-v2:0', { inputText: '' }],
    ['cohere.embed-english-v3', { texts: ['x'] }],
    ['cohere.embed-english-v3', { texts: Array(97).fill('x'), input_type: 'search_query' }],
    ['cohere.embed-english-v3', { texts: ['x'.repeat(2049)], input_type: 'search_query' }],
  ])('refuses what %s would: %j', async (modelId, body) => {
    await expect(invoke(modelId, body)).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('the stub lets nothing through that Bedrock would refuse', () => {
  it.each([
    ['another secret', { credentials: { ...credentials, secretAccessKey: 'other' } }],
    ['another region', { region: 'us-east-1' }],
    ['no session token', { credentials: { ...credentials, sessionToken: undefined } }],
  ])('%s', async (_, options) => {
    await expect(client(options).send(new ConverseCommand(input))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
  })

  it.each([
    ['an unknown field', { inferenceConfig: { maxTokens: 5, topK: 3 } }, '$.inferenceConfig.topK is unknown'],
    ['a text for a number', { inferenceConfig: { maxTokens: '5' } }, '$.inferenceConfig.maxTokens is no number'],
    [
      'a union of two',
      { messages: [{ role: 'user', content: [{ text: 'x', cachePoint: { type: 'default' } }] }] },
      '$.messages[0].content[0] is a union of 2',
    ],
    ['a missing field', { messages: [{ content: [{ text: 'x' }] }] }, '$.messages[0].role is missing'],
    ['a text for a list', { messages: 'x' }, '$.messages is no list'],
  ])('%s', async (_, body, words) => {
    const open = await BedrockStub.start({ bearerToken: 'key' })
    const headers = { authorization: 'Bearer key', 'content-type': 'application/json' }
    const answer = await fetch(`${open.url}/model/amazon.nova-pro-v1%3A0/converse`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('x-amzn-errortype')).toMatch(/^ValidationException:/)
    expect(((await answer.json()) as { message: string }).message).toContain(words)
    await open.close()
  })
})
