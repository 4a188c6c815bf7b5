import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { type Call, request, unreachable } from './client.ts'

/** A message of a stream of events. */
export interface StreamMessage {
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: each stream has forms of its own, which whoever reads it knows
  readonly data: any
}

/**
 * The messages of an answer that comes bit by bit. What happens on its own is followed by `useLive` instead.
 * @param heard called when the answer begins, and for each bit of it, messages or not.
 * @throws Problem.
 */
export async function* messagesOf(call: Call, signal: AbortSignal, heard?: () => void): AsyncGenerator<StreamMessage> {
  const response = await request(call, signal)
  heard?.()
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const waiting: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => void waiting.push(message) })
  const read = () =>
    reader?.read().catch((error: unknown) => {
      throw unreachable(error)
    })
  for (let next = await read(); next && !next.done; next = await read()) {
    heard?.()
    parser.feed(next.value)
    for (const { event = 'message', data } of waiting.splice(0)) yield { event, data: JSON.parse(data) }
  }
}
