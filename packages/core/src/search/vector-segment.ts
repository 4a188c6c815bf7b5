import type { DocumentVectors, VectorSpace } from '../ports/search-index.ts'
import { type Merged, mergeDocuments } from './document-merge.ts'
import { DocumentTable, nameBytes, type TableEntry } from './document-table.ts'
import type { Built } from './lexical-builder.ts'
import { packSections, Sections } from './sections.ts'
import { rowsOfSegment } from './segment-rows.ts'
import type { Slices } from './slices.ts'

const vectorKind = 2
/** What eight bits hold on either side of zero. */
const most = 127
/** So many rows are moved at a time. */
const mostTogether = 512

/**
 * Vectors of documents' chunks: the signs, for a quick scan, and every number as eight bits. A row is a chunk. Only directions count, so
 * each vector is stretched until its largest number is 127, and `scales` holds one by the length that it has then.
 */
export class VectorSegment {
  readonly bytes: number
  readonly dimensions: number
  /** Words of 32 bits that a row's signs take. */
  readonly words: number
  readonly documents: DocumentTable
  readonly signs: Uint32Array
  readonly values: Int8Array
  readonly scales: Float32Array

  constructor(packed: Uint8Array<ArrayBuffer>) {
    const sections = new Sections(packed, vectorKind)
    const first = DocumentTable.sections
    this.bytes = sections.bytes
    this.documents = new DocumentTable(sections)
    this.signs = sections.u32(first)
    this.values = sections.i8(first + 1)
    this.scales = sections.f32(first + 2)
    this.dimensions = sections.u32(first + 3)[0] ?? 0
    this.words = wordsOf(this.dimensions)
  }

  /** A row's vector, of length 1. */
  vector(row: number): Float32Array {
    const scale = this.scales[row] ?? 0
    const values = this.values.subarray(row * this.dimensions, (row + 1) * this.dimensions)
    return Float32Array.from(values, (value) => value * scale)
  }

  /** The cosine of a row and a vector of length 1. */
  cosine(row: number, vector: Float32Array): number {
    return product(this.values, row * this.dimensions, vector) * (this.scales[row] as number)
  }
}

// Four sums at a time, so that one addition needn't wait for the other.
function product(values: Int8Array, start: number, vector: Float32Array): number {
  const { length } = vector
  const fours = length & ~3
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let index = 0; index < fours; index += 4) {
    const at = start + index
    a += (values[at] as number) * (vector[index] as number)
    b += (values[at + 1] as number) * (vector[index + 1] as number)
    c += (values[at + 2] as number) * (vector[index + 2] as number)
    d += (values[at + 3] as number) * (vector[index + 3] as number)
  }
  for (let index = fours; index < length; index++) a += (values[start + index] as number) * (vector[index] as number)
  return a + b + c + d
}

export function wordsOf(dimensions: number): number {
  return Math.ceil(dimensions / 32)
}

/** The signs of a vector: a bit for each number, 1 for those above 0. */
export function signsOf(vector: Float32Array, into: Uint32Array, start = 0): void {
  for (let index = 0; index < vector.length; index++) {
    const bit = (vector[index] ?? 0) > 0 ? 1 : 0
    const at = start + (index >>> 5)
    into[at] = (into[at] ?? 0) | (bit << (index & 31))
  }
}

/** Makes segments of vectors: one of a usual put, at most 16 of the largest. */
export async function buildVectors(documents: readonly DocumentVectors[], space: VectorSpace, slices: Slices): Promise<Built[]> {
  const mostRows = rowsOfSegment(documents.reduce((sum, { vectors }) => sum + vectors.length, 0))
  const built: Built[] = []
  let entries: TableEntry[] = []
  let gathered: Float32Array[] = []
  const finish = async (): Promise<void> => {
    if (gathered.length > 0) built.push(await packVectors(entries, gathered, space.dimensions, slices))
    entries = []
    gathered = []
  }
  for (const document of documents) {
    for (let first = 0; first < document.vectors.length; ) {
      const end = Math.min(document.vectors.length, first + mostRows - gathered.length)
      entries.push({ name: nameBytes(document), rows: end - first, firstOrdinal: (document.first ?? 0) + first })
      for (let ordinal = first; ordinal < end; ordinal++) gathered.push(document.vectors[ordinal] ?? new Float32Array(0))
      first = end
      if (gathered.length === mostRows) await finish()
    }
  }
  await finish()
  return built
}

async function packVectors(
  entries: readonly TableEntry[],
  vectors: readonly Float32Array[],
  dimensions: number,
  slices: Slices,
): Promise<Built> {
  const words = wordsOf(dimensions)
  const signs = new Uint32Array(vectors.length * words)
  const values = new Int8Array(vectors.length * dimensions)
  const scales = new Float32Array(vectors.length)
  for (const [row, vector] of vectors.entries()) {
    signsOf(vector, signs, row * words)
    let largest = 0
    for (const value of vector) largest = Math.max(largest, Math.abs(value))
    let squares = 0
    for (let index = 0; index < dimensions; index++) {
      const value = Math.round(((vector[index] ?? 0) / largest) * most)
      values[row * dimensions + index] = value
      squares += value * value
    }
    scales[row] = 1 / Math.sqrt(squares)
    const pause = slices.step(dimensions * 10)
    if (pause) await pause
  }
  const sections = [...DocumentTable.pack(entries), signs, values, scales, Uint32Array.of(dimensions)]
  return { packed: await packSections(vectorKind, sections, slices), rows: vectors.length }
}

/** One segment of several of one space, without what was removed; nothing when that was all. They have to fit into one. */
export async function mergeVectors(inputs: readonly Merged<VectorSegment>[], slices: Slices): Promise<Built | undefined> {
  const { sections, rowMaps, rows } = await mergeDocuments(inputs, slices)
  const first = inputs[0]?.segment
  if (rows === 0 || !first) return undefined
  const { dimensions, words } = first
  const signs = new Uint32Array(rows * words)
  const values = new Int8Array(rows * dimensions)
  const scales = new Float32Array(rows)
  for (const [index, { segment }] of inputs.entries()) {
    for (const { start, end, place } of stretches(rowMaps[index] ?? new Int32Array(0))) {
      signs.set(segment.signs.subarray(start * words, end * words), place * words)
      values.set(segment.values.subarray(start * dimensions, end * dimensions), place * dimensions)
      scales.set(segment.scales.subarray(start, end), place)
      const pause = slices.step((end - start) * dimensions + 500)
      if (pause) await pause
    }
  }
  const all = [...sections, signs, values, scales, Uint32Array.of(dimensions)]
  return { packed: await packSections(vectorKind, all, slices), rows }
}

/** Rows that stay together. */
function* stretches(map: Int32Array): Generator<{ readonly start: number; readonly end: number; readonly place: number }> {
  for (let start = 0; start < map.length; ) {
    const place = map[start] ?? -1
    let end = start + 1
    while (place >= 0 && end < map.length && end - start < mostTogether && map[end] === place + end - start) end++
    if (place >= 0) yield { start, end, place }
    start = end
  }
}
