/** What a caller may write into a body is anything: each reader takes it, or says what is wrong with it, and does nothing else. */
import { PlinthError } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCountTokens, readInvocation, readMessages } from '../../src/gateway/anthropic/read-messages.ts'
import { readConverse } from '../../src/gateway/bedrock/converse.ts'
import { readCountTokens as readBedrockCount } from '../../src/gateway/bedrock/count-tokens.ts'
import { readInvoke } from '../../src/gateway/bedrock/invoke.ts'
import { readInvokeEmbeddings } from '../../src/gateway/bedrock/invoke-embeddings.ts'
import { readEmbeddings } from '../../src/gateway/openai/embeddings.ts'
import { readChatCompletion } from '../../src/gateway/openai/read-chat.ts'

const schema = { type: 'object', properties: { city: { type: 'string' } } }
const openai = {
  model: 'm',
  max_tokens: 9,
  stop: ['.'],
  messages: [
    { role: 'system', content: 'Be short.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Hi' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      ],
    },
    { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: 'c', content: 'Found.' },
  ],
  tools: [{ type: 'function', function: { name: 'look', parameters: schema } }],
  tool_choice: { type: 'function', function: { name: 'look' } },
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
}
const anthropic = {
  model: 'm',
  max_tokens: 9,
  system: [{ type: 'text', text: 'Be short.', cache_control: { type: 'ephemeral' } }],
  messages: [
    { role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'look', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'Found.' }] }] },
  ],
  tools: [{ name: 'look', input_schema: schema }],
  thinking: { type: 'enabled', budget_tokens: 2_000 },
}
const converse = {
  messages: [
    { role: 'user', content: [{ text: 'Hi' }, { document: { name: 'n', format: 'txt', source: { bytes: 'SGk=' } } }] },
    { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'look', input: {} } }] },
    { role: 'user', content: [{ toolResult: { toolUseId: 't', status: 'success', content: [{ json: {} }] } }] },
  ],
  system: [{ text: 'Be short.' }, { cachePoint: { type: 'default' } }],
  inferenceConfig: { maxTokens: 9, temperature: 0.5, stopSequences: ['.'] },
  toolConfig: { tools: [{ toolSpec: { name: 'look', inputSchema: { json: schema } } }], toolChoice: { auto: {} } },
  additionalModelRequestFields: { top_k: 5 },
}
const language = (family: string) => ({ id: 'm', family, kind: 'language' }) as const
const embedding = (family: string) => ({ id: 'm', family, kind: 'embedding' }) as const

/** Each with a body that it takes. */
const readers: Readonly<Record<string, readonly [read: (body: unknown) => unknown, good: object]>> = {
  'chat completions': [readChatCompletion, openai],
  'embeddings of OpenAI': [readEmbeddings, { model: 'm', input: ['a', 'b'], encoding_format: 'base64' }],
  messages: [readMessages, anthropic],
  'messages to count': [readCountTokens, anthropic],
  'messages of an invocation': [(body) => readInvocation(body, 'm'), anthropic],
  Converse: [(body) => readConverse('m', body, true), converse],
  'a Converse to count': [(body) => readBedrockCount('m', language('amazon.nova'), body), { input: { converse } }],
  'an invocation to count': [
    (body) => readBedrockCount('m', language('anthropic.claude'), body),
    { input: { invokeModel: { body: Buffer.from(JSON.stringify(anthropic)).toString('base64') } } },
  ],
  Nova: [
    (body) => readInvoke('m', language('amazon.nova'), body, false),
    { messages: [{ role: 'user', content: [{ text: 'x' }] }] },
  ],
  Llama: [(body) => readInvoke('m', language('meta.llama'), body, true), { prompt: '<|begin_of_text|>x', max_gen_len: 9 }],
  Mistral: [(body) => readInvoke('m', language('mistral'), body, false), { prompt: '<s>[INST] x [/INST]', stop: ['.'] }],
  Titan: [(body) => readInvoke('m', language('amazon.titan-text'), body, true), { inputText: 'x', textGenerationConfig: {} }],
  'Command R': [(body) => readInvoke('m', language('cohere.command'), body, false), { message: 'x', chat_history: [] }],
  'embeddings of Titan': [
    (body) => readInvokeEmbeddings(embedding('amazon.titan-embed'), body),
    { inputText: 'x', dimensions: 256 },
  ],
  'embeddings of Cohere': [
    (body) => readInvokeEmbeddings(embedding('cohere.embed'), body),
    { texts: ['x'], input_type: 'clustering' },
  ],
}

/** Values that languages and parsers stumble over, among any others. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    ...['', '__proto__', 'constructor', '\u0000', '\ud800', 'data:', 'data:;base64,', 'http://[', 'x'.repeat(10_000)],
    ...[null, true, -0, -1, 1e308, 2 ** 53, [], {}, [[]], [null], { toString: 1 }, { length: 1e9 }, { type: 'constructor' }],
    JSON.parse('{"__proto__":{"polluted":true}}'),
  ),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Every place in a value, as the names that lead there. */
function placesIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, inner]) => placesIn(inner, [...path, name]))]
}

/** The same with something else at one place, which may be all of it. */
function replaced(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other
  const copy: Record<string, unknown> = Object.assign(Array.isArray(value) ? [] : {}, value)
  copy[name] = replaced(copy[name], rest, other)
  return copy
}

describe('[X20] any body', () => {
  it.each(Object.entries(readers))('is read or refused, and does nothing else: %s', (_, [read, good]) => {
    expect(read(structuredClone(good))).toBeTypeOf('object')
    const places = fc.constantFrom(...placesIn(good))
    const bodies = fc.oneof(
      { weight: 1, arbitrary: odd },
      {
        weight: 9,
        arbitrary: fc
          .array(fc.tuple(places, odd), { minLength: 1, maxLength: 3 })
          .map((changes) => changes.reduce<unknown>((body, [place, other]) => replaced(body, place, other), good)),
      },
    )
    fc.assert(
      fc.property(bodies, (body) => {
        try {
          read(body)
        } catch (error) {
          // A refusal is one of ours, with a message of its own; all else would be told as a fault of the server.
          if (!PlinthError.is(error)) throw error
          expect(error.message.length).toBeLessThan(500)
        }
        expect(Object.keys(Object.prototype)).toEqual([])
        expect('polluted' in {}).toBe(false)
      }),
      { numRuns: 250 },
    )
  })
})
