import type { ChatAnswer } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readChatCompletion } from '../../../src/gateway/openai/read-chat.ts'
import { anyCuts } from '../support/arbitraries.ts'
import { received, responseOf } from '../support/wire.ts'
import { answers, streamedAnswers } from './support/arbitrary-answer.ts'
import { aiSdkProvider, officialClient, smallBody, smallCall, streamedAnswer } from './support/wire.ts'

const finishReasons = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  other: 'stop',
}

/** What an answer says, by kind: the wire has one place for each, so the order between kinds is not kept. */
function saidBy({ content, finish }: ChatAnswer) {
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  const calls = content.flatMap((part) =>
    part.type === 'tool-call' ? [{ id: part.toolCallId, name: part.toolName, input: part.input }] : [],
  )
  const reasoning = content.flatMap((part) => (part.type === 'reasoning' ? [part.text] : [])).join('')
  return { text: texts.join(''), reasoning, calls, reason: finishReasons[finish.reason] }
}

function wireUsageOf({ finish: { usage } }: ChatAnswer) {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }
}

function wireCallsOf(answer: ChatAnswer) {
  return saidBy(answer).calls.map(({ id, name, input }) => ({ id, type: 'function', function: { name, arguments: input } }))
}

/** A field of compatible servers that the official types don't have. */
function reasoningOf(message: object): string {
  return 'reasoning_content' in message && typeof message.reasoning_content === 'string' ? message.reasoning_content : ''
}

describe('whatever a model answers', () => {
  it('is what the official client reads', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const client = officialClient(() => responseOf(smallCall().answer(answer)))
        const read = await client.chat.completions.create(smallBody)
        const said = saidBy(answer)
        const [choice] = read.choices
        expect(read).toMatchObject({
          id: `chatcmpl-${answer.id}`,
          object: 'chat.completion',
          created: Math.floor(answer.created / 1000),
          model: answer.modelId,
          usage: wireUsageOf(answer),
        })
        expect(read.choices).toHaveLength(1)
        expect(choice?.finish_reason).toBe(said.reason)
        expect(choice?.message.content).toBe(said.calls.length > 0 && said.text === '' ? null : said.text)
        expect(choice?.message.tool_calls ?? []).toEqual(wireCallsOf(answer))
        expect(reasoningOf(choice?.message ?? {})).toBe(said.reasoning)
        // What the published schema says must be there, also where there is nothing.
        expect(choice?.message).toMatchObject({ role: 'assistant', refusal: null })
        expect(choice).toMatchObject({ index: 0, logprobs: null })
      }),
      { numRuns: 200 },
    )
  })

  it('is what the AI SDK reads', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const provider = aiSdkProvider((body) => responseOf(readChatCompletion(body).answer(answer)))
        const read = await provider
          .chatModel('m')
          .doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] })
        const said = saidBy(answer)
        expect(read.content).toEqual([
          ...(said.reasoning === '' ? [] : [{ type: 'reasoning', text: said.reasoning }]),
          ...(said.text === '' ? [] : [{ type: 'text', text: said.text }]),
          ...said.calls.map(({ id, name, input }) => ({ type: 'tool-call', toolCallId: id, toolName: name, input })),
        ])
        expect(read.finishReason.raw).toBe(said.reason)
        expect(read.usage.inputTokens).toMatchObject({ total: answer.finish.usage.inputTokens })
      }),
      { numRuns: 100 },
    )
  })
})

describe('whatever a model streams, and however the bytes are cut', () => {
  it('is what the official client puts together, the same as the whole answer', async () => {
    await fc.assert(
      fc.asyncProperty(streamedAnswers, anyCuts, async ({ answer, parts }, cuts) => {
        const client = officialClient((body) => streamedAnswer(readChatCompletion(body), answer, parts, cuts))
        const read = await client.chat.completions
          .stream({ ...smallBody, stream_options: { include_usage: true } })
          .finalChatCompletion()
        const whole = await officialClient(() => responseOf(smallCall().answer(answer))).chat.completions.create(smallBody)
        const { message, finish_reason } = whole.choices[0] ?? {}
        expect(read.choices[0]?.message.content).toBe(message?.content)
        expect(read.choices[0]?.message.tool_calls ?? []).toMatchObject(wireCallsOf(answer))
        expect(read.choices[0]?.message.tool_calls ?? []).toHaveLength(wireCallsOf(answer).length)
        expect(read.choices[0]?.finish_reason).toBe(finish_reason)
        expect(read.usage).toEqual(whole.usage)
        expect({ id: read.id, model: read.model, created: read.created }).toEqual({
          id: whole.id,
          model: whole.model,
          created: whole.created,
        })
      }),
      { numRuns: 200 },
    )
  })

  it('is what the official client reads chunk by chunk, with usage only where it was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(streamedAnswers, anyCuts, fc.boolean(), async ({ answer, parts }, cuts, include_usage) => {
        const client = officialClient((body) => streamedAnswer(readChatCompletion(body), answer, parts, cuts))
        const said = saidBy(answer)
        const read = { text: '', reasoning: '', reasons: [] as unknown[], usages: [] as unknown[], roles: [] as unknown[] }
        for await (const chunk of await client.chat.completions.create({
          ...smallBody,
          stream: true,
          ...(include_usage ? { stream_options: { include_usage } } : {}),
        })) {
          expect(chunk).toMatchObject({ id: `chatcmpl-${answer.id}`, object: 'chat.completion.chunk', model: answer.modelId })
          expect('usage' in chunk).toBe(include_usage)
          if (chunk.usage) read.usages.push(chunk.usage)
          const [choice] = chunk.choices
          // Only the chunk of usage has no choice.
          expect(choice === undefined).toBe(chunk.usage != null)
          if (!choice) continue
          read.roles.push(choice.delta.role)
          read.text += choice.delta.content ?? ''
          read.reasoning += reasoningOf(choice.delta)
          if (choice.finish_reason) read.reasons.push(choice.finish_reason)
        }
        expect(read.roles[0]).toBe('assistant')
        expect(read.roles.slice(1).every((role) => role === undefined)).toBe(true)
        expect(read).toMatchObject({ text: said.text, reasoning: said.reasoning, reasons: [said.reason] })
        expect(read.usages).toEqual(include_usage ? [wireUsageOf(answer)] : [])
      }),
      { numRuns: 200 },
    )
  })

  it('is what the AI SDK reads', async () => {
    await fc.assert(
      fc.asyncProperty(streamedAnswers, anyCuts, async ({ answer, parts }, cuts) => {
        const provider = aiSdkProvider((body) => streamedAnswer(readChatCompletion(body), answer, parts, cuts))
        const { stream } = await provider
          .chatModel('m')
          .doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] })
        const read = await received(stream)
        const said = saidBy(answer)
        const joined = (type: 'text-delta' | 'reasoning-delta') =>
          read.map((part) => (part.type === type ? part.delta : '')).join('')
        expect(joined('text-delta')).toBe(said.text)
        expect(joined('reasoning-delta')).toBe(said.reasoning)
        expect(read.flatMap((part) => (part.type === 'tool-call' ? [part] : []))).toMatchObject(
          said.calls.map(({ id, name, input }) => ({ toolCallId: id, toolName: name, input })),
        )
        expect(read.at(-1)).toMatchObject({
          type: 'finish',
          finishReason: { raw: said.reason },
          usage: {
            inputTokens: { total: answer.finish.usage.inputTokens, cacheRead: answer.finish.usage.cacheReadTokens },
            outputTokens: { total: answer.finish.usage.outputTokens, reasoning: answer.finish.usage.reasoningTokens },
          },
        })
      }),
      { numRuns: 100 },
    )
  })
})
