import type { JSONSchema7 } from '@ai-sdk/provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModels, type OpenAICompatibleOptions } from '../src/index.ts'
import { callOnce, ways } from './call.ts'
import { chunk, chunks, completion, done, OpenAIStub, text, usageChunk } from './openai-stub.ts'
import { HandClock, promptOf, readAll, textOf } from './support.ts'

const id = 'openai-compatible/meta-llama/Llama-3.2:3b'
let stub: OpenAIStub

beforeAll(async () => {
  stub = await OpenAIStub.start()
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

function models(options: Partial<OpenAICompatibleOptions> = {}): ReturnType<typeof createModels> {
  return createModels({ model: id, openAICompatible: { baseUrl: stub.url, ...options }, clock: new HandClock() })
}

describe('a call of an OpenAI-compatible server', () => {
  it.each(ways)('is what the protocol says, and is answered: %s', async (way) => {
    const told: string[] = []
    const answer = await callOnce(models().resolve(), way, { prompt: 'Größe?', onText: (words) => told.push(words) })
    expect(answer).toMatchObject({
      text,
      stopReason: 'end_turn',
      modelId: id,
      usage: { input_tokens: 19, output_tokens: 10, usd: 0 },
    })
    expect(told).toEqual(way === 'whole' ? [] : expect.arrayContaining(['G', 'Gr', text]))
    expect(stub.calls[0]?.body).toEqual({
      model: 'meta-llama/Llama-3.2:3b',
      messages: [{ role: 'user', content: 'Größe?' }],
      max_tokens: 100,
      ...(way === 'streamed' && { stream: true, stream_options: { include_usage: true } }),
    })
    expect(stub.calls[0]?.headers['idempotency-key']).toBe('demo:request-1:1')
  })

  it.each([1, 2, 3, 50])('is read in packets of %s bytes, in the middle of lines and characters', async (piece) => {
    stub.reply({ stream: chunks(), piece })
    expect(await callOnce(models().resolve(), 'streamed')).toMatchObject({ text, usage: { output_tokens: 10 } })
  })

  it.each([
    ['carriage returns', (part: string) => part.replaceAll('\n', '\r\n')],
    ['comments that keep it alive', (part: string) => `: ping\n\n${part}`],
    ['no space after the colon', (part: string) => part.replace('data: ', 'data:')],
  ])('is read with %s', async (_, changed) => {
    stub.reply({ stream: chunks().map(changed) })
    expect((await callOnce(models().resolve(), 'streamed')).text).toBe(text)
  })

  it('needs neither [DONE] nor usage', async () => {
    stub.reply({ stream: chunks().filter((part) => part !== done && part !== usageChunk) })
    expect(await callOnce(models().resolve(), 'streamed')).toMatchObject({ text, usage: { input_tokens: 0, output_tokens: 0 } })
  })

  it('carries the key where there is one', async () => {
    await callOnce(models({ apiKey: 'secret-key' }).resolve(), 'whole')
    await callOnce(models().resolve(), 'whole')
    expect(stub.calls.map((call) => call.headers.authorization)).toEqual(['Bearer secret-key', undefined])
  })

  it('tells tokens of caches and of thoughts apart', async () => {
    const { model } = models().resolve()
    const { usage } = await model.doGenerate({ prompt: promptOf('x') })
    expect(usage.inputTokens).toMatchObject({ total: 19, noCache: 15, cacheRead: 4 })
    expect(usage.outputTokens).toMatchObject({ total: 10, text: 7, reasoning: 3 })
    const streamed = (await readAll((await model.doStream({ prompt: promptOf('x') })).stream)).at(-1)
    expect(streamed).toMatchObject({
      type: 'finish',
      usage: { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens },
    })
  })

  it('leaves thoughts out of the text', async () => {
    const thought = { reasoning_content: 'Hm.', content: 'So.' }
    stub.reply(
      { completion: completion(thought) },
      { stream: [chunk({ reasoning_content: 'Hm.' }), chunk({ content: 'So.' }), chunk({}, 'stop'), done] },
    )
    for (const way of ways) expect((await callOnce(models().resolve(), way)).text).toBe('So.')
  })

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['content_filter', 'content_filtered'],
    ['tool_calls', 'tool_use'],
    ['something_new', 'other'],
  ])('that stops for %s says %s [X20]', async (reason, words) => {
    stub.reply({ completion: completion({}, reason) }, { stream: [chunk({ content: text }), chunk({}, reason), done] })
    for (const way of ways) expect(await callOnce(models().resolve(), way)).toMatchObject({ text, stopReason: words })
  })

  it('that is refused in words says so', async () => {
    const refusal = "I can't help with that."
    stub.reply({ completion: completion({ content: null, refusal }) }, { stream: [chunk({ refusal }), chunk({}, 'stop'), done] })
    for (const way of ways)
      expect(await callOnce(models().resolve(), way)).toMatchObject({ text: refusal, stopReason: 'content_filtered' })
  })
})

const schema: JSONSchema7 = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

describe('what a server is handed besides the prompt', () => {
  it('a schema, not as a strict one', async () => {
    stub.reply({ completion: completion({ content: '{"city":"Bern"}' }) })
    const { model } = models().resolve()
    const { content, warnings } = await model.doGenerate({ prompt: promptOf('x'), responseFormat: { type: 'json', schema } })
    expect([textOf(content), warnings]).toEqual(['{"city":"Bern"}', []])
    expect(stub.calls[0]?.body.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'response', schema, strict: false },
    })
    const providerOptions = { openaiCompatible: { strictJsonSchema: true } }
    await model.doGenerate({ prompt: promptOf('x'), responseFormat: { type: 'json', schema }, providerOptions })
    expect(stub.calls[1]?.body.response_format).toMatchObject({ json_schema: { strict: true } })
    await model.doGenerate({ prompt: promptOf('x'), responseFormat: { type: 'json' } })
    expect(stub.calls[2]?.body.response_format).toEqual({ type: 'json_object' })
  })

  it('tools, whose calls come back whole', async () => {
    const call = { id: 'call-1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } }
    const pieces = ['{"ci', 'ty":"Bern"}'].map((part) => chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] }))
    stub.reply(
      { completion: completion({ content: null, tool_calls: [call] }, 'tool_calls') },
      {
        stream: [
          chunk({ tool_calls: [{ index: 0, id: 'call-1', type: 'function', function: { name: 'weather', arguments: '' } }] }),
          ...pieces,
          chunk({}, 'tool_calls'),
          done,
        ],
      },
    )
    const { model } = models().resolve()
    const tools = [{ type: 'function' as const, name: 'weather', inputSchema: schema }]
    const wanted = { type: 'tool-call', toolCallId: 'call-1', toolName: 'weather', input: '{"city":"Bern"}' }
    expect((await model.doGenerate({ prompt: promptOf('x'), tools })).content).toContainEqual(expect.objectContaining(wanted))
    const parts = await readAll((await model.doStream({ prompt: promptOf('x'), tools })).stream)
    expect(parts).toContainEqual(expect.objectContaining(wanted))
    expect(stub.calls[0]?.body.tools).toMatchObject([{ type: 'function', function: { name: 'weather', parameters: schema } }])
  })

  it('no setting that the protocol lacks, with a warning', async () => {
    const { warnings } = await models()
      .resolve()
      .model.doGenerate({ prompt: promptOf('x'), topK: 5, temperature: 0.5 })
    expect(warnings).toEqual([expect.objectContaining({ type: 'unsupported', feature: 'topK' })])
    expect(stub.calls[0]?.body).toMatchObject({ temperature: 0.5 })
  })
})
