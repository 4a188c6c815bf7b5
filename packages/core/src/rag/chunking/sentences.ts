/**
 * Where sentences end, by the marks of the common scripts. Not `Intl.Segmenter`: what it answers depends on the version of its tables,
 * so another Node.js would give other chunks for the same document; and it is a tenth as fast.
 * @module
 */
import { isSpace, joinsPrevious, skipSpace } from './characters.ts'

/** Ends a sentence where white space follows: Latin, Greek, Arabic, Devanagari, Armenian, Ethiopic, Khmer, Burmese. */
const mark = 1
/** Ends a sentence wherever it stands: Chinese, Japanese. */
const fullMark = 2
/** May stand between the mark and what follows. */
const closer = 3
/** What each code unit is. */
const roles = new Uint8Array(0x10000)
for (const each of '.!?…\u061f\u06d4\u0964\u0965\u0589\u1362\u1367\u17d4\u104b\u2047\u2048\u2049')
  roles[each.charCodeAt(0)] = mark
for (const each of '。！？｡') roles[each.charCodeAt(0)] = fullMark
for (const each of '"\')]}”’»›」』）】》〉') roles[each.charCodeAt(0)] = closer

/**
 * The start of the sentence after the one that `from` stands in: a place that holds no white space. `to` when that is the last.
 * A line that ends short, or is followed by one that doesn't begin with a letter, ends a sentence too.
 */
export function nextSentence(text: string, from: number, to: number): number {
  let line = from
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x0a) {
      const next = skipSpace(text, at, to)
      if (next < to && endsThere(text, line, at, next)) return next
      line = next
      at = next - 1
    } else if (roles[code] === mark || roles[code] === fullMark) {
      const end = endOfMarks(text, at, to)
      const next = end < to ? afterMarks(text, { at, end, from, to }) : undefined
      if (next !== undefined) return next
      at = end - 1
    }
  }
  return to
}

/** The start of the last sentence of a stretch, looking back no further than `from`; `to` when none begins in between. */
export function lastSentence(text: string, from: number, to: number): number {
  let last = to
  for (let next = nextSentence(text, from, to); next < to; next = nextSentence(text, next, to)) last = next
  return last
}

const shortLine = 40

function endsThere(text: string, line: number, end: number, next: number): boolean {
  return (end - line < shortLine || !isLetter(text, next)) && !joinsPrevious(text, next)
}

function isLetter(text: string, at: number): boolean {
  return /^\p{L}/u.test(String.fromCodePoint(text.codePointAt(at) ?? 0))
}

/** The end of a run of marks and what closes behind them. */
function endOfMarks(text: string, at: number, to: number): number {
  let end = at + 1
  while (end < to && roles[text.charCodeAt(end)] !== 0) end++
  return end
}

interface Marks {
  readonly at: number
  readonly end: number
  readonly from: number
  readonly to: number
}

/** Where the sentence behind the marks begins; undefined where they end none. */
function afterMarks(text: string, { at, end, from, to }: Marks): number | undefined {
  if (!isSpace(text.charCodeAt(end)) && roles[text.charCodeAt(at)] !== fullMark) return undefined
  const next = skipSpace(text, end, to)
  if (next >= to || joinsPrevious(text, next)) return undefined
  return text.charAt(at) === '.' && end === at + 1 && goesOn(text, at, from, next) ? undefined : next
}

/** A full stop that ends no sentence: an initial before it, or a small letter behind it. */
function goesOn(text: string, at: number, from: number, next: number): boolean {
  const following = text.charAt(next)
  if (following !== following.toUpperCase()) return true
  const initial = text.charAt(at - 1)
  return /^\p{Lu}$/u.test(initial) && (at - 2 < from || !/^[\p{L}\p{N}]$/u.test(text.charAt(at - 2)))
}
