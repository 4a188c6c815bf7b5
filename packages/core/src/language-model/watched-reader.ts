import type { Clock } from '../ports/clock.ts'
import { type Ticked, tickerOf, tickMilliseconds } from '../ticker.ts'
import { ModelFailure } from './failure.ts'

/**
 * Reads a model's stream, and leaves it when nothing comes for too long, or from outside. One look every tick watches over all of it:
 * a timer and a signal for each part would cost more than the part.
 */
export class WatchedReader<Part> implements Ticked {
  readonly #reader: ReadableStreamDefaultReader<Part>
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #most: number
  #ticks = 0
  #waiting = false
  #failure: { readonly reason: unknown } | undefined
  readonly #onAbort = (): void => this.#leave(this.#signal.reason)

  /** @param limits `timeout`: milliseconds that nothing may come, up to a tick more. `signal`: ends it from outside. */
  constructor(
    stream: ReadableStream<Part>,
    clock: Clock,
    { timeout, signal }: { readonly timeout: number; readonly signal: AbortSignal },
  ) {
    this.#reader = stream.getReader()
    this.#clock = clock
    this.#signal = signal
    // The first tick may come at once.
    this.#most = Math.ceil(timeout / tickMilliseconds) + 1
    signal.addEventListener('abort', this.#onAbort, { once: true })
    if (signal.aborted) this.#onAbort()
    tickerOf(clock).add(this)
  }

  /** @returns undefined at the end. @throws ModelFailure `model_timeout`; the signal's reason; what the stream fails with. */
  async read(): Promise<{ readonly value: Part } | undefined> {
    this.#ticks = 0
    this.#waiting = true
    try {
      const read = await this.#reader.read()
      if (this.#failure) throw this.#failure.reason
      return read.done ? undefined : { value: read.value }
    } finally {
      this.#waiting = false
    }
  }

  tick(): void {
    if (this.#waiting && ++this.#ticks === this.#most)
      this.#leave(new ModelFailure('transient', 'model_timeout', 'The model did not answer in time.'))
  }

  /** Ends it, whatever is still to come. */
  close(): void {
    tickerOf(this.#clock).remove(this)
    this.#signal.removeEventListener('abort', this.#onAbort)
    void this.#reader.cancel().catch(() => {})
  }

  /** Whoever waits for a part gets the end, also from a stream that doesn't let itself be cancelled. */
  #leave(reason: unknown): void {
    this.#failure ??= { reason }
    void this.#reader.cancel(reason).catch(() => {})
  }
}
