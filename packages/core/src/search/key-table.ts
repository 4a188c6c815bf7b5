import type { AccessList, Attributes } from '../ports/search-index.ts'
import { compareBytes } from './document-table.ts'
import { hashOrder } from './hash-order.ts'
import type { Section, Sections } from './sections.ts'
import type { Slices } from './slices.ts'
import { findHash, hashText } from './text-hash.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const scratch = new Uint32Array(2)

/** What a filter looks for. */
export function attributeKey(field: string, value: string | number | boolean): string {
  return `a${JSON.stringify([field, value])}`
}

export function userKey(user: string): string {
  return `u${user}`
}

export function groupKey(group: string): string {
  return `g${group}`
}

/** All keys of a document. */
export function documentKeys(attributes: Attributes, access: AccessList | undefined): Set<string> {
  const keys = new Set<string>()
  for (const [field, value] of Object.entries(attributes))
    for (const each of isList(value) ? value : [value]) keys.add(attributeKey(field, each))
  for (const user of access?.users ?? []) keys.add(userKey(user))
  for (const group of access?.groups ?? []) keys.add(groupKey(group))
  return keys
}

type Scalar = string | number | boolean
function isList(value: Scalar | readonly Scalar[]): value is readonly Scalar[] {
  return Array.isArray(value)
}

/** Which documents have a key: found by its hash and, since it decides who sees what, by its text. */
export class KeyTable {
  static readonly sections = 6
  readonly count: number
  readonly #highs: Uint32Array
  readonly #lows: Uint32Array
  readonly #textAt: Uint32Array
  readonly #texts: Uint8Array
  readonly #documentsAt: Uint32Array
  readonly #documents: Uint16Array

  /** @param first where its sections begin. */
  constructor(sections: Sections, first: number) {
    this.#highs = sections.u32(first)
    this.#lows = sections.u32(first + 1)
    this.#textAt = sections.u32(first + 2)
    this.#texts = sections.u8(first + 3)
    this.#documentsAt = sections.u32(first + 4)
    this.#documents = sections.u16(first + 5)
    this.count = this.#highs.length
  }

  static async pack(documentsOf: ReadonlyMap<string, readonly number[]>, slices: Slices): Promise<Section[]> {
    const keys: { readonly text: Uint8Array; readonly documents: readonly number[] }[] = []
    const highs = new Uint32Array(documentsOf.size)
    const lows = new Uint32Array(documentsOf.size)
    const size = { texts: 0, documents: 0 }
    for (const [key, documents] of documentsOf) {
      hashText(key, scratch)
      highs[keys.length] = scratch[0] ?? 0
      lows[keys.length] = scratch[1] ?? 0
      const text = encoder.encode(key)
      keys.push({ text, documents })
      size.texts += text.byteLength
      size.documents += documents.length
      const pause = slices.step(1_000 + key.length * 5)
      if (pause) await pause
    }
    const columns = new KeyColumns(keys.length, size.texts, size.documents)
    for (const index of await hashOrder(highs, lows, slices)) {
      const key = keys[index]
      if (!key) continue
      columns.add(highs[index] ?? 0, lows[index] ?? 0, key.text)
      for (const document of key.documents) columns.addDocument(document)
      const pause = slices.step(300 + key.documents.length * 5)
      if (pause) await pause
    }
    return columns.sections()
  }

  /** The keys of several tables, of the documents that stay. @param maps what each table's documents become, -1 for those that go. */
  static async merge(tables: readonly KeyTable[], maps: readonly Int32Array[], slices: Slices): Promise<Section[]> {
    const sum = (of: (table: KeyTable) => number): number => tables.reduce((total, table) => total + of(table), 0)
    const columns = new KeyColumns(
      sum(({ count }) => count),
      sum((table) => table.#texts.byteLength),
      sum((table) => table.#documents.length),
    )
    const places = tables.map(() => 0)
    for (;;) {
      let [high, low] = [Number.POSITIVE_INFINITY, 0]
      for (const [index, table] of tables.entries()) {
        const place = places[index] as number
        if (place === table.count) continue
        const [otherHigh, otherLow] = [table.#highs[place] as number, table.#lows[place] as number]
        if (otherHigh < high || (otherHigh === high && otherLow < low)) [high, low] = [otherHigh, otherLow]
      }
      if (high === Number.POSITIVE_INFINITY) return columns.sections()
      // Of one hash there is one text as a rule.
      const texts: { readonly text: Uint8Array; readonly documents: number[] }[] = []
      let units = tables.length * 20 + 500
      for (const [index, table] of tables.entries()) {
        let place = places[index] as number
        for (; table.#highs[place] === high && table.#lows[place] === low; place++) {
          const text = table.#texts.subarray(table.#textAt[place], table.#textAt[place + 1])
          let same = texts.find((each) => compareBytes(each.text, text) === 0)
          if (!same) {
            same = { text, documents: [] }
            texts.push(same)
          }
          for (const document of table.documentsAt(place)) {
            const moved = maps[index]?.[document] ?? -1
            if (moved >= 0) same.documents.push(moved)
          }
          units += 300 + text.length * 2 + same.documents.length * 10
        }
        places[index] = place
      }
      for (const { text, documents } of texts) {
        if (documents.length === 0) continue
        columns.add(high, low, text)
        for (const document of documents) columns.addDocument(document)
      }
      const pause = slices.step(units)
      if (pause) await pause
    }
  }

  /** The documents that have the key; none when there are none. */
  documents(key: string): Uint16Array {
    hashText(key, scratch)
    const [high = 0, low = 0] = scratch
    for (let at = findHash(this.#highs, this.#lows, high, low); this.#highs[at] === high && this.#lows[at] === low; at++)
      if (this.text(at) === key) return this.documentsAt(at)
    return this.#documents.subarray(0, 0)
  }

  text(at: number): string {
    return decoder.decode(this.#texts.subarray(this.#textAt[at], this.#textAt[at + 1]))
  }

  documentsAt(at: number): Uint16Array {
    return this.#documents.subarray(this.#documentsAt[at], this.#documentsAt[at + 1])
  }
}

/** The columns of a table that is made, key by key in the order of the hashes. */
class KeyColumns {
  readonly #highs: Uint32Array
  readonly #lows: Uint32Array
  readonly #textAt: Uint32Array
  readonly #texts: Uint8Array
  readonly #documentsAt: Uint32Array
  readonly #documents: Uint16Array
  #count = 0

  /** @param keys at most so many, and so on. */
  constructor(keys: number, textBytes: number, documents: number) {
    this.#highs = new Uint32Array(keys)
    this.#lows = new Uint32Array(keys)
    this.#textAt = new Uint32Array(keys + 1)
    this.#texts = new Uint8Array(textBytes)
    this.#documentsAt = new Uint32Array(keys + 1)
    this.#documents = new Uint16Array(documents)
  }

  add(high: number, low: number, text: Uint8Array): void {
    const at = this.#count++
    this.#highs[at] = high
    this.#lows[at] = low
    this.#texts.set(text, this.#textAt[at])
    this.#textAt[at + 1] = (this.#textAt[at] ?? 0) + text.byteLength
    this.#documentsAt[at + 1] = this.#documentsAt[at] ?? 0
  }

  /** Adds a document to the key that was added last. */
  addDocument(document: number): void {
    const end = this.#documentsAt[this.#count] ?? 0
    this.#documents[end] = document
    this.#documentsAt[this.#count] = end + 1
  }

  sections(): Section[] {
    const count = this.#count
    return [
      this.#highs.subarray(0, count),
      this.#lows.subarray(0, count),
      this.#textAt.subarray(0, count + 1),
      this.#texts.subarray(0, this.#textAt[count]),
      this.#documentsAt.subarray(0, count + 1),
      this.#documents.subarray(0, this.#documentsAt[count]),
    ]
  }
}
