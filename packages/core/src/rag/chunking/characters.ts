/** Where a text may be cut, and what its characters cost, by their code units. @module */

/** White space as `String.prototype.trim` knows it. */
export function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  if (code < 0xa0) return false
  if (code === 0xa0 || code === 0x1680 || code === 0xfeff || code === 0x3000) return true
  if (code < 0x2000 || code > 0x205f) return false
  return code <= 0x200a || code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f
}

/** Thirds of a token, as `estimateTextTokens` counts them: a character of ASCII is one, any other three. */
export function costOf(code: number): number {
  return code > 0x7f ? 3 : 1
}

/** The first place from `from` that holds no white space, with the space that a combining mark stands on; `to` when there is none. */
export function skipSpace(text: string, from: number, to: number): number {
  let at = from
  while (at < to && isSpace(text.charCodeAt(at))) at++
  return at < to && at > from && joinsPrevious(text, at) && carriesMarks(text.charCodeAt(at - 1)) ? at - 1 : at
}

function carriesMarks(space: number): boolean {
  return space === 0x20 || (space >= 0xa0 && space !== 0x2028 && space !== 0x2029 && space !== 0xfeff)
}

/** The end of what is no white space, looking back from `to`; `from` when there is none. */
export function trimEnd(text: string, from: number, to: number): number {
  let at = to
  while (at > from && isSpace(text.charCodeAt(at - 1))) at--
  return at
}

// Thai and Lao AM are letters that extend the one before them (Unicode Standard Annex 29, SpacingMark).
const joining = /^(?:[\p{Grapheme_Extend}\p{M}\p{Emoji_Modifier}\u0e33\u0eb3]|\u200d)/u

/** Whether what stands at `at` is part of the character before it: a combining mark, a half of a pair. */
export function joinsPrevious(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (!(code >= 0x300)) return false
  if (code >= 0xdc00 && code <= 0xdfff) return isHigh(text.charCodeAt(at - 1))
  return joining.test(String.fromCodePoint(text.codePointAt(at) ?? 0))
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })
/** Beyond the cut; a character that is longer shows its beginning all the same. */
const lookAhead = 16

/**
 * The nearest place at or before `at`, and behind `start`, where a character as people see them begins. A single one that goes from
 * `start` beyond `at` is cut there, but never between the two halves of a code point. `start` must begin a character.
 */
export function characterStart(text: string, start: number, at: number): number {
  const found = graphemes.segment(text.slice(start, at + lookAhead)).containing(at - start)
  if (!found) return at
  if (found.index > 0) return start + found.index
  return isHigh(text.charCodeAt(at - 1)) && at - 1 > start && isLow(text.charCodeAt(at)) ? at - 1 : at
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}
