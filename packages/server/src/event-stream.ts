import type { Clock, ServerEvent, Timer } from '@plinth/core'

const heartbeat = 15_000
/** A key that is revoked, a tenant that is suspended, ends its streams within this time. */
const lookPause = 5_000
/** Proxies and Lambda cut long answers anyway; a client takes the stream up again with Last-Event-ID. */
const longest = 10 * 60_000
const encoder = new TextEncoder()

export interface EventStreamOptions {
  readonly clock: Clock
  readonly events: AsyncIterable<ServerEvent>
  /** Ends the stream when it fires. */
  readonly signal: AbortSignal
  /** Whether whoever reads may still do so; asked every few seconds. */
  mayGoOn(): Promise<boolean>
  /** Makes `signal` fire: tells the source that nobody reads any more, also while it waits. */
  stop(): void
}

/** Server-sent events as bytes. It ends with its source, after ten minutes, or when the client or the server goes. */
export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const { clock, signal, stop } = options
  const iterator = options.events[Symbol.asyncIterator]()
  let beating: Timer | undefined
  let looking: Timer | undefined
  const ending = clock.setTimer(longest, stop)
  /** A source that fails ends all that goes on beside it, too: nobody cancels a stream that has failed. */
  const nextEvent = async (): Promise<IteratorResult<ServerEvent>> => {
    try {
      return await iterator.next()
    } catch (error) {
      stop()
      throw error
    }
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      // Whoever came while the server was stopping is told of no end any more.
      if (signal.aborted) return ending.cancel()
      const beat = (): void => {
        controller.enqueue(encoder.encode(': \n\n'))
        beating = clock.setTimer(heartbeat, beat)
      }
      beating = clock.setTimer(heartbeat, beat)
      const look = (): void => {
        void options.mayGoOn().then((may) => {
          if (!may) stop()
          else if (!signal.aborted) looking = clock.setTimer(lookPause, look)
        })
      }
      looking = clock.setTimer(lookPause, look)
      signal.addEventListener('abort', () => {
        beating?.cancel()
        looking?.cancel()
        ending.cancel()
      })
    },
    async pull(controller) {
      const next = signal.aborted ? undefined : await nextEvent()
      if (!next || next.done || signal.aborted) {
        stop()
        controller.close()
        return
      }
      const { id, event, data } = next.value
      controller.enqueue(encoder.encode(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
    },
    cancel: stop,
  })
}
