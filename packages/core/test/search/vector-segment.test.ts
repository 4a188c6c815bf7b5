import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addHammingDistances } from '../../src/search/hamming.ts'
import { Slices } from '../../src/search/slices.ts'
import { buildVectors, mergeVectors, signsOf, VectorSegment, wordsOf } from '../../src/search/vector-segment.ts'
import { cosine } from './support/naive-index.ts'

const number = fc.float({ min: -1, max: 1, noNaN: true })
const vectors = fc
  .integer({ min: 1, max: 1_100 })
  .chain((dimensions) =>
    fc.record({
      dimensions: fc.constant(dimensions),
      rows: fc.array(fc.float32Array({ minLength: dimensions, maxLength: dimensions, min: -1, max: 1, noNaN: true }), {
        minLength: 1,
        maxLength: 5,
      }),
      more: number,
    }),
  )
  .map(({ dimensions, rows, more }) => ({
    dimensions,
    // None of length 0.
    rows: rows.map((row) => row.map((value, index) => (index === 0 ? 1 + more : value))),
  }))
  .filter(({ rows }) => rows.every((row) => row[0] !== 0))

async function segmentOf(rows: readonly Float32Array[], dimensions: number, document = 'd'): Promise<VectorSegment> {
  const [built] = await buildVectors([{ document, version: 'v', vectors: rows }], { name: 's', dimensions }, new Slices())
  if (!built) throw new Error('There is no segment.')
  return new VectorSegment(built.packed)
}

describe('a segment of vectors', () => {
  it('counts the signs that differ, of any number of dimensions', async () => {
    await fc.assert(
      fc.asyncProperty(vectors, async ({ dimensions, rows }) => {
        const segment = await segmentOf(rows, dimensions)
        for (const asked of rows) {
          const query = new Uint32Array(wordsOf(dimensions))
          signsOf(asked, query)
          const distances = new Uint16Array(rows.length + 1)
          addHammingDistances(segment, query, distances, 1)
          const expected = rows.map((row) => row.filter((value, index) => value > 0 !== (asked[index] ?? 0) > 0).length)
          expect([...distances]).toEqual([0, ...expected])
        }
      }),
      { numRuns: 60 },
    )
  })

  it('keeps cosines to within 0.005, also when it is merged', async () => {
    let state = 1
    const next = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32 - 0.5
    }
    for (const dimensions of [2, 3, 64, 512]) {
      const rows = Array.from({ length: 20 }, () => Float32Array.from({ length: dimensions }, next))
      const first = await segmentOf(rows.slice(0, 12), dimensions)
      const second = await segmentOf(rows.slice(12), dimensions, 'e')
      const inputs = [first, second].map((segment) => ({ segment, removed: undefined }))
      const merged = await mergeVectors(inputs, new Slices())
      const segment = merged && new VectorSegment(merged.packed)
      for (const [index, row] of rows.entries()) {
        for (const other of rows) {
          const length = Math.sqrt(other.reduce((sum, value) => sum + value * value, 0))
          const unit = other.map((value) => value / length)
          expect(Math.abs((segment?.cosine(index, unit) ?? 9) - cosine(row, other))).toBeLessThan(0.005)
        }
      }
    }
  })
})
