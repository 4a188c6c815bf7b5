import type { AccessList, Attributes } from '../ports/search-index.ts'
import type { Section, Sections } from './sections.ts'
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

  static pack(documentsOf: ReadonlyMap<string, readonly number[]>): Section[] {
    const keys = Array.from(documentsOf, ([key, documents]) => {
      hashText(key, scratch)
      return { high: scratch[0] ?? 0, low: scratch[1] ?? 0, text: encoder.encode(key), documents }
    }).sort((left, right) => left.high - right.high || left.low - right.low)
    const textAt = offsets(keys.map(({ text }) => text.byteLength))
    const documentsAt = offsets(keys.map(({ documents }) => documents.length))
    const texts = new Uint8Array(textAt.at(-1) ?? 0)
    const documents = new Uint16Array(documentsAt.at(-1) ?? 0)
    for (const [index, key] of keys.entries()) {
      texts.set(key.text, textAt[index])
      documents.set(key.documents, documentsAt[index])
    }
    const highs = Uint32Array.from(keys, ({ high }) => high)
    const lows = Uint32Array.from(keys, ({ low }) => low)
    return [highs, lows, textAt, texts, documentsAt, documents]
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

function offsets(lengths: readonly number[]): Uint32Array {
  const offsets = new Uint32Array(lengths.length + 1)
  for (const [index, length] of lengths.entries()) offsets[index + 1] = (offsets[index] ?? 0) + length
  return offsets
}
