import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maintainAll } from '../../src/contracts/index.ts'
import type { DocumentVectors, IndexedDocument, SearchIndex, SearchQuery, VectorSpace } from '../../src/ports/search-index.ts'
import type { HostileOptions } from '../../src/testing/index.ts'
import { NaiveIndex } from './support/naive-index.ts'
import { expectSameAnswer } from './support/same-answer.ts'
import { patient, SearchSubject } from './support/search-subject.ts'

const spaces: readonly VectorSpace[] = [
  { name: 'four', dimensions: 4 },
  { name: 'many', dimensions: 37 },
]
const names = ['a', 'b', 'B', 'b-1', 'c', 'long-name-of-a-document', 'z']
const versions = ['v1', 'v2']

const word = fc.constantFrom(...'harbour tiger river light running runs stone PX-4711 the 東京 été 12.5'.split(' '))
const text = fc.array(word, { maxLength: 9 }).map((words) => words.join(' '))
const chunk = fc.record({ start: fc.nat(1000), text, context: fc.array(word, { maxLength: 2 }).map((words) => words.join(' ')) })
const scalar = fc.constantFrom<string | number | boolean>('x', 'y', 1, 2, true)
const attributes = fc.dictionary(fc.constantFrom('kind', 'year'), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })))
const people = fc.subarray(['ann', 'bob'])
const groups = fc.subarray(['staff', 'board'])
const access = fc.option(fc.record({ users: people, groups }), { nil: undefined, freq: 3 })
const name = fc.record({ document: fc.constantFrom(...names), version: fc.constantFrom(...versions) })

const document: fc.Arbitrary<IndexedDocument> = fc
  .record({ name, attributes, access, chunks: fc.array(chunk, { maxLength: 5 }) })
  .map(({ name: { document, version }, attributes: said, access: who, chunks }) => ({
    document,
    version,
    attributes: said,
    ...(who ? { access: who } : {}),
    chunks: chunks.map((each) => ({ ...each, end: each.start + each.text.length })),
  }))

type Command =
  | { readonly put: readonly IndexedDocument[] }
  | { readonly vectors: VectorSpace; readonly seed: number }
  | { readonly remove: readonly { readonly document: string; readonly version: string }[] }
  | { readonly drop: string }
  | { readonly maintain: number | 'all' }
  | { readonly reopen: true }
  | { readonly other: true }
  | { readonly search: SearchQuery }

const query: fc.Arbitrary<SearchQuery> = fc
  .record({
    texts: fc.array(fc.record({ text, weight: fc.constantFrom(0.5, 1, 2) }), { maxLength: 3 }),
    space: fc.option(fc.constantFrom(...spaces), { nil: undefined }),
    seed: fc.nat(1000),
    filter: fc.option(fc.dictionary(fc.constantFrom('kind', 'year'), fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }))), {
      nil: undefined,
      freq: 2,
    }),
    user: fc.constantFrom('ann', 'bob', 'eve'),
    member: groups,
    limit: fc.constantFrom(1, 2, 5, 200),
  })
  .map(({ texts, space, seed, filter, user, member, limit }) => ({
    texts,
    ...(space ? { vector: { space: space.name, values: vectorOf(space.dimensions, seed) } } : {}),
    ...(filter ? { filter } : {}),
    reader: { user, groups: new Set(member) },
    limit,
  }))

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ put: fc.array(document, { minLength: 1, maxLength: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ vectors: fc.constantFrom(...spaces), seed: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.array(name, { minLength: 1, maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ drop: fc.constantFrom('four', 'many') }) },
  { weight: 2, arbitrary: fc.record({ maintain: fc.constantFrom<number | 'all'>(1, 2, 'all') }) },
  { weight: 1, arbitrary: fc.constantFrom<Command>({ reopen: true }, { other: true }) },
  { weight: 5, arbitrary: fc.record({ search: query }) },
)

describe('SegmentSearchIndex and a naive index', () => {
  const faults: Readonly<Record<string, Partial<HostileOptions> | true>> = { 'polite stores': {}, 'hostile stores': true }
  for (const [words, hostile] of Object.entries(faults)) {
    it(`find the same after any commands, over ${words} [R29, X33]`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 3, maxLength: 30 }), query, (commands, last) =>
          compare(hostile, [...commands, { search: last }, { maintain: 'all' }, { search: last }]),
        ),
        { numRuns: 120 },
      )
    })
  }
})

async function compare(hostile: Partial<HostileOptions> | true, commands: readonly Command[]): Promise<void> {
  const subject = new SearchSubject(hostile)
  const naive = new NaiveIndex()
  const open = (): SearchIndex => patient(subject.open({ memory: 1 }))
  // Two processes that work on one index.
  let index = open()
  let idle = open()
  for (const each of commands) {
    if ('put' in each) {
      await index.put('t', each.put)
      naive.put(each.put)
    } else if ('vectors' in each) {
      const vectors = vectorsOf(naive, each.vectors, each.seed)
      await index.putVectors('t', each.vectors, vectors)
      naive.putVectors(each.vectors, vectors)
    } else if ('remove' in each) {
      await index.remove('t', each.remove)
      naive.remove(each.remove)
    } else if ('drop' in each) {
      await index.dropSpace('t', each.drop)
      naive.dropSpace(each.drop)
    } else if ('maintain' in each && each.maintain === 'all') await maintainAll(index, 't')
    else if ('maintain' in each) for (let step = 0; step < Number(each.maintain); step++) await index.maintain('t')
    else if ('reopen' in each) index = open()
    else if ('other' in each) [index, idle] = [idle, index]
    else expectSameAnswer(await index.search('t', each.search), naive, each.search)
  }
  const status = await index.status('t')
  expect(status.documents).toBe(naive.documents.length)
  expect(status.chunks).toBe(naive.documents.reduce((sum, { chunks }) => sum + chunks.length, 0))
}

/** Of about half the documents that are there. */
function vectorsOf(naive: NaiveIndex, { dimensions }: VectorSpace, seed: number): DocumentVectors[] {
  return naive.documents
    .filter((_, index) => (index + seed) % 2 === 0)
    .map(({ document: id, version, chunks }, index) => ({
      document: id,
      version,
      vectors: chunks.map((_, ordinal) => vectorOf(dimensions, seed + index * 31 + ordinal * 7)),
    }))
}

function vectorOf(dimensions: number, seed: number): Float32Array {
  let state = seed + 1
  return Float32Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) / 2 ** 24 - 0.5
  })
}
