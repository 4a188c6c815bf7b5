/** The passages of an answer, sentence by sentence, with what each word tells. @module */
import { scanWords, termOf, termsOf } from '../../search/analysis.ts'
import type { Passage } from '../passage.ts'
import { type Span, sentencesOf } from './sentences.ts'

/** A text as it is compared. */
export interface Said {
  readonly text: string
  /** All words in order, folded, function words too. */
  readonly words: readonly string[]
  readonly terms: ReadonlySet<string>
  /** In one form for `1,200` and `1200`. */
  readonly numbers: ReadonlySet<string>
}

/** A sentence of a passage; offsets in the passage's content. */
export interface SourceSentence extends Span, Said {}

export interface Evidence {
  /** For each passage its sentences, in order. */
  readonly sentences: readonly (readonly SourceSentence[])[]
  /** The terms of a passage's source, which what it says is about. */
  readonly about: readonly ReadonlySet<string>[]
  /** What a term tells, above 0: the fewer sentences have it, the more. */
  informationOf(term: string): number
}

export function readEvidence(passages: readonly Passage[]): Evidence {
  const sentences = passages.map(({ content }) =>
    sentencesOf(content).map((span) => ({ ...span, ...read(content.slice(span.start, span.end)) })),
  )
  const all = sentences.flat()
  const frequencies = new Map<string, number>()
  for (const { terms } of all) for (const term of terms) frequencies.set(term, (frequencies.get(term) ?? 0) + 1)
  const informationOf = (term: string): number => {
    const frequency = frequencies.get(term) ?? 0
    // The idf of BM25 with 1 added within the logarithm, so that it stays positive.
    return Math.log(1 + (all.length - frequency + 0.5) / (frequency + 0.5))
  }
  return { sentences, about: passages.map(({ source }) => new Set(termsOf(source))), informationOf }
}

export function read(text: string): Said {
  const words: string[] = []
  scanWords(text, (word) => words.push(word))
  return { text, words, terms: new Set(words.map(termOf).filter((term) => term !== '')), numbers: numbersOf(text, words) }
}

const numberWords = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')
// A figure by itself: not the 2 of "H2O" or "p53", which are names.
const figure = /(?<![\p{L}\p{M}\d])\d+(?:[.,]\d+)*/gu

function numbersOf(text: string, words: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [digits] of text.normalize('NFKC').matchAll(figure)) found.add(plainNumber(digits))
  for (const word of words) {
    const at = numberWords.indexOf(word)
    // "One" is a pronoun as often as a number.
    if (at >= 2) found.add(String(at))
  }
  return found
}

function plainNumber(digits: string): string {
  const whole = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(digits) ? digits.replaceAll(',', '') : digits
  return /^\d+\.\d+$/.test(whole) ? whole.replace(/\.?0+$/, '') : whole
}
