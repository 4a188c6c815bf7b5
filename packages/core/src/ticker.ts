import type { Clock } from './ports/clock.ts'

/** How long a tick is, milliseconds. */
export const tickMilliseconds = 250

/** Something that runs and is looked at every tick. */
export interface Ticked {
  /** Must not throw. The first tick comes within {@link tickMilliseconds}, perhaps at once. */
  tick(): void
}

/** One timer for all that runs in a process, so that what ends soon costs none. It counts time by itself: a clock that jumps doesn't matter. */
class Ticker {
  readonly #clock: Clock
  readonly #running = new Set<Ticked>()
  #armed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(ticked: Ticked): void {
    this.#running.add(ticked)
    if (!this.#armed) this.#arm()
  }

  remove(ticked: Ticked): void {
    this.#running.delete(ticked)
  }

  /** A timer that finds nothing running ends by itself: to cancel and set one for each would be what this saves. */
  #arm(): void {
    this.#armed = true
    this.#clock.setTimer(tickMilliseconds, () => {
      this.#armed = this.#running.size > 0
      if (!this.#armed) return
      this.#arm()
      for (const ticked of this.#running) ticked.tick()
    })
  }
}

const tickers = new WeakMap<Clock, Ticker>()

/** The ticker of one process. */
export function tickerOf(clock: Clock): Ticker {
  const ticker = tickers.get(clock) ?? new Ticker(clock)
  tickers.set(clock, ticker)
  return ticker
}
