/** Unmodified clients, with two settings changed: where Plinth is, and a token of it. */
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import Anthropic from '@anthropic-ai/sdk'
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import OpenAI from 'openai'
import { beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/test-server.ts'

const claude = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
const arn = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0`
const scripted = /^Scripted [0-9a-f]{8} \w+ \w+\.$/

let server: TestServer
let token: string
beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

describe('openai', () => {
  const client = (): OpenAI => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: token })

  it('completes a chat, whole and in parts', async () => {
    const asked = { model: claude, messages: [{ role: 'user' as const, content: 'Say something.' }] }
    const whole = await client().chat.completions.create(asked)
    expect(whole).toMatchObject({ object: 'chat.completion', model: claude })
    expect(whole.choices[0]?.message.content).toMatch(scripted)
    expect(whole.choices[0]?.finish_reason).toBe('stop')
    expect(whole.usage?.total_tokens).toBeGreaterThan(0)
    let text = ''
    for await (const chunk of await client().chat.completions.create({ ...asked, stream: true })) {
      expect(chunk.usage ?? null).toBeNull()
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe(whole.choices[0]?.message.content)
    const stream = await client().chat.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } })
    const usages: unknown[] = []
    for await (const chunk of stream) if (chunk.usage) usages.push(chunk.usage)
    expect(usages).toEqual([whole.usage])
  })

  it('lists models, and makes vectors in both forms', async () => {
    const ids: string[] = []
    for await (const model of client().models.list()) ids.push(model.id)
    expect(ids).toContain(claude)
    expect(await client().models.retrieve(claude)).toMatchObject({ id: claude, object: 'model' })
    const asked = { model: 'amazon.titan-embed-text-v2:0', input: ['one', 'two words'] }
    const packed = await client().embeddings.create(asked)
    const plain = await client().embeddings.create({ ...asked, encoding_format: 'float' })
    expect(packed.data).toHaveLength(2)
    expect(plain.data.map(({ embedding }) => embedding.map(Math.fround))).toEqual(packed.data.map(({ embedding }) => embedding))
  })

  it('tells what is wrong in the words of its protocol', async () => {
    const wrong = client().chat.completions.create({ model: 'no-such-model', messages: [{ role: 'user', content: 'x' }] })
    await expect(wrong).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
    const nobody = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'nobody' })
    await expect(nobody.models.list()).rejects.toMatchObject({ status: 401 })
    const reader = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: await server.token({ permissions: ['models:read'] }) })
    await reader.models.list()
    const asked = reader.chat.completions.create({ model: claude, messages: [{ role: 'user', content: 'x' }] })
    await expect(asked).rejects.toMatchObject({ status: 403 })
  })
})

describe('@anthropic-ai/sdk', () => {
  const client = (): Anthropic => new Anthropic({ baseURL: server.url, apiKey: token })
  const asked = { model: claude, max_tokens: 100, messages: [{ role: 'user' as const, content: 'Say something.' }] }

  it('has a message, whole and in parts, and its tokens counted', async () => {
    const whole = await client().messages.create(asked)
    expect(whole).toMatchObject({ type: 'message', role: 'assistant', model: claude, stop_reason: 'end_turn' })
    const [block] = whole.content
    expect(block?.type === 'text' && block.text).toMatch(scripted)
    const final = await client().messages.stream(asked).finalMessage()
    expect(final.content).toMatchObject([{ type: 'text', text: block?.type === 'text' ? block.text : '' }])
    expect(final.usage).toMatchObject({ input_tokens: whole.usage.input_tokens, output_tokens: whole.usage.output_tokens })
    const { input_tokens } = await client().messages.countTokens({ model: claude, messages: asked.messages })
    expect(input_tokens).toBeGreaterThan(0)
  })

  it('may send its token under another name, but not two', async () => {
    const post = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${server.url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(asked),
      })
    expect((await post({ 'x-api-key': token })).status).toBe(200)
    expect((await post({ 'x-api-key': token, authorization: `Bearer ${token}` })).status).toBe(200)
    const two = await post({ 'x-api-key': token, authorization: `Bearer ${await server.token({ user: 'bob' })}` })
    expect(two.status).toBe(401)
    expect(await two.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
  })
})

describe('@aws-sdk/client-bedrock-runtime, by HTTP/2 in clear', () => {
  const client = (): BedrockRuntimeClient =>
    new BedrockRuntimeClient({
      region: 'us-east-1',
      endpoint: server.url,
      token: { token },
      authSchemePreference: ['httpBearerAuth'],
    })
  const messages = [{ role: 'user' as const, content: [{ text: 'Say something.' }] }]

  it('converses, whole and in parts, by id and by ARN', async () => {
    const whole = await client().send(new ConverseCommand({ modelId: claude, messages }))
    expect(whole.output?.message?.content?.[0]?.text).toMatch(scripted)
    expect(whole.stopReason).toBe('end_turn')
    expect(whole.usage?.totalTokens).toBeGreaterThan(0)
    const streamed = await client().send(new ConverseStreamCommand({ modelId: arn, messages }))
    let text = ''
    let usage: unknown
    for await (const event of streamed.stream ?? []) {
      text += event.contentBlockDelta?.delta?.text ?? ''
      usage = event.metadata?.usage ?? usage
    }
    expect(text).toBe(whole.output?.message?.content?.[0]?.text)
    expect(usage).toEqual(whole.usage)
    const counted = await client().send(new CountTokensCommand({ modelId: claude, input: { converse: { messages } } }))
    expect(counted.inputTokens).toBeGreaterThan(0)
  })

  it("invokes a model in the model's own form", async () => {
    const body = JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Say something.' }],
    })
    const whole = await client().send(new InvokeModelCommand({ modelId: claude, body, contentType: 'application/json' }))
    const message = JSON.parse(whole.body.transformToString())
    expect(message.content[0].text).toMatch(scripted)
    const streamed = await client().send(new InvokeModelWithResponseStreamCommand({ modelId: claude, body }))
    let text = ''
    for await (const { chunk } of streamed.body ?? []) {
      const event = JSON.parse(new TextDecoder().decode(chunk?.bytes))
      text += event.delta?.text ?? ''
    }
    expect(text).toBe(message.content[0].text)
    const titan = await client().send(
      new InvokeModelCommand({ modelId: 'amazon.titan-embed-text-v2:0', body: JSON.stringify({ inputText: 'one' }) }),
    )
    expect(JSON.parse(titan.body.transformToString()).embedding.length).toBeGreaterThan(10)
  })

  it('is refused by the errors that it knows', async () => {
    const unknown = client().send(new ConverseCommand({ modelId: 'no-such-model', messages }))
    await expect(unknown).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    const nothing = client().send(new ConverseCommand({ modelId: claude, messages: [] }))
    await expect(nothing).rejects.toMatchObject({ name: 'ValidationException', $metadata: { attempts: 1 } })
  })
})

describe('@ai-sdk/amazon-bedrock', () => {
  it('generates and streams', async () => {
    const model = createAmazonBedrock({ region: 'us-east-1', baseURL: server.url, apiKey: token })(claude)
    const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Say something.' }] }]
    const whole = await model.doGenerate({ prompt })
    expect(whole.content).toMatchObject([{ type: 'text', text: expect.stringMatching(scripted) }])
    const { stream } = await model.doStream({ prompt })
    let text = ''
    for await (const part of stream) if (part.type === 'text-delta') text += part.delta
    expect(whole.content).toMatchObject([{ text }])
  })
})

describe('a model that its tenant may not have', () => {
  it.each([
    ['/v1/chat/completions', { model: claude, messages: [{ role: 'user', content: 'x' }] }],
    ['/v1/messages', { model: claude, max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }],
    ['/v1/embeddings', { model: 'amazon.titan-embed-text-v2:0', input: 'x' }],
    [`/model/${claude}/converse`, { messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
    [`/model/${claude}/invoke`, { max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }],
    ['/model/amazon.titan-embed-text-v2:0/invoke', { inputText: 'x' }],
  ])('is refused it on %s, and one that nobody knows is unknown [R99]', async (path, body) => {
    const post = async (target: string, token: string, sent: object): Promise<number> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      return (await fetch(`${server.url}${target}`, { method: 'POST', headers, body: JSON.stringify(sent) })).status
    }
    await server.registry.ensure('choosy', 'Choosy')
    await server.registry.change('choosy', (settings) => ({ ...settings, model_config: { allowed_models: ['scripted'] } }))
    const choosy = await server.token({ tenant: 'choosy' })
    expect(await post(path, choosy, body)).toBe(403)
    expect(await post(path, token, body)).toBe(200)
    const unknown = path.replace(/^(\/model\/)[^/]+/, '$1nothing')
    expect(await post(unknown, choosy, 'model' in body ? { ...body, model: 'nothing' } : body)).toBe(404)
  })
})
