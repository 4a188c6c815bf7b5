/** The same records for everyone: a day's wave with noise, each key a record at every step of event time. @module */

/** Event time between two records of a key, milliseconds: six records a window of a minute. */
export const period = 10_000
const day = 24 * 3_600_000
/** Of event time; long ago, so that no clock of the machine matters. */
export const begin = Date.UTC(2026, 0, 5)

export class Records {
  #seed = 1
  #made = 0
  #keys
  #period
  #names

  constructor(keys, step = period) {
    this.#keys = keys
    this.#period = step
    this.#names = Array.from({ length: keys }, (_, key) => `k${key}`)
  }

  next() {
    const key = this.#made % this.#keys
    const time = begin + Math.floor(this.#made / this.#keys) * this.#period
    this.#made++
    return {
      key: this.#names[key],
      timestamp: new Date(time).toISOString(),
      data: { value: valueAt(key, time, this.#random()), state: 'running' },
    }
  }

  some(count) {
    return Array.from({ length: count }, () => this.next())
  }

  /** A linear congruential generator (Numerical Recipes): the same in every run. */
  #random() {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.#seed / 2 ** 32
  }
}

export function valueAt(key, time, noise) {
  const wave = Math.sin((2 * Math.PI * (time % day)) / day + key)
  return Math.round((20 + 5 * wave + noise) * 100) / 100
}
