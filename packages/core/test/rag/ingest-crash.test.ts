import { describe, expect, it } from 'vitest'
import {
  acceptDocuments,
  type DocumentReader,
  deleteDocument,
  NotFoundError,
  plainTextReader,
  type Row,
  type Scope,
} from '../../src/index.ts'
import { getDocument } from '../../src/rag/access.ts'
import { partBytes } from '../../src/rag/content.ts'
import { blockLength, chunkTables, contents, revisionPlace, texts } from '../../src/rag/documents.ts'
import { type Ingest, ingests } from '../../src/rag/ingests.ts'
import { retrievePassages } from '../../src/rag/retrieve-passages.ts'
import { readSpaces } from '../../src/rag/spaces.ts'
import { allText } from '../../src/rag/text.ts'
import { searchRemovals, searchSegments } from '../../src/search/collections.ts'
import { type Death, MortalProcess } from '../support/mortal-process.ts'
import { RagBench } from './rag-bench.ts'

const signal = new AbortController().signal
const [second, minute, day] = [1_000, 60_000, 24 * 3_600_000]

/** A text of so many chunks, each of other words than the rest. */
function textOf(name: string, chunks: number): string {
  const words = (paragraph: number): string => Array.from({ length: 70 }, (_, word) => `${name}${paragraph}x${word}`).join(' ')
  return Array.from({ length: chunks }, (_, paragraph) => `Shared ${name} ${words(paragraph)}`).join('\n\n')
}

const versions = { none: '', first: textOf('lions', 4), second: textOf('zebras', 6), third: textOf('otters', 3) } as const
const other = textOf('newts', 3)
type Version = keyof typeof versions

/** What ends in zeros has a text that several commits write, and several remove, of few chunks all the same. */
const reader: DocumentReader = {
  ...plainTextReader,
  read: async (source, options) => {
    const end = source.bytes.indexOf(0)
    if (end === -1) return plainTextReader.read(source, options)
    const read = await plainTextReader.read({ ...source, bytes: source.bytes.subarray(0, end) }, options)
    return { ...read, text: read.text.padEnd(81 * blockLength) }
  },
}

function longOf(version: Version, zeros: number): Uint8Array {
  const text = new TextEncoder().encode(versions[version])
  const bytes = new Uint8Array(text.byteLength + zeros)
  bytes.set(text)
  return bytes
}

/** What a client asks for, again until it has an answer. */
type Ask = (scope: Scope) => Promise<unknown>

function sending(version: Version, content: string | Uint8Array = versions[version]): Ask {
  return (scope) =>
    acceptDocuments(scope, [
      { source: 'book.txt', content },
      { source: 'other.txt', content: other },
      { source: 'empty.txt', content: ' ' },
    ])
}

const deleting: Ask = async (scope) => {
  await deleteDocument(scope, await idOf(scope, 'book.txt')).catch((error: unknown) => {
    if (!(error instanceof NotFoundError)) throw error
  })
}

interface Course {
  readonly before?: Ask
  readonly asks: readonly Ask[]
  /** What may be found of it at any moment, and at last. */
  readonly found: readonly Version[]
  readonly last: Version
  /** Of all batches together in the end. */
  readonly figures: Ingest
  /** It dies at each write that is a multiple of this one, and at those of this kind. */
  readonly deaths: readonly [every: number, also?: RegExp]
}

const courses: Readonly<Record<string, Course>> = {
  'a first version': {
    asks: [sending('first')],
    found: ['none', 'first'],
    last: 'first',
    figures: { processed: 2, embedded: 2 },
    deaths: [3],
  },
  'a second version': {
    before: sending('first'),
    asks: [sending('second')],
    found: ['first', 'second'],
    last: 'second',
    figures: { processed: 3, embedded: 3 },
    deaths: [1],
  },
  'a version that is replaced while it waits': {
    before: sending('first'),
    asks: [sending('second'), sending('third')],
    found: ['first', 'second', 'third'],
    last: 'third',
    figures: {},
    deaths: [3],
  },
  'a second version in several parts': {
    before: sending('first', longOf('first', 1)),
    asks: [sending('second', longOf('second', partBytes))],
    found: ['first', 'second'],
    last: 'second',
    figures: { processed: 3, embedded: 3 },
    deaths: [15, /document-(texts|contents)/],
  },
  'a deletion': {
    before: sending('first'),
    asks: [deleting],
    found: ['first', 'none'],
    last: 'none',
    figures: { processed: 2, embedded: 2 },
    deaths: [2],
  },
}

function idOf(scope: Scope, source: string): Promise<string> {
  return scope.state.lookup('document source', source)
}

/** Until documents are read; until the index is tidied; until what was removed is out of storage. */
const passing = [
  [5 * second, second],
  [2 * minute, 10 * second],
  [2 * day, day / 2],
] as const

/** Asks until all is answered, and lets time pass until nothing is left to do, or it dies. @returns what is still to be asked. */
async function go(bench: RagBench, process: MortalProcess, asks: readonly Ask[], times = 3): Promise<readonly Ask[]> {
  const left = [...asks]
  for (let ask = left[0]; ask && !process.isDead; ask = left[0]) {
    const answered = await ask(await process.scope()).then(
      () => true,
      (error: unknown) => {
        if (!process.isDead) throw error
        return false
      },
    )
    if (answered) left.shift()
  }
  for (const [time, step] of passing.slice(0, times)) if (!process.isDead) await bench.plinth.pass(time, step)
  return left
}

/** All chunks of a text, as it is read. */
async function chunksOf(text: string): Promise<readonly string[]> {
  if (text === '') return []
  const { chunks } = await plainTextReader.read({ name: '', contentType: 'text/plain', bytes: new TextEncoder().encode(text) })
  return chunks.map(({ start, end }) => `${start} to ${end}: ${text.slice(start, end)}`)
}

/** Of a document all chunks of one of the texts are found, by words and by vectors, by a process that has just begun. */
async function expectFound(bench: RagBench, source: string, allowed: readonly string[]): Promise<void> {
  const scope = await looking(bench)
  const id = await idOf(scope, source)
  const chunks = await Promise.all(allowed.map(chunksOf))
  for (const more of [{ dense_weight: 0 }, {}]) {
    const body = { query: 'shared lions zebras otters newts', top_k: 50, ...more }
    const { passages } = await retrievePassages(scope, body, signal)
    const own = passages.filter(({ document_id }) => document_id === id).sort((one, two) => one.start - two.start)
    expect(chunks).toContainEqual(own.map(({ start, end, content }) => `${start} to ${end}: ${content}`))
  }
}

function looking(bench: RagBench): Promise<Scope> {
  return new MortalProcess(bench.plinth, { worker: false }).scope()
}

/** All is done, and nothing is left of what isn't found any more. */
async function expectDone(bench: RagBench, { last, figures }: Course): Promise<void> {
  const scope = await looking(bench)
  const shown = last === 'none' ? ['other.txt'] : ['book.txt', 'other.txt']
  const places: string[] = []
  let chunks = 0
  const { serving } = (await readSpaces(scope))?.fields ?? {}
  for (const source of shown) {
    const { fields } = await getDocument(scope, await idOf(scope, source))
    expect(fields).toMatchObject({ status: 'processed', embedding: 'done', live: fields.revision })
    expect(fields).not.toHaveProperty('content')
    const version = { document: fields.document_id, version: fields.revision }
    expect(await scope.search.vectorsOf?.(serving?.name ?? '', version)).toBe(fields.chunks_count)
    const place = revisionPlace(fields.document_id, fields.revision)
    let text = ''
    for await (const block of allText(scope, place)) text += block
    expect(text.trimEnd()).toBe(source === 'other.txt' ? other : versions[last])
    places.push(place)
    chunks += fields.chunks_count
  }
  expectFigures(await rowsOf(bench), figures)
  // What a process was about to forget, or to list, when it died: the one is over by itself, the other with the index's next change.
  await bench.plinth.memory.clock.advance(8 * day)
  while (await scope.search.maintain()) {}
  const rows = await rowsOf(bench)
  const partitions = (name: string): readonly string[] =>
    [...new Set(rows.flatMap((row) => (row.collection === name ? [row.partition] : [])))].sort()
  expect(partitions(texts.name)).toEqual(places.toSorted())
  expect(partitions(chunkTables.name)).toEqual(places.toSorted())
  for (const { name } of [contents, searchRemovals]) expect(partitions(name)).toEqual([])
  const status = await scope.search.status()
  expect(status).toMatchObject({ documents: shown.length, chunks, spaces: [{ chunks }] })
  expect(status).not.toHaveProperty('removalsDue')
  await expectObjects(bench, rows)
}

async function rowsOf(bench: RagBench): Promise<readonly Row[]> {
  return (await bench.plinth.memory.inner.state.operations.rows('alpha', { limit: 1_000 })).items
}

/** No objects but the index's, and of it only what is listed. */
async function expectObjects(bench: RagBench, rows: readonly Row[]): Promise<void> {
  const { items } = await bench.plinth.memory.adapters.objects.list({ tenant: 'alpha', prefix: 'objects/', limit: 1_000 })
  const listed = rows.flatMap(({ collection, index }) =>
    collection === searchSegments.name
      ? Array.from({ length: Number(index.pieces) }, (_, piece) => `objects/search/${index.id}/${piece}`)
      : [],
  )
  expect(items.map(({ name }) => name).sort()).toEqual(listed.sort())
}

/** Each document of each batch ended once. */
function expectFigures(rows: readonly Row[], figures: Ingest): void {
  const sums: Record<string, number> = {}
  for (const { collection, index } of rows) {
    if (collection !== ingests.name) continue
    const batch = index as Ingest
    const { total, processed = 0, failed = 0, superseded = 0, unchanged = 0, embedded = 0 } = batch
    expect({ batch, total: processed + failed + superseded + unchanged }).toEqual({ batch, total })
    expect({ batch, embedded }).toEqual({ batch, embedded: processed })
    for (const [name, number] of Object.entries(batch)) sums[name] = (sums[name] ?? 0) + Number(number)
  }
  expect(sums).toMatchObject(figures)
}

/** @returns what the process wrote, up to its death if it died. */
async function dieIn(course: Course, death?: Death): Promise<readonly string[]> {
  const bench = await RagBench.open(undefined, { worker: false, reader })
  if (course.before) {
    const first = new MortalProcess(bench.plinth, { worker: true })
    await go(bench, first, [course.before], 2)
    await first.stop()
  }
  const mortal = new MortalProcess(bench.plinth, { worker: true, ...(death ? { death } : {}) })
  const left = await go(bench, mortal, course.asks)
  expect(mortal.isDead).toBe(death !== undefined)
  await mortal.stop()
  const found = course.found.map((version) => versions[version])
  await expectFound(bench, 'book.txt', found)
  await expectFound(bench, 'other.txt', course.before ? [other] : ['', other])
  const next = new MortalProcess(bench.plinth, { worker: true })
  await go(bench, next, left)
  await next.stop()
  await expectFound(bench, 'book.txt', [versions[course.last]])
  await expectFound(bench, 'other.txt', [other])
  await expectDone(bench, course)
  return mortal.writes
}

describe('a process that dies at any durable write of', () => {
  for (const [words, course] of Object.entries(courses)) {
    it(`${words} leaves all of a version found or nothing, and the next one goes on [R25, X25]`, async () => {
      const writes = await dieIn(course)
      const [every, also = /^$/] = course.deaths
      for (const [index, what] of writes.entries()) {
        const at = index + 1
        if (index % every === 0 || also.test(what)) await dieIn(course, { at, when: 'after' })
        // What is there before a write is what was there after the last one: that needn't be tried at each again.
        if (index % (every * 5) === 0) await dieIn(course, { at, when: 'before' })
      }
    })
  }
})
