import type { Section } from './sections.ts'

/** Fills the columns of a table, document by document. */
export class DocumentWriter {
  readonly order: Uint16Array
  readonly #nameAt: Uint32Array
  readonly #names: Uint8Array
  readonly #rank: Uint16Array
  readonly #firstRow: Uint32Array
  readonly #firstOrdinal: Uint32Array
  readonly #documentOf: Uint16Array
  #count = 0

  constructor(documents: number, nameBytes: number, rows: number) {
    this.order = new Uint16Array(documents)
    this.#nameAt = new Uint32Array(documents + 1)
    this.#names = new Uint8Array(nameBytes)
    this.#rank = new Uint16Array(documents)
    this.#firstRow = new Uint32Array(documents + 1)
    this.#firstOrdinal = new Uint32Array(documents)
    this.#documentOf = new Uint16Array(rows)
  }

  add(name: Uint8Array, rows: number, firstOrdinal: number): void {
    const document = this.#count++
    const nameAt = this.#nameAt[document] as number
    const firstRow = this.#firstRow[document] as number
    this.#names.set(name, nameAt)
    this.#nameAt[document + 1] = nameAt + name.byteLength
    this.#documentOf.fill(document, firstRow, firstRow + rows)
    this.#firstRow[document + 1] = firstRow + rows
    this.#firstOrdinal[document] = firstOrdinal
  }

  /** Says which document stands at a place of the order by name. */
  rank(place: number, document: number): void {
    this.order[place] = document
    this.#rank[document] = place
  }

  sections(): Section[] {
    return [this.#nameAt, this.#names, this.order, this.#rank, this.#firstRow, this.#firstOrdinal, this.#documentOf]
  }
}
