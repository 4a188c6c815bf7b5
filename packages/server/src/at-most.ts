import { type Clock, sleep } from '@plinth/core'

/** Waits for some work, but no longer than this. No timer is left behind, which would keep a program that has stopped from ending. */
export async function atMost(clock: Clock, milliseconds: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  try {
    await Promise.race([work, sleep(clock, milliseconds, over.signal).catch(() => {})])
  } finally {
    over.abort()
  }
}
