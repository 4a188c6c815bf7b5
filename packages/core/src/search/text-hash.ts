/**
 * A hash of 64 bits, as two halves in `into`: cyrb53 by bryc (public domain) with both of its halves kept whole. Not for secrets: it
 * finds words, and whoever looks up anything that decides over access compares the text as well.
 */
export function hashText(text: string, into: Uint32Array): void {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  into[0] = high
  into[1] = low
}

/** The first place of a hash in two sorted columns; where it would be when it isn't there. */
export function findHash(highs: Uint32Array, lows: Uint32Array, high: number, low: number): number {
  let from = 0
  let to = highs.length
  while (from < to) {
    const middle = (from + to) >>> 1
    const there = highs[middle] ?? 0
    if (there < high || (there === high && (lows[middle] ?? 0) < low)) from = middle + 1
    else to = middle
  }
  return from
}
