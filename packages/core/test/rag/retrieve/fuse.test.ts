import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Candidate } from '../../../src/ports/search-index.ts'
import { embeddingTraits } from '../../../src/rag/retrieve/embedding-traits.ts'
import { fuse } from '../../../src/rag/retrieve/fuse.ts'
import { anyFound, candidate } from './candidates.ts'

const modelId = 'local/sentence-encoder'
const namesOf = (all: readonly { readonly document: string }[]): string[] => all.map(({ document }) => document)

describe('fusion', () => {
  const found = {
    lexical: [candidate('both', 12), candidate('words', 10)],
    dense: [candidate('vector', 0.8), candidate('both', 0.6), candidate('words', 0.1)],
    lexicalBound: 20,
  }

  it('adds what words weigh of their most, and what vectors say, by the weight of the model [X31]', () => {
    const [first] = fuse(found, { modelId, denseWeight: 0.25 })
    expect(first).toMatchObject({ document: 'both', lexical: 0.6, cosine: 0.6 })
    expect(first?.score).toBeCloseTo(0.75 * 0.6 + 0.25 * 0.6, 12)
    expect(fuse(found, { modelId })[0]?.wordWeight).toBe(1 - embeddingTraits(modelId).weight)
    expect(namesOf(fuse(found, { modelId, denseWeight: 0 }))).toEqual(['both', 'words', 'vector'])
    expect(namesOf(fuse(found, { modelId, denseWeight: 1 }))).toEqual(['vector', 'both', 'words'])
  })

  it('keeps how much better one is than the next, which ranks would lose', () => {
    const dense = [candidate('b', 0.5), candidate('a', 0.49)]
    expect(namesOf(fuse({ lexical: [candidate('a', 19), candidate('b', 5)], dense, lexicalBound: 20 }, { modelId }))[0]).toBe('a')
    expect(namesOf(fuse({ lexical: [candidate('a', 5.01), candidate('b', 5)], dense, lexicalBound: 20 }, { modelId }))[0]).toBe(
      'b',
    )
  })

  it('goes by words alone while there are no vectors, and by vectors alone without words', () => {
    expect(fuse({ ...found, dense: [] }, { modelId })).toMatchObject([{ score: 0.6 }, { score: 0.5 }])
    const [only] = fuse({ ...found, lexical: [], lexicalBound: 0 }, { modelId })
    expect(only).toMatchObject({ document: 'vector', lexical: 0, score: 0.8 })
    expect(fuse({ lexical: [], dense: [], lexicalBound: 0 }, { modelId })).toEqual([])
  })

  it('neither helps nor hurts a chunk whose vector is still to come', () => {
    const dense = [candidate('near', 0.9), candidate('far', 0.1)]
    const lexical = [candidate('near', 10), candidate('pending', 10), candidate('far', 10)]
    expect(namesOf(fuse({ lexical, dense, lexicalBound: 20 }, { modelId }))).toEqual(['near', 'pending', 'far'])
  })

  it('finds out the spread of a model that it does not know, so that the scale of cosines is of no account', () => {
    const cosines = Array.from({ length: 200 }, (_, index) => 0.9 - index / 1_000)
    const dense = cosines.map((score, index) => candidate(`d${index}`, score))
    const narrow = cosines.map((score, index) => candidate(`d${index}`, 0.7 + score / 4))
    const lexical = [candidate('d150', 10), candidate('d100', 9.5), candidate('d50', 9)]
    const order = (list: Candidate[]): string[] =>
      namesOf(fuse({ lexical, dense: list, lexicalBound: 20 }, { modelId: 'some/model' }))
    expect(order(dense).slice(0, 3)).toEqual(['d50', 'd100', 'd150'])
    expect(order(narrow).slice(0, 3)).toEqual(['d50', 'd100', 'd150'])
  })

  it('takes an engine that does not say the most that words could weigh', () => {
    const [first, second] = fuse({ ...found, lexicalBound: 0 }, { modelId, denseWeight: 0 })
    expect(first?.lexical).toBeCloseTo(0.45, 12)
    expect(second?.lexical).toBeCloseTo(0.375, 12)
  })

  it('gives each chunk once, best first, in the same order however ties came', () => {
    fc.assert(
      fc.property(anyFound, fc.double({ min: 0, max: 1, noNaN: true }), (found, denseWeight) => {
        const fused = fuse(found, { modelId, denseWeight })
        expect(new Set(namesOf(fused))).toEqual(new Set(namesOf([...found.lexical, ...found.dense])))
        expect(fused.length).toBe(new Set(namesOf(fused)).size)
        expect(fused.every(({ score, lexical }) => Number.isFinite(score) && lexical >= 0 && lexical <= 1)).toBe(true)
        expect(fused.every(({ score }, index) => score <= (fused[index - 1]?.score ?? Number.POSITIVE_INFINITY))).toBe(true)
        const shuffled = {
          ...found,
          lexical: found.lexical.toSorted((a, b) => b.score - a.score || (a.document < b.document ? 1 : -1)),
        }
        expect(namesOf(fuse(shuffled, { modelId, denseWeight }))).toEqual(namesOf(fused))
      }),
    )
  })

  it('puts equals in order of document, version and ordinal', () => {
    const equals = [candidate('c', 5), candidate('a', 5, { ordinal: 1 }), candidate('b', 5), candidate('a', 5)]
    const fused = fuse({ lexical: equals, dense: [], lexicalBound: 20 })
    expect(fused.map(({ document, ordinal }) => `${document}${ordinal}`)).toEqual(['a0', 'a1', 'b0', 'c0'])
  })

  it('never lowers a chunk whose score on either side is better', () => {
    fc.assert(
      fc.property(
        anyFound,
        fc.constantFrom('lexical', 'dense'),
        fc.nat(),
        fc.integer({ min: 1, max: 500 }),
        (found, side, at, more) => {
          const better = found[side][at % Math.max(1, found[side].length)]
          if (better === undefined || (side === 'lexical' && found.lexicalBound === 0)) return
          const raised = found[side]
            .map((one) => (one === better ? { ...one, score: one.score + more / 1_000 } : one))
            .sort((a, b) => b.score - a.score)
          const place = (list: typeof found): number => namesOf(fuse(list, { modelId })).indexOf(better.document)
          expect(place({ ...found, [side]: raised })).toBeLessThanOrEqual(place(found))
        },
      ),
    )
  })
})
