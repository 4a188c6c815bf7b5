import { lastUpTo } from '../ordered-places.ts'

/** What the words before a number say about it. */
export type Hint = 'for' | 'against' | 'none'

/**
 * Words that speak for a reading of a number, and words against it. Those for it count in the 80 characters before the number,
 * those against it in the 32 before and within the same clause; the nearest one counts. An empty line ends what belongs together.
 * The text is read once, however many numbers are asked about.
 */
export class Hints {
  readonly #text: string
  readonly #patterns: readonly [RegExp, RegExp]
  #ends: readonly [readonly number[], readonly number[]] | undefined

  constructor(text: string, speaksFor: RegExp, speaksAgainst: RegExp) {
    this.#text = text
    this.#patterns = [speaksFor, speaksAgainst]
  }

  before(at: number): Hint {
    const [speaksFor, speaksAgainst] = this.#patterns
    this.#ends ??= [ends(speaksFor, this.#text), ends(speaksAgainst, this.#text)]
    const begin = Math.max(0, at - 80)
    const gap = this.#text.slice(begin, at + 2).lastIndexOf('\n\n')
    const reach = gap < 0 ? at - 80 : begin + gap
    const [lastFor = -1, lastAgainst = -1] = this.#ends.map((ends) => ends[lastUpTo(ends, at)])
    if (lastAgainst > lastFor && lastAgainst >= reach && !clauseEnd.test(this.#text.slice(lastAgainst, at))) return 'against'
    return lastFor >= 0 && lastFor >= reach ? 'for' : 'none'
  }
}

/** What parts a word from a number so that it says nothing about it: a clause, a sentence, or 32 characters. */
const clauseEnd = /[,;!?\n]|(?<!\b(?:no|nr|num|ref|art|tel))\. |:\s+\p{L}+\s+\p{L}|.{33}/isu

/** Where matches end, in order. The pattern must be global. */
function ends(pattern: RegExp, text: string): readonly number[] {
  return [...text.matchAll(pattern)].map((match) => match.index + match[0].length)
}

/** A pattern in which `<inWord>` stands for a letter or digit of a script that puts blanks between words. */
export function pattern(source: string, flags: string): RegExp {
  return new RegExp(source.replaceAll('<inWord>', inWord), flags)
}

const inWord = String.raw`[[\p{L}\p{N}_]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]]`
