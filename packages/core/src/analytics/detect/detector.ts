import { greatestMeasured } from '../number-words.ts'
import { type Explanation, explainNovelty, type Finding } from './explain-novelty.ts'
import { Intervals } from './intervals.ts'
import { Memory, type PackedMemory } from './memory.ts'
import {
  aspects,
  expectation,
  expectedBefore,
  keepHour,
  keepUsual,
  keepYounger,
  learnt,
  novelty,
  rangeOf,
  recallHour,
} from './view.ts'

/** A score from here on is an anomaly. */
export const detectionThreshold = 0.08

/** In the few are so many values, in the many so many fews. */
const few = 12
const fewsInMany = 8
/** A score is told only when it tops all of so many fews before it: what goes on is told once. */
const fewsInMind = 12
/** From fewer values the usual isn't known yet: a score counts by how many of so many there were. */
const young = 128
/** By how much it must, at least: less than a cell's width tells nothing. */
const step = 1 / 128
/** What is older than one to two generations is forgotten, so that a field may become another: eight weeks, and not soon where values are rare. */
const generation = 8 * 7 * 24
const valuesInGeneration = 4096
const hourLength = 3_600_000

// Where each number lies among the detector's own.
const count = 0
const clock = 1
const generationHour = 2
const generationCount = 3
const olderSince = 4
const since = 5
const position = 6
const block = 7
const sum = 8
const score = 9
const view = 10
const number = 11
const values = 16
const sums = values + few
const tops = sums + fewsInMany
const gaps = tops + fewsInMind

export type PackedDetector = readonly [version: 1, ...PackedMemory]

/**
 * Finds what is anomalous in one numeric field of one key: strictly online, from the first values, in bounded memory (26 KB; packed
 * 32 KB; a few hundred bytes for a few values) and a constant number of steps a value.
 *
 * It looks at the field in four ways: the value, the mean and the spread of the last 12, the mean of the last hundred. In each it asks
 * how far the number is outside of all that was seen, and how far from what was seen at this time of the day and of the week,
 * as a share of the range. The most surprising of these is the score, less what is usual, if it tops the recent ones.
 */
export class Detector {
  readonly #memory: Memory
  readonly #numbers: Float64Array
  readonly #intervals: Intervals

  constructor(memory: Memory = new Memory()) {
    this.#memory = memory
    this.#numbers = memory.numbers
    this.#intervals = new Intervals(memory.numbers, gaps)
  }

  /**
   * Scores a value by what came before it, then learns it.
   * @param value finite.
   * @param time milliseconds UTC; one before the last one's counts as the last one's.
   * @returns the score, in [0,1].
   */
  next(value: number, time: number): number {
    const numbers = this.#numbers
    this.#moveTo(time)
    numbers[count] = (numbers[count] as number) + 1
    const memory = this.#memory
    numbers[view] = -1
    // Of the two zeros there is one in JSON.
    const bounded = Math.max(-greatestMeasured, Math.min(greatestMeasured, value)) + 0
    let found = this.#finds(0, bounded, novelty(memory, 0, bounded, 1), 0)
    const kept = learnt(memory, 0)
    numbers[values + (numbers[position] as number)] = kept
    numbers[sum] = (numbers[sum] as number) + kept
    if ((numbers[count] as number) >= few) {
      const mean = this.#mean()
      found = this.#finds(1, mean, novelty(memory, 1, mean, few), found)
      const spread = this.#spread(mean)
      found = this.#finds(2, spread, novelty(memory, 2, spread, few), found)
      if ((numbers[block] as number) >= fewsInMany) {
        const many = this.#meanOfMany()
        found = this.#finds(3, many, novelty(memory, 3, many, few), found)
      }
    }
    numbers[score] = this.#tell(found)
    return numbers[score] as number
  }

  /** Between what the last value was expected to be; undefined for the first. */
  expected(): readonly [low: number, high: number] | undefined {
    return expectedBefore(this.#memory, 0)
  }

  /** Why the last value's score is what it is. @param value the last one, which is kept only as far as a detector tells values apart. */
  explain(value?: number): Explanation {
    const numbers = this.#numbers
    const found = numbers[view] as number
    if (found < 0 || numbers[score] === 0) return { kind: 'none', reason: 'Nothing about it is unusual.' }
    const { aspect, low, high } = expectation(this.#memory, found)
    const finding: Finding = {
      view: found,
      isSeasonal: aspect !== aspects.range,
      isWeekly: aspect === aspects.week,
      number: found === 0 && value !== undefined ? value : (numbers[number] as number),
      low,
      high,
      score: numbers[score] as number,
      known: (numbers[clock] as number) - (numbers[olderSince] as number),
      few,
    }
    return explainNovelty(finding)
  }

  /** From when on it would be anomalous that no value comes; undefined while too few came to tell. */
  silentAfter(): number | undefined {
    const usual = this.#intervals.longest()
    return usual === undefined ? undefined : (this.#numbers[clock] as number) + usual
  }

  /** @returns the score of no value until then, in [0,1]. */
  silence(time: number): number {
    return this.#intervals.score(time - (this.#numbers[clock] as number))
  }

  explainSilence(time: number): Explanation {
    return this.#intervals.explain(time - (this.#numbers[clock] as number))
  }

  pack(): PackedDetector {
    return [1, ...this.#memory.pack()]
  }

  static unpack([, ...memory]: PackedDetector): Detector {
    return new Detector(Memory.unpack(memory))
  }

  /** The greater of what a view finds and what was found before. What is anomalous by itself is explained first. */
  #finds(where: number, what: number, novelty: number, before: number): number {
    if (novelty <= before) return before
    if (before < detectionThreshold) {
      this.#numbers[view] = where
      this.#numbers[number] = what
    }
    return novelty
  }

  /** The clock goes on to this time, if it is later; hours, days and generations end on the way. */
  #moveTo(time: number): void {
    const numbers = this.#numbers
    const before = numbers[clock] as number
    const hour = Math.floor(time / hourLength)
    if (numbers[count] === 0) {
      numbers[clock] = numbers[since] = numbers[olderSince] = time
      numbers[generationHour] = hour
      return
    }
    numbers[generationCount] = (numbers[generationCount] as number) + 1
    if (time < before) return
    numbers[clock] = time
    this.#intervals.learn(before, time)
    const hourBefore = Math.floor(before / hourLength)
    if (hour === hourBefore) return
    const memory = this.#memory
    keepHour(memory, hourBefore)
    const day = Math.floor(hour / 24)
    const dayBefore = Math.floor(hourBefore / 24)
    if (day !== dayBefore) keepUsual(memory, Math.floor(day / 7) !== Math.floor(dayBefore / 7))
    if (hour - (numbers[generationHour] as number) >= generation && (numbers[generationCount] as number) >= valuesInGeneration) {
      keepYounger(memory)
      numbers[generationHour] = hour
      numbers[generationCount] = 0
      numbers[olderSince] = numbers[since] as number
      numbers[since] = time
    }
    recallHour(memory, hour)
  }

  #mean(): number {
    const numbers = this.#numbers
    let total = 0
    for (let at = values; at < values + few; at++) total += numbers[at] as number
    return total / few
  }

  /** The standard deviation; relative to the range on the way, so that no square overflows or vanishes. */
  #spread(mean: number): number {
    const numbers = this.#numbers
    const range = rangeOf(this.#memory, 0)
    if (range === 0) return 0
    let squares = 0
    for (let at = values; at < values + few; at++) squares += (((numbers[at] as number) - mean) / range) ** 2
    return range * Math.sqrt(squares / few)
  }

  /** Of the last blocks, and of what has come of this one. */
  #meanOfMany(): number {
    const numbers = this.#numbers
    let total = numbers[sum] as number
    for (let at = sums; at < sums + fewsInMany; at++) total += numbers[at] as number
    return total / (few * fewsInMany + (numbers[position] as number) + 1)
  }

  /** The novelty if it tops the recent ones, else nothing; it is kept in mind, and the next value's place is made ready. */
  #tell(found: number): number {
    const numbers = this.#numbers
    const blocks = numbers[block] as number
    const here = tops + (blocks % fewsInMind)
    let told = found * Math.min(1, (numbers[count] as number) / young)
    if (found > 0) {
      let top = 0
      for (let at = tops; at < tops + fewsInMind; at++) top = Math.max(top, numbers[at] as number)
      if (found <= top + step) told = 0
      numbers[here] = Math.max(found, numbers[here] as number)
    }
    const next = (numbers[position] as number) + 1
    numbers[position] = next % few
    if (next === few) {
      numbers[sums + (blocks % fewsInMany)] = numbers[sum] as number
      numbers[sum] = 0
      numbers[block] = blocks + 1
      numbers[tops + ((blocks + 1) % fewsInMind)] = 0
    }
    return told
  }
}
