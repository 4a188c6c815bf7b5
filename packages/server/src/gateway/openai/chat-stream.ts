import type { ChatFinish, ChatHead } from '@plinth/core'
import type { StreamEncoder } from '../protocol.ts'
import { completionId, finishReason, seconds, usageOf } from './chat-answer.ts'
import { errorOf } from './refuse.ts'

/**
 * A stream of `chat.completion.chunk`s. Clients put together of it what {@link chatAnswer} answers whole.
 * @param includeUsage whether the client asked for the chunk of usage; then all others say that they have none.
 */
export function chatStream({ id, created, modelId }: ChatHead, includeUsage: boolean): StreamEncoder {
  const head = JSON.stringify({
    id: completionId(id),
    object: 'chat.completion.chunk',
    created: seconds(created),
    model: modelId,
  })
  const open = `data: ${head.slice(0, -1)}`
  const noUsage = includeUsage ? ',"usage":null' : ''
  const chunk = (delta: string, reason: string | null = null): string =>
    `${open},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${JSON.stringify(reason)}}]${noUsage}}\n\n`
  let calls = 0
  let hasText = false

  const finished = (finish: ChatFinish): string => {
    const delta = hasText || calls > 0 ? '{}' : '{"content":""}'
    const usage = includeUsage ? `${open},"choices":[],"usage":${JSON.stringify(usageOf(finish.usage))}}\n\n` : ''
    return `${chunk(delta, finishReason(finish))}${usage}data: [DONE]\n\n`
  }

  return {
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    start: () => chunk('{"role":"assistant","content":null,"refusal":null}'),
    part(part) {
      switch (part.type) {
        case 'text-delta':
          if (part.delta === '') return ''
          hasText = true
          return chunk(`{"content":${JSON.stringify(part.delta)}}`)
        case 'reasoning-delta':
          return part.delta === '' ? '' : chunk(`{"reasoning_content":${JSON.stringify(part.delta)}}`)
        case 'tool-input-start': {
          const call = { index: calls++, id: part.id, type: 'function', function: { name: part.toolName, arguments: '' } }
          return chunk(`{"tool_calls":[${JSON.stringify(call)}]}`)
        }
        case 'tool-input-delta':
          if (part.delta === '') return ''
          // Contents come one after the other: these are the arguments of the last call.
          return chunk(`{"tool_calls":[{"index":${calls - 1},"function":{"arguments":${JSON.stringify(part.delta)}}}]}`)
        case 'finish':
          return finished(part.finish)
        default:
          return ''
      }
    },
    ping: () => ': ping\n\n',
    // The end is not said: a stream that breaks off is not done.
    fail: (refusal) => `data: ${JSON.stringify(errorOf(refusal))}\n\n`,
  }
}
