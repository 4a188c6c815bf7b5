import { describeDocumentReaderContract, describeOcrContract } from '@plinth/core/contracts'
import { createDocumentReader, createTesseractOcr } from '@plinth/documents'
import { afterAll } from 'vitest'
import { PdfFile } from './support/pdf-file.ts'
import { pictureOf } from './support/pictures.ts'
import { wallClock } from './support/reader.ts'
import { docxOf, paragraph } from './support/zip-file.ts'

/** One for all promises: their threads take seconds to start. */
const ocr = createTesseractOcr({ clock: wallClock })
const reader = createDocumentReader({ clock: wallClock, ocr })
afterAll(async () => {
  await reader.close()
  await ocr.close()
})

const make = {
  pdf: (words: readonly string[]) => PdfFile.of(words.map((text) => ({ texts: [{ text, x: 50, y: 100 }] }))),
  docx: (words: readonly string[]) => docxOf(words.map((text) => paragraph(text)).join('')),
  // A gap between lines, which else are one paragraph.
  image: (words: readonly string[]) => pictureOf(words.flatMap((text) => [text, ''])).png,
}

describeDocumentReaderContract('DocumentReader in threads', {
  create: async () => ({ port: { reader, make: (kind, words) => make[kind](words) }, dispose: async () => {} }),
})

describeOcrContract('TesseractOcr', {
  create: async () => {
    const image = (lines: readonly string[]) => ({ bytes: pictureOf(lines).png, contentType: 'image/png' }) as const
    return { port: { ocr, image }, dispose: async () => {} }
  },
})
