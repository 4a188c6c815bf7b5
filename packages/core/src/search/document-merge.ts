import type { DocumentTable } from './document-table.ts'
import { DocumentWriter } from './document-writer.ts'
import type { Section } from './sections.ts'
import type { Slices } from './slices.ts'

/** A segment, and which of its documents stay: all without `removed`, else those where it is 0. */
export interface Merged<Segment extends { readonly documents: DocumentTable }> {
  readonly segment: Segment
  readonly removed: Uint8Array | undefined
}

export interface DocumentMerge {
  /** Those of the table. */
  readonly sections: readonly Section[]
  /** Of each table: what its documents become, -1 for those that go. */
  readonly documentMaps: readonly Int32Array[]
  readonly rowMaps: readonly Int32Array[]
  readonly documents: number
  readonly rows: number
}

const none = -1

/** Puts tables one behind the other, without what was removed before it was called. */
export async function mergeDocuments(
  inputs: readonly Merged<{ readonly documents: DocumentTable }>[],
  slices: Slices,
): Promise<DocumentMerge> {
  // While others have their turns, more is marked as removed.
  const tables = inputs.map(({ segment: { documents }, removed }) => ({ documents, removed: removed?.slice() }))
  const sizes = await Promise.all(tables.map((table) => sizeOf(table, slices)))
  const sum = (of: (size: Size) => number): number => sizes.reduce((total, size) => total + of(size), 0)
  const writer = new DocumentWriter(
    sum(({ documents }) => documents),
    sum(({ nameBytes }) => nameBytes),
    sum(({ rows }) => rows),
  )
  const documentMaps: Int32Array[] = []
  const rowMaps: Int32Array[] = []
  let merged = 0
  let rows = 0
  for (const { documents, removed } of tables) {
    const documentMap = new Int32Array(documents.count).fill(none)
    const rowMap = new Int32Array(documents.rows).fill(none)
    for (let document = 0; document < documents.count; document++) {
      if (removed?.[document]) continue
      const count = documents.rowsOf(document)
      const first = documents.firstRow[document] ?? 0
      for (let row = 0; row < count; row++) rowMap[first + row] = rows + row
      documentMap[document] = merged++
      writer.add(documents.name(document), count, documents.firstOrdinal[document] ?? 0)
      rows += count
      const pause = slices.step(count * 3 + 400)
      if (pause) await pause
    }
    documentMaps.push(documentMap)
    rowMaps.push(rowMap)
  }
  await mergeOrders(tables, documentMaps, writer, slices)
  return { sections: writer.sections(), documentMaps, rowMaps, documents: merged, rows }
}

interface MergedTable {
  readonly documents: DocumentTable
  readonly removed: Uint8Array | undefined
}

interface Size {
  readonly documents: number
  readonly nameBytes: number
  readonly rows: number
}

/** Of what stays. */
async function sizeOf({ documents, removed }: MergedTable, slices: Slices): Promise<Size> {
  const size = { documents: 0, nameBytes: 0, rows: 0 }
  await slices.over(documents.count, 10, (from, to) => {
    for (let document = from; document < to; document++) {
      if (removed?.[document]) continue
      size.documents++
      size.nameBytes += documents.nameLength(document)
      size.rows += documents.rowsOf(document)
    }
  })
  return size
}

async function mergeOrders(
  tables: readonly MergedTable[],
  maps: readonly Int32Array[],
  writer: DocumentWriter,
  slices: Slices,
): Promise<void> {
  const cursors = tables.map(({ documents }, index) => new Cursor(documents, maps[index] ?? new Int32Array(0)))
  await slices.over(writer.order.length, tables.length * 60 + 40, (from, to) => {
    for (let place = from; place < to; place++) {
      let first: Cursor | undefined
      for (let index = 0; index < cursors.length; index++) {
        const cursor = cursors[index] as Cursor
        if (cursor.document >= 0 && (!first || cursor.isBefore(first))) first = cursor
      }
      if (first) writer.rank(place, first.take())
    }
  })
}

/** A table's documents that stay, one after the other by their names. */
class Cursor {
  /** The one at hand; -1 at the end. */
  document = none
  readonly #table: DocumentTable
  readonly #map: Int32Array
  #place = 0

  constructor(table: DocumentTable, map: Int32Array) {
    this.#table = table
    this.#map = map
    this.#look()
  }

  isBefore(other: Cursor): boolean {
    const difference = this.#table.compareNames(this.document, other.#table, other.document)
    if (difference !== 0) return difference < 0
    return (this.#table.firstOrdinal[this.document] ?? 0) < (other.#table.firstOrdinal[other.document] ?? 0)
  }

  /** @returns what the document at hand becomes. */
  take(): number {
    const merged = this.#map[this.document] ?? 0
    this.#place++
    this.#look()
    return merged
  }

  #look(): void {
    const { order } = this.#table
    while (this.#place < order.length && this.#map[order[this.#place] ?? 0] === none) this.#place++
    this.document = order[this.#place] ?? none
  }
}
