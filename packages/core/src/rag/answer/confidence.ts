/** How likely a response is to be supported (R33, X29). @module */
import type { CitedAnswer } from './cite-claims.ts'
import type { EvidenceFeatures } from './confidence-features.ts'
import { confidenceWeights } from './confidence-weights.ts'

/** Weights of a logistic regression; features that aren't there count nothing. */
export interface LogisticWeights extends Readonly<Partial<Record<keyof EvidenceFeatures, number>>> {
  readonly bias: number
}

/** From here on there is an answer; what is below abstains. */
export const leastConfidence = 0.5

/**
 * The probability that what was found has anything to do with the question, 0 to 1. Where it is below the floor no model need be asked.
 */
export function relatedness(features: EvidenceFeatures): number {
  return logistic(confidenceWeights.related, features)
}

/**
 * The probability that what was found holds the answer, 0 to 1, before there is any.
 */
export function answerability(features: EvidenceFeatures): number {
  return relatedness(features) * logistic(confidenceWeights.answered, features)
}

/** What a refusal says of itself: the less likely an answer was, the lower; always below {@link leastConfidence}. */
export function confidenceOfRefusal(features: EvidenceFeatures): number {
  return Math.min(leastConfidence - 0.01, answerability(features))
}

/** Whether a model is worth asking. */
export function isAboveFloor(features: EvidenceFeatures): boolean {
  return relatedness(features) >= confidenceWeights.floor
}

/**
 * The probability, 0 to 1, that the response is supported: that what was found is about the question, times that it holds the answer
 * when it is, times the share of the response that its citations support. The first two are calibrated on labelled questions
 * (confidence-weights.ts says how); the third is a rule: a claim that no source supports, and a source that was named for a claim
 * that it doesn't support, count against the response.
 *
 * It rises with each of them and is 0 for an answer without any citation.
 */
export function confidenceOf(features: EvidenceFeatures, answer: Pick<CitedAnswer, 'claims' | 'citations' | 'dropped'>): number {
  return answerability(features) * groundedness(answer)
}

/** What a confidence is the product of, and what it is held against. */
export interface ConfidenceParts {
  /** The probability that what was found is about the question. */
  readonly related: number
  /** The probability that it holds the answer, when it is about it. */
  readonly answered: number
  /** The share of what the model wrote that its citations support; null where it wrote no answer. */
  readonly supported: number | null
  /** Below this `related` no model is asked. */
  readonly floor: number
  /** Below this confidence the answer isn't given. */
  readonly least: number
}

/** The parts of {@link confidenceOf}; without an answer those of {@link confidenceOfRefusal}. */
export function confidenceParts(
  features: EvidenceFeatures,
  answer?: Pick<CitedAnswer, 'claims' | 'citations' | 'dropped'>,
): ConfidenceParts {
  return {
    related: relatedness(features),
    answered: logistic(confidenceWeights.answered, features),
    supported: answer ? groundedness(answer) : null,
    floor: confidenceWeights.floor,
    least: leastConfidence,
  }
}

function groundedness({ claims, citations, dropped }: Pick<CitedAnswer, 'claims' | 'citations' | 'dropped'>): number {
  const length = claims.reduce((sum, { text }) => sum + text.length, 0)
  const cited = claims.reduce((sum, claim) => sum + (claim.citations.length > 0 ? claim.text.length : 0), 0)
  if (length === 0 || citations.length === 0) return 0
  return (cited / length) * (1 - 0.5 * (dropped / (dropped + citations.length)))
}

function logistic({ bias, ...weights }: LogisticWeights, features: EvidenceFeatures): number {
  let sum = bias
  for (const [name, weight] of Object.entries(weights)) sum += weight * features[name as keyof EvidenceFeatures]
  return 1 / (1 + Math.exp(-sum))
}
