import type { Clock } from '../ports/clock.ts'

/** After so many transient faults in a round a request is given up. */
export const retryLimit = 5
/** After so many starts in a round that ended without a word (the process died) it is given up: it may be what kills it. */
export const cutOffLimit = 20
const firstPause = 500
/** No wait is longer. */
export const longestPause: number = 10 * 60_000

/**
 * When to try again: full jitter, a random time up to a bound that doubles with each failure, so that those who failed
 * together don't come back together (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
 * @param failures how many there were, from 1.
 * @param retryAfter what the provider asked for, seconds; the wait is at least that, up to the longest.
 * @returns milliseconds to wait.
 */
export function backOff(clock: Clock, failures: number, retryAfter = 0): number {
  const bound = Math.min(longestPause, firstPause * 2 ** Math.min(failures, 30))
  return Math.min(longestPause, retryAfter * 1000 + clock.random() * bound)
}

/** What a call came to is kept in memory for so many tries to store it, about half a minute: it may have been paid for. */
export const keepingTries = 10

/** Milliseconds before the next of those tries. @param failures how many failed, from 1. */
export function keepingPause(failures: number): number {
  return Math.min(4_000, 250 * 2 ** failures)
}
