import type { Clock } from '../ports/clock.ts'

/** No wait for a turn is longer; then it is asked again. */
const longestWait = 5 * 60_000
/** Times to come again are whole multiples of this, so that a queue wakes up once for many. */
const step = 50
const shortestTurn = 20
/** However long turns last, one comes again after so much (milliseconds): the next turns may be quicker. */
const longestGap = 2
const forgetAbove = 1_000

interface Line {
  running: number
  readonly waiting: (() => void)[]
  /** How long a turn lasts, milliseconds, the latest ones counting most. */
  mean: number
  /** When the next one that is turned away may come. */
  next: number
}

/** Ends a turn. */
export type Leave = () => void

/**
 * Lets so many be at work for one key at a time, in this process, and some more wait at hand. Who comes beyond these is told when to
 * come again: one after the other, twice as fast as turns end, so that a long line neither crowds the queue nor runs dry.
 */
export class InFlight {
  readonly #clock: Clock
  readonly #lines = new Map<string, Line>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns the turn, when it has come; or when to come again (milliseconds UTC). */
  enter(
    key: string,
    limits: { readonly running: number; readonly waiting: number },
  ): Promise<Leave> | { readonly again: number } {
    const line = this.#lines.get(key) ?? { running: 0, waiting: [], mean: shortestTurn, next: 0 }
    this.#lines.set(key, line)
    if (line.running < limits.running) {
      line.running++
      return Promise.resolve(this.#turn(line))
    }
    if (line.waiting.length < limits.waiting) return new Promise((resolve) => line.waiting.push(() => resolve(this.#turn(line))))
    const now = this.#clock.now()
    line.next = Math.max(line.next, now) + Math.min(longestGap, Math.max(line.mean, shortestTurn) / limits.running / 2)
    return { again: Math.min(Math.ceil(line.next / step) * step, now + longestWait) }
  }

  #turn(line: Line): Leave {
    const begun = this.#clock.now()
    return () => {
      line.mean += (this.#clock.now() - begun - line.mean) / 5
      const next = line.waiting.shift()
      if (next) return next()
      line.running--
      if (this.#lines.size > forgetAbove) this.#forget()
    }
  }

  #forget(): void {
    for (const [key, line] of this.#lines) if (line.running === 0 && line.next <= this.#clock.now()) this.#lines.delete(key)
  }
}
