import { describe, expect, it } from 'vitest'
import { openReader, readFile, refusalOf } from './support/reader.ts'
import { docxOf, paragraph, table, zipOf } from './support/zip-file.ts'

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const reader = openReader()

describe('Word documents', () => {
  it('give headings, paragraphs and tables as rows with their header cells [R25]', async () => {
    const body = [
      paragraph('Grüße 😀', 'Heading1'),
      paragraph('First words.'),
      paragraph('Ports', 'Heading2'),
      table([
        ['Name', 'Port'],
        ['web', '80'],
        ['mail', '25'],
      ]),
      paragraph('Last words.'),
    ]
    const { text, words } = await readFile(reader, docx, docxOf(body.join('')))
    expect(text).toBe('Grüße 😀\n\nFirst words.\n\nPorts\n\nName | Port\nweb | 80\nmail | 25\n\nLast words.')
    expect(words).toEqual([
      '[Grüße 😀] Grüße 😀\n\nFirst words.',
      '[Grüße 😀 > Ports] Ports',
      '[Grüße 😀 > Ports\nName | Port] Name | Port\nweb | 80\nmail | 25',
      '[Grüße 😀 > Ports] Last words.',
    ])
  })

  it('are refused where they are broken, sealed, or something else [X26]', async () => {
    const good = docxOf(paragraph('Words.'))
    expect(await refusalOf(reader, docx, good.slice(0, good.length / 2))).toBe('document_damaged')
    expect(await refusalOf(reader, docx, docxOf('<w:p><w:r>'))).toBe('document_damaged')
    expect(await refusalOf(reader, docx, docxOf(''))).toBe('document_empty')
    expect(await refusalOf(reader, docx, zipOf([{ name: 'a.txt', content: 'a' }]))).toBe('document_mislabelled')
    expect(await refusalOf(reader, docx, docxOf('', [{ name: 'xl/workbook.xml', content: '' }]))).toBe('document_mislabelled')
    expect(await refusalOf(reader, docx, '%PDF-1.4 and so on')).toBe('document_mislabelled')
    expect(await refusalOf(reader, docx, 'just words')).toBe('document_mislabelled')
    const office = Buffer.from('d0cf11e0a1b11ae1', 'hex')
    const sealed = Buffer.concat([office, Buffer.alloc(500), Buffer.from('EncryptedPackage', 'utf16le')])
    expect(await refusalOf(reader, docx, new Uint8Array(sealed))).toBe('document_encrypted')
    expect(await refusalOf(reader, docx, new Uint8Array(Buffer.concat([office, Buffer.alloc(500)])))).toBe('document_mislabelled')
  })

  it('are refused when they unpack to far more than they say [X26]', async () => {
    const zeros = new Uint8Array(201 * 1024 * 1024)
    expect(await refusalOf(reader, docx, docxOf('', [{ name: 'word/a.xml', content: zeros, said: 10 }]))).toBe(
      'document_too_large',
    )
    const deep = '<w:p>'.repeat(300_000)
    expect(await refusalOf(reader, docx, docxOf(deep))).toBe('document_damaged')
  })
})
