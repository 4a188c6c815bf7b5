/** Streamed answers of the Messages API. @module */
import type { ChatHead } from '@plinth/core'
import type { EventWriter, StreamEncoder } from '../protocol.ts'
import type { Refusal } from '../refusal.ts'
import {
  emptyMessage,
  type MessageBlock,
  type MessageBody,
  type MessageUsage,
  messageUsage,
  type StopReason,
  stopReason,
} from './message.ts'
import { type ErrorBody, errorBody } from './refuse.ts'

export type BlockDelta =
  | { readonly type: 'text_delta'; readonly text: string }
  | { readonly type: 'thinking_delta'; readonly thinking: string }
  | { readonly type: 'signature_delta'; readonly signature: string }
  | { readonly type: 'input_json_delta'; readonly partial_json: string }

/** The events of a stream; the name of an event is its type. */
export type MessageEvent =
  | { readonly type: 'message_start'; readonly message: MessageBody }
  | { readonly type: 'content_block_start'; readonly index: number; readonly content_block: MessageBlock }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: BlockDelta }
  | { readonly type: 'content_block_stop'; readonly index: number }
  | {
      readonly type: 'message_delta'
      readonly delta: { readonly stop_reason: StopReason; readonly stop_sequence: string | null }
      readonly usage: MessageUsage
    }
  | { readonly type: 'message_stop' }
  | { readonly type: 'ping' }
  | ErrorBody

/**
 * The events, without any framing. The usage of the first is zero, since nothing is counted yet: the whole usage comes with
 * `message_delta`, and Anthropic's clients and the AI SDK take what that says instead.
 */
export function messageEvents(head: ChatHead): EventWriter<MessageEvent> {
  let index = -1
  let calls = false
  const open = (content_block: MessageBlock): MessageEvent[] => [{ type: 'content_block_start', index: ++index, content_block }]
  const delta = (delta: BlockDelta): MessageEvent => ({ type: 'content_block_delta', index, delta })
  const close = (): MessageEvent => ({ type: 'content_block_stop', index })
  return {
    start: () => [{ type: 'message_start', message: emptyMessage(head) }],
    part(part) {
      switch (part.type) {
        case 'text-start':
          return open({ type: 'text', text: '' })
        case 'text-delta':
          return part.delta === '' ? [] : [delta({ type: 'text_delta', text: part.delta })]
        case 'reasoning-start':
          if (part.redacted !== undefined) return open({ type: 'redacted_thinking', data: part.redacted })
          return open({ type: 'thinking', thinking: '', signature: '' })
        case 'reasoning-delta':
          return part.delta === '' ? [] : [delta({ type: 'thinking_delta', thinking: part.delta })]
        case 'reasoning-end':
          return part.signature ? [delta({ type: 'signature_delta', signature: part.signature }), close()] : [close()]
        case 'tool-input-start':
          calls = true
          return open({ type: 'tool_use', id: part.id, name: part.toolName, input: {} })
        case 'tool-input-delta':
          return part.delta === '' ? [] : [delta({ type: 'input_json_delta', partial_json: part.delta })]
        case 'text-end':
        case 'tool-input-end':
          return [close()]
        case 'finish': {
          const { finish } = part
          const stop = { stop_reason: stopReason(finish, calls), stop_sequence: finish.stopSequence ?? null }
          return [{ type: 'message_delta', delta: stop, usage: messageUsage(finish.usage) }, { type: 'message_stop' }]
        }
      }
    },
  }
}

/** As server-sent events, which Anthropic's clients tell apart by their `event:` lines. */
export function messageStream(head: ChatHead): StreamEncoder {
  const events = messageEvents(head)
  return {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': head.id },
    start: () => framed(events.start()),
    part: (part) => framed(events.part(part)),
    ping: () => framed([{ type: 'ping' }]),
    fail: (refusal: Refusal) => framed([errorBody(refusal, head.id)]),
  }
}

function framed(events: readonly MessageEvent[]): string {
  let text = ''
  for (const event of events) text += `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
  return text
}
