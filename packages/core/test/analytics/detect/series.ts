/** Series for the tests of detectors: every five minutes from a Monday on. */
export const minutes = 60_000
export const monday: number = Date.UTC(2026, 0, 5)
export const perDay = 288

/** Numbers in [0,1), the same for the same seed. */
export function uniform(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Of mean 0 and deviation 1. */
export function normal(seed: number): () => number {
  const next = uniform(seed)
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

export function timeOf(row: number): number {
  return monday + row * 5 * minutes
}

/** The part of the day that has gone by. */
export function dayShare(row: number): number {
  return (row % perDay) / perDay
}

/** A day's load: low at night, high from nine to five. */
export function officeHours(row: number): number {
  const share = dayShare(row)
  return share >= 9 / 24 && share < 17 / 24 ? 80 : 20
}

export function series(length: number, valueAt: (row: number) => number): number[] {
  return Array.from({ length }, (_, row) => valueAt(row))
}
