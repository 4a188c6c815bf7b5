/** How well sentences answer a question, beyond the words that they share with it. @module */
import { type Evidence, informationOf, type Ranked } from './evidence.ts'
import { type Asked, fitOf } from './question.ts'

/** What a sentence is judged by, each 0 to 1. */
export interface Fitness {
  /** The share of the question's information in its words. */
  readonly coverage: number
  /** The same of it and its neighbours. */
  readonly nearby: number
  /** The share of the question's neighbouring words that are neighbours in it too. */
  readonly pairs: number
  /** Whether it has the kind of thing that is asked for. */
  readonly fit: number
  /** BM25 against the best. */
  readonly rank: number
  /** 1 for the first passage, 1/2 for the second, and so on: prompts give the best first. */
  readonly order: number
}

/**
 * What each counts: made by maximising the likelihood of the sentence with the answer among its rivals (softmax) on development
 * questions with known answers, checked article by article, and rounded.
 */
const weights: Fitness = { coverage: 2.5, nearby: 2.5, pairs: 1.5, fit: 2, rank: 2, order: 2 }

/** The fitness of each sentence, in the order given: best first by BM25. */
export function fitnessOf(
  evidence: Evidence,
  asked: Asked,
  ranked: readonly Ranked[],
): readonly (Fitness & { readonly at: number })[] {
  const told = asked.words.map((word) => informationOf(evidence, word) * (asked.naming.has(word) ? 0.3 : 1))
  const total = told.reduce((sum, information) => sum + information, 0) || 1
  const share = (has: (word: string) => boolean): number =>
    asked.words.reduce((sum, word, at) => sum + (has(word) ? (told[at] ?? 0) : 0), 0) / total
  const pairsAsked = new Set(asked.words.slice(1).map((word, at) => `${asked.words[at]} ${word}`))
  const best = ranked[0]?.score ?? 1
  return ranked.flatMap(({ at, score }) => {
    const sentence = evidence.sentences[at]
    if (sentence === undefined) return []
    const own = new Set(sentence.words)
    const around = [at - 1, at, at + 1].flatMap((place) => {
      const other = evidence.sentences[place]
      return other?.passage === sentence.passage ? other.words : []
    })
    const near = new Set(around)
    const { words } = sentence
    const pairs = new Set(words.slice(1).flatMap((word, place) => [`${words[place]} ${word}`, `${word} ${words[place]}`]))
    return {
      at,
      coverage: share((word) => own.has(word)),
      nearby: share((word) => near.has(word)),
      pairs: [...pairsAsked].filter((pair) => pairs.has(pair)).length / Math.max(1, pairsAsked.size),
      fit: fitOf(asked, sentence.text),
      rank: score / best,
      order: 1 / (1 + sentence.passage),
    }
  })
}

export function worthOf(fitness: Fitness): number {
  let sum = 0
  for (const name of Object.keys(weights) as (keyof Fitness)[]) sum += weights[name] * fitness[name]
  return sum
}
