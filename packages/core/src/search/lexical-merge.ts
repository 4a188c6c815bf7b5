import { type Merged, mergeDocuments } from './document-merge.ts'
import { KeyTable } from './key-table.ts'
import type { Built } from './lexical-builder.ts'
import { type LexicalSegment, lexicalKind } from './lexical-segment.ts'
import { packSections } from './sections.ts'
import type { Slices } from './slices.ts'

/** One segment of several, without what was removed; nothing when that was all. They have to fit into one. */
export async function mergeLexical(inputs: readonly Merged<LexicalSegment>[], slices: Slices): Promise<Built | undefined> {
  const merge = await mergeDocuments(inputs, slices)
  if (merge.rows === 0) return undefined
  const { rowMaps, documentMaps } = merge
  const starts = new Uint32Array(merge.rows)
  const ends = new Uint32Array(merge.rows)
  const lengths = new Uint16Array(merge.rows)
  const open = new Uint8Array(merge.documents)
  for (const [index, { segment }] of inputs.entries()) {
    await move(segment.starts, starts, rowMaps[index], slices)
    await move(segment.ends, ends, rowMaps[index], slices)
    await move(segment.lengths, lengths, rowMaps[index], slices)
    await move(segment.open, open, documentMaps[index], slices)
  }
  const postings = await mergePostings(inputs, rowMaps, slices)
  const keys = await KeyTable.merge(
    inputs.map(({ segment }) => segment.keys),
    documentMaps,
    slices,
  )
  const sections = [...merge.sections, starts, ends, lengths, ...postings, open, ...keys]
  return { packed: await packSections(lexicalKind, sections, slices), rows: merge.rows }
}

type Numbers = Uint8Array | Uint16Array | Uint32Array

function move(from: Numbers, to: Numbers, map: Int32Array | undefined, slices: Slices): Promise<void> {
  return slices.over(from.length, 5, (start, end) => {
    for (let index = start; index < end; index++) {
      const place = map?.[index] ?? -1
      if (place >= 0) to[place] = from[index] ?? 0
    }
  })
}

/** The sections from the hashes to the counts. Rows of later segments come behind those of earlier ones, so they stay ascending. */
async function mergePostings(
  inputs: readonly Merged<LexicalSegment>[],
  rowMaps: readonly Int32Array[],
  slices: Slices,
): Promise<Numbers[]> {
  const sum = (of: (segment: LexicalSegment) => number): number => inputs.reduce((total, { segment }) => total + of(segment), 0)
  const mostTerms = sum(({ highs }) => highs.length)
  const highs = new Uint32Array(mostTerms)
  const lows = new Uint32Array(mostTerms)
  const rowsAt = new Uint32Array(mostTerms + 1)
  const countsAt = new Uint32Array(mostTerms + 1)
  const rows = new Uint16Array(sum((segment) => segment.rows.length))
  const counts = new Uint8Array(sum((segment) => segment.counts.length))
  const merged = inputs.map(({ segment }, index) => new MergedTerms(segment, rowMaps[index] ?? new Int32Array(0)))
  let terms = 0
  let row = 0
  let count = 0
  for (;;) {
    let first: MergedTerms | undefined
    for (let index = 0; index < merged.length; index++) {
      const input = merged[index] as MergedTerms
      if (input.term < input.terms && (!first || input.isBefore(first))) first = input
    }
    if (!first) break
    const { high, low } = first
    const firstRow = row
    for (let index = 0; index < merged.length; index++) {
      const input = merged[index] as MergedTerms
      if (input.high === high && input.low === low) row = input.moveSingles(rows, row)
    }
    for (let index = 0; index < merged.length; index++) {
      const input = merged[index] as MergedTerms
      if (input.high !== high || input.low !== low) continue
      const moved = input.moveOthers(rows, row, counts, count)
      row += moved
      count += moved
      input.next()
    }
    const pause = slices.step((row - firstRow) * 6 + inputs.length * 100 + 500)
    if (pause) await pause
    // All that had it may be gone.
    if (row === firstRow) continue
    highs[terms] = high
    lows[terms++] = low
    rowsAt[terms] = row
    countsAt[terms] = count
  }
  const until = terms + 1
  return [
    highs.subarray(0, terms),
    lows.subarray(0, terms),
    rowsAt.subarray(0, until),
    countsAt.subarray(0, until),
    rows.subarray(0, row),
    counts.subarray(0, count),
  ]
}

/** A segment's terms, one after the other. */
class MergedTerms {
  readonly terms: number
  /** The term at hand. At the end its halves are -1, which no hash has. */
  term = 0
  high = -1
  low = -1
  readonly #segment: LexicalSegment
  /** What rows become; -1 for those that go. */
  readonly #rowMap: Int32Array

  constructor(segment: LexicalSegment, rowMap: Int32Array) {
    this.#segment = segment
    this.#rowMap = rowMap
    this.terms = segment.highs.length
    this.#look()
  }

  isBefore(other: MergedTerms): boolean {
    return this.high < other.high || (this.high === other.high && this.low < other.low)
  }

  next(): void {
    this.term++
    this.#look()
  }

  /** Puts the rows where the term stands once. @returns where they end. */
  moveSingles(to: Uint16Array, place: number): number {
    const { rows } = this.#segment
    const map = this.#rowMap
    const start = this.#segment.rowsAt[this.term] as number
    const end = start + this.#segment.singles(this.term)
    let next = place
    for (let at = start; at < end; at++) {
      const moved = map[rows[at] as number] as number
      if (moved >= 0) to[next++] = moved
    }
    return next
  }

  /** Puts the other rows, with their counts. @returns how many there are. */
  moveOthers(to: Uint16Array, place: number, counts: Uint8Array, countPlace: number): number {
    const { rows } = this.#segment
    const start = (this.#segment.rowsAt[this.term] as number) + this.#segment.singles(this.term)
    const end = this.#segment.rowsAt[this.term + 1] as number
    const shift = (this.#segment.countsAt[this.term] as number) - start
    let found = 0
    for (let at = start; at < end; at++) {
      const moved = this.#rowMap[rows[at] as number] as number
      if (moved < 0) continue
      to[place + found] = moved
      counts[countPlace + found] = this.#segment.counts[at + shift] as number
      found++
    }
    return found
  }

  #look(): void {
    const there = this.term < this.terms
    this.high = there ? (this.#segment.highs[this.term] as number) : -1
    this.low = there ? (this.#segment.lows[this.term] as number) : -1
  }
}
