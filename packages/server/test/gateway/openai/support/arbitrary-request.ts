import type { JSONSchema7, LanguageModelV4FunctionTool, LanguageModelV4Message } from '@ai-sdk/provider'
import type { ChatRequest } from '@plinth/core'
import fc from 'fast-check'
import { imagePart, imageUrlPart, jsonObject, name, toolsOf } from '../../support/arbitraries.ts'
import { texts } from './arbitrary-answer.ts'

const text = fc.record({ type: fc.constant('text' as const), text: texts })
const textsAndImages = fc.array(fc.oneof(text, imagePart, imageUrlPart), { minLength: 1, maxLength: 4 })

const system: fc.Arbitrary<LanguageModelV4Message> = texts.map((content) => ({ role: 'system', content }))
const user: fc.Arbitrary<LanguageModelV4Message> = textsAndImages.map((content) => ({ role: 'user', content }))

const output = fc.oneof(
  fc.record({ type: fc.constantFrom('text' as const, 'error-text' as const), value: texts }),
  fc.record({ type: fc.constantFrom('json' as const, 'error-json' as const), value: jsonObject }),
  fc.record({ type: fc.constant('content' as const), value: textsAndImages }),
)

const speech = fc.array(fc.oneof(text, fc.record({ type: fc.constant('reasoning' as const), text: texts })), { maxLength: 4 })

/** Models write other values, too. */
const inputs = fc.oneof(
  { weight: 4, arbitrary: jsonObject },
  fc.constantFrom<unknown>('', 'text', '{"a":', [1, 'b'], 7, true, null),
)

/** What the assistant says; and what it called, with what came of it. */
const turn: fc.Arbitrary<LanguageModelV4Message[]> = fc
  .tuple(speech, fc.array(fc.record({ id: fc.uuid(), name, input: inputs, output }), { maxLength: 3 }))
  .map(([said, calls]) => {
    const called = calls.map(({ id, name, input }) => ({ type: 'tool-call' as const, toolCallId: id, toolName: name, input }))
    const results = calls.map((call) => ({
      type: 'tool-result' as const,
      toolCallId: call.id,
      toolName: call.name,
      output: call.output,
    }))
    const assistant: LanguageModelV4Message = { role: 'assistant', content: [...said, ...called] }
    return results.length === 0 ? [assistant] : [assistant, { role: 'tool', content: results }]
  })

const tool: fc.Arbitrary<LanguageModelV4FunctionTool> = fc.record(
  {
    type: fc.constant('function' as const),
    name,
    description: texts,
    inputSchema: jsonObject.map((properties) => ({
      type: 'object' as const,
      properties: properties as Record<string, JSONSchema7>,
    })),
    strict: fc.boolean(),
  },
  { requiredKeys: ['type', 'name', 'inputSchema'] },
)

const toolSettings = fc.oneof(fc.constant({}), toolsOf(tool, ['auto', 'none', 'required']))

const prompts = fc
  .array(
    fc.oneof(
      system.map((message) => [message]),
      user.map((message) => [message]),
      turn,
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((turns) => turns.flat())

const settings = fc.record(
  {
    maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
    topP: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
    presencePenalty: fc.integer({ min: -2, max: 2 }),
    frequencyPenalty: fc.integer({ min: -2, max: 2 }),
    seed: fc.maxSafeInteger().map((value) => value + 0),
    stopSequences: fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
    reasoning: fc.constantFrom(
      'none' as const,
      'minimal' as const,
      'low' as const,
      'medium' as const,
      'high' as const,
      'xhigh' as const,
      'max' as const,
    ),
    responseFormat: fc.oneof(
      fc.constant({ type: 'json' as const }),
      fc.record(
        { type: fc.constant('json' as const), schema: jsonObject, name, description: texts },
        { requiredKeys: ['type', 'schema', 'name'] },
      ),
    ),
  },
  { requiredKeys: [] },
)

export const requests: fc.Arbitrary<ChatRequest> = fc
  .tuple(fc.constantFrom('gpt-x', 'eu.anthropic.claude-x-v1:0'), prompts, settings, toolSettings)
  .map(([modelId, prompt, set, withTools]) => ({ modelId, prompt, ...set, ...withTools }))
