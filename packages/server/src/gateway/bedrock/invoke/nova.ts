/** Amazon Nova: Converse's messages and events, with settings and counts under names of its own. @module */
import type { ChatFinish } from '@plinth/core'
import { z } from 'zod'
import { checked } from '../checked.ts'
import { ConverseEvents, freshTokens, messageOf, stopReasonOf } from '../converse-answer.ts'
import { inferenceConfig, messages, system, toolConfig } from '../converse-body.ts'
import { promptOf } from '../prompt.ts'
import { addInference, addModelFields, addTools, type Draft } from '../settings.ts'
import type { ChunkWriter, InvokeForm } from './form.ts'

const share = z.number().min(0).max(1).nullish()
const novaBody = z.object({
  messages,
  system,
  inferenceConfig: inferenceConfig({
    max_new_tokens: z.number().int().min(1).nullish(),
    top_p: share,
    top_k: z.number().int().min(0).nullish(),
  }).nullish(),
  toolConfig: toolConfig.nullish(),
  reasoningConfig: z.unknown().optional(),
})

export function readNova(modelId: string, body: unknown): InvokeForm {
  const read = checked(novaBody, body)
  const request: Draft = { modelId, prompt: promptOf(read) }
  const config = read.inferenceConfig
  if (config) {
    const { max_new_tokens, top_p, top_k } = config
    const { maxTokens = max_new_tokens, topP = top_p, topK = top_k } = config
    addInference(request, { ...config, maxTokens, topP, topK })
  }
  addTools(request, read.toolConfig, 'toolConfig')
  addModelFields(request, { reasoningConfig: read.reasoningConfig }, '')
  return {
    request,
    answer: ({ content, finish }) =>
      JSON.stringify({
        output: { message: messageOf(content) },
        stopReason: stopReasonOf(finish),
        usage: usageOf(finish),
      }),
    chunks: novaChunks,
  }
}

function novaChunks(): ChunkWriter {
  const events = new ConverseEvents()
  const write = (type: string, payload: object): string => JSON.stringify({ [type]: payload })
  return {
    start: () => events.start().map(({ type, payload }) => write(type, payload)),
    part: (part) =>
      events
        .part(part)
        .map(({ type, payload }) =>
          part.type === 'finish' && type === 'metadata'
            ? write(type, { usage: usageOf(part.finish), metrics: {}, trace: {} })
            : write(type, payload),
        ),
  }
}

/** @see https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html */
function usageOf({ usage }: ChatFinish): object {
  const inputTokens = freshTokens(usage)
  const { outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens,
    cacheReadInputTokenCount: cacheReadTokens,
    cacheWriteInputTokenCount: cacheWriteTokens,
  }
}
