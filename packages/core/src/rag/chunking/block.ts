/** A stretch of a document that belongs together: a paragraph, a row, a piece of code. */
export interface Block {
  readonly start: number
  readonly end: number
  /** What it may be cut at when it is too long: 'prose' between sentences, 'lines' (rows, code, logs) at the ends of lines. */
  readonly kind: 'prose' | 'lines'
  /** Titles, headings and header rows that it stands under; '' for none. Blocks of one context are put into one chunk. */
  readonly context: string
}

/** Many chunks in little memory, which go from thread to thread without being copied. */
export interface ChunkTable {
  /** Three numbers a chunk: start, end, and 1 + its place in `contexts`, or 0. */
  readonly spans: Uint32Array<ArrayBuffer>
  readonly contexts: readonly string[]
}
