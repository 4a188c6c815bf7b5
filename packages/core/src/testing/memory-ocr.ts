import { UnreadableDocumentError } from '../ports/document-reader.ts'
import type { Ocr, OcrImage, OcrPage } from '../ports/ocr.ts'

/** How a PNG begins whose width and height, of four bytes each, come next. */
const head = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
const headBytes = 33
const [letterWidth, lineHeight] = [20, 50]

/** As much of a PNG of 1,240 × 400 pixels as tells its size, and behind it the words, for {@link memoryPage}. */
export function memoryImage(lines: readonly string[]): OcrImage {
  const words = new TextEncoder().encode(JSON.stringify(lines))
  const bytes = new Uint8Array(headBytes + words.length)
  bytes.set(head)
  new DataView(bytes.buffer).setUint32(16, 1_240)
  new DataView(bytes.buffer).setUint32(20, 400)
  bytes.set(words, headBytes)
  return { bytes, contentType: 'image/png' }
}

/** What is to be seen in an image of {@link memoryImage}: a word's letters are 20 pixels wide, and lines 50 apart. */
export function memoryPage(bytes: Uint8Array): OcrPage {
  if (!head.every((byte, at) => bytes[at] === byte))
    throw new UnreadableDocumentError('document_damaged', 'The file is damaged: it holds an image that is none.')
  const lines = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes))) as readonly string[]
  return {
    lines: lines.map((line, row) =>
      [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => ({
        text,
        x0: index * letterWidth,
        y0: row * lineHeight,
        x1: (index + text.length) * letterWidth,
        y1: row * lineHeight + lineHeight / 2,
        confidence: 0.9,
      })),
    ),
  }
}

/** Reads images of {@link memoryImage}. */
export class MemoryOcr implements Ocr {
  async read(pages: readonly OcrImage[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<readonly OcrPage[]> {
    const seen: OcrPage[] = []
    for (const { bytes } of pages) {
      signal?.throwIfAborted()
      seen.push(await Promise.resolve(memoryPage(bytes)))
    }
    return seen
  }

  async close(): Promise<void> {}
}
