/** Streamed chat completions. @module */
import type { ChatHead } from '@plinth/core'
import type { EventWriter, StreamEncoder } from '../protocol.ts'
import { completionId, finishReason, seconds, usageOf } from './chat-answer.ts'
import { errorOf } from './refuse.ts'

export interface ChatChunk {
  readonly choices: readonly { readonly finish_reason: string | null }[]
}

/**
 * `chat.completion.chunk`s. Clients put together of them what `chatAnswer` answers whole.
 * @param includeUsage whether the client asked for the chunk of usage; then all others say that they have none.
 */
export function chatChunks({ id, created, modelId }: ChatHead, includeUsage: boolean): EventWriter<ChatChunk> {
  const head = { id: completionId(id), object: 'chat.completion.chunk', created: seconds(created), model: modelId }
  const noUsage = includeUsage ? { usage: null } : undefined
  const chunk = (delta: object, finish_reason: string | null = null): ChatChunk => {
    const choice = { index: 0, delta, logprobs: null, finish_reason }
    return { ...head, choices: [choice], ...noUsage }
  }
  const delta = (text: string, of: object): ChatChunk[] => (text === '' ? [] : [chunk(of)])
  let calls = 0
  let hasText = false
  return {
    start: () => [chunk({ role: 'assistant', content: null, refusal: null })],
    part(part) {
      switch (part.type) {
        case 'text-delta':
          hasText ||= part.delta !== ''
          return delta(part.delta, { content: part.delta })
        case 'reasoning-delta':
          return delta(part.delta, { reasoning_content: part.delta })
        case 'tool-input-start': {
          const call = { index: calls++, id: part.id, type: 'function', function: { name: part.toolName, arguments: '' } }
          return [chunk({ tool_calls: [call] })]
        }
        case 'tool-input-delta':
          // Contents come one after the other: these are the arguments of the last call.
          return delta(part.delta, { tool_calls: [{ index: calls - 1, function: { arguments: part.delta } }] })
        case 'finish': {
          const { finish } = part
          const last = chunk(hasText || calls > 0 ? {} : { content: '' }, finishReason(finish))
          const usage = { ...head, choices: [], usage: usageOf(finish.usage) }
          return includeUsage ? [last, usage] : [last]
        }
        default:
          return []
      }
    },
  }
}

/** As server-sent events. */
export function chatStream(head: ChatHead, includeUsage: boolean): StreamEncoder {
  const chunks = chatChunks(head, includeUsage)
  return {
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    start: () => framed(chunks.start()),
    part: (part) => framed(chunks.part(part)) + (part.type === 'finish' ? 'data: [DONE]\n\n' : ''),
    ping: () => ': ping\n\n',
    // The end is not said: a stream that breaks off is not done.
    fail: (refusal) => framed([errorOf(refusal)]),
  }
}

function framed(events: readonly object[]): string {
  let text = ''
  for (const event of events) text += `data: ${JSON.stringify(event)}\n\n`
  return text
}
