import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Scope, SegmentSearchIndex } from '../../src/index.ts'
import { revisionPlace } from '../../src/rag/documents.ts'
import { embedRevision } from '../../src/rag/embed-documents.ts'
import { maintainIndex } from '../../src/rag/maintain.ts'
import { searchSpaces, spaceOf, spacesPlace } from '../../src/rag/spaces.ts'
import { keepText } from '../../src/rag/text.ts'
import { VectorBatch } from '../../src/rag/vector-batch.ts'
import { searchSegments } from '../../src/search/collections.ts'
import { RagBench } from './rag-bench.ts'

const chunkCount = 4_200
const revision = { document_id: 'large', revision: 'r1' }
const version = { document: 'large', version: 'r1' }
const { signal } = new AbortController()

/** A document that is found by its words already. */
async function keep(scope: Scope): Promise<void> {
  const text = Array.from({ length: chunkCount }, (_, number) => `part ${String(number).padStart(5, '0')}.`).join(' ')
  const chunks = Array.from({ length: chunkCount }, (_, number) => ({ start: number * 12, end: number * 12 + 11 }))
  await keepText(scope, revisionPlace('large', 'r1'), { text, chunks, contexts: [] } as never)
  const indexed = chunks.map((chunk) => ({ ...chunk, text: text.slice(chunk.start, chunk.end), context: '' }))
  await scope.search.put([{ ...version, attributes: {}, chunks: indexed }])
}

describe('vectors of a large document', () => {
  let bench: RagBench
  let scope: Scope
  const space = spaceOf({ id: 'test/embedding', servedBy: 'test/embedding' }, 4)
  beforeEach(async () => {
    bench = await RagBench.open()
    scope = await bench.scope()
    await keep(scope)
  })
  afterEach(() => bench.stop())

  async function embed(): Promise<void> {
    const batch = new VectorBatch(scope)
    await embedRevision(scope, revision, space, signal, batch)
    await batch.put()
  }

  it('come in parts, and go on behind those that are there [R25]', async () => {
    const puts: (readonly [number | undefined, number])[] = []
    const { putVectors } = scope.search
    let left = 1
    vi.spyOn(scope.search, 'putVectors').mockImplementation(async (into, documents) => {
      if (left-- === 0) throw new Error('The process ends.')
      for (const { first, vectors } of documents) puts.push([first, vectors.length])
      await putVectors(into, documents)
    })
    await expect(embed()).rejects.toThrow('The process ends.')
    expect(await scope.search.vectorsOf?.(space.name, version)).toBe(2_048)
    left = 10
    const before = embedded()
    await embed()
    expect(puts).toEqual([
      [0, 2_048],
      [2_048, 2_048],
      [4_096, 104],
    ])
    expect(embedded() - before).toBe(chunkCount - 2_048)
    expect(await scope.search.vectorsOf?.(space.name, version)).toBe(chunkCount)
    expect(await scope.search.status()).toMatchObject({ spaces: [{ name: space.name, chunks: chunkCount }] })
    await embed()
    expect(embedded() - before).toBe(chunkCount - 2_048)
  })

  it('and its words are taken out with it by one job, which comes back when removals are due [X25]', async () => {
    const many = Array.from({ length: 60 }, (_, number) => ({ document: `many-${number}`, version: 'r1' }))
    const chunks = Array.from({ length: 100 }, () => ({ start: 0, end: 1, text: 'quagga', context: '' }))
    await scope.search.put(many.map((each) => ({ ...each, attributes: {}, chunks })))
    await scope.search.remove(many.slice(0, 1))
    const lease = { signal } as never
    const job = { id: 'a-job' } as never
    expect(await maintainIndex(scope, {}, { lease, job })).toEqual({ done: true })
    const due = (await scope.search.status()).removalsDue
    expect(due).toBeDefined()
    const waiting = async (): Promise<number | undefined> => (await scope.state.get(searchSpaces, spacesPlace))?.fields.purged
    expect(await waiting()).toBe(due)
    const before = await segments()
    // Once more, and there is still one job that waits.
    const commit = vi.spyOn(scope.state, 'commit')
    await maintainIndex(scope, {}, { lease, job })
    expect(commit).not.toHaveBeenCalled()
    await bench.plinth.pass(25 * 3_600_000)
    expect(await scope.search.status()).not.toHaveProperty('removalsDue')
    expect(await segments()).not.toEqual(before)
  })

  /** How many texts were made vectors of. */
  function embedded(): number {
    return bench.plinth.models.embeddingCalls.reduce((sum, { values }) => sum + values.length, 0)
  }

  async function segments(): Promise<string[]> {
    const ids: string[] = []
    for await (const { fields } of scope.state.read(searchSegments, 'index')) ids.push(fields.id)
    return ids.sort()
  }
})

it('many documents make few segments, and those are merged while they come [R25]', async () => {
  const bench = await RagBench.open()
  const scope = await bench.scope()
  const puts = vi.spyOn(SegmentSearchIndex.prototype, 'putVectors')
  for (let batch = 0; batch < 10; batch++) {
    await bench.ingest(
      Array.from({ length: 40 }, (_, number) => ({ source: `many-${batch}-${number}.txt`, content: `Text ${number}.` })),
    )
  }
  await bench.plinth.pass(60_000)
  expect(puts.mock.calls.length).toBeLessThanOrEqual(40)
  expect((await scope.search.status()).segments).toBeLessThan(20)
  puts.mockRestore()
  await bench.stop()
})
