import type { Explanation } from './explain-novelty.ts'

/** Values that are kept in mind: those that came last. */
const mostValues = 256
/** Characters of a value that are kept. */
const longestValue = 64
/** So many records tell nothing yet. */
const warmUp = 32
/** The longest wait fades with each new value: once they are rarer, the next one surprises sooner. */
const fading = 0.9

export type PackedCategoryDetector = readonly [
  version: 1,
  count: number,
  newest: number,
  wait: number,
  absence: number,
  values: readonly (readonly [value: string, last: number])[],
]

/**
 * Finds new and rare values in one categorical field of one key. A new value is surprising when for long, in records, nothing new
 * had come; a known one when it was away for longer than values ever are. Bounded: 256 values, the latest.
 */
export class CategoryDetector {
  /** When each value came last, counted in records; the one that is longest ago comes first. */
  readonly #values: Map<string, number>
  #count: number
  /** When the last new value came. */
  #newest: number
  /** The longest that no new value came, and that a known one was away. */
  #wait: number
  #absence: number
  #told: { readonly value: string; readonly isNew: boolean; readonly away: number; readonly score: number } | undefined

  constructor(packed?: PackedCategoryDetector) {
    const [, count = 0, newest = 0, wait = 0, absence = 0, values = []] = packed ?? [1]
    this.#values = new Map(values)
    this.#count = count
    this.#newest = newest
    this.#wait = wait
    this.#absence = absence
  }

  /**
   * Scores a value by what came before it, then learns it.
   * @param _time milliseconds UTC. Only the order counts.
   * @returns the score, in [0,1].
   */
  next(value: string, _time: number): number {
    const short = value.length > longestValue ? value.slice(0, longestValue) : value
    const now = ++this.#count
    const before = this.#values.get(short)
    const isNew = before === undefined
    const away = now - (before ?? this.#newest)
    const longest = isNew ? this.#wait : this.#absence
    const score = Math.max(0, 1 - (longest + warmUp) / away)
    if (isNew) {
      this.#wait = Math.max(away, longest * fading)
      this.#newest = now
    } else this.#absence = Math.max(away, longest)
    this.#values.delete(short)
    this.#values.set(short, now)
    if (this.#values.size > mostValues) this.#forgetOldest()
    this.#told = { value: short, isNew, away, score }
    return score
  }

  /** Why the last value's score is what it is. */
  explain(): Explanation {
    if (!this.#told || this.#told.score === 0) return { kind: 'none', reason: 'Nothing about it is unusual.' }
    const { value, isNew, away } = this.#told
    const name = JSON.stringify(value)
    const reason = isNew
      ? `${name} is new: in the ${away - 1} records before it no new value came.`
      : `${name} is rare: it came last ${away} records ago.`
    return { kind: 'category', reason }
  }

  pack(): PackedCategoryDetector {
    return [1, this.#count, this.#newest, this.#wait, this.#absence, [...this.#values]]
  }

  static unpack(packed: PackedCategoryDetector): CategoryDetector {
    return new CategoryDetector(packed)
  }

  #forgetOldest(): void {
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest)
      return
    }
  }
}
