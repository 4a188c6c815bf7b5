import type { IndexedDocument } from '../ports/search-index.ts'
import { scanWords, termOf } from './analysis.ts'
import { documentKeys } from './document-keys.ts'
import { DocumentTable, nameBytes, type TableEntry } from './document-table.ts'
import { hashOrder } from './hash-order.ts'
import { KeyTable } from './key-table.ts'
import { lexicalKind } from './lexical-segment.ts'
import { packSections } from './sections.ts'
import { rowsOfSegment } from './segment-rows.ts'
import type { Slices } from './slices.ts'
import { hashText } from './text-hash.ts'

const contextCounts = 2
/** About what scanning a character costs. */
const unitsACharacter = 60
/** And what the stem of a word costs, once for each word of a segment. */
const unitsAWord = 4_000

/** A packed segment and how much is in it. */
export interface Built {
  readonly packed: Uint8Array<ArrayBuffer>
  readonly rows: number
}

/** Makes segments of documents: one of a usual put, at most 16 of the largest. Documents without chunks are in none. */
export async function buildLexical(documents: readonly IndexedDocument[], slices: Slices): Promise<Built[]> {
  const built: Built[] = []
  const mostRows = rowsOfSegment(documents.reduce((sum, { chunks }) => sum + chunks.length, 0))
  let builder = new LexicalBuilder()
  for (const document of documents) {
    for (let first = 0; first < document.chunks.length; ) {
      const end = Math.min(document.chunks.length, first + mostRows - builder.rows)
      await builder.add(document, first, end, slices)
      first = end
      if (builder.rows < mostRows) continue
      built.push(await builder.finish(slices))
      builder = new LexicalBuilder()
    }
  }
  if (builder.rows > 0) built.push(await builder.finish(slices))
  return built
}

class LexicalBuilder {
  readonly #entries: TableEntry[] = []
  readonly #open: number[] = []
  readonly #documentsOf = new Map<string, number[]>()
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #lengths: number[] = []
  /** Words as they stand in the texts, by what they are indexed as: a number of `terms`, -1 for stop words. */
  readonly #words = new Map<string, number>()
  readonly #terms = new Map<string, number>()
  /** Of the chunk at hand: how often each term stands there, and which do. */
  #counts = new Uint16Array(4_096)
  #touched: number[] = []
  #length = 0
  #learned = 0
  #postings = 0
  #termOf = new Uint32Array(4_096)
  #rowOf = new Uint16Array(4_096)
  #countOf = new Uint8Array(4_096)

  get rows(): number {
    return this.#starts.length
  }

  async add(document: IndexedDocument, first: number, end: number, slices: Slices): Promise<void> {
    const index = this.#entries.length
    this.#entries.push({ name: nameBytes(document), rows: end - first, firstOrdinal: first })
    this.#open.push(document.access ? 0 : 1)
    for (const key of documentKeys(document.attributes, document.access)) {
      const documents = this.#documentsOf.get(key)
      if (documents) documents.push(index)
      else this.#documentsOf.set(key, [index])
    }
    for (let ordinal = first; ordinal < end; ordinal++) {
      const chunk = document.chunks[ordinal]
      if (!chunk) continue
      this.#length = 0
      this.#scan(chunk.text, 1)
      this.#scan(chunk.context, contextCounts)
      this.#finishRow(this.rows)
      this.#starts.push(chunk.start)
      this.#ends.push(chunk.end)
      const units = (chunk.text.length + chunk.context.length) * unitsACharacter + this.#learned * unitsAWord
      this.#learned = 0
      const pause = slices.step(units)
      if (pause) await pause
    }
  }

  async finish(slices: Slices): Promise<Built> {
    const terms = this.#terms.size
    const { order, highs, lows } = await this.#sortedTerms(slices)
    // Where each term goes, then a place for each posting: rows were added in order, so a term's rows are ascending.
    const place = new Uint32Array(terms)
    for (let at = 0; at < terms; at++) place[order[at] ?? 0] = at
    const rowsAt = new Uint32Array(terms + 1)
    const countsAt = new Uint32Array(terms + 1)
    await slices.over(this.#postings, 10, (from, to) => {
      for (let posting = from; posting < to; posting++) {
        const at = (place[this.#termOf[posting] ?? 0] ?? 0) + 1
        rowsAt[at] = (rowsAt[at] ?? 0) + 1
        if (this.#countOf[posting] !== 1) countsAt[at] = (countsAt[at] ?? 0) + 1
      }
    })
    for (let at = 0; at < terms; at++) {
      rowsAt[at + 1] = (rowsAt[at + 1] ?? 0) + (rowsAt[at] ?? 0)
      countsAt[at + 1] = (countsAt[at + 1] ?? 0) + (countsAt[at] ?? 0)
    }
    const rows = new Uint16Array(this.#postings)
    const counts = new Uint8Array(countsAt[terms] ?? 0)
    const nextSingle = rowsAt.slice()
    const nextOther = countsAt.slice()
    await slices.over(this.#postings, 15, (from, to) => {
      for (let posting = from; posting < to; posting++) {
        const at = place[this.#termOf[posting] ?? 0] ?? 0
        const row = this.#rowOf[posting] ?? 0
        const count = this.#countOf[posting] ?? 0
        if (count === 1) {
          rows[nextSingle[at] ?? 0] = row
          nextSingle[at] = (nextSingle[at] ?? 0) + 1
          continue
        }
        const other = nextOther[at] ?? 0
        nextOther[at] = other + 1
        counts[other] = count
        const others = (countsAt[at + 1] ?? 0) - (countsAt[at] ?? 0)
        rows[(rowsAt[at + 1] ?? 0) - others + other - (countsAt[at] ?? 0)] = row
      }
    })
    const sections = [
      ...DocumentTable.pack(this.#entries),
      Uint32Array.from(this.#starts),
      Uint32Array.from(this.#ends),
      Uint16Array.from(this.#lengths),
      highs,
      lows,
      rowsAt,
      countsAt,
      rows,
      counts,
      Uint8Array.from(this.#open),
      ...(await KeyTable.pack(this.#documentsOf, slices)),
    ]
    return { packed: await packSections(lexicalKind, sections, slices), rows: this.rows }
  }

  #scan(text: string, times: number): void {
    scanWords(text, (word) => {
      let term = this.#words.get(word)
      if (term === undefined) term = this.#learn(word)
      if (term < 0) return
      if (this.#counts[term] === 0) this.#touched.push(term)
      this.#counts[term] = (this.#counts[term] ?? 0) + times
      this.#length += times
    })
  }

  #learn(word: string): number {
    const text = termOf(word)
    this.#learned++
    let term = text === '' ? -1 : this.#terms.get(text)
    if (term === undefined) {
      term = this.#terms.size
      this.#terms.set(text, term)
      if (term >= this.#counts.length) this.#counts = grown(this.#counts, Uint16Array)
    }
    this.#words.set(word, term)
    return term
  }

  #finishRow(row: number): void {
    for (const term of this.#touched) {
      if (this.#postings >= this.#termOf.length) {
        this.#termOf = grown(this.#termOf, Uint32Array)
        this.#rowOf = grown(this.#rowOf, Uint16Array)
        this.#countOf = grown(this.#countOf, Uint8Array)
      }
      this.#termOf[this.#postings] = term
      this.#rowOf[this.#postings] = row
      this.#countOf[this.#postings++] = Math.min(255, this.#counts[term] ?? 0)
      this.#counts[term] = 0
    }
    this.#touched = []
    this.#lengths.push(Math.min(65_535, this.#length))
  }

  async #sortedTerms(
    slices: Slices,
  ): Promise<{ readonly order: Uint32Array; readonly highs: Uint32Array; readonly lows: Uint32Array }> {
    const count = this.#terms.size
    const unsortedHighs = new Uint32Array(count)
    const unsortedLows = new Uint32Array(count)
    const scratch = new Uint32Array(2)
    for (const [text, term] of this.#terms) {
      hashText(text, scratch)
      unsortedHighs[term] = scratch[0] ?? 0
      unsortedLows[term] = scratch[1] ?? 0
      const pause = slices.step(100)
      if (pause) await pause
    }
    const order = await hashOrder(unsortedHighs, unsortedLows, slices)
    const highs = new Uint32Array(count)
    const lows = new Uint32Array(count)
    await slices.over(count, 10, (from, to) => {
      for (let at = from; at < to; at++) {
        const term = order[at] ?? 0
        highs[at] = unsortedHighs[term] ?? 0
        lows[at] = unsortedLows[term] ?? 0
      }
    })
    return { order, highs, lows }
  }
}

function grown<Numbers extends Uint8Array | Uint16Array | Uint32Array>(
  numbers: Numbers,
  Kind: new (length: number) => Numbers,
): Numbers {
  const larger = new Kind(numbers.length * 2)
  larger.set(numbers)
  return larger
}
