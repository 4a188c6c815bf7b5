/** Amazon Nova: Converse's messages and events, with settings and counts under names of its own. @module */
import { type ChatFinish, readInput } from '@plinth/core'
import { z } from 'zod'
import { fieldsBy } from '../../client-fields.ts'
import type { EventWriter } from '../../protocol.ts'
import { ConverseEvents, messageOf, stopReasonOf, tokenCounts } from '../converse-answer.ts'
import { inferenceFields, messages, system, toolConfig } from '../converse-body.ts'
import { placesOf, promptOf } from '../prompt.ts'
import { mostTokens, share, topK } from '../sampling.ts'
import { inferenceOf, modelFieldsOf, toolsOf } from '../settings.ts'
import type { InvokeForm } from './form.ts'

const novaBody = z.object({
  messages,
  system,
  inferenceConfig: z.object({ ...inferenceFields, max_new_tokens: mostTokens, top_p: share, top_k: topK }).nullish(),
  toolConfig: toolConfig.nullish(),
  reasoningConfig: z.unknown().optional(),
})

export function readNova(modelId: string, body: unknown): InvokeForm {
  const { messages, system, inferenceConfig: config, toolConfig, reasoningConfig } = readInput(novaBody, body)
  const { max_new_tokens, top_p, top_k, maxTokens = max_new_tokens, topP = top_p, topK = top_k } = config ?? {}
  return {
    request: {
      modelId,
      prompt: promptOf({ messages, system }),
      ...modelFieldsOf({ reasoningConfig }, ''),
      ...inferenceOf({ ...config, maxTokens, topP, topK }),
      ...toolsOf(toolConfig, 'toolConfig'),
    },
    fieldOf: fieldsBy(
      {
        max_tokens: `inferenceConfig.${config?.maxTokens == null ? 'max_new_tokens' : 'maxTokens'}`,
        stop_sequences: 'inferenceConfig.stopSequences',
        tools: 'toolConfig.tools',
        tool_choice: 'toolConfig.toolChoice',
        reasoning: 'reasoningConfig',
      },
      () => placesOf({ messages, system }),
    ),
    answer: ({ content, finish }) => ({
      output: { message: messageOf(content) },
      stopReason: stopReasonOf(finish),
      usage: usageOf(finish),
    }),
    chunks: novaChunks,
  }
}

function novaChunks(): EventWriter<object> {
  const events = new ConverseEvents()
  return {
    start: () => events.start().map(({ type, payload }) => ({ [type]: payload })),
    part: (part) =>
      events.part(part).map(({ type, payload }) => {
        const isUsage = part.type === 'finish' && type === 'metadata'
        return { [type]: isUsage ? { usage: usageOf(part.finish), metrics: {}, trace: {} } : payload }
      }),
  }
}

/** @see https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html */
function usageOf({ usage }: ChatFinish): object {
  const { cacheReadTokens, cacheWriteTokens } = usage
  return {
    ...tokenCounts(usage),
    cacheReadInputTokenCount: cacheReadTokens,
    cacheWriteInputTokenCount: cacheWriteTokens,
  }
}
