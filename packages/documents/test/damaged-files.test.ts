import { createDocumentReader } from '@plinth/documents'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { PdfFile } from './support/pdf-file.ts'
import { readFile, wallClock } from './support/reader.ts'
import { docxOf, paragraph, table, zipOf } from './support/zip-file.ts'

const words = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const reader = createDocumentReader({ clock: wallClock, threads: 1, timeLimit: 5_000 })
afterAll(() => reader.close())

const page = '<!doctype html><title>T</title><h1>Head</h1><table><tr><th>a<td>b</table><p>One &amp; two.<ul><li>Three</ul>'
const files: Readonly<Record<string, readonly [contentType: string, bytes: Uint8Array<ArrayBuffer>]>> = {
  PDF: [
    'application/pdf',
    PdfFile.of(
      [{ texts: [{ text: 'First page.', x: 50, y: 700 }] }, { texts: [{ text: 'Wide', x: 50, y: 700, wide: true }] }],
      'T',
    ),
  ],
  Word: [
    words,
    docxOf(
      paragraph('Head', 'Heading1') +
        paragraph('One and two.') +
        table([
          ['a', 'b'],
          ['c', 'd'],
        ]),
    ),
  ],
  'Word, with names that lead elsewhere': [
    words,
    docxOf(paragraph('One.'), [
      { name: '../../outside.xml', content: 'x' },
      { name: '/etc/outside', content: 'x' },
      { name: 'word/__proto__', content: 'x' },
    ]),
  ],
  'a ZIP that is no document': [words, zipOf([{ name: 'a.txt', content: 'x' }])],
  HTML: ['text/html', new TextEncoder().encode(page)],
  CSV: ['text/csv', new TextEncoder().encode('a,b\n"1\n2",3\n4,"5"""\n')],
  JSON: ['application/json', new TextEncoder().encode('{"a":[1,{"b":"c\\u00e9"}],"d":null}')],
  Markdown: ['text/markdown', new TextEncoder().encode('# Head\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nx\n```\n')],
}

interface Damage {
  /** From 0 to 1 of the file. */
  readonly at: number
  readonly taken: number
  readonly put: Uint8Array
}

/** What stands in files of these kinds, put where it makes other sense than was meant. */
const marks = [
  '<<',
  '>>',
  'endobj',
  'stream\n',
  '/Length 99999999',
  '0 R',
  'PK\x03\x04',
  '<!--',
  '<table>',
  ']]>',
  '"',
  '\u0000',
  '&#x110000;',
]
const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  taken: fc.oneof(fc.constantFrom(0, 1), fc.nat(40), fc.constant(1e9)),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom(...marks).map((text) => new TextEncoder().encode(text)),
  ),
})

function damaged(bytes: Uint8Array, { at, taken, put }: Damage): Uint8Array<ArrayBuffer> {
  const place = Math.floor(at * bytes.length)
  return new Uint8Array(Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + taken)]))
}

describe('files that were damaged anywhere', () => {
  it.each(Object.entries(files))('are read whole or refused in words of ours: %s [X26]', async (_, [contentType, bytes]) => {
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (all) => {
        const content = all.reduce(damaged, bytes)
        const outcome = await readFile(reader, contentType, content).then(
          () => 'read',
          (error: { readonly code?: string; readonly message: string }) => error.code ?? error.message,
        )
        expect(outcome).toMatch(
          /^(?:read|document_(?:damaged|mislabelled|encrypted|encoding_unknown|empty|too_large|timed_out))$/,
        )
      }),
      { numRuns: 80 },
    )
    expect((await readFile(reader, 'text/plain', 'The one behind them.')).text).toBe('The one behind them.')
  })
})
