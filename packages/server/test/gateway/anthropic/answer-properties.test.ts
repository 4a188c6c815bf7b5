import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'
import type Anthropic from '@anthropic-ai/sdk'
import type { ChatAnswer, ChatContent, ChatFinish } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMessages } from '../../../src/gateway/anthropic/read-messages.ts'
import { anyCuts, partsOf } from '../support/arbitraries.ts'
import { received, responseOf, streamedResponse, streamPieces } from '../support/wire.ts'
import { anyAnswer } from './support/arbitraries.ts'
import { aiSdk, captured, officialClient } from './support/wire.ts'

const call = readMessages({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'Hello' }], stream: true })
const question = { model: 'm', max_tokens: 1, messages: [{ role: 'user' as const, content: 'Hello' }] }
const options = { prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hello' }] }] }
const runs = { numRuns: 150 }

describe('whole answers', () => {
  it('are read by the AI SDK as they were given', async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (answer) => {
        const { fetch } = captured(() => responseOf(call.answer(answer)))
        const { content, finishReason, usage, providerMetadata, response } = await aiSdk(fetch).doGenerate(options)
        expect(content.map(contentOfAiSdk)).toEqual(answer.content.map(plainContent))
        expect(finishOfAiSdk(finishReason, usage, providerMetadata?.anthropic?.stopSequence)).toEqual(finishOf(answer))
        expect(response?.modelId).toBe(answer.modelId)
      }),
      runs,
    )
  })

  it("are read by Anthropic's client as they were given", async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (answer) => {
        const { fetch } = captured(() => responseOf(call.answer(answer)))
        const message = await officialClient({ fetch }).messages.create(question)
        expect(message._request_id).toBe(answer.id)
        expectMessage(message, answer)
      }),
      runs,
    )
  })
})

describe('streams, cut anywhere', () => {
  const streamOf = (answer: ChatAnswer, deltas: readonly number[], cuts: readonly number[]): Response =>
    streamedResponse(streamPieces(call, answer, partsOf(answer, deltas), cuts), call.stream(answer).headers)

  it('are read by the AI SDK as they were given', async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, anyCuts, anyCuts, async (answer, deltas, cuts) => {
        const { fetch } = captured(() => streamOf(answer, deltas, cuts))
        const { stream } = await aiSdk(fetch).doStream(options)
        const parts = await received(stream)
        expect(parts.filter(({ type }) => type === 'error')).toEqual([])
        expect(gathered(parts)).toEqual(answer.content.map(plainContent))
        const end = parts.at(-1)
        if (end?.type !== 'finish') throw new Error('the stream has no finish')
        expect(finishOfAiSdk(end.finishReason, end.usage, end.providerMetadata?.anthropic?.stopSequence)).toEqual(
          finishOf(answer),
        )
      }),
      runs,
    )
  })

  it("are read by Anthropic's client as they were given, usage included", async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, anyCuts, anyCuts, async (answer, deltas, cuts) => {
        const { fetch } = captured(() => streamOf(answer, deltas, cuts))
        expectMessage(await officialClient({ fetch }).messages.stream(question).finalMessage(), answer)
      }),
      runs,
    )
  })
})

function expectMessage(message: Anthropic.Message, answer: ChatAnswer): void {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens } = answer.finish.usage
  expect(message).toMatchObject({
    id: `msg_${answer.id.replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model: answer.modelId,
    stop_reason:
      stopReasons[finishOf(answer).reason] ?? (answer.finish.stopSequence === undefined ? 'end_turn' : 'stop_sequence'),
    stop_sequence: answer.finish.stopSequence ?? null,
    usage: {
      input_tokens: inputTokens - cacheReadTokens - cacheWriteTokens,
      cache_read_input_tokens: cacheReadTokens,
      cache_creation_input_tokens: cacheWriteTokens,
      output_tokens: outputTokens,
    },
  })
  expect(message.usage.output_tokens_details?.thinking_tokens ?? 0).toBe(reasoningTokens)
  expect(message.content.map(contentOfMessage)).toEqual(answer.content.map(plainContent))
}

const stopReasons: Partial<Record<ChatFinish['reason'], string>> = {
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
}

/** Arguments are compared as what they say. */
function plainContent(content: ChatContent): unknown {
  return content.type === 'tool-call' ? { ...content, input: JSON.parse(content.input) } : content
}

function contentOfMessage(block: Anthropic.ContentBlock): unknown {
  if (block.type === 'text') return { type: 'text', text: block.text }
  if (block.type === 'thinking') return { type: 'reasoning', text: block.thinking, signature: block.signature }
  if (block.type === 'tool_use') return { type: 'tool-call', toolCallId: block.id, toolName: block.name, input: block.input }
  throw new Error(`an unexpected block: ${block.type}`)
}

function contentOfAiSdk(content: LanguageModelV4Content): unknown {
  if (content.type === 'text') return { type: 'text', text: content.text }
  if (content.type === 'reasoning')
    return { type: 'reasoning', text: content.text, signature: content.providerMetadata?.anthropic?.signature }
  if (content.type === 'tool-call') {
    const { type, toolCallId, toolName, input } = content
    return { type, toolCallId, toolName, input: JSON.parse(input) }
  }
  throw new Error(`unexpected content: ${content.type}`)
}

function gathered(parts: readonly LanguageModelV4StreamPart[]): unknown[] {
  const found: unknown[] = []
  let text = ''
  let signature: unknown
  for (const part of parts) {
    if (part.type === 'text-start' || part.type === 'reasoning-start') text = ''
    else if (part.type === 'text-delta') text += part.delta
    else if (part.type === 'reasoning-delta') {
      text += part.delta
      signature = part.providerMetadata?.anthropic?.signature ?? signature
    } else if (part.type === 'text-end') found.push({ type: 'text', text })
    else if (part.type === 'reasoning-end') found.push({ type: 'reasoning', text, signature })
    else if (part.type === 'tool-call') found.push(contentOfAiSdk(part))
  }
  return found
}

/** Anthropic has no other reasons, and clients wait for `tool_use` when tools are called. */
function finishOf({ content, finish }: ChatAnswer): {
  readonly reason: ChatFinish['reason']
  readonly stopSequence: string | null
  readonly usage: object
} {
  const { latencyMs: _, ...usage } = finish.usage
  const stopped = finish.reason === 'stop' || finish.reason === 'other'
  const reason = !stopped ? finish.reason : content.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop'
  return { reason, stopSequence: finish.stopSequence ?? null, usage }
}

function finishOfAiSdk(reason: LanguageModelV4FinishReason, usage: LanguageModelV4Usage, stopSequence: unknown): unknown {
  return {
    reason: reason.unified,
    stopSequence,
    usage: {
      inputTokens: usage.inputTokens.total,
      cacheReadTokens: usage.inputTokens.cacheRead,
      cacheWriteTokens: usage.inputTokens.cacheWrite,
      outputTokens: usage.outputTokens.total,
      reasoningTokens: usage.outputTokens.reasoning ?? 0,
    },
  }
}
