/** Requests and answers of the one form, as far as the Messages API knows their parts. */
import type { LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import type { ChatAnswer, ChatRequest } from '@plinth/core'
import fc from 'fast-check'
import * as shared from '../../support/arbitraries.ts'

const { anyText: text, name } = shared
const id = fc.stringMatching(/^toolu_[a-zA-Z0-9]{1,12}$/)
const textPart = text.map((found) => ({ type: 'text' as const, text: found }))
const documentPart = fc.record({
  type: fc.constant('file' as const),
  mediaType: fc.constant('text/plain'),
  filename: name,
  data: text.map((found) => ({ type: 'text' as const, text: found })),
})

const output: fc.Arbitrary<LanguageModelV4ToolResultOutput> = fc.oneof(
  text.map((value) => ({ type: 'text' as const, value })),
  text.map((value) => ({ type: 'error-text' as const, value })),
  shared.jsonObject.map((value) => ({ type: 'json' as const, value })),
  shared.jsonObject.map((value) => ({ type: 'error-json' as const, value })),
  fc
    .array(fc.oneof(textPart, shared.imagePart, shared.imageUrlPart), { minLength: 1, maxLength: 3 })
    .map((value) => ({ type: 'content' as const, value })),
)

const prompt = shared.promptsOf({
  userPart: fc.oneof({ weight: 3, arbitrary: textPart }, shared.imagePart, shared.imageUrlPart, documentPart),
  thought: fc
    .oneof(
      fc.record({ text, anthropic: fc.record({ signature: text }) }),
      fc.record({ text: fc.constant(''), anthropic: fc.record({ redactedData: shared.base64 }) }),
    )
    .map(({ text, anthropic }) => ({ type: 'reasoning', text, providerOptions: { anthropic: { ...anthropic } } })),
  answered: textPart,
  callId: id,
  output,
})

const tool = shared.toolsWith(text, {
  inputExamples: fc.array(
    shared.jsonObject.map((input) => ({ input })),
    { minLength: 1, maxLength: 2 },
  ),
})
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
    fc.oneof(fc.constant({}), shared.toolsOf(tool, ['auto', 'required'])),
    sampling,
    stops,
    shared.responseFormats,
  )
  .map((parts) => Object.assign({}, ...parts))

export const anyAnswer: fc.Arbitrary<ChatAnswer> = shared.answersOf(
  fc.oneof(textPart, fc.record({ type: fc.constant('reasoning' as const), text, signature: text }), shared.toolCallsOf(id)),
)
