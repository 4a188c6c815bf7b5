/** Answers and summaries made of sentences of the text. @module */

import type { Pacer } from '../pacer.ts'
import { type Evidence, evenly, informationOf, type Ranked, rank, type Sentence } from './evidence.ts'
import { fitnessOf, worthOf } from './fitness.ts'
import { readQuestion } from './question.ts'

// Below this share of the question's information, a sentence that shares some word is no answer.
const leastCoverage = 0.3
const mostSentences = 2
/** Against the best sentence's; most answers are in one sentence, and a second one is as often beside the point. */
const leastWorth = 0.93
/** A neighbour goes on about the same, and what "it" means stands in one of both. */
const leastNeighbourWorth = 0.85

/** Fewer are a label, such as "**Accept** (`accept.ts`)." */
const fewestWords = 3

// Only so many sentences, the best by their words, compete for the answer.
const mostRivals = 50

/** Positions of the sentences that answer, and the share of the question's information (0 to 1) that they cover. */
export interface Answer {
  readonly chosen: readonly number[]
  readonly coverage: number
}

/**
 * The sentence that answers best by what it says, where it stands and whether it has the kind of thing that is asked for; and a second
 * one that is about as good and adds words that the first lacks. None where they, or the best one with its neighbours, cover less than
 * 0.3 of the question's information.
 */
export function answerFrom(evidence: Evidence, question: string): Answer {
  const asked = readQuestion(question)
  const words = new Set(asked.words)
  const total = asked.words.reduce((sum, word) => sum + informationOf(evidence, word), 0)
  const rivals = rank(evidence, evenly(words)).slice(0, mostRivals)
  const statements = rivals.filter(({ at }) => !isLabel(evidence.sentences[at]))
  const candidates = statements.length > 0 ? statements : rivals
  const ranked = fitnessOf(evidence, asked, candidates)
    .map(({ at, ...fitness }) => ({ at, score: worthOf(fitness), nearby: fitness.nearby }))
    .sort((one, two) => two.score - one.score || one.at - two.at)
  const best = ranked[0]
  if (best === undefined) return { chosen: [], coverage: 0 }
  const chosen: number[] = []
  const missing = new Set(words)
  let covered = 0
  for (const { at, score } of ranked) {
    const added = new Set(evidence.sentences[at]?.words.filter((word) => missing.has(word)))
    const gain = [...added].reduce((sum, word) => sum + informationOf(evidence, word), 0)
    // A further sentence must bring something new, and be about the same.
    const least = isNeighbour(evidence, at, best.at) ? leastNeighbourWorth : leastWorth
    if (chosen.length > 0 && (gain < 0.2 * total || score < least * best.score)) continue
    chosen.push(at)
    covered += gain
    for (const word of added) missing.delete(word)
    if (chosen.length === mostSentences || missing.size === 0) break
  }
  const coverage = total === 0 ? 0 : covered / total
  return Math.max(coverage, best.nearby) < leastCoverage
    ? { chosen: [], coverage }
    : { chosen: chosen.sort((one, two) => one - two), coverage }
}

/** A heading, or a word set off at the beginning of a paragraph, names its subject and says nothing about it. */
function isLabel(sentence: Sentence | undefined): boolean {
  const text = sentence?.text.trim() ?? ''
  return (
    /^#{1,6}\s/.test(text) ||
    text
      .replaceAll(/\([^)]*\)|[*_`]+/g, ' ')
      .split(/\s+/)
      .filter(Boolean).length < fewestWords
  )
}

function isNeighbour({ sentences }: Evidence, one: number, other: number): boolean {
  return Math.abs(one - other) === 1 && sentences[one]?.passage === sentences[other]?.passage
}

// Only so many sentences, the best by themselves, compete for a place in a summary.
const mostCandidates = 200

/**
 * The sentences that hold most of what a text is about, in the order of the text, by SumBasic: a sentence is worth the mean
 * probability of its words, and the words of a chosen one count less from then on (Nenkova and Vanderwende, "The impact of frequency
 * on summarization", 2005).
 */
export async function summarise(evidence: Evidence, pacer: Pacer, most = 5): Promise<readonly number[]> {
  const { sentences, places } = evidence
  const total = sentences.length * evidence.averageWords || 1
  const weights = new Map<string, number>()
  const weightOf = (word: string): number => weights.get(word) ?? (places.get(word)?.length ?? 0) / total
  const worth = ({ words }: Sentence): number => {
    let sum = 0
    for (const word of words) sum += weightOf(word)
    // A fragment of one or two words is no sentence, however frequent its words.
    return sum / Math.max(words.length, 4)
  }
  let candidates: Ranked[] = []
  for (let at = 0; at < sentences.length; at++) {
    const sentence = sentences[at] as Sentence
    if (sentence.words.length > 0) candidates.push({ at, score: worth(sentence) })
    if (pacer.isDue(sentence.words.length * 4)) await pacer.pause()
    if (candidates.length >= mostCandidates * 10) candidates = best(candidates)
  }
  candidates = best(candidates)
  const chosen: number[] = []
  const wanted = Math.min(most, Math.max(1, Math.ceil(sentences.length / 4)))
  while (chosen.length < wanted && candidates.length > 0) {
    candidates = best(candidates.map(({ at }) => ({ at, score: worth(sentences[at] as Sentence) })))
    const [first] = candidates.splice(0, 1) as [Ranked]
    chosen.push(first.at)
    for (const word of new Set(sentences[first.at]?.words)) weights.set(word, weightOf(word) ** 2)
  }
  return chosen.sort((one, two) => one - two)
}

function best(candidates: readonly Ranked[]): Ranked[] {
  return [...candidates].sort((one, two) => two.score - one.score || one.at - two.at).slice(0, mostCandidates)
}
