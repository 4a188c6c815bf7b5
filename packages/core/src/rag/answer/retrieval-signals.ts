import type { Found } from '../../ports/search-index.ts'

/** What the index says of a question, apart from the passages themselves. */
export interface RetrievalSignals {
  /**
   * The best passage's share of what BM25 could give at most, 0 to 1; absent where the engine doesn't say. It knows of words that no
   * passage of the index has, which the passages can't tell.
   */
  readonly lexical?: number
  /** Of the five best by vectors, the share that is among the ten best by words; absent without either. */
  readonly agreement?: number
}

/** Reads the signals off what was found. */
export function signalsOf({ lexical, dense, lexicalBound }: Pick<Found, 'lexical' | 'dense' | 'lexicalBound'>): RetrievalSignals {
  const byWords = new Set(lexical.slice(0, 10).map(keyOf))
  const near = dense.slice(0, 5)
  return {
    ...(lexicalBound > 0 ? { lexical: Math.min(1, (lexical[0]?.score ?? 0) / lexicalBound) } : {}),
    ...(near.length > 0 && lexical.length > 0
      ? { agreement: near.filter((candidate) => byWords.has(keyOf(candidate))).length / near.length }
      : {}),
  }
}

function keyOf({ document, version, ordinal }: Found['lexical'][number]): string {
  return `${document} ${version} ${ordinal}`
}
