import { type ChatPart, type Clock, type Log, PlinthError, type Timer } from '@plinth/core'
import type { CallEnd } from './call-end.ts'
import type { Encoded, StreamEncoder } from './protocol.ts'
import { refusalOf } from './refusal.ts'

/** Within what proxies and clients take for a dead connection. */
const pingPause = 15_000
const textEncoder = new TextEncoder()

export interface ChatStreamOptions {
  readonly clock: Clock
  readonly log: Log
  readonly requestId: string
  readonly encoder: StreamEncoder
  readonly parts: AsyncIterableIterator<ChatPart>
  /** Is told when nobody reads any more, and when the answer is over. */
  readonly end: Pick<CallEnd, 'abort' | 'release'>
}

/**
 * A streamed answer as bytes, as fast as the client reads it. What goes wrong after the first byte is told in the protocol's own way;
 * a client that goes ends the call.
 */
export function chatStream(options: ChatStreamOptions): ReadableStream<Uint8Array> {
  const { clock, log, requestId, encoder, parts, end: callEnd } = options
  let pinging: Timer | undefined
  let gone = false
  const bytesOf = (encoded: Encoded): Uint8Array => (typeof encoded === 'string' ? textEncoder.encode(encoded) : encoded)
  const send = (controller: ReadableStreamDefaultController<Uint8Array>, encoded: Encoded): boolean => {
    if (encoded.length === 0) return false
    controller.enqueue(bytesOf(encoded))
    return true
  }
  const finish = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    pinging?.cancel()
    callEnd.release()
    controller.close()
    await parts.return?.()
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      send(controller, encoder.start())
      const ping = (): void => {
        // Who doesn't read what is there needs no sign of life; and what isn't read is kept here.
        if ((controller.desiredSize ?? 0) > 0) send(controller, encoder.ping())
        pinging = clock.setTimer(pingPause, ping)
      }
      pinging = clock.setTimer(pingPause, ping)
    },
    async pull(controller) {
      try {
        for (;;) {
          const next = await parts.next()
          if (next.done) return await finish(controller)
          if (send(controller, encoder.part(next.value))) return
        }
      } catch (error) {
        pinging?.cancel()
        callEnd.release()
        if (gone) return
        if (!PlinthError.is(error)) log.error({ error, request_id: requestId }, 'A streamed answer failed.')
        send(controller, encoder.fail(refusalOf(error)))
        controller.close()
      }
    },
    async cancel() {
      gone = true
      pinging?.cancel()
      callEnd.abort()
      // What it fails with is that nobody reads it.
      await parts.return?.().catch(() => {})
    },
  })
}
