import type { Slices } from './slices.ts'

/** So many hashes are sorted at a time: a millisecond. */
const bucketSize = 4_096
const mostBits = 16
/** Below it lies a number of what the hash belongs to: together with 32 bits of a hash it fits what a double holds. */
const numbers = 2 ** 21

/**
 * The numbers of up to two million hashes, in the order of the hashes. Their first bits are evenly spread, so they part them into buckets
 * that can be sorted one by one.
 */
export async function hashOrder(highs: Uint32Array, lows: Uint32Array, slices: Slices): Promise<Uint32Array> {
  const count = highs.length
  if (count > numbers) throw new RangeError('So many hashes have no order here.')
  const bits = Math.min(mostBits, Math.max(0, Math.ceil(Math.log2(count / bucketSize))))
  const bucketOf = (index: number): number => (bits === 0 ? 0 : (highs[index] as number) >>> (32 - bits))
  const starts = new Uint32Array(2 ** bits + 1)
  await slices.over(count, 5, (from, to) => {
    for (let index = from; index < to; index++) {
      const next = bucketOf(index) + 1
      starts[next] = (starts[next] as number) + 1
    }
  })
  for (let bucket = 1; bucket < starts.length; bucket++)
    starts[bucket] = (starts[bucket] as number) + (starts[bucket - 1] as number)
  const sorted = new Float64Array(count)
  const next = starts.slice()
  await slices.over(count, 10, (from, to) => {
    for (let index = from; index < to; index++) {
      const bucket = bucketOf(index)
      const place = next[bucket] as number
      next[bucket] = place + 1
      sorted[place] = (highs[index] as number) * numbers + index
    }
  })
  const order = new Uint32Array(count)
  for (let bucket = 0; bucket < starts.length - 1; bucket++) {
    const start = starts[bucket] as number
    const end = starts[bucket + 1] as number
    sorted.subarray(start, end).sort()
    for (let at = start; at < end; at++) order[at] = (sorted[at] as number) % numbers
    sortEqualHalves(order, start, end, highs, lows)
    const pause = slices.step((end - start) * 150)
    if (pause) await pause
  }
  return order
}

/** Neighbours of equal first halves are few. */
function sortEqualHalves(order: Uint32Array, start: number, end: number, highs: Uint32Array, lows: Uint32Array): void {
  for (let at = start + 1; at < end; at++) {
    const index = order[at] as number
    let place = at
    while (place > start) {
      const before = order[place - 1] as number
      if (highs[before] !== highs[index] || (lows[before] as number) <= (lows[index] as number)) break
      order[place] = before
      place--
    }
    order[place] = index
  }
}
