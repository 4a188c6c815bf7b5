import { DocumentTable } from './document-table.ts'
import { KeyTable } from './key-table.ts'
import { Sections } from './sections.ts'
import { findHash } from './text-hash.ts'

export const lexicalKind = 1

/** Chunks of documents and the words in them, as they lie in storage. A row is a chunk. */
export class LexicalSegment {
  readonly bytes: number
  readonly documents: DocumentTable
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** How many words a chunk has, those of its context twice. */
  readonly lengths: Uint16Array
  /** Of the terms, ascending. */
  readonly highs: Uint32Array
  readonly lows: Uint32Array
  /** Where each term's rows begin in `rows`; one more than there are terms. First those where it stands once, then the others. */
  readonly rowsAt: Uint32Array
  /** Where the counts of the others begin in `counts`. */
  readonly countsAt: Uint32Array
  readonly rows: Uint16Array
  /** How often the term stands in the rows where it isn't once; 255 is also for more. */
  readonly counts: Uint8Array
  readonly keys: KeyTable
  /** 1 for documents without an access list. */
  readonly open: Uint8Array
  /** Whether any has one. */
  readonly guarded: boolean

  constructor(packed: Uint8Array<ArrayBuffer>) {
    const sections = new Sections(packed, lexicalKind)
    const first = DocumentTable.sections
    this.bytes = sections.bytes
    this.documents = new DocumentTable(sections)
    this.starts = sections.u32(first)
    this.ends = sections.u32(first + 1)
    this.lengths = sections.u16(first + 2)
    this.highs = sections.u32(first + 3)
    this.lows = sections.u32(first + 4)
    this.rowsAt = sections.u32(first + 5)
    this.countsAt = sections.u32(first + 6)
    this.rows = sections.u16(first + 7)
    this.counts = sections.u8(first + 8)
    this.open = sections.u8(first + 9)
    this.keys = new KeyTable(sections, first + 10)
    this.guarded = this.open.includes(0)
  }

  /** A term's place, or -1. */
  term(high: number, low: number): number {
    const at = findHash(this.highs, this.lows, high, low)
    return this.highs[at] === high && this.lows[at] === low ? at : -1
  }

  /** In how many rows a term stands once. */
  singles(term: number): number {
    return this.postings(term) - (this.countsAt[term + 1] ?? 0) + (this.countsAt[term] ?? 0)
  }

  /** In how many rows a term stands. */
  postings(term: number): number {
    return (this.rowsAt[term + 1] ?? 0) - (this.rowsAt[term] ?? 0)
  }

  /** How often a term stands in a row. */
  count(term: number, row: number): number {
    const start = this.rowsAt[term] ?? 0
    const middle = start + this.singles(term)
    const end = this.rowsAt[term + 1] ?? 0
    if (find(this.rows, start, middle, row) >= 0) return 1
    const at = find(this.rows, middle, end, row)
    return at < 0 ? 0 : (this.counts[(this.countsAt[term] ?? 0) + at - middle] ?? 0)
  }
}

function find(rows: Uint16Array, start: number, end: number, row: number): number {
  let from = start
  let to = end
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((rows[middle] ?? 0) < row) from = middle + 1
    else to = middle
  }
  return from < end && rows[from] === row ? from : -1
}
