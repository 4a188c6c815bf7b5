/** So many scores are kept. */
const size = 64
/** A score is kept to a thousandth, and as 8 at most: a factor of 3,000. */
const unit = 1_000
const most = 8
/** With n scores the correction is by n/(n+5) of what they say. */
const shrink = 5
/** The quantile beyond the largest of few scores, a rank. */
const beyond = 0.2

/** The latest scores, and their quantiles: in order of size and in order of time. */
class ScoreWindow {
  readonly #sorted = new Int16Array(size)
  readonly #latest = new Int16Array(size)
  #kept = 0
  #next = 0
  #seen = 0
  #part = 0

  /** @param weight how much of a score this one is, up to 1: correlated ones are less. */
  add(score: number, weight: number): void {
    this.#part += weight
    if (this.#part < 1) return
    this.#part -= 1
    this.#seen++
    const value = Math.round(unit * Math.max(-most, Math.min(most, score)))
    if (this.#kept === size) this.#remove(this.#latest[this.#next] ?? 0)
    this.#insert(value)
    this.#latest[this.#next] = value
    this.#next = (this.#next + 1) % size
  }

  /** The score that a share of them are above; 0 without any. */
  quantile(above: number): number {
    if (this.#kept === 0) return 0
    const trust = this.#seen / (this.#seen + shrink) / unit
    // The (n+1)-rule makes it right on average for any n (Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World", 2005).
    const rank = (1 - above) * (this.#kept + 1) - 1
    const last = this.#kept - 1
    if (rank >= last) return trust * ((this.#sorted[last] ?? 0) + (rank - last) * beyond * unit)
    const below = Math.max(0, Math.floor(rank))
    const [low, high] = [this.#sorted[below] ?? 0, this.#sorted[below + 1] ?? 0]
    return trust * (low + Math.max(0, rank - below) * (high - low))
  }

  #insert(value: number): void {
    const at = this.#place(value)
    this.#sorted.copyWithin(at + 1, at, this.#kept)
    this.#sorted[at] = value
    this.#kept++
  }

  #remove(value: number): void {
    const at = this.#place(value)
    this.#sorted.copyWithin(at, at + 1, this.#kept)
    this.#kept--
  }

  /** Where the first stands that isn't less. */
  #place(value: number): number {
    let low = 0
    let high = this.#kept
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sorted[middle] ?? 0) < value) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Of a request's figure: how many times it is the figure of one that needn't wait, as a logarithm to base 2. */
const knots = [0, 0.5, 1, 2, 4, 7] as const
/** How fast the level follows the hits and misses. */
const levelStep = 0.005
const target = 0.1

/**
 * What figures must be multiplied with to be right nine times in ten, learned from how it went: one lane of one tenant.
 *
 * A score is the logarithm of the time taken over the figure. The correction is the scores' quantile, among requests that waited
 * about as long in relation to their work, interpolated between them. Which quantile is itself led by hits and misses (adaptive
 * conformal inference: Gibbs and Candès, "Adaptive Conformal Inference Under Distribution Shift", NeurIPS 2021).
 */
export class Correction {
  readonly #windows: (ScoreWindow | undefined)[] = knots.map(() => undefined)
  #above = target

  /** @returns the logarithm of the factor. Grows no slower than the figure shrinks, so that a later place is never promised sooner. */
  at(size: number): number {
    let before = this.#quantile(0)
    for (let knot = 1; knot < knots.length; knot++) {
      const from = knots[knot - 1] ?? 0
      const to = knots[knot] ?? 0
      const here = Math.max(this.#quantile(knot), before - (to - from) * Math.LN2)
      if (size <= to) return before + (Math.max(0, size - from) / (to - from)) * (here - before)
      before = here
    }
    return before
  }

  /**
   * @param promised the factor's logarithm when the request was accepted.
   * @param weight 1 for a request whose luck is its own; less for one that shared it with others.
   */
  observe(size: number, score: number, promised: number, weight: number): void {
    const knot = nearest(size)
    const window = this.#windows[knot] ?? new ScoreWindow()
    this.#windows[knot] = window
    window.add(score, weight)
    const missed = score > promised ? 1 : 0
    this.#above = Math.min(0.3, Math.max(0.005, this.#above + levelStep * weight * (target - missed)))
  }

  #quantile(knot: number): number {
    return this.#windows[knot]?.quantile(this.#above) ?? 0
  }
}

function nearest(size: number): number {
  let knot = 0
  while (knot < knots.length - 1 && size > ((knots[knot] ?? 0) + (knots[knot + 1] ?? 0)) / 2) knot++
  return knot
}
