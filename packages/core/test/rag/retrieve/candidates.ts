import fc from 'fast-check'
import type { Candidate, Found } from '../../../src/ports/search-index.ts'

export function candidate(document: string, score: number, place: Partial<Candidate> = {}): Candidate {
  return { document, version: '1', ordinal: 0, start: 0, end: 100, score, ...place }
}

const scores = (min: number, max: number): fc.Arbitrary<Candidate[]> =>
  fc
    .uniqueArray(
      fc.record({ document: fc.constantFrom(...'abcdefgh'), score: fc.integer({ min: min * 1_000, max: max * 1_000 }) }),
      { selector: ({ document }) => document },
    )
    .map((all) => all.map(({ document, score }) => candidate(document, score / 1_000)).sort((a, b) => b.score - a.score))

/** What an index may find, with chunks that only one side has. */
export const anyFound: fc.Arbitrary<Omit<Found, 'mark'>> = fc.record({
  lexical: scores(0.001, 30),
  dense: scores(-1, 1),
  lexicalBound: fc.constantFrom(0, 30, 60),
})
