import { type Block, Headings } from '@plinth/core/reading'
import type { Outline } from '../outline.ts'

/** Text as it is: its paragraphs, under its first line where that reads as a title. */
export function readText(text: string): Outline {
  return { text, blocks: paragraphs(text, 'prose', new Headings(titleOf(text)).path) }
}

/** Logs, program text, settings: what is between empty lines, cut at the ends of lines. */
export function readLines(text: string): Outline {
  return { text, blocks: paragraphs(text, 'lines', '') }
}

function* paragraphs(text: string, kind: Block['kind'], context: string): Generator<Block> {
  let start = 0
  for (let line = 0; line < text.length; ) {
    const newline = text.indexOf('\n', line)
    const end = newline < 0 ? text.length : newline
    if (isBlank(text, line, end)) {
      if (start < line) yield { start, end: line, kind, context }
      start = end + 1
    }
    line = end + 1
  }
  if (start < text.length) yield { start, end: text.length, kind, context }
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) > 0x20) return false
  return true
}

const longestTitle = 200

/** The first line, if it is short and no sentence, and an empty line or a much longer one follows it. */
function titleOf(text: string): string | undefined {
  const [, first = '', gap = '', next = ''] = /^\s*([^\n]{1,400})(\n\s*)([^\n]{0,400})/.exec(text.slice(0, 4_096)) ?? []
  const title = first.trim()
  if (title.length > longestTitle || !/\p{L}/u.test(title) || /[.,;:!。，；：]$/u.test(title)) return undefined
  return /\n.*\n/s.test(gap) || next.length >= 2 * title.length ? title : undefined
}
