import type { Candidate, DocumentVersion, Found } from '../../ports/search-index.ts'
import { type EmbeddingTraits, embeddingTraits } from './embedding-traits.ts'

export interface FuseOptions {
  /** The model that made the vectors; absent: there are none. */
  readonly modelId?: string
  /** In the place of what is known of the model, 0 (words only) to 1 (vectors only). */
  readonly denseWeight?: number
}

/** A chunk that was found by either side. */
export interface FusedCandidate extends DocumentVersion {
  readonly ordinal: number
  readonly start: number
  readonly end: number
  /** What its words weigh, as a share of the most that BM25 could give the question: 0–1; 0 without any of the words. */
  readonly lexical: number
  /** Absent: it has no vector yet, or nobody asked. */
  readonly cosine?: number
  /** What the vectors add, in the scale of `lexical` and with their weight in it. */
  readonly dense: number
  /** What `lexical`, and all else that is found out of the words, counts. */
  readonly wordWeight: number
  /** wordWeight × lexical + dense. */
  readonly score: number
}

/**
 * Shares of the bound differ by so much among a question's best hundred (standard deviation; .056 and .070 on two collections). A cosine
 * is brought to this scale, so that weights mean the same for all models.
 */
const lexicalSpread = 0.06
/** Where an engine doesn't say the most that words could give: the share that the best usually has. */
const usualShare = 0.45
/** So many cosines weigh as much as what is usual of a spread. */
const usualCosines = 10
/** Nearer together, cosines differ by chance. */
const leastSpread = 0.01

/**
 * Joins what words and vectors found, best first, by weighted scores. (Ranks, as reciprocal-rank fusion joins them, lose how much better
 * one is than the next; with a strong and a weak side the result is worse than the strong one alone.) A better score on either side never
 * lowers a chunk's place, where the model's spread is known. Equal ones stand in order of document, version and ordinal.
 */
export function fuse(found: Pick<Found, 'lexical' | 'dense' | 'lexicalBound'>, options: FuseOptions = {}): FusedCandidate[] {
  const { lexical, dense } = found
  const traits = options.modelId === undefined ? undefined : embeddingTraits(options.modelId)
  const given = Math.min(1, Math.max(0, options.denseWeight ?? traits?.weight ?? 0))
  const weight = dense.length === 0 ? 0 : lexical.length === 0 ? 1 : given
  const bound = found.lexicalBound > 0 ? found.lexicalBound : (lexical[0]?.score ?? 1) / usualShare
  const scale = lexicalSpread / spreadOf(dense, traits)
  const sides = joined(lexical, dense)
  const missing = usualCosine(sides, dense)
  return sides
    .map(({ place, words, cosine }) => {
      const share = Math.min(1, Math.max(0, words / bound))
      const added = weight * scale * (cosine ?? missing)
      const { document, version, ordinal, start, end } = place
      return {
        ...{ document, version, ordinal, start, end, lexical: share, dense: added, wordWeight: 1 - weight },
        ...(cosine === undefined ? {} : { cosine }),
        score: (1 - weight) * share + added,
      }
    })
    .sort(bestFirst)
}

/** By score, then by document, version, ordinal. */
export function bestFirst(a: FusedCandidate, b: FusedCandidate): number {
  return b.score - a.score || compare(a.document, b.document) || compare(a.version, b.version) || a.ordinal - b.ordinal
}

interface Sides {
  readonly place: Candidate
  words: number
  cosine?: number
}

function joined(lexical: readonly Candidate[], dense: readonly Candidate[]): Sides[] {
  const sides = new Map<string, Sides>()
  for (const place of lexical) sides.set(keyOf(place), { place, words: place.score })
  for (const place of dense) {
    const side = sides.get(keyOf(place))
    if (side) side.cosine = place.score
    else sides.set(keyOf(place), { place, words: 0, cosine: place.score })
  }
  return [...sides.values()]
}

/** A chunk without a vector is neither helped nor hurt: it counts as those do that have words, too. */
function usualCosine(sides: readonly Sides[], dense: readonly Candidate[]): number {
  const both = sides.filter((side) => side.words > 0).flatMap(({ cosine }) => (cosine === undefined ? [] : [cosine]))
  if (both.length > 0) return mean(both)
  return dense.reduce((least, { score }) => Math.min(least, score), dense[0]?.score ?? 0)
}

function spreadOf(dense: readonly Candidate[], traits: EmbeddingTraits | undefined): number {
  if (traits?.spread !== undefined) return traits.spread
  const scores = dense.map((candidate) => candidate.score)
  const middle = mean(scores)
  const squares = scores.reduce((sum, score) => sum + (score - middle) ** 2, 0)
  return Math.max(leastSpread, Math.sqrt((squares + usualCosines * lexicalSpread ** 2) / (scores.length + usualCosines)))
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

function keyOf({ document, version, ordinal }: Candidate): string {
  return `${document} ${version} ${ordinal}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
