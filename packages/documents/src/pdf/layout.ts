/** Lines of pages as paragraphs, headings and tables. @module */
import type { OutlineWriter } from '../outline.ts'
import { type Line, leftOf, rightOf, textOf } from './line.ts'

/** A page, and whether its lines were seen rather than read: what is seen is too unsure in its heights to tell headings. */
export interface PageLines {
  readonly lines: readonly Line[]
  readonly seen: boolean
}

/** In heights of the body's type. */
const headingFrom = 1.15
const longestHeading = 200

export function writePages(pages: readonly PageLines[], writer: OutlineWriter): void {
  const body = bodyHeight(pages.filter(({ seen }) => !seen).flatMap(({ lines }) => lines))
  const levels = headingLevels(pages, body)
  for (const { lines, seen } of pages) {
    writer.page()
    const own = seen ? bodyHeight(lines) : body
    writePage(lines, { writer, body: own, levelOf: (line) => (seen ? undefined : levels.get(rounded(line.height))) })
  }
}

interface PageContext {
  readonly writer: OutlineWriter
  readonly body: number
  /** Of a heading's type; undefined for what is none. */
  levelOf(line: Line): number | undefined
}

function writePage(lines: readonly Line[], { writer, body, levelOf }: PageContext): void {
  const leading = usualLeading(lines, body)
  let paragraph: Line[] = []
  const flush = (): void => {
    const [first] = paragraph
    if (!first) return
    const words = joinLines(paragraph.map(textOf))
    const level = levelOf(first)
    if (level !== undefined && words.length <= longestHeading && /\p{L}/u.test(words)) writer.heading(level, words)
    else writer.add(words, 'prose')
    paragraph = []
  }
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]
    if (!line) continue
    const rows = tableAt(lines, at)
    if (rows > 0) {
      flush()
      writer.table(
        lines.slice(at, at + rows).map(({ cells }) => cells.map(({ text }) => text)),
        false,
      )
      at += rows - 1
      continue
    }
    const last = paragraph.at(-1)
    if (last && beginsParagraph(last, line, leading)) flush()
    paragraph.push(line)
  }
  flush()
}

/** How many lines from there are rows of one table: three or more of as many cells, which stand below each other. */
function tableAt(lines: readonly Line[], at: number): number {
  const first = lines[at]
  if (!first || first.cells.length < 2) return 0
  let rows = 1
  for (let line = lines[at + rows]; line && isBelow(first, line); line = lines[at + rows]) rows++
  return rows >= 3 ? rows : 0
}

function isBelow(first: Line, line: Line): boolean {
  return (
    line.cells.length === first.cells.length &&
    line.cells.every(({ x0, x1 }, column) => {
      const above = first.cells[column]
      return above !== undefined && (Math.abs(x0 - above.x0) < line.height || Math.abs(x1 - above.x1) < line.height)
    })
  )
}

function beginsParagraph(last: Line, line: Line, leading: number): boolean {
  if (Math.abs(last.height - line.height) > 0.15 * last.height) return true
  const drop = last.baseline - line.baseline
  const ended = /[.!?:;。！？؟۔।]["')\]”’»]*$/.test(textOf(last))
  // Up again: the next column, in which a sentence may go on.
  if (drop < -0.5 * line.height) return ended || !/^[\p{Ll}\d(]/u.test(textOf(line))
  if (drop > 1.35 * leading) return true
  if (/^(?:[•●▪◦‣–*-]|\(?\d{1,3}[.)])\s/.test(textOf(line))) return true
  const indented = leftOf(line) > leftOf(last) + line.height
  const short = rightOf(last) < rightOf(line) - 4 * line.height
  return ended && (indented || short)
}

/** One line of text; a word that was parted by a hyphen at the end of a line is whole again. */
function joinLines(lines: readonly string[]): string {
  let text = ''
  for (const line of lines) {
    if (text === '') text = line
    else if (/\p{L}\u00ad$/u.test(text)) text = text.slice(0, -1) + line
    else if (/\p{Ll}[-\u2010]$/u.test(text) && /^\p{Ll}/u.test(line)) text = text.slice(0, -1) + line
    else if (
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u.test(text) &&
      /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(line)
    )
      text += line
    else text += ` ${line}`
  }
  return text
}

/** The height that most characters have. */
function bodyHeight(lines: readonly Line[]): number {
  const characters = new Map<number, number>()
  for (const line of lines)
    characters.set(rounded(line.height), (characters.get(rounded(line.height)) ?? 0) + textOf(line).length)
  let most: [height: number, count: number] = [1, 0]
  for (const each of characters) if (each[1] > most[1]) most = each
  return most[0]
}

function usualLeading(lines: readonly Line[], body: number): number {
  const drops = lines
    .map((line, at) => (lines[at - 1]?.baseline ?? Number.NaN) - line.baseline)
    .filter((drop) => drop > 0.5 * body && drop < 3 * body)
    .sort((a, b) => a - b)
  const usual = drops[Math.floor(drops.length / 2)] ?? 1.2 * body
  // A page of a few lines may have none within a paragraph; few are set wider than that.
  return drops.length < 4 ? Math.min(usual, 1.7 * body) : usual
}

/** The heights of headings, from the largest; the sixth level takes the rest. */
function headingLevels(pages: readonly PageLines[], body: number): ReadonlyMap<number, number> {
  const heights = new Set<number>()
  for (const { lines, seen } of pages) {
    if (!seen) for (const { height } of lines) if (height >= headingFrom * body) heights.add(rounded(height))
  }
  return new Map([...heights].sort((a, b) => b - a).map((height, at) => [height, Math.min(6, at + 1)]))
}

/** Type of one size comes out a little different from line to line. */
function rounded(height: number): number {
  return Math.round(height * 2) / 2
}
