import { expect } from 'vitest'
import { estimateTextTokens } from '../language-model/token-estimate.ts'
import type { DocumentReader, ReadDocument } from '../ports/document-reader.ts'
import { defaultChunkBudget } from '../rag/chunking/chunk.ts'
import { type ContractOptions, describeContract, type Promises, type Subject } from './contract.ts'

/** Kinds whose files the subject makes, since it takes more than a text. */
export type MadeKind = keyof typeof madeTypes

/** What a reader of documents is tried on. */
export interface DocumentReaderSubject {
  readonly reader: DocumentReader
  /** A file that says these paragraphs: in a PDF each on a page of its own, in an image each in a line. Absent for a reader of text. */
  make?(kind: MadeKind, paragraphs: readonly string[]): Uint8Array
}

const madeTypes = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  image: 'image/png',
} as const

/** The promises of {@link DocumentReader}, one test each. Those about one kind are for readers of that kind. */
export function describeDocumentReaderContract(adapter: string, options: ContractOptions<DocumentReaderSubject>): void {
  describeContract('DocumentReader', adapter, options, { ...ofText, ...ofKinds, ...ofAll })
}

type Tried = () => Subject<DocumentReaderSubject>

const scripts = 'Füße, naïve café e\u0301 — 東京タワー — مرحبا بالعالم — 👩‍👩‍👧 😀 — Здравствуй. '
const paragraphs = ['The first one speaks of turbines.', 'The second one is about invoices.', 'The last one has no subject.']

const ofText: Promises<DocumentReaderSubject> = {
  'plain text is read as it was sent, byte order mark and ends of lines included': async (subject) => {
    for (const sent of ['One line.', 'One.\r\n\r\nTwo.\n\n\n  Three.\t', '\ufeffMarked.', `${scripts}\n\n${scripts}`])
      expect((await read(subject, 'text/plain', sent)).text).toBe(sent)
  },

  'a byte order mark says what else than UTF-8 a text is encoded in': async (subject) => {
    const sent = '\ufeffTwo bytes each: 東京.'
    for (const little of [true, false]) {
      const bytes = new Uint8Array(sent.length * 2)
      for (let at = 0; at < sent.length; at++) new DataView(bytes.buffer).setUint16(at * 2, sent.charCodeAt(at), little)
      expect((await read(subject, 'text/plain', bytes)).text).toBe(sent)
    }
  },

  'every chunk is a slice of the text within the budget, and every character that is no white space is in one': async (
    subject,
  ) => {
    const long = `${scripts.repeat(40)}\n\n${'x'.repeat(5_000)}\n\n${'word '.repeat(2_000)}\n\n${'🀄'.repeat(3_000)}`
    for (const sent of ['.', ' a ', '\n\nOne.\n\n\n\nTwo.\n', scripts, long]) await read(subject, 'text/plain', sent)
  },
}

const ofKinds: Promises<DocumentReaderSubject> = {
  'Markdown is read as it was sent, with its headings as contexts': async (subject) => {
    const sent = '# Guide\n\nRead **this**.\n\n## Set up\n\nInstall it.\n'
    const { text, chunks, contexts } = await read(subject, 'text/markdown', sent)
    expect(text).toBe(sent)
    const { context = -1 } = chunks.find(({ start, end }) => text.slice(start, end).includes('Install it.')) ?? {}
    expect(contexts[context]).toMatch(/Guide.*Set up/s)
  },

  'CSV is read as it was sent, with its header row as context': async (subject) => {
    const sent = `Name,Price\r\n${Array.from({ length: 200 }, (_, at) => `Part ${at},"${at},50"`).join('\r\n')}\r\n`
    const { text, chunks, contexts } = await read(subject, 'text/csv', sent)
    expect(text).toBe(sent)
    const { context = -1 } = chunks.at(-1) ?? {}
    expect(contexts[context]).toMatch(/Name.*Price/)
  },

  'JSON is read as it was sent': async (subject) => {
    const sent = JSON.stringify({ name: 'Catalogue', items: [{ id: 1, text: scripts }] }, null, 2)
    expect((await read(subject, 'application/json', sent)).text).toBe(sent)
  },

  'HTML gives its words block by block, tables a row a line, and nothing of its markup': async (subject) => {
    const sent = `<!doctype html><title>T</title><style>p{}</style><h1>Head</h1><p>One &amp; <b>two</b>.</p>
      <table><tr><th>Name<th>Port<tr><td>web<td>80</table><script>hidden()</script>`
    const lines = (await read(subject, 'text/html', sent)).text.split('\n').filter((line) => line !== '')
    expect(lines).toContain('One & two.')
    expect(lines.find((line) => line.includes('web'))).toMatch(/^web\W+80$/)
    expect(lines.join()).not.toMatch(/[<>]|hidden|p\{/)
  },

  'a Word document gives its words block by block': (subject) => readMade(subject, 'docx').then(() => {}),

  'a PDF gives its words, and where each page begins: the first at 0, in order': async (subject) => {
    const { text, pages = [] } = await readMade(subject, 'pdf')
    expect(pages).toEqual(paragraphs.map((words, at) => (at === 0 ? 0 : text.indexOf(words))))
  },

  'an image gives the words that can be seen in it': (subject) => readMade(subject, 'image').then(() => {}),

  'a file that is damaged or mislabelled is refused, and harms no file that is read beside it': async (subject) => {
    const pdf = made(subject, 'pdf')
    const bad = [
      ['application/pdf', pdf.slice(0, pdf.length / 3), 'document_damaged'],
      [madeTypes.docx, made(subject, 'docx').slice(0, 99), 'document_damaged'],
      ['text/plain', pdf.slice(), 'document_mislabelled'],
      ['application/pdf', bytesOf('Words, and no PDF.'), 'document_mislabelled'],
      [madeTypes.image, pdf.slice(), 'document_mislabelled'],
    ] as const
    const results = bad.map(async ([contentType, bytes, code]) => {
      const [refused, { text }] = await Promise.all([
        refusal(subject, contentType, bytes),
        read(subject, 'text/plain', `Beside ${code}.`),
      ])
      expect([contentType, refused, text]).toEqual([contentType, code, `Beside ${code}.`])
    })
    await Promise.all(results)
  },

  'the extension of a name says what is text of another kind': async (subject) => {
    const { reader } = subject().port
    const names = { 'a/b.c/Notes.MD': 'text/markdown', 'table.csv': 'text/csv', 'data.json': 'application/json' }
    for (const [name, type] of Object.entries(names)) expect(reader.typeOf(name), name).toBe(type)
  },
}

const ofAll: Promises<DocumentReaderSubject> = {
  'the extension of a name says what is no text, and any other name is text/plain': async (subject) => {
    const { reader } = subject().port
    const names = { 'a/b.c/Report.PDF': 'application/pdf', 'letter.docx': madeTypes.docx, 'scan.png': 'image/png' }
    const unsaid = ['', 'pdf', 'a.', 'a.txt', 'a.unknown', 'a.constructor', '.pdf/x']
    for (const name of unsaid) expect(reader.typeOf(name), name).toBe('text/plain')
    for (const [name, type] of Object.entries(names)) expect(reader.typeOf(name), name).toBe(type)
  },

  'the same bytes give the same text and chunks, in a version that has a name': async (subject) => {
    const sent = `${scripts.repeat(30)}\n\nThe end.`
    expect(await read(subject, 'text/plain', sent)).toEqual(await read(subject, 'text/plain', sent))
    expect(subject().port.reader.version).toMatch(/\S/)
  },

  'a kind that is not read is said not to be, and refused': async (subject) => {
    const { reader } = subject().port
    expect([reader.reads('text/plain'), reader.reads('video/mp4'), reader.reads('')]).toEqual([true, false, false])
    expect(await refusal(subject, 'video/mp4', bytesOf('Words.'))).toBe('document_type_unknown')
  },

  'a text without words, and one in an encoding that nobody names, are refused': async (subject) => {
    for (const sent of ['', ' \n\t\r\n ']) expect(await refusal(subject, 'text/plain', bytesOf(sent))).toBe('document_empty')
    const latin = Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65)
    expect(await refusal(subject, 'text/plain', latin)).toBe('document_encoding_unknown')
  },

  "a call ends with its signal's reason": async (subject) => {
    const { reader } = subject().port
    const source = { name: 'a.txt', contentType: 'text/plain', bytes: bytesOf('Words.') }
    await expect(reader.read(source, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    expect((await read(subject, 'text/plain', 'The next.')).text).toBe('The next.')
  },
}

/** Reads a file, and sees to it that what holds of every document holds of this one. */
async function read(subject: Tried, contentType: string, content: string | Uint8Array): Promise<ReadDocument> {
  const { reader } = subject().port
  const document = await reader.read({ name: 'file', contentType, bytes: bytesOf(content) })
  const { text, chunks, contexts } = document
  const uncovered = new Set(Array.from(text.matchAll(/\S/gu), ({ index }) => index))
  let before = 0
  for (const { start, end, context = 0 } of chunks) {
    expect([before <= start, start < end, end <= text.length, context === 0 || context < contexts.length]).not.toContain(false)
    expect(estimateTextTokens(text.slice(start, end))).toBeLessThanOrEqual(defaultChunkBudget)
    // Half of a pair would be another text.
    expect(text.slice(start, end).isWellFormed()).toBe(true)
    for (let at = start; at < end; at++) uncovered.delete(at)
    before = start
  }
  expect([...uncovered]).toEqual([])
  return document
}

/** Reads a file of the paragraphs, which are found in it in their order. */
async function readMade(subject: Tried, kind: MadeKind): Promise<ReadDocument> {
  const document = await read(subject, madeTypes[kind], made(subject, kind))
  const found = paragraphs.map((words) => document.text.indexOf(words))
  expect(found).not.toContain(-1)
  expect(found).toEqual(found.toSorted((a, b) => a - b))
  return document
}

function made(subject: Tried, kind: MadeKind): Uint8Array {
  const { make } = subject().port
  if (!make) throw new Error('This subject makes no files.')
  return make(kind, paragraphs)
}

async function refusal(subject: Tried, contentType: string, bytes: Uint8Array): Promise<unknown> {
  const reading = subject().port.reader.read({ name: 'file', contentType, bytes })
  return reading.then(
    ({ text }) => `read: ${text.slice(0, 50)}`,
    (error: { readonly code?: unknown }) => error.code ?? error,
  )
}

/** Bytes of their own, since a reader may take them over. */
function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content.slice()
}
