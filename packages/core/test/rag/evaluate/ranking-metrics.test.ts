import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalisedGain, recallAt, reciprocalRank } from '../../../src/rag/evaluate/ranking-metrics.ts'

describe('measures of a ranking', () => {
  const grades = new Map([
    ['d1', 3],
    ['d2', 2],
    ['d3', 3],
    ['d4', 0],
    ['d5', 1],
    ['d6', 2],
    ['d7', 3],
    ['d8', 2],
  ])

  it('give the published example its nDCG', () => {
    // Järvelin and Kekäläinen's measure as Wikipedia works it out: six documents, and two more that were judged.
    expect(normalisedGain(['d1', 'd2', 'd3', 'd4', 'd5', 'd6'], grades, 6)).toBeCloseTo(0.785, 3)
  })

  it('are what a hand computes', () => {
    const judged = new Map([
      ['a', 1],
      ['b', 1],
    ])
    expect(normalisedGain(['x', 'a', 'b'], judged)).toBeCloseTo((1 / Math.log2(3) + 1 / 2) / (1 + 1 / Math.log2(3)), 12)
    expect(normalisedGain(['x', 'a', 'b'], judged, 2)).toBeCloseTo(1 / Math.log2(3) / (1 + 1 / Math.log2(3)), 12)
    expect(recallAt(['x', 'a', 'b'], judged, 2)).toBe(0.5)
    expect(reciprocalRank(['x', 'a', 'b'], judged)).toBe(0.5)
    expect(reciprocalRank(['x', 'a', 'b'], judged, 1)).toBe(0)
  })

  it('are 0 where nothing is right, and count a document once and no grade below 0', () => {
    expect(normalisedGain(['a'], new Map([['a', 0]]))).toBe(0)
    expect(recallAt(['a'], new Map(), 10)).toBe(0)
    const judged = new Map([
      ['a', 1],
      ['b', 1],
      ['c', -2],
    ])
    expect(normalisedGain(['a', 'a', 'b'], judged)).toBe(1)
    expect(normalisedGain(['c', 'a', 'b'], judged)).toBeCloseTo((1 / Math.log2(3) + 1 / 2) / (1 + 1 / Math.log2(3)), 12)
    expect(recallAt(['a', 'a', 'b'], judged, 2)).toBe(1)
  })

  const ranking = fc.uniqueArray(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 20 })
  const judgements = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 30 }).map(String), fc.integer({ min: 0, max: 3 })))
    .map((all) => new Map(all))

  it('lie from 0 to 1, and are best in the order of the grades', () => {
    fc.assert(
      fc.property(ranking, judgements, fc.integer({ min: 1, max: 15 }), (found, judged, cutoff) => {
        const byGrade = [...judged].sort((a, b) => b[1] - a[1]).map(([document]) => document)
        const best = normalisedGain(byGrade, judged, cutoff)
        expect(best).toBeCloseTo([...judged.values()].some((grade) => grade > 0) ? 1 : 0, 12)
        for (const measured of [
          normalisedGain(found, judged, cutoff),
          recallAt(found, judged, cutoff),
          reciprocalRank(found, judged),
        ]) {
          expect(measured).toBeGreaterThanOrEqual(0)
          expect(measured).toBeLessThanOrEqual(1 + 1e-12)
        }
      }),
    )
  })

  it('never fall when a better document moves up by one', () => {
    fc.assert(
      fc.property(ranking, judgements, fc.nat(), (found, judged, at) => {
        const index = found.length < 2 ? 0 : at % (found.length - 1)
        const [upper, lower] = [found[index], found[index + 1]]
        if (upper === undefined || lower === undefined || (judged.get(lower) ?? 0) < (judged.get(upper) ?? 0)) return
        const swapped = found.with(index, lower).with(index + 1, upper)
        expect(normalisedGain(swapped, judged)).toBeGreaterThanOrEqual(normalisedGain(found, judged) - 1e-12)
      }),
    )
  })
})
