import { bestFirst, type FusedCandidate } from './fuse.ts'
import { type PassageFeatures, passageFeatures } from './passage-features.ts'
import { type PassageText, readPassages } from './passage-words.ts'
import { type QueryTexts, questionWords } from './question-words.ts'

export interface RankedCandidate extends FusedCandidate {
  /** Absent: it wasn't read. */
  readonly features?: PassageFeatures
}

/** So many passages are worth reading: more of them move hardly anything within the first ten (nDCG +.002 and −.000 for 50). */
export const rerankDepth = 30

/** In the scale of BM25's share of its bound. One set for all collections; it holds on each that it wasn't chosen on. */
const featureWeights: PassageFeatures = { forms: 0.5, pairs: 0.4, near: 0.2, context: 0.2 }

/** A question of more terms describes a subject; whether a passage has its very words close together says less and less then. */
const wordyTerms = 12

/**
 * Ranks the best candidates anew by their texts. `passages` are those of the first candidates, in the same order; what is behind them
 * keeps its score, which none of those in front can fall below.
 */
export function rerank<Candidate extends FusedCandidate>(
  texts: QueryTexts,
  candidates: readonly Candidate[],
  passages: readonly PassageText[],
): (Candidate & RankedCandidate)[] {
  const question = questionWords(texts)
  const features = passageFeatures(question, readPassages(question, passages))
  const closeness = Math.min(1, wordyTerms / question.terms.size)
  return candidates
    .map((candidate, index) => {
      const own = features[index]
      if (own === undefined) return candidate
      return { ...candidate, features: own, score: candidate.score + candidate.wordWeight * fitOf(own, closeness) }
    })
    .sort(bestFirst)
}

/** What the features add to the share of the bound. */
function fitOf(features: PassageFeatures, closeness: number): number {
  const { forms, pairs, near, context } = featureWeights
  return closeness * (forms * features.forms + pairs * features.pairs + near * features.near) + context * features.context
}

/** Documents in the order of their best chunk. */
export function documentsOf(ranked: readonly RankedCandidate[]): string[] {
  return [...new Set(ranked.map((candidate) => candidate.document))]
}
