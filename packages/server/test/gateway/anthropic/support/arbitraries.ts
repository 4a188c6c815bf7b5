/** Requests and answers of the one form, as far as the Messages API knows their parts. */
import type { LanguageModelV4Message, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import type { ChatAnswer, ChatContent, ChatPart, ChatRequest } from '@plinth/core'
import fc from 'fast-check'

/** Any characters of Unicode, control characters and line ends of all sorts among them. */
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/).filter((found) => !(found in {}))
const id = fc.stringMatching(/^toolu_[a-zA-Z0-9]{1,12}$/)
const base64 = fc.base64String({ minLength: 4, maxLength: 40 })
/** The AI SDK refuses `__proto__` as an attack. */
const key = fc.string({ maxLength: 8 }).filter((found) => !['__proto__', 'constructor', 'prototype'].includes(found))
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    fc.integer(),
    text,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
const object = fc.dictionary(key, json, { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<Record<string, string>>

const imageData = fc.record({
  type: fc.constant('file' as const),
  mediaType: fc.constantFrom('image/png', 'image/jpeg', 'image/gif', 'image/webp'),
  data: base64.map((data) => ({ type: 'data' as const, data })),
})
const imageUrl = fc.webUrl().map((url) => ({
  type: 'file' as const,
  mediaType: 'image/*',
  data: { type: 'url' as const, url: new URL(url) },
}))
const textPart = text.map((found) => ({ type: 'text' as const, text: found }))
const documentPart = fc.record({
  type: fc.constant('file' as const),
  mediaType: fc.constant('text/plain'),
  filename: name,
  data: text.map((found) => ({ type: 'text' as const, text: found })),
})
const userPart = fc.oneof({ weight: 3, arbitrary: textPart }, imageData, imageUrl, documentPart)

const output: fc.Arbitrary<LanguageModelV4ToolResultOutput> = fc.oneof(
  text.map((value) => ({ type: 'text' as const, value })),
  text.map((value) => ({ type: 'error-text' as const, value })),
  object.map((value) => ({ type: 'json' as const, value })),
  object.map((value) => ({ type: 'error-json' as const, value })),
  fc
    .array(fc.oneof(textPart, imageData, imageUrl), { minLength: 1, maxLength: 3 })
    .map((value) => ({ type: 'content' as const, value })),
)

/** What an assistant says in the order that the API wants, and what its tools gave back. */
const turn = fc
  .record({
    said: fc.array(userPart, { minLength: 1, maxLength: 3 }),
    thought: fc.array(
      fc.oneof(
        fc.record({ text, options: fc.record({ signature: text }) }),
        fc.record({ text: fc.constant(''), options: fc.record({ redactedData: base64 }) }),
      ),
      { maxLength: 2 },
    ),
    answered: fc.array(textPart, { minLength: 1, maxLength: 2 }),
    calls: fc.uniqueArray(fc.record({ id, name, input: object, output }), { selector: (call) => call.id, maxLength: 2 }),
  })
  .map(({ said, thought, answered, calls }): LanguageModelV4Message[] => [
    { role: 'user', content: said },
    {
      role: 'assistant',
      content: [
        ...thought.map(({ text, options }) => ({
          type: 'reasoning' as const,
          text,
          providerOptions: { anthropic: { ...options } },
        })),
        ...answered,
        ...calls.map((call) => ({ type: 'tool-call' as const, toolCallId: call.id, toolName: call.name, input: call.input })),
      ],
    },
    ...(calls.length === 0
      ? []
      : [
          {
            role: 'tool' as const,
            content: calls.map((call) => ({
              type: 'tool-result' as const,
              toolCallId: call.id,
              toolName: call.name,
              output: call.output,
            })),
          },
        ]),
  ])

const prompt = fc
  .record({
    system: fc.array(text, { maxLength: 2 }),
    turns: fc.array(turn, { maxLength: 3 }),
    last: fc.array(userPart, { minLength: 1, maxLength: 2 }),
  })
  .map(({ system, turns, last }): LanguageModelV4Message[] => [
    ...system.map((content) => ({ role: 'system' as const, content })),
    ...turns.flat(),
    { role: 'user', content: last },
  ])

const schema = fc
  .dictionary(name, fc.constantFrom({ type: 'string' }, { type: 'integer' }), { maxKeys: 3, noNullPrototype: true })
  .map((properties) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false }) as const)
const tool = fc.record(
  {
    type: fc.constant('function' as const),
    name,
    description: text,
    inputSchema: schema,
    inputExamples: fc.array(
      object.map((input) => ({ input })),
      { minLength: 1, maxLength: 2 },
    ),
    strict: fc.boolean(),
  },
  { requiredKeys: ['type', 'name', 'inputSchema'] },
)
const chosenTools = fc.uniqueArray(tool, { minLength: 1, maxLength: 3, selector: (found) => found.name }).chain((tools) =>
  fc.record({
    tools: fc.constant(tools),
    toolChoice: fc.oneof(
      fc.constantFrom(undefined, { type: 'auto' as const }, { type: 'required' as const }),
      fc.constantFrom(...tools).map(({ name }) => ({ type: 'tool' as const, toolName: name })),
    ),
  }),
)
/** The AI SDK sends none of these to a model that thinks, and only one of the first two else. */
const sampling = fc.oneof(
  fc.record({ temperature: fc.double({ min: 0, max: 1, noNaN: true }), topK: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ topP: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.constant({}),
)
const stops = fc.oneof(fc.constant({}), fc.record({ stopSequences: fc.array(text, { minLength: 1, maxLength: 3 }) }))

/** For a model with structured outputs that takes sampling parameters and has budgets of thought. */
export const anyRequest: fc.Arbitrary<Omit<ChatRequest, 'modelId'>> = fc
  .tuple(
    fc.record({ prompt, maxOutputTokens: fc.integer({ min: 1, max: 4_000 }) }),
    fc.oneof(fc.constant({}), chosenTools),
    sampling,
    stops,
    fc.oneof(
      fc.constant({}),
      schema.map((found) => ({ responseFormat: { type: 'json' as const, schema: found } })),
    ),
  )
  .map((parts) => Object.assign({}, ...parts))

const content: fc.Arbitrary<ChatContent> = fc.oneof(
  textPart,
  fc.record({ type: fc.constant('reasoning' as const), text, signature: text }),
  fc.record({
    type: fc.constant('tool-call' as const),
    toolCallId: id,
    toolName: name,
    input: object.map((value) => JSON.stringify(value)),
  }),
)
const tokens = fc.integer({ min: 0, max: 1_000_000 })

export const anyAnswer: fc.Arbitrary<ChatAnswer> = fc.record({
  id: fc.uuid(),
  modelId: text,
  created: fc.constant(0),
  content: fc.array(content, { maxLength: 5 }),
  finish: fc.record(
    {
      reason: fc.constantFrom('stop', 'length', 'tool-calls', 'content-filter', 'other'),
      stopSequence: text,
      usage: fc
        .record({
          fresh: tokens,
          outputTokens: tokens,
          cacheReadTokens: tokens,
          cacheWriteTokens: tokens,
          reasoningTokens: tokens,
        })
        .map(({ fresh, ...usage }) => ({
          ...usage,
          inputTokens: fresh + usage.cacheReadTokens + usage.cacheWriteTokens,
          latencyMs: 1,
        })),
    },
    { requiredKeys: ['reason', 'usage'] },
  ),
})

/** The answer as a stream, its texts cut anywhere. */
export function partsOf(answer: ChatAnswer, cuts: readonly number[]): ChatPart[] {
  const parts = answer.content.flatMap((block, index) => blockParts(block, String(index), cuts))
  return [...parts, { type: 'finish', finish: answer.finish }]
}

function blockParts(block: ChatContent, id: string, cuts: readonly number[]): ChatPart[] {
  switch (block.type) {
    case 'text':
      return [
        { type: 'text-start', id },
        ...pieces(block.text, cuts).map((delta) => ({ type: 'text-delta' as const, id, delta })),
        { type: 'text-end', id },
      ]
    case 'reasoning':
      return [
        { type: 'reasoning-start', id },
        ...pieces(block.text, cuts).map((delta) => ({ type: 'reasoning-delta' as const, id, delta })),
        { type: 'reasoning-end', id, ...(block.signature !== undefined && { signature: block.signature }) },
      ]
    case 'tool-call':
      return [
        { type: 'tool-input-start', id: block.toolCallId, toolName: block.toolName },
        ...pieces(block.input, cuts).map((delta) => ({ type: 'tool-input-delta' as const, id: block.toolCallId, delta })),
        { type: 'tool-input-end', id: block.toolCallId },
      ]
  }
}

function pieces(whole: string, cuts: readonly number[]): string[] {
  const characters = [...whole]
  const places = [0, ...cuts.map((share) => Math.floor(share * characters.length)), characters.length].sort((a, b) => a - b)
  return places.slice(1).map((end, index) => characters.slice(places[index], end).join(''))
}
