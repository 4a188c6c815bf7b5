import type { Clock } from './ports/clock.ts'

/**
 * Whether what was to be used for at most `longest` milliseconds may be, until a time. Of a clock that was set back nobody knows how old
 * it is: then it may not.
 */
export function isFresh(clock: Clock, until: number, longest: number): boolean {
  const left = until - clock.now()
  return left > 0 && left <= longest
}
