/** Whole answers of the Messages API. @module */
import type { ChatAnswer, ChatContent, ChatFinish, ChatHead, ChatUsage } from '@plinth/core'
import type { Answer } from '../../exchange.ts'
import { freshTokens } from '../fresh-tokens.ts'
import { jsonAnswer } from '../json-answer.ts'
import { toolInput } from '../tools.ts'

/** Tokens; unlike ours, those of the input don't contain cached ones. */
export interface MessageUsage {
  readonly input_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
  readonly output_tokens: number
  readonly output_tokens_details?: { readonly thinking_tokens: number }
}

export type StopReason = 'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use' | 'refusal'

export type MessageBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object }

export interface MessageBody {
  readonly id: string
  readonly type: 'message'
  readonly role: 'assistant'
  readonly model: string
  readonly content: readonly MessageBlock[]
  readonly stop_reason: StopReason | null
  readonly stop_sequence: string | null
  readonly usage: MessageUsage
}

export function messageAnswer(answer: ChatAnswer): Answer {
  return jsonAnswer(messageBody(answer), { 'request-id': answer.id })
}

export function messageBody(answer: ChatAnswer): MessageBody {
  const { content, finish } = answer
  const calls = content.some(({ type }) => type === 'tool-call')
  return {
    ...emptyMessage(answer),
    content: content.flatMap(block),
    stop_reason: stopReason(finish, calls),
    stop_sequence: finish.stopSequence ?? null,
    usage: messageUsage(finish.usage),
  }
}

/** What is known of a message before its first word. */
export function emptyMessage(head: ChatHead): MessageBody {
  return {
    id: `msg_${head.id.replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model: head.modelId,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
  }
}

/** @param calls whether tools are called: some models that were told to call one say that they stopped, where clients wait for `tool_use`. */
export function stopReason({ reason, stopSequence }: ChatFinish, calls: boolean): StopReason {
  if (reason === 'length') return 'max_tokens'
  if (reason === 'content-filter') return 'refusal'
  if (reason === 'tool-calls' || calls) return 'tool_use'
  return stopSequence === undefined ? 'end_turn' : 'stop_sequence'
}

export function messageUsage(usage: ChatUsage): MessageUsage {
  const { cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens } = usage
  return {
    input_tokens: freshTokens(usage),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cacheReadTokens,
    output_tokens: outputTokens,
    ...(reasoningTokens > 0 && { output_tokens_details: { thinking_tokens: reasoningTokens } }),
  }
}

function block(content: ChatContent): MessageBlock[] {
  switch (content.type) {
    case 'text':
      return content.text === '' ? [] : [{ type: 'text', text: content.text }]
    case 'reasoning':
      if (content.redacted !== undefined) return [{ type: 'redacted_thinking', data: content.redacted }]
      return [{ type: 'thinking', thinking: content.text, signature: content.signature ?? '' }]
    case 'tool-call':
      return [{ type: 'tool_use', id: content.toolCallId, name: content.toolName, input: toolInput(content.input) }]
  }
}
