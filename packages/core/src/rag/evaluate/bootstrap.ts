import { InvalidInputError } from '../../errors.ts'

export interface Interval {
  readonly mean: number
  /** The borders of the middle `confidence` of the resampled means. */
  readonly low: number
  readonly high: number
}

export interface BootstrapOptions {
  /** The same seed and values give the same interval. */
  readonly seed?: number
  readonly samples?: number
  /** 0–1, without both. */
  readonly confidence?: number
}

/** The mean, and where it would lie had other questions of the same kind been asked (percentile bootstrap). All 0 without values. */
export function meanInterval(values: readonly number[], options: BootstrapOptions = {}): Interval {
  const { seed = 1, samples = 2000, confidence = 0.95 } = options
  const count = values.length
  if (count === 0) return { mean: 0, low: 0, high: 0 }
  const random = seededRandom(seed)
  const means = Array.from({ length: samples }, () => {
    let sum = 0
    for (let drawn = 0; drawn < count; drawn++) sum += values[Math.floor(random() * count)] ?? 0
    return sum / count
  }).sort((a, b) => a - b)
  const outside = (1 - confidence) / 2
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / count,
    low: means[Math.floor(outside * (samples - 1))] ?? 0,
    high: means[Math.ceil((1 - outside) * (samples - 1))] ?? 0,
  }
}

/**
 * How much better `after` is than `before`, question by question (paired bootstrap); an interval that leaves out 0 is a difference that
 * isn't chance.
 * @throws InvalidInputError when they aren't of the same questions.
 */
export function pairedDifference(after: readonly number[], before: readonly number[], options: BootstrapOptions = {}): Interval {
  if (after.length !== before.length) throw new InvalidInputError('Paired values are of the same questions: as many of each.')
  return meanInterval(
    after.map((value, index) => value - (before[index] ?? 0)),
    options,
  )
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). Not for secrets. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
