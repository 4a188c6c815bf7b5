/** Requests and answers of the one form, as far as Converse and the AI SDK's provider of it know their parts. */
import type { JSONSchema7, LanguageModelV4Message, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import type { ChatAnswer, ChatContent, ChatPart, ChatRequest } from '@plinth/core'
import fc from 'fast-check'

/** Any characters of Unicode. */
const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
const text = anyText.filter((found) => found.trim() !== '')
const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/).filter((found) => !(found in {}))
const id = fc.stringMatching(/^tooluse_[a-zA-Z0-9_-]{1,12}$/)
const base64 = fc.base64String({ minLength: 4, maxLength: 40 })
/** The AI SDK refuses `__proto__` as an attack. */
const key = fc.string({ maxLength: 8 }).filter((found) => !['__proto__', 'constructor', 'prototype'].includes(found))
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    fc.integer(),
    anyText,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
const object = fc.dictionary(key, json, { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<Record<string, string>>

const textPart = text.map((found) => ({ type: 'text' as const, text: found }))
const imagePart = fc.record({
  type: fc.constant('file' as const),
  mediaType: fc.constantFrom('image/png', 'image/jpeg', 'image/gif', 'image/webp'),
  data: base64.map((data) => ({ type: 'data' as const, data })),
})
const userPart = fc.oneof({ weight: 3, arbitrary: textPart }, imagePart)

const output: fc.Arbitrary<LanguageModelV4ToolResultOutput> = fc.oneof(
  anyText.map((value) => ({ type: 'text' as const, value })),
  anyText.map((value) => ({ type: 'error-text' as const, value })),
  object.map((value) => ({ type: 'json' as const, value })),
  fc.array(fc.oneof(textPart, imagePart), { minLength: 1, maxLength: 3 }).map((value) => ({ type: 'content' as const, value })),
)
const thought = fc.oneof(
  fc.record({ text: anyText, options: fc.record({ signature: anyText }) }),
  fc.record({ text: fc.constant(''), options: fc.record({ redactedContent: base64 }) }),
  fc.record({ text: fc.constant(''), options: fc.record({ redactedData: base64 }) }),
)

const turn = fc
  .record({
    said: fc.array(userPart, { minLength: 1, maxLength: 3 }),
    thoughts: fc.array(thought, { maxLength: 2 }),
    answered: fc.array(textPart, { minLength: 1, maxLength: 2 }),
    calls: fc.uniqueArray(fc.record({ id, name, input: object, output }), { selector: (call) => call.id, maxLength: 2 }),
  })
  .map(({ said, thoughts, answered, calls }): LanguageModelV4Message[] => {
    const results = calls.map((call) => ({
      type: 'tool-result' as const,
      toolCallId: call.id,
      toolName: call.name,
      output: call.output,
    }))
    return [
      { role: 'user', content: said },
      {
        role: 'assistant',
        content: [
          ...thoughts.map(({ text, options }) => ({
            type: 'reasoning' as const,
            text,
            providerOptions: { amazonBedrock: { ...options } },
          })),
          ...answered,
          ...calls.map((call) => ({ type: 'tool-call' as const, toolCallId: call.id, toolName: call.name, input: call.input })),
        ],
      },
      ...(results.length === 0 ? [] : [{ role: 'tool' as const, content: results }]),
    ]
  })

const prompt = fc
  .record({
    system: fc.array(anyText, { maxLength: 2 }),
    // An id that two turns share would be of two tools.
    turns: fc.array(turn, { maxLength: 3 }).filter((turns) => distinct(turns.flat())),
    last: fc.array(userPart, { minLength: 1, maxLength: 2 }),
  })
  .map(({ system, turns, last }): LanguageModelV4Message[] => [
    ...system.map((content) => ({ role: 'system' as const, content })),
    ...turns.flat(),
    { role: 'user', content: last },
  ])

function distinct(messages: readonly LanguageModelV4Message[]): boolean {
  const ids = messages.flatMap(({ role, content }) =>
    role === 'assistant' ? content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : [])) : [],
  )
  return new Set(ids).size === ids.length
}

const schema: fc.Arbitrary<JSONSchema7> = fc
  .dictionary(name, fc.constantFrom({ type: 'string' as const }, { type: 'integer' as const }), {
    maxKeys: 3,
    noNullPrototype: true,
  })
  .map((properties) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false }))
const tool = fc.record(
  { type: fc.constant('function' as const), name, description: text, inputSchema: schema, strict: fc.boolean() },
  { requiredKeys: ['type', 'name', 'inputSchema'] },
)
const tools = fc.uniqueArray(tool, { minLength: 1, maxLength: 3, selector: (found) => found.name }).chain((made) =>
  fc.record({
    tools: fc.constant(made),
    toolChoice: fc.oneof(
      fc.constantFrom(undefined, { type: 'auto' as const }, { type: 'required' as const }),
      fc.constantFrom(...made).map(({ name }) => ({ type: 'tool' as const, toolName: name })),
    ),
  }),
)
const share = fc.double({ min: 0, max: 1, noNaN: true }).filter((value) => !Object.is(value, -0))

/** With tools, since the AI SDK takes calls of tools out of prompts without any. */
export const anyRequest: fc.Arbitrary<Omit<ChatRequest, 'modelId'>> = fc
  .tuple(
    fc.record({ prompt }),
    tools,
    fc.record(
      {
        maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
        temperature: share,
        topP: share,
        topK: fc.integer({ min: 1, max: 500 }),
        stopSequences: fc.array(anyText, { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
    fc.oneof(
      fc.constant({}),
      schema.map((found) => ({ responseFormat: { type: 'json' as const, schema: found } })),
    ),
  )
  .map((parts) => Object.assign({}, ...parts))

const content: fc.Arbitrary<ChatContent> = fc.oneof(
  anyText.map((found) => ({ type: 'text' as const, text: found })),
  fc.record({ type: fc.constant('reasoning' as const), text: anyText, signature: anyText }, { requiredKeys: ['type', 'text'] }),
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
  modelId: anyText,
  created: fc.constant(0),
  content: fc.array(content, { maxLength: 5 }),
  finish: fc.record(
    {
      reason: fc.constantFrom('stop', 'length', 'tool-calls', 'content-filter', 'other'),
      stopSequence: anyText,
      usage: fc
        .record({
          fresh: tokens,
          outputTokens: tokens,
          cacheReadTokens: tokens,
          cacheWriteTokens: tokens,
          reasoningTokens: tokens,
          latencyMs: fc.integer({ min: 0, max: 600_000 }),
        })
        .map(({ fresh, ...usage }) => ({
          ...usage,
          inputTokens: fresh + usage.cacheReadTokens + usage.cacheWriteTokens,
        })),
    },
    { requiredKeys: ['reason', 'usage'] },
  ),
})

/** Shares of a whole at which it is cut. */
export const anyCuts: fc.Arbitrary<number[]> = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })

/** The answer as a stream, its texts cut anywhere, in the midst of characters too. */
export function partsOf(answer: ChatAnswer, cuts: readonly number[]): ChatPart[] {
  const parts = answer.content.flatMap((block, index): ChatPart[] => {
    const id = block.type === 'tool-call' ? block.toolCallId : String(index)
    const deltas = pieces(block.type === 'tool-call' ? block.input : block.text, cuts)
    if (block.type === 'text')
      return [
        { type: 'text-start', id },
        ...deltas.map((delta) => ({ type: 'text-delta' as const, id, delta })),
        { type: 'text-end', id },
      ]
    if (block.type === 'reasoning')
      return [
        { type: 'reasoning-start', id },
        ...deltas.map((delta) => ({ type: 'reasoning-delta' as const, id, delta })),
        { type: 'reasoning-end', id, ...(block.signature !== undefined && { signature: block.signature }) },
      ]
    return [
      { type: 'tool-input-start', id, toolName: block.toolName },
      ...deltas.map((delta) => ({ type: 'tool-input-delta' as const, id, delta })),
      { type: 'tool-input-end', id },
    ]
  })
  return [...parts, { type: 'finish', finish: answer.finish }]
}

function pieces(whole: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((share) => Math.floor(share * whole.length)), whole.length].sort((a, b) => a - b)
  return places.slice(1).map((end, index) => whole.slice(places[index], end))
}
