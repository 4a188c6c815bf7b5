import { Buffer } from 'node:buffer'
import mammoth from 'mammoth'
import type { Outline } from '../outline.ts'
import { damaged, mislabelled } from '../refusals.ts'
import { readHtml } from './html.ts'
import { checkZip } from './zip-guard.ts'

/**
 * A Word document: headings, paragraphs, lists, tables; not its pictures.
 * @throws UnreadableDocumentError
 */
export async function readDocx(bytes: Uint8Array): Promise<Outline> {
  const names = checkZip(bytes)
  if (!names.has('[Content_Types].xml')) throw mislabelled('a Word document', 'a ZIP archive')
  if (names.has('xl/workbook.xml')) throw mislabelled('a Word document', 'an Excel workbook')
  if (names.has('ppt/presentation.xml')) throw mislabelled('a Word document', 'a PowerPoint presentation')
  let html: string
  try {
    const options = {
      // A picture without a word about it isn't read; none of its bytes are copied.
      convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })),
      styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"],
    }
    html = (await mammoth.convertToHtml({ buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }, options)).value
  } catch (cause) {
    throw damaged('a Word document', cause)
  }
  return readHtml(html)
}
