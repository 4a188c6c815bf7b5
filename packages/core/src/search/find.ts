import { InvalidInputError } from '../errors.ts'
import type { Candidate, Found, SearchQuery } from '../ports/search-index.ts'
import { nearest } from './vector-scores.ts'
import { compareRanked, type Mask, type Ranked, type View } from './view.ts'
import { WordScores } from './word-scores.ts'

/** Searches in one go. */
export function findInView(view: View, query: SearchQuery, exactBelow: number): Found {
  const mask = view.mask(query.reader, query.filter)
  const words = new WordScores(view, query.texts)
  const lexical = bestOf(words.best(mask, query.limit), query.limit)
  const vectors = vectorSide(view, query, mask, exactBelow)
  const dense = bestOf(vectors?.best() ?? [], query.limit)
  // Each of one side is scored on the other.
  const chunks = new Set(lexical.map(keyOf))
  const others = dense.filter((found) => !chunks.has(keyOf(found)))
  const alsoLexical = others.map((found) => ({ ...found, score: words.score(found.place) })).filter(({ score }) => score > 0)
  const near = new Set(dense.map(keyOf))
  const alsoDense = vectors
    ? lexical.flatMap((found) => {
        const score = near.has(keyOf(found)) ? undefined : vectors.score(found)
        return score === undefined ? [] : [{ ...found, score }]
      })
    : []
  return {
    lexical: candidates([...lexical, ...alsoLexical]),
    dense: candidates([...dense, ...alsoDense]),
    lexicalBound: words.bound,
    mark: view.mark,
  }
}

interface VectorSide {
  best(): Ranked[]
  /** Undefined for a chunk without a vector. */
  score(found: Ranked): number | undefined
}

function vectorSide(view: View, { vector, limit }: SearchQuery, mask: Mask, exactBelow: number): VectorSide | undefined {
  const space = vector && view.space(vector.space)
  if (!vector || !space) return undefined
  if (vector.values.length !== space.dimensions)
    throw new InvalidInputError(`This space has ${space.dimensions} dimensions.`, { field: 'vector' })
  const unit = ofLengthOne(vector.values)
  const { generation, factor } = space
  const parts = view.vectorsOf(generation)
  return {
    best: () => nearest(view, parts, unit, mask, { limit, exactBelow, factor }),
    score: ({ place }) => {
      const there = view.vectorAt(place.part, place.row, generation)
      return there?.part.segment.cosine(there.row, unit)
    },
  }
}

function ofLengthOne(vector: Float32Array): Float32Array {
  let squares = 0
  for (const value of vector) squares += value * value
  const length = Math.sqrt(squares)
  return vector.map((value) => value / length)
}

function bestOf(found: Ranked[], limit: number): Ranked[] {
  return found.sort(compareRanked).slice(0, limit)
}

function candidates(found: Ranked[]): Candidate[] {
  return found.sort(compareRanked).map(({ version, ordinal, place: { part, row }, score }) => ({
    ...version,
    ordinal,
    start: part.segment.starts[row] ?? 0,
    end: part.segment.ends[row] ?? 0,
    score,
  }))
}

function keyOf({ place: { part, row } }: Ranked): string {
  return `${part.slot}/${row}`
}
