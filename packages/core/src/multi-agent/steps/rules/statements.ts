/** A stretch of a document, sentence by sentence and row by row, each with what it stands under. @module */
import { sentencesOf } from '../../../rag/answer/sentences.ts'
import { termsIn } from './topic.ts'

/** Text of a document; `start`: where it stands there. */
export interface Stretch {
  readonly text: string
  readonly start: number
}

export interface Statement {
  readonly text: string
  /** In the document. */
  readonly start: number
  readonly end: number
  readonly terms: ReadonlySet<string>
  /** What stands before it under the same heading, the nearest first. */
  readonly before: readonly Statement[]
  /** The terms of the headings that it stands under, the nearest first, and at last those of the document's first line. */
  readonly headings: readonly ReadonlySet<string>[]
  /** The nearest heading, as it is written. */
  readonly heading: string | undefined
  /** Of a row of a table: its cells by their columns' names. */
  readonly cells?: readonly { readonly column: string; readonly value: string }[]
}

/** So many sentences before one may say what it is about. */
const mostBefore = 8

/** @param opening the document's first lines, where the stretch doesn't begin with them: its title, or a table's header. */
export function statementsIn({ text, start }: Stretch, opening = ''): readonly Statement[] {
  const found: Statement[] = []
  const headings: { readonly level: number; readonly text: string; readonly terms: ReadonlySet<string> }[] = []
  const first = /^\s*(.+)/.exec(opening === '' ? text : opening)?.[1] ?? ''
  // A first line that is a sentence says something, and is no title.
  const title = /[.!?]\s*$/.test(first) ? new Set<string>() : termsIn(first.replace(/^#+\s*/, ''))
  let section: Statement[] = []
  let columns = start === 0 ? undefined : columnsIn(first)
  const lines = [...paragraphs(text)]
  for (const [index, { line, at }] of lines.entries()) {
    const [, signs, heading] = /^(#{1,6})\s+(.+)$/.exec(line) ?? []
    if (signs !== undefined && heading !== undefined) {
      while ((headings.at(-1)?.level ?? 0) >= signs.length) headings.pop()
      headings.push({ level: signs.length, text: heading.trim(), terms: termsIn(heading) })
      section = []
      columns = undefined
      continue
    }
    const under = [...headings.toReversed().map(({ terms }) => terms), title]
    const put = (first: number, last: number, cells?: Statement['cells']): void => {
      const [from, to] = cells ? [first, last] : bare(line, first, last)
      const words = line.slice(from, to)
      if (cells === undefined && !tells(words)) return
      const statement: Statement = {
        text: words,
        start: start + at + from,
        end: start + at + to,
        // Commas between cells are no part of figures.
        terms: termsIn(cells ? cells.map(({ value }) => value).join(' ; ') : words),
        before: cells ? [] : section.slice(0, mostBefore),
        headings: under,
        heading: headings.at(-1)?.text,
        ...(cells ? { cells } : {}),
      }
      section = [statement, ...section.slice(0, mostBefore - 1)]
      found.push(statement)
    }
    const values = cellsOf(line)
    if (values && columns?.length === values.length) {
      if (values.some((value) => !/^:?-+:?$/.test(value)))
        put(
          0,
          line.length,
          values.map((value, place) => ({ column: columns?.[place] ?? '', value })),
        )
      continue
    }
    columns = columnsIn(line)
    if (columns && cellsOf(lines[index + 1]?.line ?? '')?.length === columns.length) continue
    columns = undefined
    for (const span of sentencesOf(unwrapped(line))) put(span.start, span.end)
  }
  return found
}

/** Lines of tables, headings and points of lists by themselves; others together, as far as they are one paragraph. */
function* paragraphs(text: string): Generator<{ readonly line: string; readonly at: number }> {
  let open: { from: number; to: number } | undefined
  let at = 0
  for (const line of text.split('\n')) {
    const apart = line.trim() === '' || /^#{1,6}\s|^\s*```/.test(line) || cellsOf(line) !== undefined
    if ((apart || point.test(line)) && open) {
      yield { line: text.slice(open.from, open.to), at: open.from }
      open = undefined
    }
    if (apart && line.trim() !== '' && !/^\s*```/.test(line)) yield { line: line.replace(/\r$/, ''), at }
    if (!apart) open = { from: open?.from ?? at, to: at + line.length }
    at += line.length + 1
  }
  if (open) yield { line: text.slice(open.from, open.to), at: open.from }
}

const point = /^\s*(?:[-*•+]|\d{1,3}[.)])\s/

/** With spaces where lines were broken for their length; a short line, or one with an end, is one that its writer ended. */
function unwrapped(paragraph: string): string {
  return paragraph.replaceAll(/(?<=[^\n]{50}[^\n.!?:;|])\r?\n[ \t]*(?=\S)/g, (broken) => ' '.repeat(broken.length))
}

/** Without what marks a point of a list or a quotation, or is left of an emphasis. */
function bare(line: string, first: number, last: number): readonly [number, number] {
  const [marks = ''] = /^(?:(?:[-*•+>]|\d{1,3}[.)]|\*\*|__)\s+)+/.exec(line.slice(first, last)) ?? []
  return [first + marks.length, last]
}

/** Longer ones are no sentences, but tables and lists without form. */
export const longestStatement = 500

/** Whether it says something by itself: not a word or two, nor what only leads to a list. */
function tells(words: string): boolean {
  if (words.length > longestStatement) return false
  return /\d/.test(words) || ((words.match(/[\p{L}\p{N}]+/gu)?.length ?? 0) > 2 && !words.endsWith(':'))
}

/** A row's cells; undefined for a line that is none. */
function cellsOf(line: string): readonly string[] | undefined {
  const piped = /^\s*\|(.+)\|\s*$/.exec(line)?.[1]
  if (piped !== undefined) return piped.split('|').map((cell) => cell.trim())
  for (const separator of ['\t', ';', ','] as const) {
    const cells = separated(line.replace(/\r$/, ''), separator)
    // Prose has spaces behind its commas, and full stops.
    if (cells.length >= 2 && cells.every((cell) => cell.length <= 120 && !/^\s/.test(cell)) && !/[.!?]$/.test(line)) return cells
  }
  return undefined
}

/** RFC 4180: a cell may stand in quotation marks, in which they are doubled. */
function separated(line: string, separator: string): readonly string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let place = 0; place < line.length; place++) {
    const sign = line.charAt(place)
    if (quoted && sign === '"' && line[place + 1] === '"') {
      cell += '"'
      place++
    } else if (sign === '"' && (quoted || cell === '')) quoted = !quoted
    else if (sign === separator && !quoted) {
      cells.push(cell)
      cell = ''
    } else cell += sign
  }
  return [...cells, cell]
}

/** A line whose cells are names of columns. */
function columnsIn(line: string): readonly string[] | undefined {
  const cells = cellsOf(line)
  const isName = (cell: string): boolean => /\p{L}/u.test(cell) && !/^\d/.test(cell)
  // What the rows are of often has no name.
  return cells?.every((cell, place) => isName(cell) || (place === 0 && cell === '' && cells.length > 1)) ? cells : undefined
}
