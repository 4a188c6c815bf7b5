import type { LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import type { ChatRequest } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConverse } from '../../../src/gateway/bedrock/converse.ts'
import { anyRequest } from './support/arbitraries.ts'
import { aiModel, answerOf, type Sent, wireOf } from './support/clients.ts'

const modelId = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const canned = wireOf(
  readConverse(modelId, { messages: [{ role: 'user', content: [{ text: 'x' }] }] }, false).answer(answerOf('y')),
)

async function writtenBySdk(request: Omit<ChatRequest, 'modelId'>): Promise<unknown> {
  const sent: Sent[] = []
  await aiModel(modelId, () => canned, sent).doGenerate({ ...request })
  return sent[0]?.body
}

describe('a request that the AI SDK writes', () => {
  it('is read as it was meant', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, async (request) => {
        const read = readConverse(modelId, await writtenBySdk(request), false).request
        expect(read).toEqual(known(request))
      }),
    )
  })

  it.each(['minimal', 'low', 'medium', 'high', 'xhigh', 'none'] as const)(
    'asks for the same effort of reasoning: %s',
    async (reasoning) => {
      const prompt: LanguageModelV4Prompt = [{ role: 'user', content: [{ type: 'text', text: 'x' }] }]
      const { request } = readConverse(modelId, await writtenBySdk({ prompt, reasoning }), false)
      expect(request.reasoning).toBe(reasoning === 'none' ? undefined : reasoning)
    },
  )
})

/** The request without what the AI SDK can't say in this protocol. */
function known({ prompt, tools, toolChoice, ...request }: Omit<ChatRequest, 'modelId'>): ChatRequest {
  const chosen = toolChoice?.type === 'tool' ? toolChoice.toolName : undefined
  return {
    modelId,
    ...request,
    prompt: prompt.map(knownMessage),
    ...(tools && { tools: tools.filter((tool) => chosen === undefined || tool.name === chosen) }),
    ...(toolChoice && { toolChoice }),
  }
}

function knownMessage(message: LanguageModelV4Message): LanguageModelV4Message {
  if (message.role === 'assistant') {
    const content = message.content.map((part) => {
      const { signature, redactedContent, redactedData } = part.providerOptions?.amazonBedrock ?? {}
      const hidden = redactedContent ?? redactedData
      if (part.type !== 'reasoning') return part
      const providerOptions = hidden
        ? { amazonBedrock: { redactedContent: hidden }, anthropic: { redactedData: hidden } }
        : signature && { amazonBedrock: { signature }, anthropic: { signature } }
      return { type: part.type, text: part.text, ...(providerOptions && { providerOptions }) }
    })
    return { ...message, content }
  }
  if (message.role !== 'tool') return message
  const content = message.content.map((part) =>
    part.type === 'tool-result' ? { ...part, output: knownOutput(part.output) } : part,
  )
  return { ...message, content }
}

/** The AI SDK sends JSON as text, and doesn't say that a call failed. */
function knownOutput(output: LanguageModelV4ToolResultOutput): LanguageModelV4ToolResultOutput {
  if (output.type === 'error-text') return { type: 'text', value: output.value }
  if (output.type === 'json') return { type: 'text', value: JSON.stringify(output.value) }
  if (output.type !== 'content') return output
  const [first] = output.value
  return output.value.length === 1 && first?.type === 'text' ? { type: 'text', value: first.text } : output
}
