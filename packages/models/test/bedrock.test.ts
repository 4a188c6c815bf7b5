import type { JSONSchema7, LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BedrockOptions, createModels } from '../src/index.ts'
import { answerOf, BedrockStub, eventsOf, hello } from './bedrock-stub.ts'
import { callOnce, failureOf, ways } from './call.ts'
import { HandClock, promptOf, readAll, textOf } from './support.ts'

const region = 'eu-central-1'
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session/token+=' }
const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const retired = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
let stub: BedrockStub

beforeAll(async () => {
  stub = await BedrockStub.start({ region, credentials })
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

function models(options: Partial<BedrockOptions> = {}, model = `bedrock/eu.${haiku}`): ReturnType<typeof createModels> {
  const bedrock = { region, endpoint: stub.url, credentials: async () => credentials, ...options }
  return createModels({ model, bedrock, clock: new HandClock() })
}

const helloText = hello.output?.message?.content?.[0]?.text

describe('a call of Bedrock', () => {
  it.each(ways)('is signed, is what the service model allows, and is answered: %s [R14]', async (way) => {
    const told: string[] = []
    const answer = await callOnce(models().resolve(), way, { prompt: 'Größe? 漢字 😀', onText: (text) => told.push(text) })
    expect(answer).toMatchObject({
      text: helloText,
      stopReason: 'end_turn',
      modelId: `eu.${haiku}`,
      usage: { input_tokens: 11, output_tokens: 7, usd: (11 * 1 + 7 * 5) / 1e6 },
    })
    expect(told).toEqual(way === 'whole' ? [] : expect.arrayContaining(['Hello', 'Hello from']))
    const [call] = stub.calls
    expect(call).toMatchObject({
      operation: way === 'whole' ? 'converse' : 'converse-stream',
      modelId: `eu.${haiku}`,
      body: { messages: [{ role: 'user', content: [{ text: 'Größe? 漢字 😀' }] }], inferenceConfig: { maxTokens: 100 } },
    })
    expect(call?.headers['idempotency-key']).toBe('demo:request-1:1')
  })

  it.each(ways)(
    'says whose it is in the request metadata, and nowhere in what the model is given: %s [R101, X63]',
    async (way) => {
      await callOnce(models().resolve(), way)
      const [call] = stub.calls
      const { requestMetadata, ...body } = (call?.body ?? {}) as Record<string, unknown>
      expect(requestMetadata).toEqual({ tenant_id: 'demo', isolation_level: 'pool', request_id: 'request-1' })
      expect(JSON.stringify(body)).not.toMatch(/tenant|isolation|metadata/)
    },
  )

  it.each([1, 3, 50])('is read in packets of %s bytes, in the middle of frames and characters', async (piece) => {
    stub.reply({ stream: eventsOf(hello), piece })
    expect((await callOnce(models().resolve(), 'streamed')).text).toBe(helloText)
  })

  it.each([
    [haiku, haiku],
    [`us.${haiku}`, `us.${haiku}`],
    [`bedrock/global.${haiku}`, `global.${haiku}`],
    [`arn:aws:bedrock:eu-central-1::foundation-model/${haiku}`, haiku],
    [`arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.${haiku}`, `eu.${haiku}`],
    [`bedrock/arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.${haiku}`, `eu.${haiku}`],
    [retired, retired],
    [`us.${retired}`, `us.${retired}`],
    ['amazon.nova-2-lite-v1:0', 'amazon.nova-2-lite-v1:0'],
  ])('names the model as the caller did: %s [X74]', async (id, servedBy) => {
    const resolved = models().resolve(id)
    expect(resolved).toMatchObject({ id, servedBy, incremental: true })
    expect((await callOnce(resolved, 'whole')).modelId).toBe(servedBy)
    expect(stub.calls[0]?.modelId).toBe(id.replace(/^bedrock\//, ''))
  })

  it('goes by a key where there is one, and then needs no credentials', async () => {
    const open = await BedrockStub.start({ bearerToken: 'bedrock-key' })
    const credentials = (): Promise<never> => Promise.reject(new Error('asked'))
    const byKey = models({ endpoint: open.url, bearerToken: 'bedrock-key', credentials })
    for (const way of ways) expect((await callOnce(byKey.resolve(), way)).text).toBe(helloText)
    await open.close()
  })

  it.each([
    ['a wrong secret', { credentials: async () => ({ ...credentials, secretAccessKey: 'x' }) }],
    ['a wrong region', { region: 'us-east-1' }],
    ['a wrong key', { bearerToken: 'x' }],
  ])('is refused for %s', async (_, options) => {
    for (const way of ways)
      expect(await failureOf(callOnce(models(options).resolve(), way))).toMatchObject({
        kind: 'permanent',
        code: 'model_access_denied',
      })
    expect(stub.calls).toEqual([])
  })

  it('counts what came from a cache', async () => {
    const usage = { inputTokens: 5, outputTokens: 7, totalTokens: 132, cacheReadInputTokens: 100, cacheWriteInputTokens: 20 }
    stub.reply({ answer: answerOf('x', { usage }) }, { answer: answerOf('x', { usage }) })
    const { model } = models().resolve()
    const whole = (await model.doGenerate({ prompt: promptOf('x') })).usage
    expect(whole.inputTokens).toEqual({ total: 125, noCache: 5, cacheRead: 100, cacheWrite: 20 })
    const streamed = (await readAll((await model.doStream({ prompt: promptOf('x') })).stream)).at(-1)
    expect(streamed).toMatchObject({ type: 'finish', usage: whole })
  })

  it.each([
    ['end_turn', 'end_turn'],
    ['stop_sequence', 'end_turn'],
    ['max_tokens', 'max_tokens'],
    ['model_context_window_exceeded', 'max_tokens'],
    ['content_filtered', 'content_filtered'],
    ['guardrail_intervened', 'content_filtered'],
    ['tool_use', 'tool_use'],
    ['something_new', 'other'],
  ] as const)('that stops for %s says %s [X20]', async (stopReason, words) => {
    for (const way of ways) {
      stub.reply({ answer: answerOf('Some', { stopReason: stopReason as 'end_turn' }) })
      expect(await callOnce(models().resolve(), way)).toMatchObject({ text: 'Some', stopReason: words })
    }
  })
})

const schema: JSONSchema7 = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const value = { city: 'Zürich' }

it.each(ways)('a model that is gone is told of with what its maker names in its place: %s [X74]', async (way) => {
  for (const fault of ['ResourceNotFoundException', 'ValidationException'] as const) {
    stub.reply({ fault })
    const { kind, code, message } = await failureOf(callOnce(models().resolve(`us.${retired}`), way))
    expect([kind, code]).toEqual(['permanent', 'model_gone'])
    expect(message).toContain('was retired on 2025-10-28. Its maker names anthropic.claude-sonnet-4-6 in its place.')
  }
})

describe('JSON by a schema', () => {
  const ask = (id: string, parts: Partial<LanguageModelV4CallOptions> = {}) =>
    models()
      .resolve(id)
      .model.doGenerate({ prompt: promptOf('Where?'), responseFormat: { type: 'json', schema }, ...parts })
  const toolUse = { toolUseId: 't-1', name: 'json', input: value }
  const byTool = answerOf('', { output: { message: { role: 'assistant', content: [{ toolUse }] } }, stopReason: 'tool_use' })

  it.each(['anthropic.claude-opus-4-5-20251101-v1:0', 'anthropic.claude-sonnet-4-5-20250929-v1:0'])(
    'is enforced by %s itself',
    async (id) => {
      stub.reply({ answer: answerOf(JSON.stringify(value)) })
      const { content, warnings } = await ask(id)
      expect([JSON.parse(textOf(content)), warnings]).toEqual([value, []])
      expect(stub.calls[0]?.body.additionalModelRequestFields).toMatchObject({
        output_config: { format: { type: 'json_schema' } },
      })
    },
  )

  it.each(['amazon.nova-pro-v1:0', 'openai.gpt-oss-120b-1:0', retired])('is the input of a tool that %s must use', async (id) => {
    for (const way of ways) {
      stub.reply({ answer: byTool })
      const answer = await callOnce(models().resolve(id), way, { responseFormat: { type: 'json', schema } })
      expect([JSON.parse(answer.text), answer.stopReason]).toEqual([value, 'end_turn'])
      expect(stub.calls.at(-1)?.body.toolConfig).toMatchObject({
        toolChoice: { any: {} },
        tools: [{ toolSpec: { name: 'json', inputSchema: { json: schema } } }],
      })
    }
  })

  it.each([
    ['meta.llama3-3-70b-instruct-v1:0', schema],
    [haiku, undefined],
  ])('is asked for in words where nothing else works, with a warning: %s', async (id, wanted) => {
    stub.reply({ answer: answerOf(JSON.stringify(value)) })
    const responseFormat = { type: 'json' as const, ...(wanted && { schema: wanted }) }
    const { content, warnings } = await ask(id, { responseFormat })
    expect(JSON.parse(textOf(content))).toEqual(value)
    expect(warnings).toEqual([expect.objectContaining({ type: 'unsupported', feature: 'responseFormat' })])
    const { system, toolConfig } = stub.calls[0]?.body ?? {}
    expect(toolConfig).toBeUndefined()
    expect(JSON.stringify(system)).toContain('one JSON value')
    expect(JSON.stringify(system).includes('city')).toBe(wanted !== undefined)
  })

  it('warns in a stream too', async () => {
    const { model } = models().resolve('meta.llama3-3-70b-instruct-v1:0')
    const { stream } = await model.doStream({ prompt: promptOf('x'), responseFormat: { type: 'json', schema } })
    expect((await readAll(stream))[0]).toMatchObject({ type: 'stream-start', warnings: [{ feature: 'responseFormat' }] })
  })
})

describe('a tool', () => {
  const tools = [{ type: 'function' as const, name: 'weather', description: 'The weather.', inputSchema: schema }]
  const toolUse = { toolUseId: 't-1', name: 'weather', input: value }
  const answer = answerOf('', {
    output: { message: { role: 'assistant', content: [{ text: 'Let me see.' }, { toolUse }] } },
    stopReason: 'tool_use',
  })
  const call = { toolCallId: 't-1', toolName: 'weather', input: JSON.stringify(value) }

  it('is offered, asked for, and its result is taken', async () => {
    const { model } = models().resolve()
    stub.reply({ answer }, { answer })
    const { content, finishReason } = await model.doGenerate({ prompt: promptOf('Weather?'), tools })
    expect(content).toContainEqual({ type: 'tool-call', ...call })
    expect(finishReason.unified).toBe('tool-calls')
    const parts = await readAll((await model.doStream({ prompt: promptOf('Weather?'), tools })).stream)
    expect(parts).toContainEqual({ type: 'tool-call', ...call })
    const output = { type: 'text' as const, value: 'Sunny.' }
    await model.doGenerate({
      prompt: [
        ...promptOf('Weather?'),
        { role: 'assistant', content: [{ type: 'tool-call', ...call, input: value }] },
        { role: 'tool', content: [{ type: 'tool-result', toolCallId: 't-1', toolName: 'weather', output }] },
      ],
      tools,
    })
    expect(stub.calls.at(-1)?.body.messages).toEqual([
      { role: 'user', content: [{ text: 'Weather?' }] },
      { role: 'assistant', content: [{ toolUse }] },
      { role: 'user', content: [{ toolResult: { toolUseId: 't-1', content: [{ text: 'Sunny.' }] } }] },
    ])
  })
})
