import type { Clock } from '../ports/clock.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** The waits between one attempt and the next, about three days in all (after the example of Standard Webhooks). */
export const retryWaits: readonly number[] = [
  5 * second,
  minute,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  20 * hour,
]

/** Each wait is this much shorter or longer, at random, so that what failed together doesn't come back together. */
const jitter = 0.2
const longestRetryAfter = 24 * hour

/**
 * How long to wait before the next attempt, milliseconds.
 * @param failures how many attempts of this round failed, from 1.
 * @param retryAfter what the receiver asked for, milliseconds: the wait is no shorter, up to a day.
 * @returns undefined when there is no next attempt.
 */
export function retryWait(clock: Clock, failures: number, retryAfter = 0): number | undefined {
  const wait = retryWaits[failures - 1]
  if (wait === undefined) return undefined
  return Math.max(wait * (1 - jitter + 2 * jitter * clock.random()), Math.min(retryAfter, longestRetryAfter))
}

/** What a `Retry-After` header asks for, milliseconds from now: seconds or a date (RFC 9110, 10.2.3); undefined for neither. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * second
  const date = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
