import { compareBytes, type DocumentTable, type TableEntry } from './document-table.ts'
import type { Slices } from './slices.ts'

/** A segment's documents, and which of them stay: all without `removed`, else those where it is 0. */
export interface MergedTable {
  readonly documents: DocumentTable
  readonly removed: Uint8Array | undefined
}

export interface DocumentMerge {
  readonly entries: readonly TableEntry[]
  readonly order: Uint16Array
  /** Of each table: what its documents become, -1 for those that go. */
  readonly documentMaps: readonly Int32Array[]
  readonly rowMaps: readonly Int32Array[]
  readonly rows: number
}

const none = -1

/** Puts tables one behind the other, without what was removed. */
export async function mergeDocuments(tables: readonly MergedTable[], slices: Slices): Promise<DocumentMerge> {
  const entries: TableEntry[] = []
  const documentMaps: Int32Array[] = []
  const rowMaps: Int32Array[] = []
  let rows = 0
  for (const { documents, removed } of tables) {
    const documentMap = new Int32Array(documents.count).fill(none)
    const rowMap = new Int32Array(documents.rows).fill(none)
    for (let document = 0; document < documents.count; document++) {
      if (removed?.[document]) continue
      const count = documents.rowsOf(document)
      const first = documents.firstRow[document] ?? 0
      for (let row = 0; row < count; row++) rowMap[first + row] = rows + row
      documentMap[document] = entries.length
      entries.push({ name: documents.name(document), rows: count, firstOrdinal: documents.firstOrdinal[document] ?? 0 })
      rows += count
      const pause = slices.step(count * 3 + 200)
      if (pause) await pause
    }
    documentMaps.push(documentMap)
    rowMaps.push(rowMap)
  }
  const order = await mergeOrders(tables, documentMaps, entries.length, slices)
  return { entries, order, documentMaps, rowMaps, rows }
}

async function mergeOrders(
  tables: readonly MergedTable[],
  maps: readonly Int32Array[],
  count: number,
  slices: Slices,
): Promise<Uint16Array> {
  const order = new Uint16Array(count)
  const places = tables.map(() => 0)
  const skip = (table: number): void => {
    const { order: from } = tables[table]?.documents ?? { order: new Uint16Array(0) }
    let place = places[table] ?? 0
    while (place < from.length && maps[table]?.[from[place] ?? 0] === none) place++
    places[table] = place
  }
  for (const table of tables.keys()) skip(table)
  for (let at = 0; at < count; at++) {
    let best = none
    for (const [table, { documents }] of tables.entries()) {
      const place = places[table] ?? 0
      if (place >= documents.count) continue
      if (best === none || precedes(documents, place, tables[best]?.documents, places[best] ?? 0)) best = table
    }
    const chosen = tables[best]
    if (!chosen) break
    order[at] = maps[best]?.[chosen.documents.order[places[best] ?? 0] ?? 0] ?? 0
    places[best] = (places[best] ?? 0) + 1
    skip(best)
    const pause = slices.step(tables.length * 200)
    if (pause) await pause
  }
  return order
}

function precedes(left: DocumentTable, leftPlace: number, right: DocumentTable | undefined, rightPlace: number): boolean {
  if (!right) return true
  const leftDocument = left.order[leftPlace] ?? 0
  const rightDocument = right.order[rightPlace] ?? 0
  const difference = compareBytes(left.name(leftDocument), right.name(rightDocument))
  if (difference !== 0) return difference < 0
  return (left.firstOrdinal[leftDocument] ?? 0) < (right.firstOrdinal[rightDocument] ?? 0)
}
