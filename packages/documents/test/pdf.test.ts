import { describe, expect, it } from 'vitest'
import { type PageContent, PdfFile, type Placed } from './support/pdf-file.ts'
import { openReader, readFile, refusalOf } from './support/reader.ts'

const reader = openReader()
const read = (pages: readonly PageContent[], title?: string) => readFile(reader, 'application/pdf', PdfFile.of(pages, title))

/** Lines below each other. */
function lines(texts: readonly string[], { x = 50, y = 780, size = 11 } = {}): Placed[] {
  return texts.map((text, at) => ({ text, x, y: y - at * size * 1.2, size }))
}

describe('PDF', () => {
  it('gives the text of each page, and where pages begin [R25, R126, X27]', async () => {
    const { text, pages } = await read([
      { texts: lines(['First page, first line', 'goes on here.']) },
      {},
      { texts: lines(['Third page: Grüße & Ärger.']) },
    ])
    expect(text).toBe('First page, first line goes on here.\n\nThird page: Grüße & Ärger.')
    expect(pages).toEqual([0, 38, 38])
    expect(text.slice(pages?.[2])).toBe('Third page: Grüße & Ärger.')
  })

  it('takes larger lines for headings, and the title for what all stands under', async () => {
    const page = [
      ...lines(['Pumps'], { size: 20 }),
      ...lines(['About pumps there is', 'much to say.'], { y: 740 }),
      ...lines(['Types of them'], { y: 700, size: 15 }),
      ...lines(['There are many types.'], { y: 670 }),
    ]
    const { words, text } = await read([{ texts: page }], 'The Book of Pumps')
    expect(text).toBe('Pumps\n\nAbout pumps there is much to say.\n\nTypes of them\n\nThere are many types.')
    expect(words).toEqual([
      '[The Book of Pumps > Pumps] Pumps\n\nAbout pumps there is much to say.',
      '[The Book of Pumps > Pumps > Types of them] Types of them\n\nThere are many types.',
    ])
    expect((await read([{ texts: page }], 'Microsoft Word - draft.doc')).contexts[0]).toBe('Pumps')
  })

  it('joins what hyphens part at line ends, and leaves other hyphens', async () => {
    const { text } = await read([{ texts: lines(['The tur-', 'bine of the type A-', 'B is self-', 'made, in 1914-', '18.']) }])
    expect(text).toBe('The turbine of the type A- B is selfmade, in 1914- 18.')
  })

  it('parts paragraphs by larger gaps', async () => {
    const texts = [
      ...lines(['One one', 'one.'], { y: 700 }),
      ...lines(['Two two', 'two.'], { y: 660 }),
      ...lines(['- three', '- four'], { y: 600 }),
    ]
    expect((await read([{ texts }])).text).toBe('One one one.\n\nTwo two two.\n\n- three\n\n- four')
  })

  it('reads columns one behind the other, in whichever order they are written', async () => {
    const left = lines(['Left column that', 'is read before', 'the other one', 'and ends here.'])
    const right = lines(['Right column that', 'is read after', 'the left one', 'and ends too.'], { x: 320 })
    const wanted =
      'Left column that is read before the other one and ends here.\n\nRight column that is read after the left one and ends too.'
    expect((await read([{ texts: [...left, ...right] }])).text).toBe(wanted)
    const shuffled = [...left.toReversed(), ...right.toReversed()]
    expect((await read([{ texts: shuffled }])).text).toBe(wanted)
  })

  it('gives tables a row a line, under their header row [R25]', async () => {
    const rows = [
      ['Name', 'Port', 'Use'],
      ['web', '80', 'pages'],
      ['mail', '25', 'letters'],
    ]
    const texts = rows.flatMap((row, at) => row.map((text, column) => ({ text, x: 50 + column * 120, y: 700 - at * 14 })))
    const { words } = await read([{ texts }])
    expect(words).toEqual(['[Name | Port | Use] Name | Port | Use\nweb | 80 | pages\nmail | 25 | letters'])
  })

  it('reads scripts by the tables of their fonts', async () => {
    const texts = [
      { text: '今天天气很好。', x: 50, y: 700, wide: true },
      { text: 'Ελληνικά', x: 50, y: 600, wide: true },
    ]
    expect((await read([{ texts }])).text).toBe('今天天气很好。\n\nΕλληνικά')
  })

  it('is refused where it is broken, sealed, empty, or something else [X26]', async () => {
    const good = PdfFile.of([{ texts: lines(['Words.']) }])
    const refusal = (bytes: string | Uint8Array<ArrayBuffer>) => refusalOf(reader, 'application/pdf', bytes)
    expect(await refusal(good.slice(0, 40))).toBe('document_damaged')
    expect(await refusal('%PDF-1.4\nnothing more')).toBe('document_damaged')
    expect(await refusal(new Uint8Array(Buffer.from('504b0304', 'hex')))).toBe('document_mislabelled')
    expect(await refusal('<html>words</html>')).toBe('document_mislabelled')
    expect(await refusal(Uint8Array.from({ length: 2000 }, (_, at) => (at * 7) % 256))).toBe('document_damaged')
    expect(await refusal(PdfFile.of([{}]))).toBe('document_empty')
    const sealed = new PdfFile()
    const tree = sealed.add('<</Type/Pages/Count 0/Kids[]>>')
    const catalog = sealed.add(`<</Type/Catalog/Pages ${tree} 0 R>>`)
    const key = 'ab'.repeat(32)
    const encrypt = sealed.add(`<</Filter/Standard/V 2/R 3/Length 128/P -4/O<${key}>/U<${key}>>>`)
    expect(await refusal(sealed.bytes(`/Root ${catalog} 0 R/Encrypt ${encrypt} 0 R/ID[<${key}><${key}>]`))).toBe(
      'document_encrypted',
    )
  })

  it('is read as far as it goes when the place of its table of objects is lost', async () => {
    const good = PdfFile.of([{ texts: lines(['Words that are found.']) }])
    const { text } = await readFile(reader, 'application/pdf', good.slice(0, Buffer.from(good).indexOf('startxref')))
    expect(text).toBe('Words that are found.')
  })
})
