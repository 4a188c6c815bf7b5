import { type Block, Headings } from '@plinth/core/reading'
import Papa from 'papaparse'
import { isHeader, type Outline, pushPacked } from '../outline.ts'

/** Rows as they are, each under the header row. */
export function readCsv(text: string): Outline {
  const content = text.startsWith('\ufeff') ? 1 : 0
  // papaparse takes a byte order mark away, and counts from behind it.
  const { data, meta } = Papa.parse<string[]>(text.slice(content, content + sample), { preview: 2, skipEmptyLines: true })
  const [first = []] = data
  const header = isHeader(data) ? first.join(' | ') : ''
  const context = new Headings().withHeader(header)
  const blocks: Block[] = []
  let start = content
  Papa.parse<string[]>(content === 0 ? text : text.slice(content), {
    delimiter: meta.delimiter,
    newline: meta.linebreak as '\n',
    step: ({ meta: { cursor } }) => {
      const end = content + cursor
      pushPacked(blocks, { start, end, kind: 'lines', context })
      start = end
    },
  })
  return { text, blocks }
}

/** What the delimiter is guessed from, and the header read. */
const sample = 100_000
