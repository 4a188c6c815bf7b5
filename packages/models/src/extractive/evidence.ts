/** An index over the sentences of a prompt, and ranking them for a set of words. @module */
import type { Pacer } from '../pacer.ts'
import type { Passage } from './sections.ts'
import { splitSentences } from './sentences.ts'
import { contentWords } from './words.ts'

/** A sentence of a passage. */
export interface Sentence {
  readonly text: string
  readonly source: string | undefined
  /** Which of the passages it is in, from 0. */
  readonly passage: number
  /** Its content words. */
  readonly words: readonly string[]
}

/** A sentence with how well it fits. */
export interface Ranked {
  /** Its position among all sentences. */
  readonly at: number
  readonly score: number
}

/** The sentences of all passages, with the words that lead to them. */
export interface Evidence {
  readonly sentences: readonly Sentence[]
  /** For each word the positions of the sentences that hold it, ascending, once per occurrence. */
  readonly places: ReadonlyMap<string, readonly number[]>
  /** For each word how many sentences hold it. */
  readonly frequencies: ReadonlyMap<string, number>
  readonly averageWords: number
}

/** Builds the index over the sentences of all passages. */
export async function gatherEvidence(passages: readonly Passage[], pacer: Pacer): Promise<Evidence> {
  const index = new Index()
  for (const [passage, { text, source }] of passages.entries()) {
    for (const sentence of splitSentences(text)) {
      const words = contentWords(sentence)
      index.add({ text: sentence, source, passage, words })
      if (pacer.isDue(sentence.length + words.length * 8)) await pacer.pause()
    }
  }
  return index
}

/** The evidence of some sentences only, given by their positions. */
export function narrow(evidence: Evidence, positions: readonly number[]): Evidence {
  const index = new Index()
  for (const at of positions) index.add(evidence.sentences[at] ?? { text: '', source: undefined, passage: 0, words: [] })
  return index
}

class Index implements Evidence {
  readonly sentences: Sentence[] = []
  readonly places = new Map<string, number[]>()
  readonly frequencies = new Map<string, number>()
  #words = 0

  get averageWords(): number {
    return this.#words / Math.max(1, this.sentences.length)
  }

  add(sentence: Sentence): void {
    const at = this.sentences.push(sentence) - 1
    this.#words += sentence.words.length
    for (const word of sentence.words) {
      const list = this.places.get(word)
      if (list === undefined) this.places.set(word, [at])
      if (list?.at(-1) !== at) this.frequencies.set(word, (this.frequencies.get(word) ?? 0) + 1)
      list?.push(at)
    }
  }
}

/**
 * How much a word tells: the rarer, the more (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, eq. 3.6, with 1
 * added within the logarithm so that it stays positive). A word that occurs nowhere counts as if it occurred once.
 */
export function informationOf(evidence: Evidence, word: string): number {
  const frequency = evidence.frequencies.get(word) ?? 1
  return Math.log(1 + (evidence.sentences.length - frequency + 0.5) / (frequency + 0.5))
}

// A word in more sentences than this tells little and costs much: it is left out where there are rarer ones.
const mostPlaces = 5000

// The usual values of BM25: how soon repetition stops to count, how much length is held against a sentence.
const saturation = 1.2
const lengthPenalty = 0.75

/**
 * The sentences that hold any of the words, best first, by BM25 (the same paper, eq. 3.15); equals in the order of the text.
 * @param weights the words, and how much each counts.
 */
export function rank(evidence: Evidence, weights: ReadonlyMap<string, number>): readonly Ranked[] {
  const known = [...weights].filter(([word]) => evidence.places.has(word))
  const rare = known.filter(([word]) => (evidence.frequencies.get(word) ?? 0) <= mostPlaces)
  const scores = new Map<number, number>()
  const { averageWords } = evidence
  for (const [word, weight] of rare.length > 0 ? rare : known) {
    const list = evidence.places.get(word) ?? []
    const information = informationOf(evidence, word) * weight
    for (let at = 0; at < list.length; ) {
      const sentence = list[at] as number
      let count = 0
      for (; list[at] === sentence; at++) count++
      const length = (evidence.sentences[sentence]?.words.length ?? 0) / averageWords
      const score = (count * (saturation + 1)) / (count + saturation * (1 - lengthPenalty + lengthPenalty * length))
      scores.set(sentence, (scores.get(sentence) ?? 0) + information * score)
    }
  }
  return [...scores].map(([at, score]) => ({ at, score })).sort((one, two) => two.score - one.score || one.at - two.at)
}

/** Words that all count alike. */
export function evenly(words: Iterable<string>): Map<string, number> {
  return new Map([...words].map((word) => [word, 1]))
}
