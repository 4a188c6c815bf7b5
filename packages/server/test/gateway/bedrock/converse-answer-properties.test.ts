import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import {
  type ContentBlock,
  type ContentBlockDelta,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import type { ChatAnswer, ChatContent, ChatFinish } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConverse } from '../../../src/gateway/bedrock/converse.ts'
import { anyCuts, partsOf } from '../support/arbitraries.ts'
import { received } from '../support/wire.ts'
import { anyAnswer } from './support/arbitraries.ts'
import { aiModel, awsClient, streamedWire, wireOf } from './support/clients.ts'

/** One for which the AI SDK asks for the stop sequence. */
const modelId = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const input = { modelId, messages: [{ role: 'user' as const, content: [{ text: 'x' }] }] }
const asked = { messages: input.messages, additionalModelResponseFieldPaths: ['/delta/stop_sequence'] }
const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'x' }] }]

describe('an answer', () => {
  it('is read by the AI SDK as it was given', async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (answer) => {
        const result = await aiModel(modelId, () => wireOf(readConverse(modelId, asked, false).answer(answer))).doGenerate({
          prompt,
        })
        const content = result.content.map((part) => {
          if (part.type === 'reasoning') return reasoning(part.text, signatureIn(part.providerMetadata))
          return part
        })
        expect(content).toEqual(answer.content)
        expect(finishOf(result)).toEqual(knownFinish(answer.finish))
        expect(result.response?.id).toBe(answer.id)
      }),
    )
  })

  it("is read by AWS's client as it was given", async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (answer) => {
        const output = await awsClient(() => wireOf(readConverse(modelId, asked, false).answer(answer))).send(
          new ConverseCommand(input),
        )
        expect((output.output?.message?.content ?? []).map(contentOf)).toEqual(answer.content)
        expect(output.usage).toEqual(awsUsage(answer.finish))
        expect(output.metrics?.latencyMs).toBe(answer.finish.usage.latencyMs)
        expect(output.$metadata.requestId).toBe(answer.id)
      }),
    )
  })
})

describe('a streamed answer', () => {
  it('is read by the AI SDK as it was given, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, anyCuts, anyCuts, async (answer, textCuts, byteCuts) => {
        const wire = (): ReturnType<typeof streamedWire> =>
          streamedWire(readConverse(modelId, asked, true), answer, partsOf(answer, textCuts), byteCuts)
        const { stream } = await aiModel(modelId, wire).doStream({ prompt })
        const parts = await received(stream)
        expect(contentsOf(parts)).toEqual(answer.content)
        const finish = parts.at(-1)
        expect(finish?.type === 'finish' && finishOf(finish)).toEqual(knownFinish(answer.finish))
      }),
    )
  })

  it("is read by AWS's client as it was given, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, anyCuts, anyCuts, async (answer, textCuts, byteCuts) => {
        const wire = streamedWire(readConverse(modelId, asked, true), answer, partsOf(answer, textCuts), byteCuts)
        const { stream } = await awsClient(() => wire).send(new ConverseStreamCommand(input))
        const blocks: Record<string, string | undefined>[] = []
        const names: string[] = []
        let usage: unknown
        for await (const event of stream ?? []) {
          names.push(...Object.keys(event))
          const { start } = event.contentBlockStart ?? {}
          if (start?.toolUse)
            blocks.push({ type: 'tool-call', toolCallId: start.toolUse.toolUseId, toolName: start.toolUse.name })
          const { delta, contentBlockIndex = -1 } = event.contentBlockDelta ?? {}
          if (delta) {
            blocks[contentBlockIndex] ??= {}
            Object.assign(blocks[contentBlockIndex], added(blocks[contentBlockIndex], delta))
          }
          usage ??= event.metadata?.usage
        }
        expect(blocks).toEqual(answer.content)
        expect(usage).toEqual(awsUsage(answer.finish))
        expect([names[0], ...names.slice(-2)]).toEqual(['messageStart', 'messageStop', 'metadata'])
      }),
    )
  })
})

function added(block: Record<string, string | undefined>, delta: ContentBlockDelta): Record<string, string | undefined> {
  if (delta.text !== undefined) return { type: 'text', text: (block.text ?? '') + delta.text }
  if (delta.toolUse) return { input: (block.input ?? '') + delta.toolUse.input }
  if (delta.reasoningContent?.signature !== undefined) return { signature: delta.reasoningContent.signature }
  return { type: 'reasoning', text: (block.text ?? '') + (delta.reasoningContent?.text ?? '') }
}

function contentOf({ text, toolUse, reasoningContent }: ContentBlock): ChatContent {
  if (toolUse)
    return {
      type: 'tool-call',
      toolCallId: toolUse.toolUseId ?? '',
      toolName: toolUse.name ?? '',
      input: JSON.stringify(toolUse.input),
    }
  const { text: thought, signature } = reasoningContent?.reasoningText ?? {}
  return thought === undefined ? { type: 'text', text: text ?? '' } : reasoning(thought, signature)
}

function reasoning(text: string, signature: string | undefined): ChatContent {
  return { type: 'reasoning', text, ...(signature !== undefined && { signature }) }
}

function contentsOf(parts: readonly LanguageModelV4StreamPart[]): unknown[] {
  const contents: { id: string; value: Record<string, unknown> }[] = []
  const at = (id: string): Record<string, unknown> => contents.findLast((found) => found.id === id)?.value ?? {}
  for (const part of parts) {
    if (part.type === 'text-start') contents.push({ id: part.id, value: { type: 'text', text: '' } })
    if (part.type === 'reasoning-start') contents.push({ id: part.id, value: { type: 'reasoning', text: '' } })
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
      const signature = signatureIn(part.providerMetadata)
      Object.assign(at(part.id), { text: `${at(part.id).text}${part.delta}`, ...(signature && { signature }) })
    }
    if (part.type === 'tool-call') {
      const { toolCallId, toolName, input } = part
      contents.push({ id: toolCallId, value: { type: 'tool-call', toolCallId, toolName, input } })
    }
  }
  return contents.map(({ value }) => value)
}

function signatureIn(metadata: SharedV4ProviderMetadata | undefined): string | undefined {
  const signature = metadata?.amazonBedrock?.signature
  return typeof signature === 'string' ? signature : undefined
}

interface SdkFinish {
  readonly finishReason: { readonly unified: string }
  readonly usage: { readonly inputTokens: object; readonly outputTokens: { readonly total: number | undefined } }
  readonly providerMetadata?: unknown
}

function finishOf({ finishReason, usage, providerMetadata }: SdkFinish): unknown {
  const { amazonBedrock } = (providerMetadata ?? {}) as { amazonBedrock?: { stopSequence?: string | null } }
  return {
    reason: finishReason.unified,
    stopSequence: amazonBedrock?.stopSequence ?? undefined,
    input: usage.inputTokens,
    output: usage.outputTokens.total,
  }
}

/** Bedrock has no word for ends for other reasons; what was thought isn't counted apart. */
function knownFinish({ reason, stopSequence, usage }: ChatFinish): unknown {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  return {
    reason: reason === 'other' ? 'stop' : reason,
    stopSequence,
    input: {
      total: inputTokens,
      noCache: inputTokens - cacheReadTokens - cacheWriteTokens,
      cacheRead: cacheReadTokens,
      cacheWrite: cacheWriteTokens,
    },
    output: outputTokens,
  }
}

function awsUsage({ usage }: ChatAnswer['finish']): unknown {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  return {
    inputTokens: inputTokens - cacheReadTokens - cacheWriteTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: cacheReadTokens,
    cacheWriteInputTokens: cacheWriteTokens,
  }
}
