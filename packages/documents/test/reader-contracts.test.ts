import { describeDocumentReaderContract, describeOcrContract } from '@plinth/core/contracts'
import { createDocumentReader, createTesseractOcr } from '@plinth/documents'
import { PdfFile } from './support/pdf-file.ts'
import { pictureOf } from './support/pictures.ts'
import { wallClock } from './support/reader.ts'
import { docxOf, paragraph } from './support/zip-file.ts'

describeDocumentReaderContract('DocumentReader in threads', {
  create: async () => {
    const ocr = createTesseractOcr({ clock: wallClock })
    const reader = createDocumentReader({ clock: wallClock, ocr })
    const make = {
      pdf: (words: readonly string[]) => PdfFile.of(words.map((text) => ({ texts: [{ text, x: 50, y: 100 }] }))),
      docx: (words: readonly string[]) => docxOf(words.map((text) => paragraph(text)).join('')),
      // A gap between lines, which else are one paragraph.
      image: (words: readonly string[]) => pictureOf(words.flatMap((text) => [text, ''])).png,
    }
    return {
      port: { reader, make: (kind, words) => make[kind](words) },
      dispose: async () => {
        await reader.close()
        await ocr.close()
      },
    }
  },
})

describeOcrContract('TesseractOcr', {
  create: async () => {
    const ocr = createTesseractOcr({ clock: wallClock })
    const image = (lines: readonly string[]) => ({ bytes: pictureOf(lines).png, contentType: 'image/png' }) as const
    return { port: { ocr, image }, dispose: () => ocr.close() }
  },
})
