import type { Section, Sections } from './sections.ts'

/** Keys in the order of their hashes, as they lie in storage. */
export interface KeyColumns {
  readonly highs: Uint32Array
  readonly lows: Uint32Array
  /** Where each key's text begins in `texts`; one more than there are keys. */
  readonly textAt: Uint32Array
  readonly texts: Uint8Array
  /** The same for the documents that have it. */
  readonly documentsAt: Uint32Array
  readonly documents: Uint16Array
}

/** @param first where the sections begin that {@link KeyWriter} made. */
export function readKeys(sections: Sections, first: number): KeyColumns {
  return {
    highs: sections.u32(first),
    lows: sections.u32(first + 1),
    textAt: sections.u32(first + 2),
    texts: sections.u8(first + 3),
    documentsAt: sections.u32(first + 4),
    documents: sections.u16(first + 5),
  }
}

/** Fills columns, key by key in the order of the hashes. */
export class KeyWriter {
  readonly #columns: KeyColumns
  #count = 0

  /** @param keys at most so many, and so on. */
  constructor(keys: number, textBytes: number, documents: number) {
    this.#columns = {
      highs: new Uint32Array(keys),
      lows: new Uint32Array(keys),
      textAt: new Uint32Array(keys + 1),
      texts: new Uint8Array(textBytes),
      documentsAt: new Uint32Array(keys + 1),
      documents: new Uint16Array(documents),
    }
  }

  add(high: number, low: number, text: Uint8Array, documents: readonly number[]): void {
    const at = this.#count++
    const columns = this.#columns
    const textAt = columns.textAt[at] ?? 0
    const documentsAt = columns.documentsAt[at] ?? 0
    columns.highs[at] = high
    columns.lows[at] = low
    columns.texts.set(text, textAt)
    columns.textAt[at + 1] = textAt + text.byteLength
    for (let index = 0; index < documents.length; index++) columns.documents[documentsAt + index] = documents[index] as number
    columns.documentsAt[at + 1] = documentsAt + documents.length
  }

  sections(): Section[] {
    const count = this.#count
    const { highs, lows, textAt, texts, documentsAt, documents } = this.#columns
    return [
      highs.subarray(0, count),
      lows.subarray(0, count),
      textAt.subarray(0, count + 1),
      texts.subarray(0, textAt[count]),
      documentsAt.subarray(0, count + 1),
      documents.subarray(0, documentsAt[count]),
    ]
  }
}
