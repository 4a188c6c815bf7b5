import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Call } from './client.ts'
import { request } from './client.ts'

/** A message of a stream that one call answers with. */
export interface StreamMessage {
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: each stream has forms of its own, which whoever reads it knows
  readonly data: any
}

/** The messages of an answer that comes bit by bit. What happens on its own is followed by `useLive` instead. @throws Problem. */
export async function* messagesOf(call: Call, signal: AbortSignal): AsyncGenerator<StreamMessage> {
  const response = await request(call, signal)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const waiting: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => void waiting.push(message) })
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    parser.feed(next.value)
    for (const { event = 'message', data } of waiting.splice(0)) yield { event, data: JSON.parse(data) }
  }
}
