import { chunkBlocks } from '@plinth/core/reading'
import { decodeHtml, decodeText } from './decode.ts'
import type { Look } from './look.ts'
import type { Answer, ReadRequest } from './messages.ts'
import type { Outline } from './outline.ts'
import { empty } from './refusals.ts'
import { checkSignature } from './signatures.ts'

/** What a thread answers when it has read a document. @throws UnreadableDocumentError, and whatever a parser throws. */
export async function read({ kind, bytes, limits }: ReadRequest, look: Look): Promise<Answer> {
  if (bytes.length === 0) throw empty()
  checkSignature(kind, bytes)
  const { text, blocks, pages } = await outlineOf(kind, bytes, limits.ocr ? look : undefined)
  const table = chunkBlocks(text, blocks, { budget: limits.chunkBudget })
  if (table.spans.length === 0) throw empty()
  return { text: sentAsText.has(kind) ? { sent: bytes } : text, table, ...(pages === undefined ? {} : { pages }) }
}

/** Kinds whose text is what `decodeText` makes of the file. */
const sentAsText: ReadonlySet<ReadRequest['kind']> = new Set(['markdown', 'csv', 'json', 'text', 'lines'])

/** Each parser is loaded when the first document of its kind comes. */
async function outlineOf(kind: ReadRequest['kind'], bytes: Uint8Array, look: Look | undefined): Promise<Outline> {
  switch (kind) {
    case 'pdf':
      return (await import('./pdf/read-pdf.ts')).readPdf(bytes, look)
    case 'docx':
      return (await import('./kinds/docx.ts')).readDocx(bytes)
    case 'html':
      return (await import('./kinds/html.ts')).readHtml(decodeHtml(bytes))
    case 'markdown':
      return (await import('./kinds/markdown.ts')).readMarkdown(decodeText(bytes))
    case 'csv':
      return (await import('./kinds/csv.ts')).readCsv(decodeText(bytes))
    case 'json':
      return (await import('./kinds/json.ts')).readJson(decodeText(bytes))
    case 'image':
      return (await import('./kinds/image.ts')).readImage(bytes, look)
    case 'text':
      return (await import('./kinds/plain-text.ts')).readText(decodeText(bytes))
    case 'lines':
      return (await import('./kinds/plain-text.ts')).readLines(decodeText(bytes))
  }
}
