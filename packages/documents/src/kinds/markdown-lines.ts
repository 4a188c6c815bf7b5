import { type Block, Headings } from '@plinth/core/reading'

/** Headings, code between fences, and what empty lines part: Markdown without its grammar, in one pass over the lines. */
export function* scanMarkdown(text: string): Generator<Block> {
  const headings = new Headings()
  let start = 0
  let fence: string | undefined
  for (let line = 0; line < text.length; ) {
    const newline = text.indexOf('\n', line)
    const end = newline < 0 ? text.length : newline + 1
    const words = text.slice(line, Math.min(end, line + longestMark))
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(words)?.[1]
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) {
        yield { start, end, kind: 'lines', context: headings.path }
        fence = undefined
        start = end
      }
    } else {
      const heading = /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*\r?\n?$/s.exec(words)
      const blank = end - line <= longestMark && words.trim() === ''
      if ((mark !== undefined || heading || blank) && start < line) {
        yield { start, end: line, kind: 'prose', context: headings.path }
        start = line
      }
      if (mark !== undefined) fence = mark
      if (heading) headings.open(heading[1]?.length ?? 1, heading[2] ?? '')
    }
    line = end
  }
  if (start < text.length)
    yield { start, end: text.length, kind: fence === undefined ? 'prose' : 'lines', context: headings.path }
}

/** What is looked at of a line. */
const longestMark = 500
