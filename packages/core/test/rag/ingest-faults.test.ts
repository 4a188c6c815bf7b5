import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  acceptDocuments,
  ConflictError,
  type DocumentReader,
  deleteDocument,
  plainTextReader,
  UnavailableError,
} from '../../src/index.ts'
import { contents, documents } from '../../src/rag/documents.ts'
import { followIngest, getIngest } from '../../src/rag/follow-ingest.ts'
import { read } from '../event-driven/bench.ts'
import { RagBench } from './rag-bench.ts'

/** What reading does, by the document's name; by itself it reads text. */
const behaviour = new Map<string, (bytes: Uint8Array) => Promise<void>>()
const reader: DocumentReader = {
  ...plainTextReader,
  read: async (source, options) => {
    await behaviour.get(source.name)?.(source.bytes)
    if (source.bytes.byteLength < 1_000_000) return plainTextReader.read(source, options)
    return { text: `Large ${source.name}.`, chunks: [{ start: 0, end: 6 }], contexts: [] }
  },
}

const mebibyte = 1024 * 1024

describe('documents, while others hurt', () => {
  let bench: RagBench
  beforeEach(async () => {
    behaviour.clear()
    bench = await RagBench.open(() => 'An answer.', { reader })
  })
  afterEach(() => bench.stop())

  const statusOf = async (id: string | undefined): Promise<string> => (await bench.fields(id ?? '')).status

  it('are found before one that came with them and takes long [X26]', async () => {
    const slow = Promise.withResolvers<void>()
    behaviour.set('slow.txt', () => slow.promise)
    const [first, quick] = await bench.send([{ source: 'slow.txt' }, { source: 'quick.txt', content: 'Of ants.' }])
    await bench.plinth.pass(4_000)
    expect([await statusOf(first), await statusOf(quick)]).toEqual(['processing', 'processed'])
    expect(await bench.indexed('ants')).toEqual([quick])
    slow.resolve()
    await bench.plinth.pass(4_000)
    expect(await statusOf(first)).toBe('processed')
  })

  it('are not given up for what is no fault of theirs, however often it happens [X26]', async () => {
    let tries = 0
    behaviour.set('a.txt', async () => {
      if (++tries <= 6) throw new UnavailableError('reader_unavailable', 'It could not be started.')
    })
    const [id] = await bench.send([{ source: 'a.txt' }])
    await bench.plinth.pass(6 * 16_000)
    expect({ tries, status: await statusOf(id) }).toEqual({ tries: 7, status: 'processed' })
  })

  it('that are large are read one at a time, whole, and leave nothing of what was sent', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const seen: [number, number][] = []
    const content = new Uint8Array(9 * mebibyte).fill(0x61)
    content[content.length - 1] = 0x7a
    for (const [at, each] of gates.entries())
      behaviour.set(`${at}.txt`, async (bytes) => {
        seen.push([bytes.byteLength, bytes.at(-1) ?? 0])
        await each.promise
      })
    const sent = [{ source: '0.txt', content }, { source: '1.txt', content }, { source: 'small.txt' }]
    const [first = '', second = '', small] = await bench.send(sent)
    const place = (await bench.fields(first)).content?.id ?? ''
    expect(await bench.count(contents, place)).toBe(3)
    await bench.plinth.pass(10_000)
    expect([seen.length, await statusOf(small)]).toEqual([1, 'processed'])
    for (const each of gates) each.resolve()
    await bench.plinth.pass(10_000)
    expect(seen).toEqual([
      [content.length, 0x7a],
      [content.length, 0x7a],
    ])
    for (const id of [first, second]) {
      const fields = await bench.fields(id)
      expect(fields).toMatchObject({ status: 'processed' })
      expect(fields).not.toHaveProperty('content')
    }
    expect(await bench.count(contents, place)).toBe(0)
  })

  it('that are replaced while they wait leave nothing of what was sent [X25]', async () => {
    const held = Promise.withResolvers<void>()
    behaviour.set('a.txt', () => held.promise)
    const [id = ''] = await bench.send([{ source: 'a.txt', content: 'Of lions.' }])
    const place = (await bench.fields(id)).content?.id ?? ''
    await bench.send([{ source: 'a.txt', content: 'Of zebras.' }])
    expect(await bench.count(contents, place)).toBe(0)
    held.resolve()
    await bench.plinth.pass(5_000)
    expect([await bench.indexed('lions'), await bench.indexed('zebras')]).toEqual([[], [id]])
  })

  it('that are replaced count once, though somebody else forgets what was sent before, too', async () => {
    const held = Promise.withResolvers<void>()
    behaviour.set('a.txt', () => held.promise)
    await bench.send([{ source: 'a.txt', content: 'Of lions.' }])
    const scope = await bench.scope()
    const commit = scope.state.commit.bind(scope.state)
    let conflicts = 0
    vi.spyOn(scope.state, 'commit').mockImplementation(async (change) => {
      if (change.writes.some((write) => 'remove' in write) && conflicts++ === 0) throw new ConflictError('document-contents')
      return commit(change)
    })
    const { ingest_id } = await acceptDocuments(scope, [{ source: 'a.txt', content: 'Of zebras.' }])
    const counted = await getIngest(scope, ingest_id)
    held.resolve()
    await bench.plinth.pass(5_000)
    expect([conflicts, counted]).toMatchObject([2, { total: 1, unchanged: 0 }])
  })

  it.each(['replaced', 'deleted'])('that are %s before they have vectors keep nobody waiting for these', async (how) => {
    const scope = await bench.scope()
    const { ingest_id, records } = await acceptDocuments(scope, [{ source: 'a.txt', content: 'Of lions.' }])
    const id = records[0]?.fields.document_id ?? ''
    await bench.plinth.pass(5_000)
    // As it was before its vectors came.
    const record = (await scope.state.get(documents, { partition: id })) ?? expect.fail()
    await scope.state.update(documents, record, { ...record.fields, embedding: 'pending' })
    if (how === 'deleted') await deleteDocument(scope, id)
    else await acceptDocuments(scope, [{ source: 'a.txt', content: 'Of zebras.' }])
    expect(await getIngest(scope, ingest_id)).toEqual({ total: 1, unchanged: 0, processed: 1, embedded: 2 })
    const events = await read(bench.plinth, followIngest(scope, ingest_id, 0, new AbortController().signal), 5)
    expect(events.at(-1)?.event).toBe('done')
  })

  it('are told of when they fail, in words without their content [R26, X26]', async () => {
    await bench.ingest([{ source: 'secret name.txt', content: Uint8Array.of(0xff, 0xfe, 0xfd) }])
    const [event] = await bench.plinth.events('genai.document.failed')
    expect(event?.detail).toMatchObject({
      version: 1,
      error: { code: 'document_encoding_unknown', message: 'The text is not UTF-8.' },
    })
    expect(JSON.stringify(event)).not.toContain('secret')
  })
})
