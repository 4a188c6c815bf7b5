import type { VectorSegment } from './vector-segment.ts'

/** Words of signs that are counted at a time. */
const block = 16
const nibbles = 0x0f0f0f0f

/**
 * Adds in how many signs each row differs from the query's, from `start` on. The counts of sixteen words are joined before they are summed up: of the ways
 * measured at 100,000 rows of 512 dimensions this takes 4 ms, carry-save adders 5, a table of 16 bits or word by word nearly 7.
 */
export function addHammingDistances(segment: VectorSegment, query: Uint32Array, distances: Uint16Array, start: number): void {
  const { words, signs } = segment
  const blocks = words - (words % block)
  const { rows } = segment.documents
  for (let first = 0; first < blocks; first += block) addBlock(signs, first, words, rows, query, distances, start)
  for (let word = blocks; word < words; word++) {
    const wanted = query[word] as number
    for (let row = 0, at = word; row < rows; row++, at += words) {
      const sums = nibbleSums((signs[at] as number) ^ wanted)
      const bytes = (sums & nibbles) + ((sums >>> 4) & nibbles)
      distances[start + row] = (distances[start + row] as number) + (Math.imul(bytes, 0x01010101) >>> 24)
    }
  }
}

function addBlock(
  signs: Uint32Array,
  first: number,
  words: number,
  rows: number,
  query: Uint32Array,
  distances: Uint16Array,
  start: number,
): void {
  const q0 = query[first] as number
  const q1 = query[first + 1] as number
  const q2 = query[first + 2] as number
  const q3 = query[first + 3] as number
  const q4 = query[first + 4] as number
  const q5 = query[first + 5] as number
  const q6 = query[first + 6] as number
  const q7 = query[first + 7] as number
  const q8 = query[first + 8] as number
  const q9 = query[first + 9] as number
  const qa = query[first + 10] as number
  const qb = query[first + 11] as number
  const qc = query[first + 12] as number
  const qd = query[first + 13] as number
  const qe = query[first + 14] as number
  const qf = query[first + 15] as number
  for (let row = 0, at = first; row < rows; row++, at += words) {
    const a =
      nibbleSums((signs[at] as number) ^ q0) +
      nibbleSums((signs[at + 1] as number) ^ q1) +
      nibbleSums((signs[at + 2] as number) ^ q2)
    const b =
      nibbleSums((signs[at + 3] as number) ^ q3) +
      nibbleSums((signs[at + 4] as number) ^ q4) +
      nibbleSums((signs[at + 5] as number) ^ q5)
    const c =
      nibbleSums((signs[at + 6] as number) ^ q6) +
      nibbleSums((signs[at + 7] as number) ^ q7) +
      nibbleSums((signs[at + 8] as number) ^ q8)
    const d =
      nibbleSums((signs[at + 9] as number) ^ q9) +
      nibbleSums((signs[at + 10] as number) ^ qa) +
      nibbleSums((signs[at + 11] as number) ^ qb)
    const e =
      nibbleSums((signs[at + 12] as number) ^ qc) +
      nibbleSums((signs[at + 13] as number) ^ qd) +
      nibbleSums((signs[at + 14] as number) ^ qe)
    const f = nibbleSums((signs[at + 15] as number) ^ qf)
    const low = (a & nibbles) + (b & nibbles) + (c & nibbles) + (d & nibbles) + (e & nibbles) + (f & nibbles)
    const high =
      ((a >>> 4) & nibbles) +
      ((b >>> 4) & nibbles) +
      ((c >>> 4) & nibbles) +
      ((d >>> 4) & nibbles) +
      ((e >>> 4) & nibbles) +
      ((f >>> 4) & nibbles)
    const sums = low + high
    const halves = (sums & 0x00ff00ff) + ((sums >>> 8) & 0x00ff00ff)
    distances[start + row] = (distances[start + row] as number) + ((halves + (halves >>> 16)) & 0xffff)
  }
}

/** How many of each four bits are set; three of these can be added before they overflow. */
function nibbleSums(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  return (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
}
