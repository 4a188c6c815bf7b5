import type { ChatAnswer, ChatPart } from '@plinth/core'
import fc from 'fast-check'
import { answersOf, anyCuts, partsOf, toolCallsOf } from '../../support/arbitraries.ts'

/** Texts with what is dangerous on this wire: marks beyond 16 bits, ends of lines of all kinds, what looks like the wire itself. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .array(fc.constantFrom('😀', 'é', '\n\n', '\r', '\u2028', 'data: [DONE]\n\n', ': x\n', '"', '\\', '\u0000', 'a'), {
      maxLength: 12,
    })
    .map((pieces) => pieces.join('')),
)

export const answers: fc.Arbitrary<ChatAnswer> = answersOf(
  fc.oneof(fc.record({ type: fc.constantFrom('text', 'reasoning'), text: texts }), toolCallsOf(fc.uuid())),
)

/** An answer as it may come: each text in pieces, cut anywhere, also within a mark of two code units, and empty ones. */
export const streamedAnswers: fc.Arbitrary<{ readonly answer: ChatAnswer; readonly parts: readonly ChatPart[] }> = fc
  .tuple(answers, anyCuts)
  .map(([answer, cuts]) => ({ answer, parts: partsOf(answer, cuts) }))
