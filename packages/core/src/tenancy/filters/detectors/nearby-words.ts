/** What the words before a number say about it. */
export type Hint = 'for' | 'against' | 'none'

/**
 * Looks for words that speak for a reading in the 60 characters before a place, and for words against it in the 32 before, within the
 * same clause; the nearest one counts. An empty line ends what belongs together.
 */
export function hintBefore(text: string, at: number, speaksFor: RegExp, speaksAgainst: RegExp): Hint {
  let before = text.slice(Math.max(0, at - 60), at)
  const gap = before.lastIndexOf('\n\n')
  if (gap >= 0) before = before.slice(gap + 2)
  const lastFor = lastMatch(speaksFor, before)
  const lastAgainst = lastMatch(speaksAgainst, before)
  if (lastAgainst > lastFor && !clauseEnd.test(before.slice(lastAgainst))) return 'against'
  return lastFor >= 0 ? 'for' : 'none'
}

/** What parts a word from a number so that it says nothing about it: a clause, a sentence, or 32 characters. */
const clauseEnd = /[,;!?\n]|(?<!\b(?:no|nr|num|ref|art|tel))\. |:\s+\p{L}+\s+\p{L}|.{33}/isu

/** Where the last match ends; -1 without one. The pattern must be global. */
function lastMatch(pattern: RegExp, text: string): number {
  let end = -1
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length
  return end
}

/** A pattern in which `<inWord>` stands for a letter or digit of a script that puts blanks between words. */
export function pattern(source: string, flags: string): RegExp {
  return new RegExp(source.replaceAll('<inWord>', inWord), flags)
}

const inWord = String.raw`[[\p{L}\p{N}_]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]]`

/** Whether the last digit checks the others (ISO/IEC 7812-1, annex B). */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let index = digits.length - 1, double = false; index >= 0; index--, double = !double) {
    const value = digits.charCodeAt(index) - 48
    sum += double ? (value > 4 ? value * 2 - 9 : value * 2) : value
  }
  return sum % 10 === 0
}
