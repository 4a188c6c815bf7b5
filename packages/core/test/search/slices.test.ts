import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributeKey } from '../../src/search/document-keys.ts'
import { mergeDocuments } from '../../src/search/document-merge.ts'
import { DocumentTable, nameBytes } from '../../src/search/document-table.ts'
import { hashOrder } from '../../src/search/hash-order.ts'
import { KeyTable } from '../../src/search/key-table.ts'
import { packSections, Sections } from '../../src/search/sections.ts'
import { Slices } from '../../src/search/slices.ts'

/** Tells how much was done between the turns that others had. */
class CountedSlices extends Slices {
  turns = 0
  override turn(): Promise<void> {
    this.turns++
    return super.turn()
  }
}

describe('long work', () => {
  it('is done in stretches, each once and in order, with turns for others', async () => {
    const slices = new CountedSlices()
    const stretches: [number, number][] = []
    await slices.over(1_000_000, 20, (from, to) => void stretches.push([from, to]))
    expect(stretches[0]?.[0]).toBe(0)
    expect(stretches.at(-1)?.[1]).toBe(1_000_000)
    for (const [index, [from, to]] of stretches.entries()) {
      expect(to - from).toBeLessThanOrEqual(50_000)
      expect(from).toBe(stretches[index - 1]?.[1] ?? 0)
    }
    expect(slices.turns).toBeGreaterThanOrEqual(5)
  })

  it('ends when it is aborted', async () => {
    const abort = new AbortController()
    const work = new Slices(abort.signal).over(100, 1_000_000, (from) => {
      if (from === 5) abort.abort(new Error('enough'))
    })
    await expect(work).rejects.toThrow('enough')
  })

  it('packs large sections with turns for others', async () => {
    const slices = new CountedSlices()
    const numbers = Uint32Array.from({ length: 4_000_000 }, (_, index) => index)
    const packed = await packSections(7, [Uint8Array.of(1), numbers], slices)
    expect(slices.turns).toBeGreaterThanOrEqual(5)
    const there = new Sections(packed, 7).u32(1)
    expect(there).toHaveLength(numbers.length)
    expect(there.every((number, index) => number === index)).toBe(true)
  })
})

describe('the order of hashes', () => {
  it('is theirs, of equal halves and of many, too', async () => {
    const half = fc.oneof(fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1), fc.nat({ max: 2 ** 32 - 1 }))
    const hashes = fc.array(fc.tuple(half, half), { maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(hashes, fc.constantFrom(1, 60), async (some, times) => {
        const all = Array.from({ length: times }, (_, turn) =>
          some.map(([high, low]) => [(high + turn * 7_919) % 2 ** 32, low] as const),
        ).flat()
        const highs = Uint32Array.from(all, ([high]) => high)
        const lows = Uint32Array.from(all, ([, low]) => low)
        const order = await hashOrder(highs, lows, new Slices())
        const sorted = all.map(([high, low]) => ({ high, low })).sort((a, b) => a.high - b.high || a.low - b.low)
        expect(Array.from(order, (index) => ({ high: highs[index], low: lows[index] }))).toEqual(sorted)
        expect(new Set(order).size).toBe(all.length)
      }),
      { numRuns: 60 },
    )
  })
})

describe('tables of documents', () => {
  it('merged hold what was there at the beginning, whatever is removed meanwhile', async () => {
    const names = Array.from({ length: 20_000 }, (_, number) => nameBytes({ document: `d${number}`, version: 'v' }))
    const entries = names.map((name) => ({ name, rows: 1, firstOrdinal: 0 }))
    const documents = new DocumentTable(new Sections(await packSections(1, DocumentTable.pack(entries), new Slices()), 1))
    const removed = new Uint8Array(documents.count)
    removed[5] = 1
    class RemovingSlices extends CountedSlices {
      override turn(): Promise<void> {
        removed.fill(1)
        return super.turn()
      }
    }
    const slices = new RemovingSlices()
    const { sections, rows } = await mergeDocuments([{ segment: { documents }, removed }], slices)
    expect(slices.turns).toBeGreaterThan(0)
    const merged = new DocumentTable(new Sections(await packSections(1, sections, new Slices()), 1))
    expect([merged.count, merged.rows, rows]).toEqual([19_999, 19_999, 19_999])
    for (const [number, name] of names.entries()) expect([...merged.find(name)]).toHaveLength(number === 5 ? 0 : 1)
  })
})

describe('tables of keys', () => {
  it('merged are what one of all would be, without what goes', async () => {
    const key = fc.constantFrom('a', 'b', 'kind', '__proto__').map((field) => attributeKey(field, 1))
    const table = fc.array(fc.uniqueArray(key, { maxLength: 3 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.array(table, { minLength: 1, maxLength: 4 }), fc.nat({ max: 5 }), async (tables, gone) => {
        const expected = new Map<string, number[]>()
        let next = 0
        const maps = tables.map((documents) =>
          Int32Array.from(documents, (keys, document) => {
            if (document === gone) return -1
            for (const each of keys) expected.set(each, [...(expected.get(each) ?? []), next])
            return next++
          }),
        )
        const packed = await Promise.all(tables.map(tableOf))
        const merged = opened(await packSections(1, await KeyTable.merge(packed, maps, new Slices()), new Slices()))
        expect(merged.count).toBe(expected.size)
        for (const [each, documents] of expected) expect([...merged.documents(each)]).toEqual(documents)
      }),
      { numRuns: 200 },
    )
  })
})

async function tableOf(documents: readonly (readonly string[])[]): Promise<KeyTable> {
  const documentsOf = new Map<string, number[]>()
  for (const [document, keys] of documents.entries())
    for (const key of keys) documentsOf.set(key, [...(documentsOf.get(key) ?? []), document])
  return opened(await packSections(1, await KeyTable.pack(documentsOf, new Slices()), new Slices()))
}

function opened(packed: Uint8Array<ArrayBuffer>): KeyTable {
  return new KeyTable(new Sections(packed, 1), 0)
}
