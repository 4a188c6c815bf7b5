/** Letting others run during long work. @module */

// Work between two turns of the event loop, in characters of text or what costs as much: some 5 ms.
const stretch = 16_384

/** Counts work, and takes a pause when there was enough of it. */
export class Pacer {
  readonly #signal: AbortSignal | undefined
  #done = 0

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  /** Counts so much work; true when {@link Pacer.pause} is due. The two are apart so that loops rarely await. */
  isDue(work: number): boolean {
    this.#done += work
    return this.#done >= stretch
  }

  /**
   * Resolves after the event loop has had a turn; fails with the signal's reason when it is aborted.
   *
   * A message channel and no timer: it reads no clock, and a test's fake clock can't hold it up.
   */
  pause(): Promise<void> {
    this.#done = 0
    return new Promise((resolve, reject) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        if (this.#signal?.aborted) reject(this.#signal.reason)
        else resolve()
      }
      port2.postMessage(null)
    })
  }
}
