import { PlinthError } from '../errors.ts'

/** A file as it was sent. */
export interface DocumentSource {
  /** The name that it was sent under; its extension says what it is where nothing else does. */
  readonly name: string
  /** A media type without parameters, such as `application/pdf`. */
  readonly contentType: string
  /** Handed over with the call: where they fill their buffer they may be gone afterwards, rather than copied. */
  readonly bytes: Uint8Array
}

/** A stretch of the text that is found and cited as one. Offsets are JavaScript string indices, never inside a surrogate pair. */
export interface DocumentChunk {
  readonly start: number
  /** Behind the last character; above `start`. */
  readonly end: number
  /** Which of `contexts` it stands in; absent: none. */
  readonly context?: number
}

export interface ReadDocument {
  /**
   * What offsets index. For text/plain, text/markdown, text/csv and application/json the content as it was sent, decoded from UTF-8 (a
   * byte order mark may say otherwise, and stays as U+FEFF); for other kinds the words of the document, block by block, tables a row a
   * line.
   */
  readonly text: string
  /** Where each page begins, for kinds that have pages: the first at 0, in order. */
  readonly pages?: readonly number[]
  /** In order of `start`; each at most the chunk budget; neighbours may overlap; together they hold every word of the text. */
  readonly chunks: readonly DocumentChunk[]
  /** Titles, paths of headings and the header rows of tables, which chunks refer to. */
  readonly contexts: readonly string[]
}

/** Why a document can't be read; sending it again would change nothing, but for `document_timed_out`. */
export type UnreadableCode =
  | 'document_type_unknown'
  | 'document_mislabelled'
  | 'document_damaged'
  | 'document_encrypted'
  | 'document_empty'
  | 'document_too_large'
  | 'document_timed_out'
  | 'document_encoding_unknown'

/** A document that can't be read. The message says what to do, and nothing of the content. */
export class UnreadableDocumentError extends PlinthError {
  constructor(code: UnreadableCode, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, code === 'document_timed_out', options)
  }
}

/**
 * Reads files of common kinds: text with its pages, and the chunks that it falls into.
 *
 * Promises:
 * - The same bytes give the same text and chunks, in the same version of the reader.
 * - A file that is damaged, encrypted, mislabelled or made to exhaust memory or time ends as UnreadableDocumentError within its limits,
 *   and harms neither the process nor the files read beside it.
 * - Every chunk is a slice of the text, and every character that isn't white space is in one.
 */
export interface DocumentReader {
  /** Names the way that text and chunks are made; documents read by another one are read anew. */
  readonly version: string
  /** Whether files of that kind can be read; for a clear refusal before anything is kept. */
  reads(contentType: string): boolean
  /** The media type of a file by its name's extension; text/plain where that doesn't say. */
  typeOf(name: string): string
  /** @throws UnreadableDocumentError, or the signal's reason. */
  read(source: DocumentSource, options?: { readonly signal?: AbortSignal }): Promise<ReadDocument>
}
