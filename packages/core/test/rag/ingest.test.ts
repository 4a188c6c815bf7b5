import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acceptDocuments, deleteDocument, NotFoundError } from '../../src/index.ts'
import { chunkTables, contents, documents, revisionPlace, texts } from '../../src/rag/documents.ts'
import { getIngest } from '../../src/rag/follow-ingest.ts'
import { allText } from '../../src/rag/text.ts'
import { RagBench } from './rag-bench.ts'

describe('documents that are sent', () => {
  let bench: RagBench
  beforeEach(async () => {
    bench = await RagBench.open()
  })
  afterEach(() => bench.stop())

  it('are found when they are read, with text, count of chunks and vectors [R24, R25, R26, R126, X23, X24]', async () => {
    const [id = ''] = await bench.ingest([{ source: 'queues.txt', content: 'Queues absorb bursts.\n\nWorkers drain them.' }])
    const fields = await bench.fields(id)
    expect(fields).toMatchObject({ status: 'processed', chunks_count: 1, embedding: 'done', version: 1 })
    expect(await bench.indexed('bursts')).toEqual([id])
    const scope = await bench.scope()
    let text = ''
    for await (const block of allText(scope, revisionPlace(id, fields.live ?? ''))) text += block
    expect(text).toBe('Queues absorb bursts.\n\nWorkers drain them.')
    const { serving } =
      (await scope.state.get((await import('../../src/rag/spaces.ts')).searchSpaces, { partition: 'spaces' }))?.fields ?? {}
    expect(serving).toEqual({ name: 'test-embedding:4', model_id: 'test/embedding', served_by: 'test/embedding', dimensions: 4 })
  })

  it('that are there already, unchanged, cost nothing [X25]', async () => {
    const [id = ''] = await bench.ingest([{ source: 'a.txt', metadata: { team: 'x' } }])
    const before = await bench.fields(id)
    const calls = bench.plinth.models.embeddingCalls.length
    expect(await bench.ingest([{ source: 'a.txt', metadata: { team: 'x' } }])).toEqual([id])
    expect(await bench.fields(id)).toEqual(before)
    expect(bench.plinth.models.embeddingCalls).toHaveLength(calls)
  })

  it.each([
    ['its content', { content: 'Another text about zebras.' }],
    ['its metadata', { metadata: { team: 'y' } }],
    ['who may see it', { acl: { users: ['ada'] } }],
  ])('with %s changed take the place of what was there, which serves until then [R24, R44, X25]', async (_, change) => {
    const first = { source: 'a.txt', content: 'A text about lions.', metadata: { team: 'x' } }
    const [id = ''] = await bench.ingest([first])
    const { live = '' } = await bench.fields(id)
    bench.hold()
    await bench.send([{ ...first, ...change }])
    await bench.plinth.pass(5_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'processing', live })
    expect(await bench.indexed('lions')).toEqual([id])
    bench.release()
    await bench.plinth.pass(5_000)
    const after = await bench.fields(id)
    expect(after).toMatchObject({ status: 'processed', version: 2 })
    expect(after.live).not.toBe(live)
    expect(await bench.indexed('lions')).toEqual('content' in change ? [] : [id])
    expect(await bench.count(texts, revisionPlace(id, live))).toBe(0)
    expect(await bench.count(chunkTables, revisionPlace(id, live))).toBe(0)
  })

  it('that can’t be read fail alone, and what was there before them is found as before [X26]', async () => {
    const [good = '', bad = ''] = await bench.ingest([{ source: 'good.txt' }, { source: 'bad.txt', content: 'An older text.' }])
    await bench.ingest([
      { source: 'better.txt' },
      { source: 'bad.txt', content: Uint8Array.of(0xff, 0xfe, 0xfd) },
      { source: 'empty.txt', content: ' \n' },
    ])
    expect(await bench.fields(bad)).toMatchObject({ status: 'failed', error: { code: 'document_encoding_unknown' } })
    expect(await bench.indexed('older')).toEqual([bad])
    expect(await bench.indexed('better')).toHaveLength(1)
    expect(await bench.fields(good)).toMatchObject({ status: 'processed' })
  })

  it.each([
    ['metadata', { metadata: { note: 'é'.repeat(40_000) } }],
    ['readers', { acl: { users: Array.from({ length: 1_000 }, (_, at) => `${at}-${'reader'.repeat(12)}`) } }],
  ])('with more %s than an index keeps are refused before anything of them is kept', async (_, more) => {
    const sending = bench.send([{ source: 'a.txt' }, { source: 'b.txt', ...more }])
    await expect(sending).rejects.toMatchObject({ code: 'too_large', field: 'documents.1' })
    expect((await (await bench.scope()).state.list(documents, 'created', { limit: 10 })).items).toEqual([])
  })

  it('that failed are tried again when they are sent again', async () => {
    const [id = ''] = await bench.ingest([{ source: 'empty.txt', content: ' ' }])
    expect(await bench.fields(id)).toMatchObject({ status: 'failed', version: 1 })
    await bench.ingest([{ source: 'empty.txt', content: ' ' }])
    expect(await bench.fields(id)).toMatchObject({ status: 'failed', version: 2 })
  })

  it('leave nothing of what was sent once they are read or refused', async () => {
    bench.hold()
    const ids = await bench.send([{ source: 'a.txt' }, { source: 'b.txt', content: ' ' }])
    const places = await Promise.all(ids.map(async (id) => (await bench.fields(id)).content?.id ?? ''))
    expect(await bench.count(contents, places[0] ?? '')).toBe(1)
    bench.release()
    await bench.plinth.pass(5_000)
    for (const place of places) expect(await bench.count(contents, place)).toBe(0)
  })

  it('under one name in one batch follow each other', async () => {
    const ids = await bench.ingest([
      { source: 'a.txt', content: 'About lions.' },
      { source: 'a.txt', content: 'About zebras.' },
    ])
    expect(new Set(ids).size).toBe(1)
    expect(await bench.fields(ids[0] ?? '')).toMatchObject({ status: 'processed', version: 2 })
    expect([await bench.indexed('lions'), await bench.indexed('zebras')]).toEqual([[], [ids[0]]])
  })

  it('at once under one name leave one of them, whole [R44, X25]', async () => {
    const scope = await bench.scope()
    const words = ['lions', 'zebras', 'otters', 'newts']
    const sent = await Promise.all(words.map((word) => acceptDocuments(scope, [{ source: 'a.txt', content: `About ${word}.` }])))
    await bench.plinth.pass(60_000)
    const id = sent[0]?.records[0]?.fields.document_id ?? ''
    expect(await bench.fields(id)).toMatchObject({ status: 'processed', version: words.length })
    const found = await Promise.all(words.map((word) => bench.indexed(word)))
    expect(found.filter((ids) => ids.length > 0)).toHaveLength(1)
  })

  it('are counted by batch, to the end', async () => {
    const scope = await bench.scope()
    await bench.ingest([{ source: 'old.txt' }])
    const { ingest_id } = await acceptDocuments(scope, [
      { source: 'old.txt', content: 'About old.txt.' },
      { source: 'new.txt', content: 'Something new.' },
      { source: 'bad.txt', content: ' ' },
    ])
    await bench.plinth.pass(5_000)
    expect(await getIngest(scope, ingest_id)).toEqual({ total: 3, unchanged: 1, processed: 1, failed: 1, embedded: 1 })
  })

  it('of one tenant are not there for another, by id, list or search [X33]', async () => {
    const [id = ''] = await bench.ingest([{ source: 'a.txt', content: 'About lions.' }])
    await expect(bench.fields(id, 'beta')).rejects.toThrow(NotFoundError)
    expect(await bench.indexed('lions', 'beta')).toEqual([])
    const [other = ''] = await bench.ingest([{ source: 'a.txt', content: 'About lions.' }], 'beta')
    expect(other).not.toBe(id)
  })
})

describe('documents that are deleted', () => {
  it('are gone at once, and everything of them some time later [X25]', async () => {
    const bench = await RagBench.open()
    const [id = '', kept = ''] = await bench.ingest([
      { source: 'a.txt', content: 'About lions.' },
      { source: 'b.txt', content: 'About lions too.' },
    ])
    const { live = '' } = await bench.fields(id)
    await deleteDocument(await bench.scope(), id)
    await expect(bench.fields(id)).rejects.toThrow(NotFoundError)
    await bench.plinth.pass(60_000)
    expect(await bench.indexed('lions')).toEqual([kept])
    expect(await bench.count(texts, revisionPlace(id, live))).toBe(0)
    expect(await bench.count(documents, id)).toBe(0)
    const { documents: left, chunks } = await (await bench.scope()).search.status()
    expect({ left, chunks }).toEqual({ left: 1, chunks: 1 })
    await bench.stop()
  })

  it('while they are read never come back [X25]', async () => {
    const bench = await RagBench.open()
    bench.hold()
    const [id = ''] = await bench.send([{ source: 'a.txt', content: 'About lions.' }])
    await bench.plinth.pass(1_000)
    await deleteDocument(await bench.scope(), id)
    await bench.plinth.pass(5_000)
    bench.release()
    await bench.plinth.pass(60_000)
    expect(await bench.indexed('lions')).toEqual([])
    expect(await (await bench.scope()).search.status()).toMatchObject({ documents: 0, chunks: 0 })
    await bench.stop()
  })
})
