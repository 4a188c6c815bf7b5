/** Sentences with their places. @module */

/** Offsets in the text; `start` below `end`, no white space at either side. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Longer runs without an end, as tables have them, are cut at a space. */
const longest = 600

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/**
 * The sentences of a text in any script, in order; together they hold every sign that isn't white space. Unicode's rules (UAX 29), with
 * two corrections: a line that breaks within a sentence doesn't end it, and neither does the full stop of an abbreviation or initial.
 */
export function sentencesOf(text: string): readonly Span[] {
  const found: Span[] = []
  let start = -1
  for (const { segment, index } of segmenter.segment(text)) {
    if (start < 0) start = index
    const end = index + segment.length
    if (end < text.length && end - start < longest && continues(text, start, end)) continue
    cut(text, start, end, found)
    start = -1
  }
  if (start >= 0) cut(text, start, text.length, found)
  return found
}

const abbreviated =
  /(?:^|[\s("'“])(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|etc|approx|Fig|No|Inc|Ltd|Co|e\.g|i\.e|cf|al|Gen|Col|Lt|Rev|Hon|Mt|c|ca|\p{Lu}(?:\.\p{Lu})*)\.\s*$/u

/** Whether a sentence goes on behind what Unicode takes for its end. */
function continues(text: string, start: number, end: number): boolean {
  const before = text.slice(start, end)
  const after = text.slice(end, end + 40)
  if (/\n\s*\n\s*$/.test(before)) return false
  if (/\n\s*$/.test(before))
    // An item of a list goes on behind spaces; a digit there begins one of its own.
    return /^(?:[ \t]*[\p{Ll}(`]|\p{Nd})/u.test(after) && !/[.!?:;。！？|]\s*$/.test(before) && lineLength(text, end) >= 30
  // An initial before a name; "vitamin C." before "The" ends a sentence, and nobody can tell it from "George C. Marshall".
  return abbreviated.test(before.slice(-12)) && !/\betc\.\s*$/.test(before) && /^["'“(]?[\p{L}\p{N}]/u.test(after)
}

/** Of the whole line that ended: a sentence may begin near its end. */
function lineLength(text: string, end: number): number {
  const lineEnd = text.lastIndexOf('\n', end - 1)
  return text.slice(text.lastIndexOf('\n', lineEnd - 1) + 1, lineEnd).trim().length
}

function cut(text: string, start: number, end: number, found: Span[]): void {
  let from = start
  while (end - from > longest) {
    const space = text.lastIndexOf(' ', from + longest)
    const at = space > from ? space : wholeSign(text, from + longest)
    push(text, from, at, found)
    from = at
  }
  push(text, from, end, found)
}

function push(text: string, start: number, end: number, found: Span[]): void {
  const piece = text.slice(start, end)
  const trimmed = piece.trim()
  if (trimmed === '') return
  const from = start + piece.indexOf(trimmed)
  found.push({ start: from, end: from + trimmed.length })
}

/** The nearest place at or before `at` that isn't within a surrogate pair. */
function wholeSign(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit < 0xe000 ? at - 1 : at
}
