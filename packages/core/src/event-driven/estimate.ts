import type { Models } from '../language-model/catalogue.ts'

/** How long a call is taken to last where none was measured yet, milliseconds. */
const unmeasured = 2_000
const window = 256

/**
 * Guesses when a request will be done, from the service times measured in this process and how much waits before it.
 * The 90% figure: the wait for those before it at the mean service time, then the 90th percentile of its own.
 */
export class Estimator {
  readonly #times = new Map<string, number[]>()

  /** Takes in how long a call took, milliseconds. */
  observe(model: string, milliseconds: number): void {
    const times = this.#times.get(model) ?? []
    if (times.length === window) times.shift()
    times.push(milliseconds)
    this.#times.set(model, times)
  }

  /** Milliseconds until done, with `ahead` requests before this one and so many worked at a time. */
  estimate(model: string, ahead: number, concurrency: number): number {
    const times = this.#times.get(model)
    if (!times || times.length === 0) return unmeasured * (1 + Math.floor(ahead / concurrency))
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length
    const sorted = times.toSorted((left, right) => left - right)
    const p90 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.9))] ?? mean
    return p90 + (mean * ahead) / concurrency
  }
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
