import type { ChatAnswer, ChatFinish, ChatUsage } from '@plinth/core'
import type { Answer } from '../../exchange.ts'
import { jsonAnswer } from '../json-answer.ts'

export function chatAnswer(answer: ChatAnswer): Answer {
  return jsonAnswer(chatCompletion(answer))
}

/**
 * A `chat.completion`. Texts are joined, and so is reasoning: the form has one place for each, and none for signatures of reasoning, for
 * what of it is hidden, nor for which stop sequence ended the answer.
 */
export function chatCompletion({ id, created, modelId, content, finish }: ChatAnswer): object {
  let text = ''
  let reasoning: string | undefined
  const calls: unknown[] = []
  for (const part of content) {
    if (part.type === 'text') text += part.text
    else if (part.type === 'reasoning') {
      if (part.redacted === undefined) reasoning = (reasoning ?? '') + part.text
    } else calls.push({ id: part.toolCallId, type: 'function', function: { name: part.toolName, arguments: part.input } })
  }
  const message = {
    role: 'assistant',
    // Only calls may stand without a text.
    content: text === '' && calls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
  return {
    id: completionId(id),
    object: 'chat.completion',
    created: seconds(created),
    model: modelId,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(finish) }],
    usage: usageOf(finish.usage),
  }
}

export function completionId(id: string): string {
  return `chatcmpl-${id}`
}

/** @param milliseconds UTC. */
export function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}

export function finishReason({ reason }: ChatFinish): string {
  switch (reason) {
    case 'length':
      return 'length'
    case 'tool-calls':
      return 'tool_calls'
    case 'content-filter':
      return 'content_filter'
    default:
      return 'stop'
  }
}

export function usageOf(usage: ChatUsage): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }
}
