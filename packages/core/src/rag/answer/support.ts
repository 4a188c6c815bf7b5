/** How far a stretch of a source supports what is claimed. @module */
import { scanWords, termOf } from '../../search/analysis.ts'
import type { Said } from './evidence.ts'
import { opposed } from './opposites.ts'

/** From here on a citation is kept. */
export const supported = 0.6

/** What is said with a negation: "not", "never", "without". */
const negation = /\b(?:not|no|never|none|neither|nor|without|cannot|nobody|nothing|hardly)\b|n['’]t\b/iu

export function isNegated(text: string): boolean {
  return negation.test(text)
}

/**
 * How well a source supports a claim, 0 to 1: the share of the claim's information that its words cover and the longest run that both
 * have in common; less where a number, a name, a negation or a direction (rise, fall) of the claim isn't the source's.
 * It compares words, not meanings: a claim in another language, or in other words throughout, is not supported.
 * @param about terms that the source is about, as its name has them.
 */
export function supportOf(
  claim: Said,
  source: Said,
  informationOf: (term: string) => number,
  about: ReadonlySet<string> = new Set(),
): number {
  let total = 0
  let covered = 0
  for (const term of claim.terms) {
    const information = informationOf(term)
    total += information
    if (source.terms.has(term)) covered += information
    else if (about.has(term)) covered += information * 0.5
  }
  if (total > 0 && covered === 0) return 0
  // What holds nothing but function words can only be a quote.
  const run = longestRun(claim.words, source.words) / Math.max(1, claim.words.length)
  if (total === 0) return run === 1 && claim.words.length > 0 ? 1 : 0
  if (run === 1) return 1
  let support = 0.8 * (covered / total) + 0.2 * run
  for (const number of claim.numbers) if (!source.numbers.has(number)) support *= 0.4
  support *= 0.5 + 0.5 * shareOfNames(claim, source, about)
  if (isNegated(claim.text) !== isNegated(source.text)) support *= 0.5
  if (opposed(claim.terms, source.terms)) support *= 0.5
  return support
}

/** Of the names in the claim, how many the source has; 1 without any. */
function shareOfNames(claim: Said, source: Said, about: ReadonlySet<string>): number {
  const names = namesIn(claim.text)
  const found = names.filter((term) => source.terms.has(term) || about.has(term))
  return names.length === 0 ? 1 : found.length / names.length
}

/** Terms of the words that are written with a capital within the sentence. */
export function namesIn(text: string): readonly string[] {
  const names = new Set<string>()
  for (const [written] of text.matchAll(
    /(?<=(?:[\p{L}\p{N},;)]|\b(?:Mr|Mrs|Ms|Dr|Prof|St|\p{Lu})\.)\s+["'“(]?)\p{Lu}[\p{L}\p{M}\p{N}]+/gu,
  ))
    scanWords(written, (word) => names.add(termOf(word)))
  names.delete('')
  return [...names]
}

/** Longer claims are compared by so many words. */
const mostWords = 200

/** The length of the longest run of words that both have. */
function longestRun(one: readonly string[], two: readonly string[]): number {
  const left = one.slice(0, mostWords)
  const right = two.slice(0, mostWords * 2)
  let before = new Uint16Array(right.length + 1)
  let longest = 0
  for (const word of left) {
    const row = new Uint16Array(right.length + 1)
    for (let at = 0; at < right.length; at++) {
      if (right[at] !== word) continue
      const length = (before[at] ?? 0) + 1
      row[at + 1] = length
      if (length > longest) longest = length
    }
    before = row
  }
  return longest === left.length ? one.length : longest
}
