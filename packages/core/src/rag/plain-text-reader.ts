import { type DocumentReader, UnreadableDocumentError } from '../ports/document-reader.ts'
import type { Block } from './chunking/block.ts'
import { chunkBlocks } from './chunking/chunk.ts'

/** What is no text, by its extension, so that it is refused rather than taken for one. Markdown and the like are text, too. */
const others: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  html: 'text/html',
  htm: 'text/html',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
}

/** Reads plain text and no other kind: what a platform has that is put together without packages/documents. */
export const plainTextReader: DocumentReader = {
  version: 'plain-text/1',
  reads: (contentType) => contentType === 'text/plain',
  typeOf(name) {
    const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''
    return (Object.hasOwn(others, extension) && others[extension]) || 'text/plain'
  },
  async read({ contentType, bytes }, { signal } = {}) {
    signal?.throwIfAborted()
    if (!plainTextReader.reads(contentType))
      throw new UnreadableDocumentError('document_type_unknown', 'Files of this kind are not read; plain text is.')
    const text = decode(bytes)
    if (text.trim() === '') throw new UnreadableDocumentError('document_empty', 'The document has no text.')
    const { spans, contexts } = chunkBlocks(text, paragraphsOf(text))
    const chunks = Array.from({ length: spans.length / 3 }, (_, index) => {
      const [start = 0, end = 0, context = 0] = spans.subarray(index * 3, index * 3 + 3)
      return { start, end, ...(context === 0 ? {} : { context: context - 1 }) }
    })
    return { text, chunks, contexts }
  },
}

/** With its byte order mark, which may say that it isn't UTF-8. */
function decode(bytes: Uint8Array): string {
  const mark = `${bytes[0]} ${bytes[1]}`
  const encoding = mark === '255 254' ? 'utf-16le' : mark === '254 255' ? 'utf-16be' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new UnreadableDocumentError('document_encoding_unknown', 'The text is not UTF-8.')
  }
}

function* paragraphsOf(text: string): Generator<Block> {
  let start = 0
  for (const { index, 0: gap } of text.matchAll(/\n\s*\n/g)) {
    yield { start, end: index, kind: 'prose', context: '' }
    start = index + gap.length
  }
  yield { start, end: text.length, kind: 'prose', context: '' }
}
