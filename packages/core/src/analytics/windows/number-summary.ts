import { type PackedSketch, QuantileSketch } from './quantile-sketch.ts'
import type { NumberAggregate } from './window.ts'

/** So many values of a window are kept as they are: cheaper than any sketch, and exact. */
const mostPlain = 64
const quantiles: readonly number[] = [0.5, 0.95, 0.99]

interface Moments {
  count: number
  sum: number
  min: number
  max: number
  mean: number
  /** The squares of the distances from the mean, summed. */
  squares: number
}

/** The values themselves, or, in an array of two, the moments and the sketch. */
export type PackedNumbers = readonly number[] | readonly [moments: readonly number[], sketch: PackedSketch]

/** One numeric field's values in one window: plainly while they are few, then as moments and a sketch. */
export class NumberSummary {
  #values: number[] = []
  #moments: Moments | undefined
  #sketch: QuantileSketch | undefined

  static unpack(packed: PackedNumbers): NumberSummary {
    const summary = new NumberSummary()
    if (!isGrown(packed)) {
      summary.#values = [...packed]
      return summary
    }
    const [[count = 0, sum = 0, min = 0, max = 0, mean = 0, squares = 0], sketch] = packed
    summary.#moments = { count, sum, min, max, mean, squares }
    summary.#sketch = QuantileSketch.unpack(sketch)
    return summary
  }

  /** @param value finite. */
  add(value: number): void {
    if (this.#moments) {
      include(this.#moments, value)
      this.#sketch?.add(value)
    } else if (this.#values.push(value) > mostPlain) this.#grow()
  }

  merge(other: NumberSummary): void {
    if (!other.#moments || !other.#sketch) {
      for (const value of other.#values) this.add(value)
      return
    }
    const { moments, sketch } = this.#grow()
    combine(moments, other.#moments)
    sketch.merge(other.#sketch)
  }

  /** Of one value at least. A quantile q is the value at rank q · (count − 1), rounded down. */
  aggregate(): NumberAggregate {
    const { count, sum, min, max, mean, squares } = this.#moments ?? momentsOf(this.#values)
    const ranks = quantiles.map((quantile) => Math.floor(quantile * (count - 1)))
    const [p50 = min, p95 = min, p99 = min] = this.#valuesAt(ranks).map((value) => Math.min(max, Math.max(min, value)))
    return { count, sum, min, max, mean, variance: squares / count, p50, p95, p99 }
  }

  pack(): PackedNumbers {
    if (!this.#moments || !this.#sketch) return [...this.#values]
    const { count, sum, min, max, mean, squares } = this.#moments
    return [[count, sum, min, max, mean, squares], this.#sketch.pack()]
  }

  #valuesAt(ranks: readonly number[]): readonly number[] {
    if (this.#sketch) return this.#sketch.valuesAt(ranks)
    const sorted = this.#values.toSorted((one, other) => one - other)
    return ranks.map((rank) => sorted[rank] ?? 0)
  }

  #grow(): { readonly moments: Moments; readonly sketch: QuantileSketch } {
    this.#moments ??= momentsOf(this.#values)
    this.#sketch ??= new QuantileSketch()
    for (const value of this.#values) this.#sketch.add(value)
    this.#values = []
    return { moments: this.#moments, sketch: this.#sketch }
  }
}

function isGrown(packed: PackedNumbers): packed is readonly [readonly number[], PackedSketch] {
  return Array.isArray(packed[0])
}

function momentsOf(values: readonly number[]): Moments {
  const moments = { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, mean: 0, squares: 0 }
  for (const value of values) include(moments, value)
  return moments
}

/** Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 1962. */
function include(moments: Moments, value: number): void {
  const { mean } = moments
  moments.count++
  moments.sum = bounded(moments.sum + value)
  moments.min = Math.min(moments.min, value)
  moments.max = Math.max(moments.max, value)
  // Divided first: the difference of two huge values is infinite.
  moments.mean = mean + (value / moments.count - mean / moments.count)
  moments.squares = bounded(moments.squares + (value - mean) * (value - moments.mean))
}

/** Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979. */
function combine(moments: Moments, other: Moments): void {
  const count = moments.count + other.count
  if (count === 0) return
  const share = other.count / count
  const distance = other.mean - moments.mean
  moments.squares = bounded(moments.squares + other.squares + distance * distance * moments.count * share)
  moments.mean = moments.mean * (1 - share) + other.mean * share
  moments.count = count
  moments.sum = bounded(moments.sum + other.sum)
  moments.min = Math.min(moments.min, other.min)
  moments.max = Math.max(moments.max, other.max)
}

/** JSON has no infinity. What is beyond the largest number stays there. */
function bounded(value: number): number {
  if (Number.isFinite(value)) return value
  return value === Number.NEGATIVE_INFINITY ? -Number.MAX_VALUE : Number.MAX_VALUE
}
