import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PdfFile } from './support/pdf-file.ts'
import { openReader, readFile, refusalOf } from './support/reader.ts'
import { docxOf, paragraph } from './support/zip-file.ts'

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const timeLimit = 6_000
const reader = openReader({ threads: 1, timeLimit, memoryLimit: 192 * 1024 * 1024 })

/**
 * Milliseconds of the processor that one may take: the time it has, on the reading thread, and as much for what is collected beside it. How
 * fast the machine is decides nothing then: without the time limit it would go on for ever.
 */
const mostProcessor = 2 * timeLimit
/** Bytes of memory: half more than the worst takes, which is 292 MiB. Without its limits, the same takes gigabytes. */
const mostMemory = 440 * 1024 * 1024

/** A page whose content is a gigabyte of zeros, packed twice. */
function pdfBomb(): Uint8Array<ArrayBuffer> {
  const file = new PdfFile()
  const tree = file.reserve()
  const once = deflateSync(new Uint8Array(256 * 1024 * 1024).fill(0x20))
  const content = file.stream('/Filter[/FlateDecode/FlateDecode]', deflateSync(Buffer.concat([once, once, once, once])))
  const page = file.add(`<</Type/Page/Parent ${tree} 0 R/MediaBox[0 0 9 9]/Contents ${content} 0 R>>`)
  file.set(tree, `<</Type/Pages/Count 1/Kids[${page} 0 R]>>`)
  return file.bytes(`/Root ${file.add(`<</Type/Catalog/Pages ${tree} 0 R>>`)} 0 R`)
}

/** A PDF whose tree of pages is what `kids` says. */
function pdfOf(count: number, kids: (file: PdfFile, tree: number) => string): Uint8Array<ArrayBuffer> {
  const file = new PdfFile()
  const tree = file.reserve()
  file.set(tree, `<</Type/Pages/Count ${count}/Kids[${kids(file, tree)}]>>`)
  return file.bytes(`/Root ${file.add(`<</Type/Catalog/Pages ${tree} 0 R>>`)} 0 R`)
}

const ended = /^document_(damaged|too_large|timed_out|empty)$/
const bombs: Readonly<
  Record<string, readonly [contentType: string, make: () => string | Uint8Array<ArrayBuffer>, code: RegExp]>
> = {
  'a PDF that unpacks to a gigabyte': ['application/pdf', pdfBomb, /too_large|timed_out/],
  'a PDF with a billion pages': ['application/pdf', () => pdfOf(1e9, () => ''), ended],
  'a PDF whose pages are within themselves': ['application/pdf', () => pdfOf(3, (_, tree) => `${tree} 0 R`), ended],
  'a PDF of arrays within arrays': ['application/pdf', () => pdfOf(1, (file) => `${file.add('['.repeat(300_000))} 0 R`), ended],
  'a PDF with a page of a thousand kilometres': ['application/pdf', () => PdfFile.of([{ width: 1e9, height: 1e9 }]), ended],
  'a Word document of entities within entities': [
    docx,
    () => {
      const entities = Array.from({ length: 30 }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join('')
      return docxOf(paragraph('&e30;').replace('<w:p>', `<!DOCTYPE a [<!ENTITY e0 "ha">${entities}]><w:p>`))
    },
    ended,
  ],
  'a Word document of millions of small elements': [docx, () => docxOf('<w:p/>'.repeat(12_000_000)), ended],
  'HTML of elements within elements': ['text/html', () => '<b>'.repeat(2_000_000), ended],
}

describe('files that are made to hurt', () => {
  for (const [name, [contentType, make, code]] of Object.entries(bombs)) {
    it(`${name} ends within its limits, and the next file is read [X26]`, async () => {
      const content = make()
      const before = process.memoryUsage.rss()
      let most = before
      const looking = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss())
      }, 5)
      const started = process.cpuUsage()
      const [refusal, next] = await Promise.all([
        refusalOf(reader, contentType, content),
        readFile(reader, 'text/plain', 'The one behind it.'),
      ])
      clearInterval(looking)
      expect(refusal).toMatch(code)
      expect(next.text).toBe('The one behind it.')
      // Of the processor, with its threads: the machine may be busy.
      const { user, system } = process.cpuUsage(started)
      expect((user + system) / 1000).toBeLessThan(mostProcessor)
      expect(most - before).toBeLessThan(mostMemory)
    })
  }
})
