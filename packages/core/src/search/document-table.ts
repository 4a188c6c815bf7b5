import type { DocumentVersion } from '../ports/search-index.ts'
import type { Section, Sections } from './sections.ts'

/** The most rows, and so documents, of a segment: numbers of both fit 16 bits. */
export const segmentRows = 65_536

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

  /** @param order the entries by name; made when it isn't known. */
  static pack(entries: readonly TableEntry[], order: Uint16Array = sorted(entries)): Section[] {
    const nameAt = new Uint32Array(entries.length + 1)
    const firstRow = new Uint32Array(entries.length + 1)
    for (const [index, { name, rows }] of entries.entries()) {
      nameAt[index + 1] = (nameAt[index] ?? 0) + name.byteLength
      firstRow[index + 1] = (firstRow[index] ?? 0) + rows
    }
    const names = new Uint8Array(nameAt[entries.length] ?? 0)
    const documentOf = new Uint16Array(firstRow[entries.length] ?? 0)
    for (const [index, { name }] of entries.entries()) {
      names.set(name, nameAt[index])
      documentOf.fill(index, firstRow[index], firstRow[index + 1])
    }
    const rank = new Uint16Array(entries.length)
    for (let place = 0; place < order.length; place++) rank[order[place] ?? 0] = place
    const firstOrdinal = Uint32Array.from(entries, (entry) => entry.firstOrdinal)
    return [nameAt, names, order, rank, firstRow, firstOrdinal, documentOf]
  }

  name(document: number): Uint8Array {
    return this.#names.subarray(this.#nameAt[document], this.#nameAt[document + 1])
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
      if (compareBytes(this.name(this.order[middle] ?? 0), name) < 0) from = middle + 1
      else to = middle
    }
    return from
  }

  /** The documents of this name: parts of one. */
  *find(name: Uint8Array): Generator<number> {
    for (let place = this.place(name); place < this.count; place++) {
      const document = this.order[place] ?? 0
      if (compareBytes(this.name(document), name) !== 0) return
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

export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

function sorted(entries: readonly TableEntry[]): Uint16Array {
  const order = Array.from(entries, (entry, index) => ({ entry, index }))
  order.sort((left, right) => compareEntries(left.entry, right.entry))
  return Uint16Array.from(order, ({ index }) => index)
}

function compareEntries(left: TableEntry, right: TableEntry): number {
  return compareBytes(left.name, right.name) || left.firstOrdinal - right.firstOrdinal
}
