import type { ChatPart } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { smallCall } from './support/wire.ts'

const head = { id: 'a', modelId: 'm', created: 1_999 }
const usage = { inputTokens: 9, outputTokens: 4, cacheReadTokens: 3, cacheWriteTokens: 2, reasoningTokens: 1, latencyMs: 7 }
const parts: ChatPart[] = [
  { type: 'reasoning-start', id: '0' },
  { type: 'reasoning-delta', id: '0', delta: 'Hm' },
  { type: 'reasoning-end', id: '0', signature: 's' },
  { type: 'text-start', id: '1' },
  { type: 'text-delta', id: '1', delta: 'So' },
  { type: 'text-end', id: '1' },
  { type: 'tool-input-start', id: 'call_1', toolName: 'f' },
  { type: 'tool-input-delta', id: 'call_1', delta: '{}' },
  { type: 'tool-input-end', id: 'call_1' },
  { type: 'tool-input-start', id: 'call_2', toolName: 'g' },
  { type: 'tool-input-delta', id: 'call_2', delta: '{"a":1}' },
  { type: 'tool-input-end', id: 'call_2' },
  { type: 'finish', finish: { reason: 'tool-calls', usage } },
]

function chunk(delta: object, finish_reason: string | null = null) {
  const choice = { index: 0, delta, logprobs: null, finish_reason }
  return { id: 'chatcmpl-a', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice], usage: null }
}

describe('a stream', () => {
  it('is these events, and no others', () => {
    const encoder = smallCall({ stream: true, stream_options: { include_usage: true } }).stream(head)
    const text = [encoder.start(), ...parts.map((part) => encoder.part(part))].join('')
    const events = text.split('\n\n')
    expect(encoder.headers).toEqual({ 'content-type': 'text/event-stream; charset=utf-8' })
    expect(events.every((event) => event === '' || event.startsWith('data: '))).toBe(true)
    expect(events.slice(-2)).toEqual(['data: [DONE]', ''])
    expect(events.slice(0, -2).map((event) => JSON.parse(event.slice('data: '.length)))).toEqual([
      chunk({ role: 'assistant', content: null, refusal: null }),
      chunk({ reasoning_content: 'Hm' }),
      chunk({ content: 'So' }),
      chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
      chunk({ tool_calls: [{ index: 1, id: 'call_2', type: 'function', function: { name: 'g', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 1, function: { arguments: '{"a":1}' } }] }),
      chunk({}, 'tool_calls'),
      {
        id: 'chatcmpl-a',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'm',
        choices: [],
        usage: {
          prompt_tokens: 9,
          completion_tokens: 4,
          total_tokens: 13,
          prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 },
          completion_tokens_details: { reasoning_tokens: 1 },
        },
      },
    ])
  })

  it('sends nothing where nothing was said, and keeps alive by a comment', () => {
    const encoder = smallCall({ stream: true }).stream(head)
    expect(encoder.part({ type: 'text-delta', id: '1', delta: '' })).toBe('')
    expect(encoder.part({ type: 'reasoning-delta', id: '1', delta: '' })).toBe('')
    expect(encoder.part({ type: 'tool-input-delta', id: '1', delta: '' })).toBe('')
    expect(encoder.ping()).toMatch(/^:[^\n]*\n\n$/)
  })
})
