import type { Clock } from '../ports/clock.ts'
import { addHammingDistances } from './hamming.ts'
import type { VectorPart } from './parts.ts'
import type { Slices } from './slices.ts'
import { type TopRow, TopRows } from './top-rows.ts'
import { countDistances, furthestOf, signsOfQuery } from './vector-scores.ts'

const samples = 24
const nearestTen = 10
/** Below it the next larger factor is tried. */
const wantedRecall = 0.99
const factors = [20, 40, 80, 160] as const

/**
 * How many of the ten nearest the scan finds, with vectors of the index itself as questions, compared with scoring all; and the smallest
 * factor that makes it enough. A scan finds what is nearest exactly where its signs differ no more than those of what it scores.
 */
export async function checkRecall(
  parts: readonly VectorPart[],
  clock: Clock,
  slices: Slices,
): Promise<{ readonly factor: number; readonly recall: number }> {
  const found = factors.map(() => 0)
  let wanted = 0
  for (let sample = 0; sample < samples; sample++) {
    const vector = anyVector(parts, clock)
    if (!vector) continue
    const exact = await tenNearest(parts, vector, slices)
    const { counts, of } = await distances(parts, vector, exact, slices)
    wanted += exact.length
    for (const [index, factor] of factors.entries()) {
      const furthest = furthestOf(counts, nearestTen * factor, vector.length)
      for (const distance of of) if (distance <= furthest) found[index] = (found[index] ?? 0) + 1
    }
  }
  const recalls = found.map((count) => (wanted === 0 ? 1 : count / wanted))
  const enough = recalls.findIndex((recall) => recall >= wantedRecall)
  const chosen = enough < 0 ? factors.length - 1 : enough
  return { factor: factors[chosen] ?? factors[0], recall: recalls[chosen] ?? 0 }
}

function anyVector(parts: readonly VectorPart[], clock: Clock): Float32Array | undefined {
  const rows = parts.reduce((sum, { documents }) => sum + documents.rows, 0)
  let row = Math.floor(clock.random() * rows)
  for (const { segment, documents } of parts) {
    if (row < documents.rows) return segment.vector(row)
    row -= documents.rows
  }
  return undefined
}

async function tenNearest(parts: readonly VectorPart[], vector: Float32Array, slices: Slices): Promise<readonly TopRow[]> {
  const top = new TopRows(nearestTen, parts)
  for (const [index, { documents, segment }] of parts.entries()) {
    await slices.over(documents.rows, vector.length * 2, (from, to) => {
      for (let row = from; row < to; row++) {
        const score = segment.cosine(row, vector)
        if (score >= top.threshold) top.offer(score, index, row)
      }
    })
  }
  return [...top.entries()]
}

/** How many rows have each distance, and which distances some have. */
async function distances(
  parts: readonly VectorPart[],
  vector: Float32Array,
  some: readonly TopRow[],
  slices: Slices,
): Promise<{ readonly counts: Uint32Array; readonly of: readonly number[] }> {
  const query = signsOfQuery(vector)
  const counts = new Uint32Array(vector.length + 1)
  const of: number[] = []
  for (const [index, { documents, segment }] of parts.entries()) {
    const there = new Uint16Array(documents.rows)
    addHammingDistances(segment, query, there, 0)
    await slices.turn()
    countDistances(there, counts)
    for (const { part, row } of some) if (part === index) of.push(there[row] ?? 0)
  }
  return { counts, of }
}
