import { addHammingDistances } from './hamming.ts'
import type { VectorPart } from './parts.ts'
import { TopRows } from './top-rows.ts'
import { signsOf, wordsOf } from './vector-segment.ts'
import { type Mask, type Ranked, rankedOf, type View } from './view.ts'

/** Beyond every distance: 4,096 dimensions have as many signs. */
const notAllowed = 65_535

/** A nearest neighbour that the signs misjudge is still among the best of many. */
const firstTen = 10
const laterShare = 0.5

// Searches run one after the other, so they share this; it grows to the largest.
let shared = new Uint16Array(0)

interface ScanOptions {
  readonly limit: number
  /** Below so many chunks that may be found, all are scored. */
  readonly exactBelow: number
  /** Above it those whose signs are the nearest are scored: so many for each of the first ten, and half of it for each further one. */
  readonly factor: number
}

/** The nearest of all parts by cosine, in no order. `vector` is of length 1. */
export function nearest(
  view: View,
  parts: readonly VectorPart[],
  vector: Float32Array,
  mask: Mask,
  options: ScanOptions,
): Ranked[] {
  const found: Ranked[] = []
  for (const { part, row, score } of scan(parts, vector, mask, options).entries()) {
    const place = view.wordsAt(parts[part] as VectorPart, row)
    if (place) found.push(rankedOf(place, score))
  }
  return found
}

/** The same as rows of the parts. */
function scan(
  parts: readonly VectorPart[],
  vector: Float32Array,
  mask: Mask,
  { limit, exactBelow, factor }: ScanOptions,
): TopRows {
  const top = new TopRows(limit, parts)
  const candidates = Math.min(limit, firstTen) * factor + Math.max(0, limit - firstTen) * factor * laterShare
  const allowed = parts.reduce((sum, part) => sum + allowedRows(part, mask), 0)
  const exact = allowed < exactBelow || allowed <= candidates
  const distances = exact ? undefined : measure(parts, vector, mask)
  const furthest = distances
    ? furthestOf(countDistances(distances, new Uint32Array(notAllowed + 1)), candidates, vector.length)
    : 0
  let start = 0
  for (const [index, part] of parts.entries()) {
    if (distances) scoreNear(part, index, vector, distances.subarray(start, start + part.documents.rows), furthest, top)
    else scoreAll(part, index, vector, mask.get(part.slot), top)
    start += part.documents.rows
  }
  return top
}

function scoreNear(
  { segment }: VectorPart,
  index: number,
  vector: Float32Array,
  distances: Uint16Array,
  furthest: number,
  top: TopRows,
): void {
  for (let row = 0; row < distances.length; row++) {
    if ((distances[row] as number) > furthest) continue
    const score = segment.cosine(row, vector)
    if (score >= top.threshold) top.offer(score, index, row)
  }
}

function scoreAll(
  { segment, documents }: VectorPart,
  index: number,
  vector: Float32Array,
  allowed: Uint8Array | undefined,
  top: TopRows,
): void {
  const { documentOf } = documents
  for (let row = 0; row < documentOf.length; row++) {
    if (allowed && allowed[documentOf[row] as number] === 0) continue
    const score = segment.cosine(row, vector)
    if (score >= top.threshold) top.offer(score, index, row)
  }
}

function allowedRows({ slot, documents }: VectorPart, mask: Mask): number {
  const allowed = mask.get(slot)
  if (!allowed) return documents.rows
  let rows = 0
  for (let document = 0; document < allowed.length; document++) if (allowed[document] === 1) rows += documents.rowsOf(document)
  return rows
}

function measure(parts: readonly VectorPart[], vector: Float32Array, mask: Mask): Uint16Array {
  const rows = parts.reduce((sum, { documents }) => sum + documents.rows, 0)
  if (shared.length < rows) shared = new Uint16Array(Math.ceil(rows * 1.25))
  const distances = shared.subarray(0, rows).fill(0)
  const query = signsOfQuery(vector)
  let start = 0
  for (const { slot, segment, documents } of parts) {
    addHammingDistances(segment, query, distances, start)
    const allowed = mask.get(slot)
    if (allowed?.includes(0)) {
      const { documentOf } = documents
      for (let row = 0; row < documentOf.length; row++)
        if (allowed[documentOf[row] as number] === 0) distances[start + row] = notAllowed
    }
    start += documents.rows
  }
  return distances
}

export function signsOfQuery(vector: Float32Array): Uint32Array {
  const query = new Uint32Array(wordsOf(vector.length))
  signsOf(vector, query)
  return query
}

/** How many rows have each distance, added to `counts`. */
export function countDistances(distances: Uint16Array, counts: Uint32Array): Uint32Array {
  for (let row = 0; row < distances.length; row++) {
    const distance = distances[row] as number
    counts[distance] = (counts[distance] as number) + 1
  }
  return counts
}

/** The distance that at least so many have or stay below. */
export function furthestOf(counts: Uint32Array, wanted: number, most: number): number {
  let sum = 0
  for (let distance = 0; distance <= most; distance++) {
    sum += counts[distance] as number
    if (sum >= wanted) return distance
  }
  return most
}
