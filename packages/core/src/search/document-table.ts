import type { DocumentVersion } from '../ports/search-index.ts'
import { DocumentWriter } from './document-writer.ts'
import type { Section, Sections } from './sections.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A document's name as bytes, whose order is that of the document, then of the version. */
export function nameBytes({ document, version }: DocumentVersion): Uint8Array {
  return encoder.encode(`${document}\0${version}`)
}

/** A document with its rows, to be put in a table. */
export interface TableEntry {
  readonly name: Uint8Array
  readonly rows: number
  /** The ordinal of its first row: not 0 for the later parts of one that fills several segments. */
  readonly firstOrdinal: number
}

/**
 * A segment's documents. A document's rows stand together, in the order of their ordinals; documents stand in any order, and `order`
 * lists them by name.
 */
export class DocumentTable {
  static readonly sections = 7
  readonly count: number
  readonly rows: number
  readonly order: Uint16Array
  /** Where each document stands in `order`. */
  readonly rank: Uint16Array
  /** One more than there are documents. */
  readonly firstRow: Uint32Array
  readonly firstOrdinal: Uint32Array
  /** Of each row. */
  readonly documentOf: Uint16Array
  readonly #nameAt: Uint32Array
  readonly #names: Uint8Array

  constructor(sections: Sections) {
    this.#nameAt = sections.u32(0)
    this.#names = sections.u8(1)
    this.order = sections.u16(2)
    this.rank = sections.u16(3)
    this.firstRow = sections.u32(4)
    this.firstOrdinal = sections.u32(5)
    this.documentOf = sections.u16(6)
    this.count = this.order.length
    this.rows = this.documentOf.length
  }

  static pack(entries: readonly TableEntry[]): Section[] {
    const writer = new DocumentWriter(
      entries.length,
      sum(entries, ({ name }) => name.byteLength),
      sum(entries, ({ rows }) => rows),
    )
    for (const { name, rows, firstOrdinal } of entries) writer.add(name, rows, firstOrdinal)
    for (const [place, document] of sorted(entries).entries()) writer.rank(place, document)
    return writer.sections()
  }

  name(document: number): Uint8Array {
    return this.#names.subarray(this.#nameAt[document], this.#nameAt[document + 1])
  }

  /** How many bytes a document's name has. */
  nameLength(document: number): number {
    return (this.#nameAt[document + 1] ?? 0) - (this.#nameAt[document] ?? 0)
  }

  /** Compares names where they lie: below 0 when that of the other table's document comes later. */
  compareNames(document: number, other: DocumentTable, otherDocument: number): number {
    const start = this.#nameAt[document] as number
    const end = this.#nameAt[document + 1] as number
    const otherStart = other.#nameAt[otherDocument] as number
    const otherEnd = other.#nameAt[otherDocument + 1] as number
    return compareStretches(this.#names, start, end, other.#names, otherStart, otherEnd)
  }

  compareName(document: number, name: Uint8Array): number {
    const start = this.#nameAt[document] as number
    const end = this.#nameAt[document + 1] as number
    return compareStretches(this.#names, start, end, name, 0, name.length)
  }

  version(document: number): DocumentVersion {
    const [name = '', version = ''] = decoder.decode(this.name(document)).split('\0')
    return { document: name, version }
  }

  ordinal(row: number): number {
    const document = this.documentOf[row] ?? 0
    return (this.firstOrdinal[document] ?? 0) + row - (this.firstRow[document] ?? 0)
  }

  /** How many rows a document has. */
  rowsOf(document: number): number {
    return (this.firstRow[document + 1] ?? 0) - (this.firstRow[document] ?? 0)
  }

  /** Where names that aren't below this one begin in `order`. */
  place(name: Uint8Array): number {
    let from = 0
    let to = this.count
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.compareName(this.order[middle] ?? 0, name) < 0) from = middle + 1
      else to = middle
    }
    return from
  }

  /** The documents of this name: parts of one. */
  *find(name: Uint8Array): Generator<number> {
    for (let place = this.place(name); place < this.count; place++) {
      const document = this.order[place] ?? 0
      if (this.compareName(document, name) !== 0) return
      yield document
    }
  }

  /** The row of an ordinal of a document of this name, or -1. */
  findRow(name: Uint8Array, ordinal: number): number {
    for (const document of this.find(name)) {
      const row = this.rowOf(document, ordinal)
      if (row >= 0) return row
    }
    return -1
  }

  /** The row of an ordinal of a document, or -1 when it isn't in this part. */
  rowOf(document: number, ordinal: number): number {
    const within = ordinal - (this.firstOrdinal[document] ?? 0)
    return within >= 0 && within < this.rowsOf(document) ? (this.firstRow[document] ?? 0) + within : -1
  }
}

function sum(entries: readonly TableEntry[], of: (entry: TableEntry) => number): number {
  return entries.reduce((total, entry) => total + of(entry), 0)
}

export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return compareStretches(left, 0, left.length, right, 0, right.length)
}

function compareStretches(
  left: Uint8Array,
  start: number,
  end: number,
  right: Uint8Array,
  rightStart: number,
  rightEnd: number,
): number {
  const both = Math.min(end - start, rightEnd - rightStart)
  for (let index = 0; index < both; index++) {
    const difference = (left[start + index] as number) - (right[rightStart + index] as number)
    if (difference !== 0) return difference
  }
  return end - start - (rightEnd - rightStart)
}

function sorted(entries: readonly TableEntry[]): Uint16Array {
  const order = Array.from(entries, (entry, index) => ({ entry, index }))
  order.sort((left, right) => compareEntries(left.entry, right.entry))
  return Uint16Array.from(order, ({ index }) => index)
}

function compareEntries(left: TableEntry, right: TableEntry): number {
  return compareBytes(left.name, right.name) || left.firstOrdinal - right.firstOrdinal
}
