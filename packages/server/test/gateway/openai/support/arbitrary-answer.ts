import type { ChatAnswer, ChatContent, ChatFinish, ChatPart, ChatUsage } from '@plinth/core'
import fc from 'fast-check'

/** Texts with what is dangerous on this wire: marks beyond 16 bits, ends of lines of all kinds, what looks like the wire itself. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .array(fc.constantFrom('😀', 'é', '\n\n', '\r', '\u2028', 'data: [DONE]\n\n', ': x\n', '"', '\\', '\u0000', 'a'), {
      maxLength: 12,
    })
    .map((pieces) => pieces.join('')),
)

export const jsonObjects: fc.Arbitrary<Record<string, unknown>> = fc
  .dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4, noNullPrototype: true })
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>)
  .filter((value) => !JSON.stringify(value).includes('__proto__'))

const contents: fc.Arbitrary<ChatContent> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: texts }),
  fc.record({ type: fc.constant('reasoning' as const), text: texts }, { requiredKeys: ['type', 'text'] }),
  fc.record({
    type: fc.constant('tool-call' as const),
    toolCallId: fc.uuid(),
    toolName: fc.string({ unit: fc.constantFrom('a', 'B', '_', '-', '9'), minLength: 1, maxLength: 10 }),
    input: jsonObjects.map((value) => JSON.stringify(value)),
  }),
)

const usages: fc.Arbitrary<ChatUsage> = fc
  .tuple(fc.nat(9_999), fc.nat(9_999), fc.nat(9_999), fc.nat(9_999), fc.nat(9_999))
  .map(([fresh, cacheReadTokens, cacheWriteTokens, said, reasoningTokens]) => ({
    inputTokens: fresh + cacheReadTokens + cacheWriteTokens,
    outputTokens: said + reasoningTokens,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens,
    latencyMs: 7,
  }))

const finishes: fc.Arbitrary<ChatFinish> = fc.record({
  reason: fc.constantFrom('stop', 'length', 'tool-calls', 'content-filter', 'other'),
  usage: usages,
})

export const answers: fc.Arbitrary<ChatAnswer> = fc.record({
  id: fc.uuid(),
  modelId: fc.constantFrom('gpt-x', 'eu.anthropic.claude-x-v1:0', 'arn:aws:bedrock:eu-west-1::model/ü"\\'),
  created: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  content: fc.array(contents, { maxLength: 5 }),
  finish: finishes,
})

/** An answer as it may come: each text in pieces, cut anywhere, also within a mark of two code units. */
export const streamedAnswers: fc.Arbitrary<{ readonly answer: ChatAnswer; readonly parts: readonly ChatPart[] }> = fc
  .tuple(answers, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }))
  .map(([answer, sizes]) => ({
    answer,
    parts: [...answer.content.flatMap((content, at) => partsOf(content, String(at), sizes)), finishOf(answer)],
  }))

function finishOf({ finish }: ChatAnswer): ChatPart {
  return { type: 'finish', finish }
}

function partsOf(content: ChatContent, id: string, sizes: readonly number[]): ChatPart[] {
  if (content.type === 'tool-call') {
    const deltas = cut(content.input, sizes).map((delta) => ({
      type: 'tool-input-delta' as const,
      id: content.toolCallId,
      delta,
    }))
    const start = { type: 'tool-input-start' as const, id: content.toolCallId, toolName: content.toolName }
    return [start, ...deltas, { type: 'tool-input-end', id: content.toolCallId }]
  }
  const pieces = cut(content.text, sizes)
  if (content.type === 'text') {
    const deltas = pieces.map((delta) => ({ type: 'text-delta' as const, id, delta }))
    return [{ type: 'text-start', id }, ...deltas, { type: 'text-end', id }]
  }
  const deltas = pieces.map((delta) => ({ type: 'reasoning-delta' as const, id, delta }))
  return [{ type: 'reasoning-start', id }, ...deltas, { type: 'reasoning-end', id }]
}

/** An empty piece comes too: models send such. */
function cut(text: string, sizes: readonly number[]): string[] {
  const pieces = ['']
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return pieces
}
