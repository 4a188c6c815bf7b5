import { expect } from 'vitest'
import type { Candidate, Found, SearchQuery } from '../../../src/ports/search-index.ts'
import { chunkKey, type NaiveIndex } from './naive-index.ts'

/** Eight bits a number. */
const denseTolerance = 0.006
const lexicalTolerance = 1e-9

/** Holds what an index found against what the naive one finds. */
export function expectSameAnswer(found: Found, naive: NaiveIndex, query: SearchQuery): void {
  const all = naive.search({ ...query, limit: Number.MAX_SAFE_INTEGER })
  expect(found.lexicalBound).toBeCloseTo(all.lexicalBound, 9)
  expectList(found.lexical, all.lexical, query.limit, lexicalTolerance)
  expectList(found.dense, all.dense, query.limit, denseTolerance)
  // What is among the best of one side stands on the other, where it has a score there at all.
  const best = new Set([...found.lexical.slice(0, query.limit), ...found.dense.slice(0, query.limit)].map(chunkKey))
  for (const [list, whole] of [
    [found.lexical, all.lexical],
    [found.dense, all.dense],
  ] as const) {
    const there = list.map(chunkKey)
    expect(new Set(there).size).toBe(there.length)
    expect([...there].sort()).toEqual(
      whole
        .map(chunkKey)
        .filter((key) => best.has(key))
        .sort(),
    )
  }
}

function expectList(found: readonly Candidate[], all: readonly Candidate[], limit: number, tolerance: number): void {
  const scores = new Map(all.map((each) => [chunkKey(each), each]))
  expect(found.length).toBeGreaterThanOrEqual(Math.min(limit, all.length))
  for (const [index, each] of found.entries()) {
    const expected = scores.get(chunkKey(each))
    expect(expected, `${chunkKey(each)} may not be found`).toBeDefined()
    expect(Math.abs(each.score - (expected?.score ?? 0))).toBeLessThan(tolerance)
    expect([each.start, each.end]).toEqual([expected?.start, expected?.end])
    const next = found[index + 1]
    if (next) expect(each.score > next.score || (each.score === next.score && before(each, next))).toBe(true)
    // As good as what stands there in truth.
    if (index < limit) expect(each.score).toBeGreaterThan((all[index]?.score ?? Number.NEGATIVE_INFINITY) - 2 * tolerance)
  }
}

function before(left: Candidate, right: Candidate): boolean {
  if (left.document !== right.document) return left.document < right.document
  return left.version < right.version || (left.version === right.version && left.ordinal < right.ordinal)
}
