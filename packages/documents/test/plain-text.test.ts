import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openReader, readFile, refusalOf } from './support/reader.ts'

const reader = openReader({ chunkBudget: 64 })
const read = (contentType: string, content: string | Uint8Array<ArrayBuffer>) => readFile(reader, contentType, content, 64)

describe('text/plain', () => {
  it('gives the content as it was sent, of any script [R25, R126]', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 2_000 }), async (content) => {
        const sent = `x${content.toWellFormed()}`
        expect((await read('text/plain', sent)).text).toBe(sent)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps a byte order mark, and believes it', async () => {
    const words = 'Grüße, Welt 😀'
    expect((await read('text/plain', `\ufeff${words}`)).text).toBe(`\ufeff${words}`)
    const little = Buffer.from(`\ufeff${words}`, 'utf16le')
    expect((await read('text/plain', new Uint8Array(little))).text).toBe(`\ufeff${words}`)
    expect((await read('text/plain', new Uint8Array(Buffer.from(little).swap16()))).text).toBe(`\ufeff${words}`)
  })

  it('refuses what is not UTF-8', async () => {
    expect(await refusalOf(reader, 'text/plain', Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65))).toBe('document_encoding_unknown')
    expect(await refusalOf(reader, 'text/plain', Uint8Array.of(0xff, 0xfe, 0x00))).toBe('document_encoding_unknown')
  })

  it('refuses what is no text, whatever it is called [X26]', async () => {
    for (const content of [new Uint8Array(5_000), new Uint8Array(Buffer.from('Words of two bytes each. '.repeat(9), 'utf16le'))])
      expect(await refusalOf(reader, 'text/plain', content)).toBe('document_mislabelled')
    expect((await read('text/plain', `${'Words. '.repeat(9)}\0\0`)).text).toHaveLength(65)
  })

  it('refuses a file without words', async () => {
    for (const content of ['', ' \r\n\t\u2003', '\ufeff'])
      expect(await refusalOf(reader, 'text/plain', content)).toBe('document_empty')
  })

  it('takes a first line for the title where it reads as one', async () => {
    const body = 'The first sentence of the body is a long one, as it has a lot to say about the matter. Then a second.'
    for (const content of [`On Turbines\n\n${body}`, `\r\n On Turbines\r\n\r\n${body}`, `On Turbines\n${body}`]) {
      expect((await read('text/plain', content)).contexts, content).toEqual(['On Turbines'])
    }
    for (const content of [
      body,
      `On turbines.\n\n${body}`,
      'The first line of a text that is wrapped\nat a column, as mail\nonce was.',
      '12\n\n13',
    ]) {
      expect((await read('text/plain', content)).contexts, content).toEqual([])
    }
  })

  it('puts small paragraphs together, leaves those whole that fit, and says the last sentence again', async () => {
    const small = 'A small one.'
    const large = `${'Some words that make it long'.repeat(6)}.`
    const { words } = await read('text/plain', [small, small, large, small].join('\n\n'))
    expect(words).toEqual([`${small}\n\n${small}`, `${small}\n\n${large}`, small])
  })

  it('reads logs and program text by their lines', async () => {
    const lines = Array.from({ length: 20 }, (_, at) => `2026-01-0${at % 9} ERROR part. ${at} failed`).join('\n')
    const { words, text } = await read('application/x-ndjson', lines)
    expect(text).toBe(lines)
    expect(words.flatMap((word) => word.split('\n'))).toEqual(lines.split('\n'))
  })
})
