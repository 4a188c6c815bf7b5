/** Neighbouring classes differ by so much: what is said of a duration is at most that far from the truth. */
const step = 1.07
/** What takes less, milliseconds, is one class. */
const shortest = 0.5

/** How long things took, without each of them: counts of classes, from which percentiles are told within 7%. */
export class Durations {
  readonly #counts = new Map<number, number>()
  #total = 0

  /** @param milliseconds of one. */
  add(milliseconds: number): void {
    const place = milliseconds <= shortest ? 0 : Math.ceil(Math.log(milliseconds / shortest) / Math.log(step))
    this.#counts.set(place, (this.#counts.get(place) ?? 0) + 1)
    this.#total++
  }

  merge(other: Durations): void {
    for (const [place, count] of other.#counts) this.#counts.set(place, (this.#counts.get(place) ?? 0) + count)
    this.#total += other.#total
  }

  /** @param share such as 0.95. @returns milliseconds that so many took at most; null when there are none. */
  percentile(share: number): number | null {
    const rank = Math.ceil(this.#total * share)
    let seen = 0
    for (const [place, count] of [...this.#counts].sort(([one], [other]) => one - other)) {
      seen += count
      if (seen >= rank) return place === 0 ? 0 : Math.round(shortest * step ** (place - 0.5) * 10) / 10
    }
    return null
  }
}
