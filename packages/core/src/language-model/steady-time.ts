import type { Clock } from '../ports/clock.ts'

/** A clock's time that never goes back: where the clock is set back, this goes on from where it was when it was last looked at. */
export class SteadyTime {
  readonly #clock: Clock
  #latest: number
  /** How far the clock was set back in all. */
  #behind = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#latest = clock.now()
  }

  now(): number {
    const read = this.#clock.now()
    if (read < this.#latest) this.#behind += this.#latest - read
    this.#latest = read
    return read + this.#behind
  }

  /** What the clock shows at that time, if nobody sets it. */
  onClock(time: number): number {
    return time - this.#behind
  }

  /** When it is so late by the clock, if nobody sets it. */
  ofClock(time: number): number {
    this.now()
    return time + this.#behind
  }
}
