import { APICallError } from '@ai-sdk/provider'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { deleteDocument, InvalidInputError, SegmentSearchIndex } from '../../src/index.ts'
import { indexStatus } from '../../src/rag/index-status.ts'
import { chunkVectors } from '../../src/rag/kept-vectors.ts'
import { startReindex } from '../../src/rag/reindex.ts'
import { retrievePassages } from '../../src/rag/retrieve-passages.ts'
import { readSpaces } from '../../src/rag/spaces.ts'
import { RagBench } from './rag-bench.ts'

const { signal } = new AbortController()
const old = 'test/embedding'
const next = 'test/other'
const hour = 3_600_000

let bench: RagBench
/** What this Plinth is set to, what it can ask, and what answers for the first. */
let set: { model: string; askable: readonly string[]; oldServedBy: string; fault: unknown }
let asked: string[]

beforeEach(async () => {
  bench = await RagBench.open()
  set = { model: old, askable: [old], oldServedBy: old, fault: undefined }
  asked = []
  const { models } = bench.plinth
  const usual = models.resolveEmbedding()
  vi.spyOn(models, 'resolveEmbedding').mockImplementation((id = set.model) => {
    if (!set.askable.includes(id)) throw new InvalidInputError('There is no such model.', { code: 'model_unknown' })
    const servedBy = id === old ? set.oldServedBy : id
    const doEmbed: typeof usual.model.doEmbed = async (options) => {
      if (set.fault) throw set.fault
      asked.push(...options.values)
      return usual.model.doEmbed({
        ...options,
        values: options.values.map((text) => (id === next ? `${text}, otherwise` : text)),
      })
    }
    return { ...usual, id, servedBy, model: { ...usual.model, doEmbed } }
  })
  Object.defineProperty(models, 'defaultEmbeddingModel', { get: () => set.model })
})
afterEach(() => bench.stop())

const retrieve = async (query: string): Promise<readonly string[]> =>
  (await retrievePassages(await bench.scope(), { query, top_k: 5 }, signal)).passages.map(({ source }) => source)
const spaces = async (): Promise<readonly { readonly name: string; readonly chunks: number }[]> =>
  (await (await bench.scope()).search.status()).spaces

/** Lets time pass until it ends: how much it waits for, and after how many turns of the loop it begins to, is its own affair. */
async function whilePassing<Result>(work: Promise<Result>): Promise<Result> {
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  work.then(over, over)
  while (!isOver) await bench.plinth.pass(1_000)
  return work
}

describe('another embedding model', () => {
  const many = Array.from({ length: 45 }, (_, number) => ({
    source: `${number}.txt`,
    content: `Text number ${number} about quaggas.`,
  }))

  it('leaves the earlier vectors to serve as long as their model can be asked, and then takes their place [R44, X35]', async () => {
    await bench.ingest(many)
    set = { ...set, model: next, askable: [old, next] }
    expect(await indexStatus(await bench.scope())).toMatchObject({ embedding_model: next, reindex_needed: true })
    await retrieve('zqx')
    expect(asked.at(-1)).toBe('zqx')
    expect((await spaces()).map(({ name }) => name)).toEqual([`${old.replace('/', '-')}:4`])
    await startReindex(await bench.scope())
    await bench.plinth.pass(60_000)
    expect(await spaces()).toEqual([expect.objectContaining({ name: `${next.replace('/', '-')}:4`, chunks: 45 })])
    expect(await indexStatus(await bench.scope())).toMatchObject({ reindex_needed: false, building: null })
    expect(await retrieve('Text number 7')).toContain('7.txt')
    expect(await rejection(startReindex(await bench.scope()))).toMatchObject({ code: 'index_current' })
  })

  it('that can not be asked leaves questions to words, and new documents to wait until all are embedded anew', async () => {
    await bench.ingest(many.slice(0, 3))
    set = { ...set, model: next, askable: [next] }
    asked = []
    expect(await retrieve('Text number 2')).toContain('2.txt')
    const [id = ''] = await bench.ingest([{ source: 'late.txt', content: 'A late okapi.' }])
    await bench.plinth.pass(hour)
    expect(asked).toEqual([])
    expect(await bench.fields(id)).toMatchObject({ status: 'processed', embedding: 'pending' })
    expect(await retrieve('okapi')).toEqual(['late.txt'])
    await startReindex(await bench.scope())
    await bench.plinth.pass(60_000)
    expect(await bench.fields(id)).toMatchObject({ embedding: 'done' })
    expect(await spaces()).toEqual([expect.objectContaining({ chunks: 4 })])
  })

  it('that comes back gives what waited its vectors', async () => {
    await bench.ingest(many.slice(0, 1))
    set = { ...set, model: next, askable: [next] }
    const [id = ''] = await bench.ingest([{ source: 'late.txt', content: 'A late okapi.' }])
    set = { ...set, model: old, askable: [old] }
    await bench.plinth.pass(hour)
    expect(await bench.fields(id)).toMatchObject({ embedding: 'done' })
  })

  it('under the name of the one before is another model all the same: its vectors are not mixed with theirs', async () => {
    await bench.ingest(many.slice(0, 1))
    set = { ...set, oldServedBy: 'test/stand-in' }
    asked = []
    expect(await retrieve('Text number 0')).toEqual(['0.txt'])
    expect(asked).toEqual([])
    expect(await indexStatus(await bench.scope())).toMatchObject({ reindex_needed: true })
    await startReindex(await bench.scope())
    await bench.plinth.pass(60_000)
    expect(await spaces()).toEqual([expect.objectContaining({ name: 'test-stand-in:4', chunks: 1 })])
  })

  it('goes on with the page at which it was cut off', async () => {
    await bench.ingest(many)
    set = { ...set, model: next, askable: [old, next] }
    asked = []
    const { putVectors } = SegmentSearchIndex.prototype
    let puts = 0
    const dying = vi.spyOn(SegmentSearchIndex.prototype, 'putVectors').mockImplementation(function (this: never, ...call) {
      return ++puts === 2 ? Promise.reject(new Error('The process ends.')) : putVectors.apply(this, call)
    })
    const scope = await bench.scope()
    await startReindex(scope)
    await bench.plinth.pass(60_000)
    expect((await readSpaces(scope))?.fields.serving?.model_id).toBe(next)
    // Of three pages the second was asked for twice.
    expect(asked).toHaveLength(65)
    dying.mockRestore()
  })
})

describe('an embedding model that fails', () => {
  const failed = (statusCode: number): Error => new APICallError({ message: 'No.', url: 'x', requestBodyValues: {}, statusCode })

  it.each([503, 429, 401])('with %i leaves questions to words', async (status) => {
    await bench.ingest([{ source: 'pumps.txt', content: 'The pump is serviced.' }])
    set.fault = failed(status)
    expect(await whilePassing(retrieve('pump'))).toEqual(['pumps.txt'])
    set.fault = undefined
    await bench.plinth.pass(30_000)
    expect(await whilePassing(retrieve('pump'))).toEqual(['pumps.txt'])
    expect(asked.at(-1)).toBe('pump')
  })

  it('leaves documents to their words, until it answers', async () => {
    set.fault = failed(503)
    const [id = ''] = await bench.ingest([{ source: 'pumps.txt', content: 'The pump is serviced.' }])
    await bench.plinth.pass(60_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'processed', embedding: 'pending' })
    set.fault = undefined
    await bench.plinth.pass(hour)
    expect(await bench.fields(id)).toMatchObject({ embedding: 'done' })
  })
})

describe('vectors of what was embedded before', () => {
  const text = Array.from(
    { length: 12 },
    (_, part) => `# Part ${part}\n\nThe quagga number ${part} grazes. ${'It does so all day. '.repeat(20)}`,
  )

  it('are taken for another version of the document, as far as it is the same; nothing is kept of one that is gone [X25, X35]', async () => {
    const source = 'quaggas.txt'
    const [id = ''] = await bench.ingest([{ source, content: text.join('\n\n') }])
    const first = asked.length
    expect(first).toBeGreaterThan(5)
    const before = await bench.indexed('quagga')
    await bench.ingest([{ source, content: text.join('\n\n'), metadata: { shelf: 'b' } }])
    expect(asked.length).toBe(first)
    expect(await bench.fields(id)).toMatchObject({ version: 2, embedding: 'done' })
    expect([await bench.indexed('quagga'), (await spaces())[0]?.chunks]).toEqual([before, first])
    await bench.ingest([{ source, content: [...text.slice(0, 11), 'The okapi sleeps.'].join('\n\n') }])
    expect(asked.length - first).toBeLessThan(4)
    expect(await bench.count(chunkVectors, id)).toBe(1)
    await deleteDocument(await bench.scope(), id)
    await bench.plinth.pass(60_000)
    expect(await bench.count(chunkVectors, id)).toBe(0)
  })
})
