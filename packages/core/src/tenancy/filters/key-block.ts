import { fold } from './fold.ts'
import { isHalf } from './masking.ts'

/** A private key that is being read, and what is remembered of it from one look to the next. */
export interface KeyBlock {
  readonly type: 'key block'
  /** Characters so far of the line of base64 that is being read; 0 between lines. */
  line: number
  /** What was read last: the header of the block, a full line of base64, or a shorter one. */
  after: 'header' | 'full line' | 'short line'
}

/** Of a private key in PEM, in OpenPGP's armour, or in that of SSH2 (RFC 7468, RFC 9580, RFC 4716). The text is folded. */
export const keyHeader: RegExp = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}/gi

/**
 * Reads on in a private key whose header was found: over headers and lines of base64, plain, quoted, escaped or in a program's
 * strings, to the end mark or, where the key is cut off, to the end of the base64. It ends before what isn't base64, so that
 * prose about keys isn't eaten. Between lines it wants to see 320 characters ahead, and looks no further.
 */
export function readKeyBlock(
  block: KeyBlock,
  text: string,
  from: number,
  ended: boolean,
): { readonly upTo: number; readonly done: boolean } {
  let upTo = from
  for (;;) {
    if (block.line > 0) {
      const end = endOf(base64AsWritten, text, upTo)
      block.line += end - upTo
      upTo = end
      const half = upTo === text.length - 1 && isHalf(text.charCodeAt(upTo))
      if ((upTo === text.length || half) && !ended) return { upTo, done: false }
      block.after = block.line >= fullLine ? 'full line' : 'short line'
      block.line = 0
    }
    const ahead = text.slice(upTo, upTo + lookAhead)
    if (ahead.length < lookAhead && !ended) return { upTo, done: false }
    const folded = fold(ahead)
    const step = nextStep(folded.text, block.after)
    if (step === undefined) {
      // So much that is invisible that what comes next isn't seen.
      if (ahead.length < lookAhead || folded.text.length > lookAhead / 2 || endOf(joint, folded.text, 0) < folded.text.length)
        return { upTo, done: true }
      upTo += ahead.length
      continue
    }
    const to = upTo + folded.origin(step.to)
    if (step.type === 'end') return { upTo: to, done: true }
    if (step.type === 'line') block.line = step.to - step.start
    else block.after = 'header'
    upTo = to
  }
}

interface Step {
  readonly type: 'end' | 'line' | 'header'
  readonly start: number
  readonly to: number
}

/** What comes next of the key; undefined if nothing does. */
function nextStep(ahead: string, after: KeyBlock['after']): Step | undefined {
  const start = endOf(gap, ahead, 0)
  const mark = endOf(endMark, ahead, start)
  if (mark > start) return { type: 'end', start, to: mark }
  const header = endOf(headerLine, ahead, start)
  if (header > start) return { type: 'header', start, to: header }
  return lineAt(ahead, start, after) ?? joinedLine(ahead, after) ?? shortKey(ahead)
}

function lineAt(ahead: string, start: number, after: KeyBlock['after']): Step | undefined {
  const to = endOf(base64, ahead, start)
  if (to === start) return undefined
  if (to - start >= fullLine) return { type: 'line', start, to }
  const lines = lineBreak.test(ahead.slice(0, start)) || after === 'full line'
  return lines && after !== 'short line' && isLastLine(ahead, start, to, after) ? { type: 'line', start, to } : undefined
}

/** A line behind the signs with which e-mails quote and programs join lines. */
function joinedLine(ahead: string, after: KeyBlock['after']): Step | undefined {
  const start = endOf(joint, ahead, 0)
  const mark = endOf(endMark, ahead, start)
  if (mark > start) return { type: 'end', start, to: mark }
  const to = endOf(base64, ahead, start)
  const before = ahead.slice(0, start)
  const last = after === 'full line' && before.includes('\n') && isLastLine(ahead, start, to, after)
  return to > start && ((lineBreak.test(before) && to - start >= joinedFullLine) || last)
    ? { type: 'line', start, to }
    : undefined
}

/** Whether what is shorter than a line may be the last one of a key that is cut off: alone on its line, or unlike a word. */
function isLastLine(ahead: string, start: number, to: number, after: KeyBlock['after']): boolean {
  if (/^[ \t]*(?:[\r\n"'`\\]|$)/.test(ahead.slice(to))) return true
  return after === 'full line' && /\d|[a-z][A-Z]|[+/=]/.test(ahead.slice(start, to))
}

/** A key, or the end of one, that is shorter than a line, when its end mark is to be seen. */
function shortKey(ahead: string): Step | undefined {
  const start = ahead.search(anyEndMark)
  if (start < 0 || !/^[\w+/=\s\\"'`>|,;*#&$]*$/.test(ahead.slice(0, start))) return undefined
  return { type: 'end', start, to: endOf(endMark, ahead, start) }
}

/** Base64 shorter than this may be a word of prose, unless it is the last line of a key. */
const fullLine = 16
const joinedFullLine = 24
const lookAhead = 320
const base64 = /[A-Za-z0-9+/=]*/y
/** The same as it may stand in a text that isn't folded. */
const base64AsWritten = /[A-Za-z0-9+/=\p{Nd}\uff0b\uff0f\uff1d\uff21-\uff3a\uff41-\uff5a\p{Default_Ignorable_Code_Point}]*/uy
const lineBreak = /[\n\r]|\\[nr]/
/** What stands between lines, also as JSON escapes it. */
const gap = /(?:\s|\\{1,4}[nrt]){0,60}/y
const joint = /(?:\s|\\{1,4}[nrt]|\\{0,4}["'`]|[>|,;+*#.&\\]|\/\/(?=\s)){0,80}/y
const anyEndMark = /-{4,5} ?END [A-Z0-9 ]{1,50}-{4,5}/i
const endMark = new RegExp(anyEndMark, 'iy')
const headerLine = /(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|Subject|MessageID): [^\n\\]{0,80}/y

/** Where what a sticky pattern takes at `from` ends; `from` itself when it takes nothing. */
export function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex : from
}
