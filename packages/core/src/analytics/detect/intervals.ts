import type { Explanation } from './explain-novelty.ts'
import { spanOf } from './words.ts'

/** Gaps are counted by their length: a doubling a number. Milliseconds up to 2^32, 49 days. */
const lengths = 32
/** A gap is usual that came more than once lately: counts fade weekly by so much. A single outage isn't, every weekend is. */
const fading = 0.7
/** How many times the longest usual gap must pass. */
const patience = 3
const fewestGaps = 10
/** Milliseconds; a shorter silence is nobody's concern. */
const shortest = 10_000
const week = 7 * 24 * 3_600_000

/** How long it usually takes until the next value comes. It is kept among a detector's numbers, 34 of them. */
export class Intervals {
  readonly #numbers: Float64Array
  readonly #counts: number
  readonly #gaps: number
  readonly #usual: number

  constructor(numbers: Float64Array, at: number) {
    this.#numbers = numbers
    this.#counts = at
    this.#gaps = at + lengths
    this.#usual = at + lengths + 1
  }

  learn(before: number, time: number): void {
    const numbers = this.#numbers
    if (Math.floor(time / week) !== Math.floor(before / week)) this.#fade()
    const length = lengthOf(time - before)
    const here = this.#counts + length
    numbers[here] = (numbers[here] as number) + 1
    if ((numbers[this.#gaps] as number) < fewestGaps) numbers[this.#gaps] = (numbers[this.#gaps] as number) + 1
    if ((numbers[here] as number) > 1 && length >= (numbers[this.#usual] as number)) numbers[this.#usual] = length
  }

  /** After how long a silence is anomalous, milliseconds; undefined while too few gaps are known. */
  longest(): number | undefined {
    if ((this.#numbers[this.#gaps] as number) < fewestGaps) return undefined
    return Math.max(shortest, patience * this.#usualGap())
  }

  /** @returns 0 for a usual silence; else the share of it that is beyond a usual gap. */
  score(silence: number): number {
    const longest = this.longest()
    return longest === undefined || silence < longest ? 0 : 1 - longest / patience / silence
  }

  explain(silence: number): Explanation {
    return {
      kind: 'silence',
      reason: `Nothing has come for ${spanOf(silence)}; until now the next value came within ${spanOf(this.#usualGap())}.`,
    }
  }

  /** An upper limit of it, milliseconds. */
  #usualGap(): number {
    return 2 ** ((this.#numbers[this.#usual] as number) + 1)
  }

  #fade(): void {
    const numbers = this.#numbers
    numbers[this.#usual] = 0
    for (let length = 0; length < lengths; length++) {
      const here = this.#counts + length
      numbers[here] = (numbers[here] as number) * fading
      if ((numbers[here] as number) > 1) numbers[this.#usual] = length
      // What came once, long ago, is forgotten.
      else if ((numbers[here] as number) < 1 / 8) numbers[here] = 0
    }
  }
}

function lengthOf(gap: number): number {
  return gap < 2 ? 0 : gap >= 2 ** 31 ? lengths - 1 : 31 - Math.clz32(gap)
}
