import { UnreadableDocumentError } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { openReader, readFile, refusalOf } from './support/reader.ts'

const bytesOf = (content: string) => new TextEncoder().encode(content)
const text = (content: string) => ({ name: 'a.txt', contentType: 'text/plain', bytes: bytesOf(content) })
/** Takes the parser minutes. */
const endless = () => ({
  name: 'a.html',
  contentType: 'text/html',
  bytes: bytesOf(`${'<b><i a=1><u>'.repeat(600)}${'<p>x</b>'.repeat(200_000)}`),
})

const shared = openReader()

describe('the reader of documents', () => {
  it('ends only the thread of a document that takes too long, and reads those that wait [X26]', async () => {
    const clock = new FakeClock()
    const reader = openReader({ clock, threads: 1, timeLimit: 10_000 })
    await reader.read(text('Zero.'))
    const late = reader.read(endless())
    const next = [reader.read(text('One.')), reader.read(text('Two.'))]
    while (clock.timers === 0) await clock.advance(0)
    const refused = expect(late).rejects.toMatchObject({ code: 'document_timed_out', retryable: true })
    await clock.advance(10_000)
    await refused
    expect((await Promise.all(next)).map((document) => document.text)).toEqual(['One.', 'Two.'])
  })

  it('ends only the thread of a document that takes too much memory [X26]', async () => {
    const reader = openReader({ threads: 2, memoryLimit: 48 * 1024 * 1024 })
    const results = await Promise.allSettled([
      reader.read({ name: 'a.html', contentType: 'text/html', bytes: bytesOf('<p>x</p>'.repeat(1_000_000)) }),
      ...['One.', 'Two.', 'Three.'].map((words) => reader.read(text(words))),
    ])
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.text : result.reason.code))).toEqual([
      'document_too_large',
      'One.',
      'Two.',
      'Three.',
    ])
    const [first] = results
    expect(first.status === 'rejected' && first.reason instanceof UnreadableDocumentError).toBe(true)
  })

  it('stops with the signal, whether the document waits or is read', async () => {
    const reader = openReader({ threads: 1 })
    const reading = new AbortController()
    const waiting = new AbortController()
    const first = reader.read(endless(), { signal: reading.signal })
    const second = reader.read(text('Two.'), { signal: waiting.signal })
    const third = reader.read(text('Three.'))
    waiting.abort(new Error('waited'))
    await expect(second).rejects.toThrow('waited')
    reading.abort(new Error('read'))
    await expect(first).rejects.toThrow('read')
    expect((await third).text).toBe('Three.')
    await expect(reader.read(text('Four.'), { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })

  it('has a thread for small texts, which wait behind nobody’s large files [X26]', async () => {
    const reader = openReader({ threads: 1, quickThreads: 1 })
    const stop = new AbortController()
    let isOver = false
    const large = reader.read(endless(), { signal: stop.signal }).catch(() => {
      isOver = true
    })
    const words = await Promise.all(['One.', 'Two.'].map(async (each) => (await reader.read(text(each))).text))
    expect({ words, isOver }).toEqual({ words: ['One.', 'Two.'], isOver: false })
    stop.abort()
    await large
  })

  it('ends threads that have nothing to read, and starts them again', async () => {
    const clock = new FakeClock()
    const reader = openReader({ clock, idleTime: 1_000 })
    expect((await reader.read(text('One.'))).text).toBe('One.')
    await clock.advance(1_000)
    expect((await reader.read(text('Two.'))).text).toBe('Two.')
  })

  it('fails what it reads when it is closed', async () => {
    const reader = openReader({ threads: 1 })
    const all = [reader.read(endless()), reader.read(text('Two.'))].map((read) => read.catch((error: unknown) => error))
    await reader.close()
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ code: 'reader_closed', retryable: true })
    await expect(reader.read(text('Three.'))).rejects.toMatchObject({ code: 'reader_closed' })
  })

  it('leaves no timer when it is closed in the middle, which would keep the process', async () => {
    const clock = new FakeClock()
    const reader = openReader({ clock, threads: 2 })
    const large = reader.read(endless()).catch(() => {})
    expect((await reader.read(text('One.'))).text).toBe('One.')
    await reader.close()
    await large
    expect(clock.timers).toBe(0)
  })

  it('reads many at once, each its own [X26]', async () => {
    const all = Array.from({ length: 200 }, (_, at) =>
      at % 7 === 0
        ? refusalOf(shared, 'application/pdf', '%PDF-')
        : readFile(shared, 'text/plain', `Number ${at}.`).then((read) => read.text),
    )
    expect(await Promise.all(all)).toEqual(
      Array.from({ length: 200 }, (_, at) => (at % 7 === 0 ? 'document_damaged' : `Number ${at}.`)),
    )
  })

  it('gives the same for the same bytes, and names the way it is made', async () => {
    const content = 'A title\n\nSome words. '.repeat(300)
    const [first, second] = [await shared.read(text(content)), await shared.read(text(content))]
    expect(second).toEqual(first)
    expect(shared.version).toMatch(/^documents\/\d+\//)
    expect(openReader({ chunkBudget: 99 }).version).not.toBe(shared.version)
  })

  it('takes the bytes over, without a copy, and says so when they come again', async () => {
    const whole = text('Words.')
    await shared.read(whole)
    expect(whole.bytes.byteLength).toBe(0)
    await expect(shared.read(whole)).rejects.toMatchObject({ code: 'invalid_input' })
    const part = bytesOf('Some words.').subarray(5)
    expect((await shared.read({ ...whole, bytes: part })).text).toBe('words.')
    expect(part.byteLength).toBe(6)
  })

  it('knows kinds by media type, and by the name where that says nothing', async () => {
    const markdown = await shared.read({ name: 'A.MD', contentType: 'application/octet-stream', bytes: bytesOf('# One\n\nTwo') })
    expect(markdown.contexts).toEqual(['One'])
    expect(await refusalOf(shared, 'application/x-unknown', 'words')).toBe('document_type_unknown')
    expect(await refusalOf(shared, 'application/octet-stream', 'words')).toBe('document_type_unknown')
    for (const type of ['application/pdf', 'text/plain', 'TEXT/HTML; charset=utf-8', 'text/x-python', 'application/x-ndjson'])
      expect(shared.reads(type), type).toBe(true)
    for (const type of ['', 'video/mp4', 'application/zip']) expect(shared.reads(type), type).toBe(false)
    expect(await refusalOf(shared, 'text/plain', '%PDF-1.7 words')).toBe('document_mislabelled')
  })
})

describe('the media type of a name', () => {
  it('goes by the extension', () => {
    const { typeOf } = shared
    expect(typeOf('a/b.c/Report.PDF')).toBe('application/pdf')
    expect(typeOf('notes.md')).toBe('text/markdown')
    expect(typeOf('table.csv')).toBe('text/csv')
    expect(typeOf('data.json')).toBe('application/json')
    expect(typeOf('letter.docx')).toBe('application/vnd.openxmlformats-officedocument.wordprocessingml.document')
    for (const name of ['', 'pdf', 'a.', 'a.unknown', 'a.constructor', '.pdf/x']) expect(typeOf(name), name).toBe('text/plain')
  })
})
