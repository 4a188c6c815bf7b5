import { scanWords, termOf } from '../../search/analysis.ts'

/** Texts that are asked for, as {@link import('../../ports/search-index.ts').SearchQuery} takes them. */
export type QueryTexts = readonly { readonly text: string; readonly weight: number }[]

/** More different terms than this aren't looked at: what is asked is pasted text then, and the first of it says enough. */
const mostTerms = 64
/** Stands before and behind a word. */
const border = 32

/** What is asked for, taken apart. Terms and grams are numbered; weights stand under their numbers. */
export interface QuestionWords {
  readonly terms: ReadonlyMap<string, number>
  readonly termWeights: readonly number[]
  /** Terms that follow each other, stop words left out: first × terms.size + second, and the weight. */
  readonly pairs: ReadonlyMap<number, number>
  /** Stretches of four characters within words, as {@link visitGrams} gives them: they match where forms or spellings differ. */
  readonly grams: ReadonlyMap<number, number>
  readonly gramWeights: readonly number[]
  /** How words begin that can be one of the terms, as {@link startOf} gives it: no stem changes that. */
  readonly starts: ReadonlySet<number>
}

export function questionWords(texts: QueryTexts): QuestionWords {
  const terms = new Map<string, number>()
  const termWeights: number[] = []
  const grams = new Map<number, number>()
  const gramWeights: number[] = []
  const starts = new Set<number>()
  const followers: { readonly first: number; readonly second: number; readonly weight: number }[] = []
  for (const { text, weight } of texts) {
    let before: number | undefined
    scanWords(text, (word) => {
      const term = termOf(word)
      if (term === '' || (!terms.has(term) && terms.size >= mostTerms)) return
      const slot = add(terms, termWeights, term, weight)
      starts.add(startOf(word))
      visitGrams(word, (gram) => add(grams, gramWeights, gram, weight))
      if (before !== undefined && before !== slot) followers.push({ first: before, second: slot, weight })
      before = slot
    })
  }
  const pairs = new Map<number, number>()
  for (const { first, second, weight } of followers) {
    const key = first * terms.size + second
    pairs.set(key, Math.max(pairs.get(key) ?? 0, weight))
  }
  return { terms, termWeights, pairs, grams, gramWeights, starts }
}

/** The first two characters as a number. */
export function startOf(word: string): number {
  return word.charCodeAt(0) * 65_536 + (word.length > 1 ? word.charCodeAt(1) : border)
}

/**
 * The stretches of four characters of a word and its borders: `words` gives ` wor`, `word`, `ords`, `rds `. Each is a number of 32 bits,
 * eight a character: exact for Latin letters, good enough for others, and far cheaper than strings. @returns how many there are.
 */
export function visitGrams(word: string, visit: (gram: number) => void): number {
  const { length } = word
  let gram = border
  for (let index = 0; index <= length; index++) {
    gram = (gram << 8) ^ (index < length ? word.charCodeAt(index) : border)
    if (index >= 2 || index === length) visit(gram)
  }
  return Math.max(1, length - 1)
}

function add<Key>(numbers: Map<Key, number>, weights: number[], key: Key, weight: number): number {
  const number = numbers.get(key) ?? numbers.size
  numbers.set(key, number)
  weights[number] = (weights[number] ?? 0) + weight
  return number
}
