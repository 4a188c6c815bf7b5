import type { LanguageModelV4Message } from '@ai-sdk/provider'
import type { ChatRequest } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readChatCompletion } from '../../../src/gateway/openai/read-chat.ts'
import type { ChatCall } from '../../../src/gateway/protocol.ts'
import { responseOf } from '../support/wire.ts'
import { requests } from './support/arbitrary-request.ts'
import { aiSdkProvider, smallCall, streamedAnswer } from './support/wire.ts'

const finish = {
  reason: 'stop' as const,
  usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, latencyMs: 1 },
}
const head = { id: 'a', modelId: 'm', created: 0 }

/** What the wire can carry of a message: one text and one reasoning of the assistant, results of tools as texts or parts. */
function carried(message: LanguageModelV4Message): LanguageModelV4Message {
  if (message.role === 'assistant') {
    const joined = (type: 'text' | 'reasoning') => message.content.map((part) => (part.type === type ? part.text : '')).join('')
    const [reasoning, text] = [joined('reasoning'), joined('text')]
    return {
      role: 'assistant',
      content: [
        ...(reasoning === '' ? [] : [{ type: 'reasoning' as const, text: reasoning }]),
        ...(text === '' ? [] : [{ type: 'text' as const, text }]),
        ...message.content.flatMap((part) => (part.type === 'tool-call' ? [{ ...part, input: objectOf(part.input) }] : [])),
      ],
    }
  }
  if (message.role !== 'tool') return message
  return {
    role: 'tool',
    content: message.content.map((part) =>
      part.type === 'tool-result' ? { ...part, output: carriedOutput(part.output) } : part,
    ),
  }
}

/** Arguments that are no object are read inside one. */
function objectOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? input : { rawInvalidInput: input }
}

type Output = Extract<Extract<LanguageModelV4Message, { role: 'tool' }>['content'][number], { type: 'tool-result' }>['output']

function carriedOutput(output: Output): Output {
  if (output.type === 'error-text') return { type: 'text', value: output.value }
  if (output.type === 'json' || output.type === 'error-json') return { type: 'text', value: JSON.stringify(output.value) }
  const [only] = output.type === 'content' ? output.value : []
  return output.type === 'content' && output.value.length === 1 && only?.type === 'text'
    ? { type: 'text', value: only.text }
    : output
}

function carriedRequest(request: ChatRequest): ChatRequest {
  return { ...request, prompt: request.prompt.map(carried) }
}

describe('whatever a client asks through the AI SDK', () => {
  it('is read as it was asked', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const calls: ChatCall[] = []
        const provider = aiSdkProvider((body) => {
          calls.push(readChatCompletion(body))
          return responseOf(smallCall().answer({ ...head, content: [], finish }))
        })
        const { modelId, ...options } = request
        await provider.chatModel(modelId).doGenerate(options)
        expect(calls).toHaveLength(1)
        expect(calls[0]?.request).toEqual(carriedRequest(request))
        expect(calls[0]?.streamed).toBe(false)
      }),
      { numRuns: 400 },
    )
  })

  it('is read the same when it is to be streamed', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const calls: ChatCall[] = []
        const provider = aiSdkProvider((body) => {
          calls.push(readChatCompletion(body))
          return streamedAnswer(smallCall(), head, [{ type: 'finish', finish }], [])
        })
        const { modelId, ...options } = request
        const { stream } = await provider.chatModel(modelId).doStream(options)
        await stream.cancel()
        expect(calls[0]?.request).toEqual(carriedRequest(request))
        expect(calls[0]?.streamed).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})
