import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import type { ChatRequest } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCountTokens, readMessages } from '../../../src/gateway/anthropic/read-messages.ts'
import { anyRequest } from './support/arbitraries.ts'
import { aiSdk, captured } from './support/wire.ts'

const canned = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
}

/** What the AI SDK's provider makes of a request. */
async function written(modelId: string, options: LanguageModelV4CallOptions): Promise<unknown> {
  const { fetch, bodies } = captured(() => Response.json(canned))
  await aiSdk(fetch, modelId).doGenerate(options)
  return bodies[0]
}

describe('requests that the AI SDK writes', () => {
  it('are read as they were meant', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, async (request) => {
        const modelId = 'claude-sonnet-4-5'
        const body = await written(modelId, request)
        const call = readMessages(body)
        expect(call.streamed).toBe(false)
        expect(comparable(call.request)).toEqual(comparable({ modelId, ...request }))
        const { maxOutputTokens: _, temperature: _t, topP: _p, topK: _k, stopSequences: _s, ...counted } = call.request
        expect(readCountTokens(body)).toEqual(counted)
      }),
      { numRuns: 200 },
    )
  })

  it.each(['minimal', 'low', 'medium', 'high', 'xhigh', 'none'] as const)(
    'keep the level of reasoning %s, as a budget',
    async (reasoning) => {
      const request = { prompt: hello, maxOutputTokens: 100, reasoning }
      expect(readMessages(await written('claude-sonnet-4-5', request)).request.reasoning).toBe(reasoning)
    },
  )

  it.each(['low', 'medium', 'high', 'xhigh', 'none'] as const)(
    'keep the level of reasoning %s, as an effort',
    async (reasoning) => {
      const request = { prompt: hello, maxOutputTokens: 100, reasoning }
      expect(readMessages(await written('claude-opus-4-8', request)).request).toMatchObject({ reasoning, maxOutputTokens: 100 })
    },
  )

  it('keep texts of the system in the midst of a conversation', async () => {
    const prompt: LanguageModelV4Message[] = [...hello, { role: 'system', content: 'Be brief.' }, ...hello]
    expect(
      readMessages(await written('claude-sonnet-4-5', { prompt: [{ role: 'system', content: 'x' }, ...prompt] })).request.prompt,
    ).toEqual([{ role: 'system', content: 'x' }, ...prompt])
  })
})

const hello: LanguageModelV4Message[] = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }]

/** Says the same in one way where the protocol has one for several. */
function comparable(request: ChatRequest): unknown {
  const prompt: LanguageModelV4Message[] = []
  for (const message of request.prompt.map(messageOf)) {
    const last = prompt.at(-1)
    if (last?.role === 'user' && message.role === 'user') last.content.push(...message.content)
    else prompt.push(message)
  }
  const plain = { ...request, prompt }
  // URLs compare by what they hold, undefined fields are none.
  return JSON.parse(JSON.stringify(plain))
}

function messageOf(message: LanguageModelV4Message): LanguageModelV4Message {
  switch (message.role) {
    case 'system':
      return message
    case 'user':
      return {
        role: 'user',
        content: message.content.map((part) =>
          part.type === 'file' && part.data.type === 'text'
            ? { type: 'text', text: `<document name="${part.filename}">\n${part.data.text}\n</document>` }
            : part,
        ),
      }
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content.map((part) => {
          if (part.type !== 'reasoning') return part
          const options = part.providerOptions?.anthropic ?? {}
          const { redactedData: redactedContent } = options
          return {
            ...part,
            providerOptions: { anthropic: options, amazonBedrock: redactedContent ? { redactedContent } : options },
          }
        }),
      }
    case 'tool':
      return {
        role: 'tool',
        content: message.content.map((part) => (part.type === 'tool-result' ? { ...part, output: outputOf(part.output) } : part)),
      }
  }
}

function outputOf(output: LanguageModelV4ToolResultOutput): LanguageModelV4ToolResultOutput {
  if (output.type === 'json') return { type: 'text', value: JSON.stringify(output.value) }
  if (output.type === 'error-json') return { type: 'error-text', value: JSON.stringify(output.value) }
  const [only, ...others] = output.type === 'content' ? output.value : []
  return only?.type === 'text' && others.length === 0 ? { type: 'text', value: only.text } : output
}
