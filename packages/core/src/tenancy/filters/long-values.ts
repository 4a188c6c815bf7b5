/** A value that is longer than what was looked at, and what is remembered of it from one look to the next. */
export interface LongValue {
  readonly type: 'token' | 'key block'
  /** Characters so far of the line of base64 that is being read; 0 between lines. */
  line: number
  /** Whether the line before was a full one. */
  afterFull: boolean
}

/**
 * Reads on in a value whose beginning was found. Gives up to where `text` certainly belongs to it, and whether it ended there. A
 * token goes on until a character that no token has. A key block goes on over lines of base64 to its end mark; it ends before
 * what isn't base64, so that prose about keys isn't eaten. Between lines it wants to see 160 characters ahead.
 */
export function readOn(
  value: LongValue,
  text: string,
  from: number,
  ended: boolean,
): { readonly upTo: number; readonly done: boolean } {
  if (value.type === 'token') {
    const upTo = endOf(tokenCharacters, text, from)
    return { upTo, done: ended || upTo < text.length }
  }
  let upTo = from
  for (;;) {
    if (value.line > 0) {
      const end = endOf(base64, text, upTo)
      value.line += end - upTo
      upTo = end
      if (upTo === text.length && !ended) return { upTo, done: false }
      value.afterFull = value.line >= fullLine
      value.line = 0
    }
    const ahead = text.slice(upTo, upTo + lookAhead)
    if (ahead.length < lookAhead && !ended) return { upTo, done: false }
    const line = endOf(gap, ahead, 0)
    const mark = endOf(endMark, ahead, line)
    if (mark > line) return { upTo: upTo + mark, done: true }
    const header = endOf(headerLine, ahead, line)
    const end = endOf(base64, ahead, line)
    if (header > line) upTo += header
    else if (end - line >= fullLine || (end > line && value.afterFull)) {
      upTo += end
      value.line = end - line
    } else return { upTo, done: true }
  }
}

/** Base64 shorter than this may be a word of prose, unless it is the last line of a key. */
const fullLine = 16
const lookAhead = 160
const tokenCharacters = /[\w\-.~+/=%]*/y
const base64 = /[A-Za-z0-9+/=]*/y
/** What stands between lines, also as JSON escapes it. */
const gap = /(?:\s|\\[nrt]){0,40}/y
const endMark = /-----END [A-Z0-9 ]{1,50}-----/y
const headerLine = /(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): [^\n\\]{0,60}/y

function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex : from
}
