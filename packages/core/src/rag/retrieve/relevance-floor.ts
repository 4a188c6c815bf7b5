import { embeddingTraits } from './embedding-traits.ts'
import type { RankedCandidate } from './rerank.ts'

export interface FloorOptions {
  /** The model that made the vectors; absent: there are none. */
  readonly modelId?: string
  /** What the best passage's evidence has to come to. */
  readonly least?: number
  /** Of the best one's evidence, what each of the others has to come to. */
  readonly leastShare?: number
}

/**
 * Share of BM25's bound, and how near each other the terms stand. Measured: below it are the best passages of 1 of 100 questions that the
 * documents answer; of those on another subject 98 of 100 where the documents are paragraphs on eight subjects, 39 of 100 where they are
 * thousands of abstracts and the questions short ones of common words.
 */
export const leastEvidence = 0.19
/** A passage with less than this of the best one's evidence stands there only because something has to be next. */
const usualLeastShare = 0.1

/**
 * Those that may be relevant at all, in the same order; none when the question is about something else (X30). Never adds. Words are the
 * evidence, but for models whose cosine says something of its own.
 */
export function relevanceFloor<Ranked extends RankedCandidate>(ranked: readonly Ranked[], options: FloorOptions = {}): Ranked[] {
  const { modelId, least = leastEvidence, leastShare = usualLeastShare } = options
  const floor = modelId === undefined ? undefined : embeddingTraits(modelId).floor
  const near = (candidate: Ranked): boolean => floor !== undefined && (candidate.cosine ?? -1) >= floor
  const best = ranked.reduce((most, candidate) => Math.max(most, evidenceOf(candidate)), 0)
  const border = best >= least ? best * leastShare : Number.POSITIVE_INFINITY
  return ranked.filter((candidate) => evidenceOf(candidate) >= border || near(candidate))
}

/** From 0: how well the words of a question are met. Comparable between questions. */
export function evidenceOf(candidate: RankedCandidate): number {
  return candidate.lexical + (candidate.features?.near ?? 0)
}
