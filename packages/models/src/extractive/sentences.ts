/** Cutting text into sentences, each a verbatim piece of it. @module */

/** Longer runs without an end are cut, at a space where there is one. */
const longestSentence = 500

const abbreviations = new Set([
  'mr',
  'mrs',
  'ms',
  'dr',
  'prof',
  'st',
  'vs',
  'etc',
  'approx',
  'fig',
  'no',
  'inc',
  'ltd',
  'co',
  'e.g',
  'i.e',
  'cf',
  'al',
])

const space = /\s/
const closing = new Set(['"', "'", ')', ']', '»', '”', '’', '」', '』'])

/**
 * The sentences of a text: they end at `.`, `!` or `?` before white space, at a CJK full stop, at an empty line, and at a line break
 * that doesn't look like one within running prose. Each is a substring of the text without white space around it.
 */
export function* splitSentences(text: string): Generator<string, void> {
  let start = 0
  let lastSpace = -1
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] as string
    let end = 0
    if (sign === '\n') {
      // What opens the next line, such as a quotation mark, is that line's.
      if (isBreak(text, at)) end = at + 1
    } else if (endsSentence(text, start, at, sign)) {
      end = at + 1
      while (end < text.length && (closing.has(text[end] as string) || isStop(text[end] as string))) end++
    }
    if (end === 0 && at - start >= longestSentence) end = lastSpace > start ? lastSpace : wholeSigns(text, at)
    if (end === 0 && (sign === ' ' || sign === '\n' || sign === '\t')) lastSpace = at
    if (end === 0) continue
    const sentence = text.slice(start, end).trim()
    if (sentence !== '') yield sentence
    start = end
    lastSpace = -1
    at = end - 1
  }
  const last = text.slice(start).trim()
  if (last !== '') yield last
}

function isStop(sign: string): boolean {
  return sign === '.' || sign === '!' || sign === '?' || sign === '。' || sign === '！' || sign === '？'
}

function endsSentence(text: string, start: number, at: number, sign: string): boolean {
  if (!isStop(sign)) return false
  if (sign > '\u2fff') return true
  let next = at + 1
  // A bounded look: a run of stops is taken up by the caller.
  while (next < at + 4 && closing.has(text[next] ?? '')) next++
  const after = text[next]
  if (after !== undefined && !space.test(after)) return isStop(after) && text[next + 1] === undefined
  return sign !== '.' || !isAbbreviated(text, start, at)
}

function isAbbreviated(text: string, start: number, at: number): boolean {
  const from = Math.max(start, at - 8)
  const word = /[\p{L}.]+$/u.exec(text.slice(from, at))?.[0] ?? ''
  if (abbreviations.has(word.toLowerCase())) return true
  // An initial, as in "J. Smith", but not the last letter of "plan B." at the end of a line.
  return word.length === 1 && word !== 'I' && /^ \p{Lu}\p{L}/u.test(text.slice(at + 1, at + 4)) && /[A-Z]/.test(word)
}

/** Whether a line break ends a sentence: an empty line, a list, a heading or a short line, as opposed to wrapped prose. */
function isBreak(text: string, at: number): boolean {
  // Of the whole line: a sentence may begin near its end.
  if (at - text.lastIndexOf('\n', at - 1) < 60 || text[at - 1] === ':') return true
  let next = at + 1
  while (next < at + 80 && (text[next] === ' ' || text[next] === '\t' || text[next] === '\r')) next++
  const first = text[next]
  return first === undefined || /[\n\-*•#|>{}[\]"\d<]/.test(first)
}

/** The nearest place at or before `at` that is not within a surrogate pair. */
function wholeSigns(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at
}
