/** Requests and answers of the one form, as far as the protocols' clients know the same parts of them. @module */
import type {
  JSONObject,
  JSONValue,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4ReasoningPart,
  LanguageModelV4TextPart,
  LanguageModelV4ToolChoice,
  LanguageModelV4ToolResultOutput,
} from '@ai-sdk/provider'
import type { ChatAnswer, ChatContent, ChatPart } from '@plinth/core'
import fc from 'fast-check'
import type { UserPart } from '../../../src/gateway/content.ts'

/** Any characters of Unicode, control characters and line ends of all sorts among them. */
export const anyText: fc.Arbitrary<string> = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
export const name: fc.Arbitrary<string> = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/).filter((found) => !(found in {}))
export const base64: fc.Arbitrary<string> = fc.base64String({ minLength: 4, maxLength: 40 })

/** The AI SDK refuses `__proto__` as an attack. */
const key = fc.string({ maxLength: 8 }).filter((found) => !['__proto__', 'constructor', 'prototype'].includes(found))
const json = fc.letrec<{ value: JSONValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    fc.integer(),
    anyText,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
export const jsonObject: fc.Arbitrary<JSONObject> = fc.dictionary(key, json, { maxKeys: 3, noNullPrototype: true })

export const imagePart: fc.Arbitrary<UserPart & { type: 'file' }> = fc.record({
  type: fc.constant('file' as const),
  mediaType: fc.constantFrom('image/png', 'image/jpeg', 'image/gif', 'image/webp'),
  data: base64.map((data) => ({ type: 'data' as const, data })),
})
export const imageUrlPart: fc.Arbitrary<UserPart & { type: 'file' }> = fc.webUrl({ withQueryParameters: true }).map((url) => ({
  type: 'file',
  mediaType: 'image/*',
  data: { type: 'url', url: new URL(url) },
}))

export interface PromptParts {
  readonly userPart: fc.Arbitrary<UserPart>
  readonly thought: fc.Arbitrary<LanguageModelV4ReasoningPart>
  readonly answered: fc.Arbitrary<LanguageModelV4TextPart>
  readonly callId: fc.Arbitrary<string>
  readonly output: fc.Arbitrary<LanguageModelV4ToolResultOutput>
}

/** What assistants say in the order that providers want, and what their tools gave back. */
export function promptsOf(parts: PromptParts): fc.Arbitrary<LanguageModelV4Message[]> {
  return fc
    .record({
      system: fc.array(anyText, { maxLength: 2 }),
      // An id that two turns share would be of two tools.
      turns: fc.array(turnsOf(parts), { maxLength: 3 }).filter((turns) => distinct(turns.flat())),
      last: fc.array(parts.userPart, { minLength: 1, maxLength: 2 }),
    })
    .map(({ system, turns, last }): LanguageModelV4Message[] => [
      ...system.map((content) => ({ role: 'system' as const, content })),
      ...turns.flat(),
      { role: 'user', content: last },
    ])
}

function turnsOf({ userPart, thought, answered, callId, output }: PromptParts): fc.Arbitrary<LanguageModelV4Message[]> {
  const calls = fc.record({ toolCallId: callId, toolName: name, input: jsonObject, output })
  return fc
    .record({
      said: fc.array(userPart, { minLength: 1, maxLength: 3 }),
      thoughts: fc.array(thought, { maxLength: 2 }),
      answers: fc.array(answered, { minLength: 1, maxLength: 2 }),
      calls: fc.uniqueArray(calls, { selector: ({ toolCallId }) => toolCallId, maxLength: 2 }),
    })
    .map(({ said, thoughts, answers, calls }): LanguageModelV4Message[] => {
      const called = calls.map(({ output: _, ...call }) => ({ type: 'tool-call' as const, ...call }))
      const results = calls.map(({ input: _, ...result }) => ({ type: 'tool-result' as const, ...result }))
      return [
        { role: 'user', content: said },
        { role: 'assistant', content: [...thoughts, ...answers, ...called] },
        ...(results.length === 0 ? [] : [{ role: 'tool' as const, content: results }]),
      ]
    })
}

function distinct(messages: readonly LanguageModelV4Message[]): boolean {
  const ids = messages.flatMap(({ role, content }) =>
    role === 'assistant' ? content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : [])) : [],
  )
  return new Set(ids).size === ids.length
}

const schema: fc.Arbitrary<LanguageModelV4FunctionTool['inputSchema']> = fc
  .dictionary(name, fc.constantFrom({ type: 'string' as const }, { type: 'integer' as const }), {
    maxKeys: 3,
    noNullPrototype: true,
  })
  .map((properties) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false }))

export const responseFormats: fc.Arbitrary<object> = fc.oneof(
  fc.constant({}),
  schema.map((found) => ({ responseFormat: { type: 'json', schema: found } })),
)

/** Tools, each of them chosen at times. @param kinds the other choices. */
export function toolsOf(
  tool: fc.Arbitrary<LanguageModelV4FunctionTool>,
  kinds: readonly ('auto' | 'required' | 'none')[],
): fc.Arbitrary<{ tools: LanguageModelV4FunctionTool[]; toolChoice?: LanguageModelV4ToolChoice }> {
  return fc.uniqueArray(tool, { minLength: 1, maxLength: 3, selector: (found) => found.name }).chain((tools) =>
    fc.record(
      {
        tools: fc.constant(tools),
        toolChoice: fc.oneof(
          fc.constantFrom(...kinds.map((type) => ({ type }))),
          fc.constantFrom(...tools).map((chosen) => ({ type: 'tool' as const, toolName: chosen.name })),
        ),
      },
      { requiredKeys: ['tools'] },
    ),
  )
}

export function toolCallsOf(toolCallId: fc.Arbitrary<string>): fc.Arbitrary<ChatContent> {
  const input = jsonObject.map((value) => JSON.stringify(value))
  return fc.record({ type: fc.constant('tool-call' as const), toolCallId, toolName: name, input })
}

const tokens = fc.integer({ min: 0, max: 1_000_000 })

export function answersOf(content: fc.Arbitrary<ChatContent>): fc.Arbitrary<ChatAnswer> {
  return fc.record({
    id: fc.uuid(),
    modelId: anyText,
    created: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    content: fc.array(content, { maxLength: 5 }),
    finish: fc.record(
      {
        reason: fc.constantFrom('stop', 'length', 'tool-calls', 'content-filter', 'other'),
        stopSequence: anyText,
        usage: fc
          .record({
            fresh: tokens,
            said: tokens,
            cacheReadTokens: tokens,
            cacheWriteTokens: tokens,
            reasoningTokens: tokens,
            latencyMs: fc.integer({ min: 0, max: 600_000 }),
          })
          .map(({ fresh, said, ...usage }) => ({
            ...usage,
            inputTokens: fresh + usage.cacheReadTokens + usage.cacheWriteTokens,
            outputTokens: said + usage.reasoningTokens,
          })),
      },
      { requiredKeys: ['reason', 'usage'] },
    ),
  })
}

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

/** Anything that can be sliced, cut at shares of the whole. */
export function pieces<T extends { readonly length: number; slice(from: number, to: number): T }>(
  whole: T,
  cuts: readonly number[],
): T[] {
  const places = [0, ...cuts.map((share) => Math.floor(share * whole.length)), whole.length].sort((a, b) => a - b)
  return places.slice(1).map((end, index) => whole.slice(places[index] ?? 0, end))
}

/** Tools of which each protocol knows these parts, and `more` of its own. */
export function toolsWith(
  description: fc.Arbitrary<string>,
  more: { readonly inputExamples?: fc.Arbitrary<NonNullable<LanguageModelV4FunctionTool['inputExamples']>> } = {},
): fc.Arbitrary<LanguageModelV4FunctionTool> {
  return fc.record(
    { type: fc.constant('function' as const), name, description, inputSchema: schema, strict: fc.boolean(), ...more },
    { requiredKeys: ['type', 'name', 'inputSchema'] },
  )
}
