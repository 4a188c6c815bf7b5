/** A timer that was set; cancelling it twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void
}

/**
 * All time and all randomness. Nothing else in Plinth reads the system's clock or makes random numbers, so that tests
 * never sleep and a failing seed can be run again.
 */
export interface Clock {
  /** Milliseconds since 1970, UTC. May stand still or jump; never used to order records. */
  now(): number
  /** A number in [0, 1), for back-off and sampling; not for secrets. */
  random(): number
  /** Bytes fit for keys and nonces. */
  randomBytes(length: number): Uint8Array
  /** Runs `run` once, `delay` milliseconds from now (0 or less: as soon as possible, never at once). */
  setTimer(delay: number, run: () => void): Timer
}

/** Resolves after `delay` milliseconds; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delay: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.setTimer(delay, () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** RFC 3339 in UTC with milliseconds, the one form of time that leaves Plinth. */
export function timestamp(milliseconds: number): string {
  return new Date(Math.min(milliseconds, lastTimestamp)).toISOString()
}

/** RFC 3339 has four digits for the year. */
const lastTimestamp = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
