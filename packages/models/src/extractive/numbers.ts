/** Numbers in sentences. @module */
import { contentWords } from './words.ts'

/** A number as the text has it. */
export interface Figure {
  readonly value: number
  readonly percent: boolean
  /** Where it starts in the sentence. */
  readonly at: number
}

// Not within a word, a date, a version or a longer number.
const figure = /(?<![\p{L}\d.:/-])[-+]?\d{1,15}(?:,\d{3})*(?:[.]\d{1,15})?(?:e[-+]?\d{1,3})?(?![\d:/]|\p{L}|-\d|\.\d)(\s?%)?/giu

/** The numbers of a sentence; `1,200` is twelve hundred. */
export function figuresOf(sentence: string): readonly Figure[] {
  return [...sentence.matchAll(figure)].map((match) => ({
    value: Number(match[0].replace(/[,%\s]/g, '')),
    percent: match[1] !== undefined,
    at: match.index,
  }))
}

/** The numbers of a sentence, those nearest to any of the words first; the side after the word counts as nearer. */
export function figuresNear(sentence: string, words: ReadonlySet<string>): readonly Figure[] {
  const figures = figuresOf(sentence)
  if (figures.length === 0) return []
  const places = [...sentence.matchAll(/[\p{L}\p{M}]+/gu)].filter(([word]) => contentWords(word).some((part) => words.has(part)))
  const distance = ({ at }: Figure): number =>
    Math.min(...places.map(({ index }) => (at > index ? at - index : (index - at) * 2)))
  return places.length === 0 ? [] : [...figures].sort((one, two) => distance(one) - distance(two))
}
