/** So many units, each about a nanosecond of work, are done before others get a turn. */
const unitsATime = 2_500_000
const stretchUnits = 1_000_000

/** Long work in short slices, so that one process can serve meanwhile. */
export class Slices {
  readonly #signal: AbortSignal | undefined
  #units = 0

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** To be awaited where it isn't undefined. Rejects with the signal's reason once it is aborted. */
  step(units: number): Promise<void> | undefined {
    this.#units += units
    if (this.#units < unitsATime) return undefined
    this.#units = 0
    return this.turn()
  }

  /** Does what can be done in stretches, each of about a millisecond: `count` times about so many units. */
  async over(count: number, units: number, work: (from: number, to: number) => void): Promise<void> {
    const stretch = Math.max(1, Math.floor(stretchUnits / units))
    for (let from = 0; from < count; from += stretch) {
      const to = Math.min(count, from + stretch)
      work(from, to)
      const pause = this.step((to - from) * units)
      if (pause) await pause
    }
  }

  /** Ends the slice. */
  async turn(): Promise<void> {
    this.#signal?.throwIfAborted()
    await new Promise<void>((resolve) => {
      // A message port is the only macrotask that a library without Node's typings knows, and it isn't time.
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(undefined)
    })
    this.#signal?.throwIfAborted()
  }
}
