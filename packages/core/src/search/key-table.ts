import { compareBytes } from './document-table.ts'
import { hashOrder } from './hash-order.ts'
import { type KeyColumns, KeyWriter, readKeys } from './key-columns.ts'
import type { Section, Sections } from './sections.ts'
import type { Slices } from './slices.ts'
import { findHash, hashText } from './text-hash.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const scratch = new Uint32Array(2)

/** Which documents have a key: found by its hash and, since it decides who sees what, by its text. */
export class KeyTable {
  readonly count: number
  readonly #columns: KeyColumns

  /** @param first where its sections begin. */
  constructor(sections: Sections, first: number) {
    this.#columns = readKeys(sections, first)
    this.count = this.#columns.highs.length
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
    const writer = new KeyWriter(keys.length, size.texts, size.documents)
    for (const index of await hashOrder(highs, lows, slices)) {
      const key = keys[index]
      if (!key) continue
      writer.add(highs[index] ?? 0, lows[index] ?? 0, key.text, key.documents)
      const pause = slices.step(300 + key.documents.length * 5)
      if (pause) await pause
    }
    return writer.sections()
  }

  /** The keys of several tables, of the documents that stay. @param maps what each table's documents become, -1 for those that go. */
  static async merge(tables: readonly KeyTable[], maps: readonly Int32Array[], slices: Slices): Promise<Section[]> {
    const inputs = tables.map((table) => table.#columns)
    const sum = (of: (input: KeyColumns) => number): number => inputs.reduce((total, input) => total + of(input), 0)
    const writer = new KeyWriter(
      sum(({ highs }) => highs.length),
      sum(({ texts }) => texts.length),
      sum(({ documents }) => documents.length),
    )
    const places = inputs.map(() => 0)
    for (;;) {
      let [high, low] = [Number.POSITIVE_INFINITY, 0]
      for (const [index, { highs, lows }] of inputs.entries()) {
        const place = places[index] as number
        if (place === highs.length) continue
        const [otherHigh, otherLow] = [highs[place] as number, lows[place] as number]
        if (otherHigh < high || (otherHigh === high && otherLow < low)) [high, low] = [otherHigh, otherLow]
      }
      if (high === Number.POSITIVE_INFINITY) return writer.sections()
      // Of one hash there is one text as a rule.
      const texts: { readonly text: Uint8Array; readonly documents: number[] }[] = []
      let units = inputs.length * 20 + 500
      for (const [index, input] of inputs.entries()) {
        let place = places[index] as number
        for (; input.highs[place] === high && input.lows[place] === low; place++) {
          const text = textAt(input, place)
          let same = texts.find((each) => compareBytes(each.text, text) === 0)
          if (!same) {
            same = { text, documents: [] }
            texts.push(same)
          }
          for (const document of documentsAt(input, place)) {
            const moved = maps[index]?.[document] ?? -1
            if (moved >= 0) same.documents.push(moved)
          }
          units += 300 + text.length * 2 + same.documents.length * 10
        }
        places[index] = place
      }
      for (const { text, documents } of texts) if (documents.length > 0) writer.add(high, low, text, documents)
      const pause = slices.step(units)
      if (pause) await pause
    }
  }

  /** The documents that have the key; none when there are none. */
  documents(key: string): Uint16Array {
    const { highs, lows, documents } = this.#columns
    hashText(key, scratch)
    const [high = 0, low = 0] = scratch
    for (let at = findHash(highs, lows, high, low); highs[at] === high && lows[at] === low; at++)
      if (decoder.decode(textAt(this.#columns, at)) === key) return documentsAt(this.#columns, at)
    return documents.subarray(0, 0)
  }
}

function textAt({ texts, textAt: starts }: KeyColumns, at: number): Uint8Array {
  return texts.subarray(starts[at], starts[at + 1])
}

function documentsAt({ documents, documentsAt: starts }: KeyColumns, at: number): Uint16Array {
  return documents.subarray(starts[at], starts[at + 1])
}
