import { randomFillSync } from 'node:crypto'
import type { Clock, Timer } from '@plinth/core'

/** setTimeout's own limit; a longer delay would run at once. */
const longestTimeout = 2 ** 31 - 1
const pool = new Uint8Array(4096)
let used = pool.byteLength

/** The system's time, timers and randomness. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  randomBytes,
  setTimer,
}

// Asking the system costs about as much for 4 KiB as for a nonce, so it is asked for 4 KiB.
function randomBytes(length: number): Uint8Array {
  if (length > pool.byteLength / 8) return randomFillSync(new Uint8Array(length))
  if (used + length > pool.byteLength) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.slice(used, used + length)
  // What was handed out may be a key: no copy stays behind.
  pool.fill(0, used, used + length)
  used += length
  return bytes
}

function setTimer(delay: number, run: () => void): Timer {
  let timeout: NodeJS.Timeout
  const wait = (left: number): void => {
    timeout = left > longestTimeout ? setTimeout(() => wait(left - longestTimeout), longestTimeout) : setTimeout(run, left)
  }
  wait(Math.max(0, delay))
  return { cancel: () => clearTimeout(timeout) }
}
