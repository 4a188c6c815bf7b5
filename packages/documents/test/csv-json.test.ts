import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openReader, readFile, refusalOf } from './support/reader.ts'

const reader = openReader({ chunkBudget: 64 })
const csv = (content: string) => readFile(reader, 'text/csv', content, 64)
const json = (content: string) => readFile(reader, 'application/json', content, 64)

describe('text/csv', () => {
  it('is the content as sent, rows whole under the header row [R25]', async () => {
    const rows = Array.from({ length: 30 }, (_, at) => `${at},"Item ""${at}"",\nin two lines",${at * 2}`)
    const sent = `\ufeffNumber,Name,Price\r\n${rows.join('\r\n')}\r\n`
    const { text, words, contexts } = await csv(sent)
    expect(text).toBe(sent)
    expect(contexts).toEqual(['Number | Name | Price'])
    expect(words.length).toBeGreaterThan(5)
    const begins = /^\[Number \| Name \| Price\] (?:Number,Name,Price|\d+,"Item "")/
    expect(words.filter((word) => !begins.test(word) || !/"",\nin two lines",\d+$/.test(word))).toEqual([])
  })

  it('guesses the delimiter, and takes a first row of figures for no header', async () => {
    expect((await csv('Name;Ort\nAnna;Ulm\n')).contexts).toEqual(['Name | Ort'])
    expect((await csv('1,2\n3,4\n')).contexts).toEqual([])
  })

  it('loses nothing, however it is quoted', async () => {
    const marks = fc.constantFrom('"', ',', ';', '\n', '\r\n', '\r', 'a', '""', ' ', 'word, word', '\t', '😀')
    await fc.assert(
      fc.asyncProperty(fc.array(marks, { minLength: 1, maxLength: 60 }), async (all) => {
        const sent = `x${all.join('')}`
        expect((await csv(sent)).text).toBe(sent)
      }),
      { numRuns: 60 },
    )
  })
})

describe('application/json', () => {
  it('is the content as sent, cut between members, under the names that lead to them [R25, X22]', async () => {
    const item = (at: number) => ({ id: at, text: 'Words about it. '.repeat(14), tags: ['a', 'b'] })
    const sent = JSON.stringify({ name: 'Catalogue', items: [item(1), item(2)], owner: { mail: { to: 'x' } } }, null, 2)
    const { text, words, contexts } = await json(sent)
    expect(text).toBe(sent)
    expect(contexts).toEqual(['items'])
    expect(words.filter((word) => word.startsWith('[items] ') && word.includes('Words about it.')).length).toBeGreaterThan(2)
    expect(words.at(-1)).toContain('"owner": {\n    "mail": {\n      "to": "x"\n    }\n  }')
  })

  it('loses nothing of any value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ stringUnit: 'grapheme' }), fc.constantFrom(0, 1), async (value, indent) => {
        const sent = JSON.stringify(value, null, indent)
        expect((await json(sent)).text).toBe(sent)
      }),
      { numRuns: 60 },
    )
  })

  it('refuses what is none', async () => {
    for (const content of ['{"a": 1', '{"a": 1]', 'hello', '{"a" 1}}', '"open', '1 2', '[1, b]'])
      expect(await refusalOf(reader, 'application/json', content), content).toBe('document_damaged')
  })

  it('reads what is nested as deep as it likes', async () => {
    expect((await json(`${'['.repeat(200_000)}1${']'.repeat(200_000)}`)).chunks.length).toBeGreaterThan(1_000)
  })
})
