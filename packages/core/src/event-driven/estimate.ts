import type { Models } from '../language-model/catalogue.ts'

/** How long a call is taken to last where none was measured yet, milliseconds. */
const unmeasured = 2_000
const window = 256

/**
 * Guesses when a request will be done, from the service times measured in this process and how much waits before it.
 * The 90% figure: the wait for those before it at the mean service time, then the 90th percentile of its own.
 */
export class Estimator {
  readonly #models = new Map<string, Measured>()

  /** Takes in how long a call took, milliseconds. */
  observe(model: string, milliseconds: number): void {
    const measured = this.#models.get(model) ?? { times: [], seen: 0, mean: 0, p90: 0 }
    this.#models.set(model, measured)
    measured.times[measured.seen++ % window] = milliseconds
    // Sorting at every call would cost more than all else here; in a full window one time changes little.
    if (measured.seen <= 16 || measured.seen % 16 === 0) summarise(measured)
  }

  /** Milliseconds until done, with `ahead` requests before this one and so many worked at a time. */
  estimate(model: string, ahead: number, concurrency: number): number {
    const measured = this.#models.get(model)
    if (!measured) return unmeasured * (1 + Math.floor(ahead / concurrency))
    return measured.p90 + (measured.mean * ahead) / concurrency
  }
}

/** A model's latest service times, in no order, and what they come to. */
interface Measured {
  readonly times: number[]
  seen: number
  mean: number
  p90: number
}

function summarise(measured: Measured): void {
  const sorted = measured.times.toSorted((left, right) => left - right)
  measured.mean = sorted.reduce((sum, time) => sum + time, 0) / sorted.length
  measured.p90 = sorted[Math.floor(sorted.length * 0.9)] ?? measured.mean
}

const estimators = new WeakMap<Models, Estimator>()

/** The estimator of one running Plinth. */
export function estimatorOf(models: Models): Estimator {
  const estimator = estimators.get(models) ?? new Estimator()
  estimators.set(models, estimator)
  return estimator
}

/** `2 seconds`, `1 minute`, `3 hours`: rounded up, never nothing. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  if (seconds < 120) return plural(seconds, 'second')
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 120) return plural(minutes, 'minute')
  return plural(Math.ceil(minutes / 60), 'hour')
}

function plural(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}
