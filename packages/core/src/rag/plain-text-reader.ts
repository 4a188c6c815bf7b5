import { type DocumentReader, UnreadableDocumentError } from '../ports/document-reader.ts'
import type { Block } from './chunking/block.ts'
import { chunkBlocks } from './chunking/chunk.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Reads plain text and no other kind: what a platform has that is put together without packages/documents. */
export const plainTextReader: DocumentReader = {
  version: 'plain-text/1',
  reads: (contentType) => contentType === 'text/plain',
  async read({ bytes }) {
    let text: string
    try {
      text = decoder.decode(bytes)
    } catch {
      throw new UnreadableDocumentError('document_encoding_unknown', 'The text is not UTF-8.')
    }
    if (text.trim() === '') throw new UnreadableDocumentError('document_empty', 'The document has no text.')
    const { spans, contexts } = chunkBlocks(text, paragraphsOf(text))
    const chunks = Array.from({ length: spans.length / 3 }, (_, index) => {
      const [start = 0, end = 0, context = 0] = spans.subarray(index * 3, index * 3 + 3)
      return { start, end, ...(context === 0 ? {} : { context: context - 1 }) }
    })
    return { text, chunks, contexts }
  },
}

function* paragraphsOf(text: string): Generator<Block> {
  let start = 0
  for (const { index, 0: gap } of text.matchAll(/\n\s*\n/g)) {
    yield { start, end: index, kind: 'prose', context: '' }
    start = index + gap.length
  }
  yield { start, end: text.length, kind: 'prose', context: '' }
}
