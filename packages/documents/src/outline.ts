import { type Block, Headings } from '@plinth/core/reading'

/** A document as it is read: its text and what it is made of. */
export interface Outline {
  readonly text: string
  readonly blocks: Iterable<Block>
  readonly pages?: readonly number[]
}

/** Puts together the text of a document that is no text itself. */
export class OutlineWriter {
  readonly headings: Headings
  readonly #parts: string[] = []
  readonly #blocks: Block[] = []
  readonly #pages: number[] = []
  #length = 0

  constructor(title?: string) {
    this.headings = new Headings(title)
  }

  /** A block of its own, with an empty line before it; rows of a table follow each other without one. */
  add(words: string, kind: Block['kind'], options: { readonly context?: string; readonly row?: boolean } = {}): void {
    if (words.trim() === '') return
    if (this.#length > 0) this.#append(options.row ? '\n' : '\n\n')
    const start = this.#length
    this.#append(words)
    this.#blocks.push({ start, end: this.#length, kind, context: options.context ?? this.headings.path })
  }

  /** Opens a section. */
  heading(level: number, words: string): void {
    this.headings.open(level, words)
    this.add(words, 'prose')
  }

  /** Rows of a table, their cells between bars; the first one is the header where it reads as one. */
  table(rows: readonly (readonly string[])[], headed: boolean): void {
    const lines = rows.map((cells) => cells.join(' | ').trim()).filter((line) => /[^\s|]/.test(line))
    const header = headed || isHeader(rows) ? (lines[0] ?? '') : ''
    const context = lines.length > 1 ? this.headings.withHeader(header) : this.headings.path
    for (const [at, line] of lines.entries()) this.add(line, line.length > longRow ? 'prose' : 'lines', { context, row: at > 0 })
  }

  /** Where the next block begins is a new page. */
  page(): void {
    // The empty line between two blocks belongs to the page before.
    this.#pages.push(this.#length === 0 ? 0 : this.#length + 2)
  }

  finish(): Outline {
    const text = this.#parts.join('')
    const pages = this.#pages.map((start) => Math.min(start, text.length))
    return { text, blocks: this.#blocks, ...(pages.length > 0 ? { pages } : {}) }
  }

  #append(words: string): void {
    this.#parts.push(words)
    this.#length += words.length
  }
}

/** A row that is longer is prose in a layout of cells. */
const longRow = 600

/** A first row of words, none of them a number or missing, above others. */
export function isHeader(rows: readonly (readonly string[])[]): boolean {
  const [first = []] = rows
  return (
    rows.length > 1 &&
    first.length > 1 &&
    first.every((cell) => cell.trim() !== '' && cell.length <= 60 && !/^[\s\d.,:%$€£+-]+$/.test(cell))
  )
}

/** Characters that neighbours are joined up to: few enough to fit into a chunk whatever they are, many enough to make far fewer blocks. */
const packed = 128

/** Adds a block, or joins it to the one before, if that isn't before `floor`; for documents of millions of small rows and members. */
export function pushPacked(blocks: Block[], block: Block, floor = 0): void {
  const last = blocks.length > floor ? blocks.at(-1) : undefined
  if (last?.context === block.context && block.end - last.start <= packed)
    blocks[blocks.length - 1] = { ...last, end: block.end, kind: 'lines' }
  else blocks.push(block)
}
