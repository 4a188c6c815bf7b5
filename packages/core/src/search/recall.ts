import type { Clock } from '../ports/clock.ts'
import type { VectorPart } from './parts.ts'
import type { Slices } from './slices.ts'
import { TopRows } from './top-rows.ts'
import { scan } from './vector-scores.ts'
import type { Mask } from './view.ts'

const samples = 24
const nearestTen = 10
/** Below it the next larger factor is tried. */
const wantedRecall = 0.99
const factors = [20, 40, 80, 160] as const

/**
 * How many of the ten nearest the scan finds, with vectors of the index itself as questions, compared with scoring all; and the smallest
 * factor that makes it enough.
 */
export async function checkRecall(
  parts: readonly VectorPart[],
  clock: Clock,
  slices: Slices,
): Promise<{ readonly factor: number; readonly recall: number }> {
  const all: Mask = new Map()
  const found = factors.map(() => 0)
  let wanted = 0
  for (let sample = 0; sample < samples; sample++) {
    const vector = anyVector(parts, clock)
    if (!vector) continue
    const exact = await tenNearest(parts, vector, slices)
    wanted += exact.size
    for (const [index, factor] of factors.entries()) {
      await slices.turn()
      const scanned = scan(parts, vector, all, { limit: nearestTen, exactBelow: 0, factor })
      for (const place of placesOf(scanned)) if (exact.has(place)) found[index] = (found[index] ?? 0) + 1
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

async function tenNearest(parts: readonly VectorPart[], vector: Float32Array, slices: Slices): Promise<Set<string>> {
  const top = new TopRows(nearestTen, parts)
  for (const [index, part] of parts.entries()) {
    for (let row = 0; row < part.documents.rows; row++) {
      const score = part.segment.cosine(row, vector)
      if (score >= top.threshold) top.offer(score, index, row)
      const pause = slices.step(vector.length * 2)
      if (pause) await pause
    }
  }
  return placesOf(top)
}

function placesOf(top: TopRows): Set<string> {
  return new Set(Array.from(top.entries(), ({ part, row }) => `${part}/${row}`))
}
