/** Requests and answers of the one form, as far as Converse and the AI SDK's provider of it know their parts. */
import type { LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import type { ChatAnswer, ChatRequest } from '@plinth/core'
import fc from 'fast-check'
import * as shared from '../../support/arbitraries.ts'

const { anyText } = shared
const text = anyText.filter((found) => found.trim() !== '')
const id = fc.stringMatching(/^tooluse_[a-zA-Z0-9_-]{1,12}$/)
const textPart = text.map((found) => ({ type: 'text' as const, text: found }))

const output: fc.Arbitrary<LanguageModelV4ToolResultOutput> = fc.oneof(
  anyText.map((value) => ({ type: 'text' as const, value })),
  anyText.map((value) => ({ type: 'error-text' as const, value })),
  shared.jsonObject.map((value) => ({ type: 'json' as const, value })),
  fc
    .array(fc.oneof(textPart, shared.imagePart), { minLength: 1, maxLength: 3 })
    .map((value) => ({ type: 'content' as const, value })),
)

const prompt = shared.promptsOf({
  userPart: fc.oneof({ weight: 3, arbitrary: textPart }, shared.imagePart),
  thought: fc
    .oneof(
      fc.record({ text: anyText, amazonBedrock: fc.record({ signature: anyText }) }),
      fc.record({ text: fc.constant(''), amazonBedrock: fc.record({ redactedContent: shared.base64 }) }),
      fc.record({ text: fc.constant(''), amazonBedrock: fc.record({ redactedData: shared.base64 }) }),
    )
    .map(({ text, amazonBedrock }) => ({ type: 'reasoning', text, providerOptions: { amazonBedrock: { ...amazonBedrock } } })),
  answered: textPart,
  callId: id,
  output,
})

const tool = shared.toolsWith(text)
const share = fc.double({ min: 0, max: 1, noNaN: true }).filter((value) => !Object.is(value, -0))

/** With tools, since the AI SDK takes calls of tools out of prompts without any. */
export const anyRequest: fc.Arbitrary<Omit<ChatRequest, 'modelId'>> = fc
  .tuple(
    fc.record({ prompt }),
    shared.toolsOf(tool, ['auto', 'required']),
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
    shared.responseFormats,
  )
  .map((parts) => Object.assign({}, ...parts))

export const anyAnswer: fc.Arbitrary<ChatAnswer> = shared.answersOf(
  fc.oneof(
    anyText.map((found) => ({ type: 'text' as const, text: found })),
    fc.record({ type: fc.constant('reasoning' as const), text: anyText, signature: anyText }, { requiredKeys: ['type', 'text'] }),
    shared.toolCallsOf(id),
  ),
)
