/** Milliseconds. */
const hold = 3_600_000
/** However long it goes on, it is told again. */
const longest = 24 * 3_600_000
/** So much worse than what was told, and it is told at once. */
const worse = 0.25

export type PackedAlertSuppression = readonly [told: number, latest: number, score: number] | readonly []

/**
 * Which anomalies of a key's field are told: the first, those that come when there was none for an hour, those that are much worse
 * than what was told, and one a day of what doesn't end.
 */
export class AlertSuppression {
  #told: number
  #latest: number
  #score: number
  #isNew: boolean

  constructor(packed: PackedAlertSuppression = []) {
    this.#isNew = packed.length === 0
    const [told = 0, latest = 0, score = 0] = packed
    this.#told = told
    this.#latest = latest
    this.#score = score
  }

  /** @param time of the anomaly; one that comes late counts as the latest's. */
  admits(score: number, time: number): boolean {
    const now = this.#isNew ? time : Math.max(time, this.#latest)
    const isTold = this.#isNew || now - this.#latest >= hold || now - this.#told >= longest || score >= this.#score + worse
    this.#latest = now
    if (isTold) {
      this.#isNew = false
      this.#told = now
      this.#score = score
    }
    return isTold
  }

  pack(): PackedAlertSuppression {
    return this.#isNew ? [] : [this.#told, this.#latest, this.#score]
  }

  static unpack(packed: PackedAlertSuppression): AlertSuppression {
    return new AlertSuppression(packed)
  }
}
