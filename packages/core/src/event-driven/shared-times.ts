import type { Guess } from './service-guess.ts'

/** A call that n others were begun after counts e^(-n/memory). */
export const timesMemory = 1_000
/** A guess may be wrong by a factor of e, where calls differ by e^0.6 among each other: it counts as 0.6^2 calls as to their level. */
export const levelDoubt = 0.36
/** And as so many as to how much they differ. */
const spreadDoubt = 4

/** The level and spread of a model's times over all tenants: what a tenant's own guess begins with. Nothing else is shared. */
export class SharedTimes {
  readonly #guess: Guess
  #weight = 0
  #mean = 0
  #variance = 0
  /** Calls that run. */
  running = 0

  constructor(guess: Guess) {
    this.#guess = guess
  }

  observe(milliseconds: number): void {
    const log = Math.log(Math.max(1, milliseconds))
    this.#weight = this.#weight * (1 - 1 / timesMemory) + 1
    const difference = log - this.#mean
    this.#mean += difference / this.#weight
    this.#variance = (1 - 1 / this.#weight) * (this.#variance + difference ** 2 / this.#weight)
  }

  /** Those that run may be the long ones of a burst whose short ones ended first: only what ended beyond them says something. */
  guess(): Guess {
    const { logMedian } = this.#guess
    const amount = Math.max(0, this.#weight - this.running)
    return {
      ...this.#guess,
      logMedian: (levelDoubt * logMedian + amount * this.#mean) / (levelDoubt + amount),
      sigma: spreadOf(this.#guess, amount, this.#variance),
    }
  }
}

/** The standard deviation of logarithms, of a guess after so many measured calls. */
export function spreadOf({ sigma }: Guess, amount: number, variance: number): number {
  return Math.max(0.05, Math.sqrt((spreadDoubt * sigma ** 2 + amount * variance) / (spreadDoubt + amount)))
}
