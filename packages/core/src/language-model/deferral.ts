/** How those are sent away that can't wait where they are: not too many a second, and not all back at one time. @module */
import type { Lane } from '../ports/queue.ts'

/** So many a second are sent away from one model while nothing else is worked, milliseconds from one to the next. */
const paceMilliseconds = 10
/** So many may go at one moment. */
const burst = 10
/** How many more may go for each call of another model that was answered: then there is other work to let through. */
const perAnswer = 8
/** Nobody comes back sooner, milliseconds; up to twice as long by chance. */
const pauses: Readonly<Record<Lane, number>> = { high: 1_000, normal: 2_000, low: 4_000 }
/** Those that come back are spread over so long at most. */
const longestSpread = 30_000

/** Paces departures by the generic cell rate algorithm (ITU-T I.371). */
export class Pace {
  /** When the next one would go if they went evenly. */
  #due = 0

  /** How long until one may go: 0 is now. */
  wait(now: number): number {
    return Math.max(0, this.#due - (burst - 1) * paceMilliseconds - now)
  }

  take(now: number): void {
    this.#due = Math.max(now, this.#due) + paceMilliseconds
  }

  /** Another model answered a call. */
  quicken(): void {
    this.#due -= perAnswer * paceMilliseconds
  }
}

/** Says when those come back that were sent away: each lane evenly, one behind the other, so that none waits behind a lower one. */
export class ReturnTimes {
  readonly #latest: Record<Lane, number> = { high: 0, normal: 0, low: 0 }

  /**
   * @param opens when the model is open again; now or before: it is open.
   * @param ready when there may be room, as far as is known.
   * @param chance a random number from 0 to 1.
   */
  next(
    lane: Lane,
    times: { readonly now: number; readonly opens: number; readonly ready: number; readonly chance: number },
  ): number {
    const { now, opens, ready, chance } = times
    const base = Math.max(opens, now + pauses[lane])
    const place = Math.min(Math.max(base, this.#latest[lane] + paceMilliseconds), base + longestSpread)
    this.#latest[lane] = place
    return Math.max(place, ready) + chance * pauses[lane]
  }
}
