import { describe, expect, it } from 'vitest'
import { ask, documentOf, maintainAll, pointing, versionOf } from '../../src/contracts/index.ts'
import type { SearchIndex, SearchQuery, VectorSpace } from '../../src/ports/search-index.ts'
import { searchRemovals, searchSegments, searchUnlisted } from '../../src/search/collections.ts'
import type { SegmentSearchIndex } from '../../src/search/segment-search-index.ts'
import { NaiveIndex } from './support/naive-index.ts'
import { expectSameAnswer } from './support/same-answer.ts'
import { SearchSubject } from './support/search-subject.ts'
import { dyingAt, type Steps } from './support/steps.ts'

const space: VectorSpace = { name: 'circle', dimensions: 2 }
const tenant = 't'
type Changed = Pick<SearchIndex, 'put' | 'putVectors' | 'remove' | 'dropSpace'>

/** Ten documents in ten segments, half of them with vectors, one of them removed. */
async function fill(index: Changed, naive: NaiveIndex): Promise<void> {
  for (let number = 0; number < 10; number++) {
    const document = documentOf(`d${number}`, [`common word${number}`, 'common second'], { attributes: { number } })
    await index.put(tenant, [document])
    naive.put([document])
    if (number % 2 === 1) continue
    const vectors = [{ ...versionOf(`d${number}`), vectors: [pointing(number * 30), pointing(number * 30 + 10)] }]
    await index.putVectors(tenant, space, vectors)
    naive.putVectors(space, vectors)
  }
  await index.remove(tenant, [versionOf('d2')])
  naive.remove([versionOf('d2')])
}

interface Operation {
  readonly run: (index: SearchIndex) => Promise<unknown>
  /** What it does to an index. */
  readonly does: (naive: NaiveIndex) => void
}

const added = [
  documentOf('new', ['common fresh', 'more']),
  documentOf('other', ['common other'], { access: { users: [], groups: ['g'] } }),
]
const vectors = ['d1', 'd3'].map((name) => ({ ...versionOf(name), vectors: [pointing(45), pointing(50)] }))
const leaving = [versionOf('d4'), versionOf('d5')]
const operations: Readonly<Record<string, Operation>> = {
  put: { run: (index) => index.put(tenant, added), does: (naive) => naive.put(added) },
  'putVectors in a new space': {
    run: (index) => index.putVectors(tenant, { ...space, name: 'new' }, vectors),
    does: (naive) => naive.putVectors({ ...space, name: 'new' }, vectors),
  },
  putVectors: {
    run: (index) => index.putVectors(tenant, space, vectors),
    does: (naive) => naive.putVectors(space, vectors),
  },
  remove: { run: (index) => index.remove(tenant, leaving), does: (naive) => naive.remove(leaving) },
  dropSpace: { run: (index) => index.dropSpace(tenant, space.name), does: (naive) => naive.dropSpace(space.name) },
  maintain: { run: (index) => maintainAll(index, tenant), does: () => {} },
  'maintain after a space was dropped': {
    run: async (index) => {
      await index.dropSpace(tenant, space.name)
      await maintainAll(index, tenant)
    },
    does: (naive) => naive.dropSpace(space.name),
  },
}

const queries: SearchQuery[] = [
  ask('common', { limit: 50 }),
  ask('common fresh word3', { vector: { space: space.name, values: pointing(20) }, limit: 50 }),
  ask('second', {
    vector: { space: 'new', values: pointing(20) },
    limit: 50,
    reader: { user: 'u', groups: new Set(['g']) },
  }),
]

async function expectAnswers(index: SearchIndex, naive: NaiveIndex): Promise<void> {
  for (const query of queries) expectSameAnswer(await index.search(tenant, query), naive, query)
}

/** Nothing is kept that isn't listed, or will be. */
async function expectTidy(subject: SearchSubject): Promise<void> {
  const state = subject.memory.platform.operate().state(tenant)
  const listed: string[] = []
  for await (const { fields } of state.read(searchSegments, 'index'))
    for (let piece = 0; piece < fields.pieces; piece++) listed.push(`objects/search/${fields.id}/${piece}`)
  expect(await subject.objects(tenant)).toEqual(listed.sort())
  for await (const record of state.read(searchUnlisted, 'index')) expect(record.fields).toBeUndefined()
  for await (const record of state.read(searchRemovals, 'index')) expect(record.fields).toBeUndefined()
}

interface Prepared {
  readonly subject: SearchSubject
  readonly before: NaiveIndex
  readonly after: NaiveIndex
  readonly index: SegmentSearchIndex
  readonly steps: Steps
}

async function prepare({ does }: Operation): Promise<Prepared> {
  const subject = new SearchSubject()
  const before = new NaiveIndex()
  const after = new NaiveIndex()
  await fill(subject.open(), before)
  const stores = { put: async () => {}, putVectors: async () => {}, remove: async () => {}, dropSpace: async () => {} }
  await fill(stores, after)
  does(after)
  return { subject, before, after, ...subject.openStepping() }
}

async function oneOf(index: SearchIndex, before: NaiveIndex, after: NaiveIndex): Promise<void> {
  try {
    await expectAnswers(index, before)
  } catch {
    await expectAnswers(index, after)
  }
}

describe('a process that dies at any step of the stores', () => {
  for (const [words, operation] of Object.entries(operations)) {
    for (const when of ['before', 'after'] as const) {
      it(`leaves all or nothing of a ${words}, and nothing behind: ${when} a step is done`, async () => {
        // Before a step is much like after the one before: the long ones needn't be tried at each again.
        const stride = when === 'after' && words.startsWith('maintain') ? 5 : 1
        for (let died = 1; ; died += stride) {
          const { subject, before, after, index, steps } = await prepare(operation)
          steps.watch(dyingAt(died, when))
          const finished = await operation.run(index).then(
            () => true,
            () => false,
          )
          const next = subject.open()
          await oneOf(next, before, after)
          await operation.run(next)
          await expectAnswers(next, after)
          await subject.clock.advance(2 * 3_600_000)
          await maintainAll(next, tenant)
          await expectAnswers(next, after)
          await expectAnswers(subject.open(), after)
          await expectTidy(subject)
          if (finished && steps.count < died) {
            expect(died).toBeGreaterThan(2)
            break
          }
        }
      })
    }
  }
})

describe('a store that fails once, at any step', () => {
  for (const [words, operation] of Object.entries(operations)) {
    it(`fails a ${words} whole, and it can be called again`, async () => {
      for (let failing = 1; ; failing += words.startsWith('maintain') ? 3 : 1) {
        const { subject, before, after, index, steps } = await prepare(operation)
        await index.search(tenant, ask('common'))
        steps.watch({
          before: (step) => {
            if (step === failing) throw new Error('The disk is full.')
          },
        })
        const failed = await operation.run(index).then(
          () => false,
          () => true,
        )
        const reached = steps.count >= failing
        steps.watch({})
        await oneOf(index, before, after)
        if (failed) await operation.run(index)
        await expectAnswers(index, after)
        await subject.clock.advance(2 * 3_600_000)
        await maintainAll(index, tenant)
        await expectAnswers(index, after)
        await expectTidy(subject)
        if (!reached) break
      }
    })
  }
})

describe('what others do at any step of maintain', () => {
  it('is never lost, and merges nothing twice', async () => {
    for (let step = 1; ; step += 2) {
      const { subject, after, index, steps } = await prepare({ run: async () => {}, does: () => {} })
      const other = subject.open()
      let reached = false
      steps.watch({
        before: async (at) => {
          if (at !== step) return
          reached = true
          await other.remove(tenant, [versionOf('d0'), versionOf('d7')])
          await other.put(tenant, [documentOf('d0', ['common again']), ...added])
          await other.putVectors(tenant, space, vectors)
          if (step % 3 === 1) await other.maintain(tenant)
        },
      })
      await maintainAll(index, tenant)
      if (!reached) break
      after.remove([versionOf('d0'), versionOf('d7')])
      after.put([documentOf('d0', ['common again']), ...added])
      after.putVectors(space, vectors)
      for (const each of [index, other, subject.open()]) await expectAnswers(each, after)
      await maintainAll(index, tenant)
      await subject.clock.advance(2 * 3_600_000)
      await maintainAll(other, tenant)
      for (const each of [index, other]) await expectAnswers(each, after)
      await expectTidy(subject)
    }
  })
})

describe('what others do at any step of a search', () => {
  for (const [words, operation] of Object.entries(operations)) {
    it(`is seen whole or not at all: ${words}`, async () => {
      for (let step = 1; ; step++) {
        const { subject, before, after, index, steps } = await prepare(operation)
        const other = subject.open()
        let reached = false
        steps.watch({
          before: async (at) => {
            if (at !== step) return
            reached = true
            await operation.run(other)
          },
        })
        const query = queries[1] ?? ask('common')
        const found = await index.search(tenant, query)
        if (!reached) break
        try {
          expectSameAnswer(found, before, query)
        } catch {
          expectSameAnswer(found, after, query)
        }
        await expectAnswers(index, after)
      }
    })
  }
})

describe('what others do with a space at any step of putVectors', () => {
  const fresh = { ...space, name: 'new' }
  const others = [{ ...versionOf('d9'), vectors: [pointing(5), pointing(100)] }]
  type Prepared = Awaited<ReturnType<typeof prepare>>

  /** Puts vectors into a space while another process does something at its first step, at its second, and so on. */
  async function putWhile(
    into: typeof space,
    does: (other: Prepared['index']) => Promise<void>,
    holds: (prepared: Prepared) => Promise<void>,
  ): Promise<void> {
    for (let step = 1; ; step++) {
      const prepared = await prepare({ run: async () => {}, does: () => {} })
      const other = prepared.subject.open()
      let reached = false
      prepared.steps.watch({
        before: async (at) => {
          if (at !== step) return
          reached = true
          await does(other)
        },
      })
      await prepared.index.putVectors(tenant, into, vectors)
      if (!reached) break
      await holds(prepared)
    }
  }

  it('makes one space of two that are made at once', async () => {
    await putWhile(
      fresh,
      (other) => other.putVectors(tenant, fresh, others),
      async ({ index, after }) => {
        after.putVectors(fresh, [...others, ...vectors])
        await expectAnswers(index, after)
        expect((await index.status(tenant)).spaces.filter(({ name }) => name === 'new')).toMatchObject([{ chunks: 6 }])
      },
    )
  })

  it('puts none into a space that was dropped and made anew, and loses none', async () => {
    await putWhile(
      space,
      async (other) => {
        await other.dropSpace(tenant, space.name)
        await other.putVectors(tenant, space, others)
      },
      async ({ index, after }) => {
        const first = new NaiveIndex()
        first.put(after.documents)
        first.putVectors(space, others)
        after.dropSpace(space.name)
        after.putVectors(space, [...others, ...vectors])
        // Put before the drop, or behind it.
        await oneOf(index, first, after)
        const found = await index.search(tenant, queries[1] ?? ask('common'))
        expect((await index.status(tenant)).spaces).toMatchObject([{ chunks: found.dense.length }])
      },
    )
  })
})

describe('conflicts', () => {
  it('are tried again', async () => {
    const subject = new SearchSubject()
    const index = subject.open()
    subject.memory.hostile.conflictNext(5)
    await index.put(tenant, added)
    subject.memory.hostile.conflictNext(5)
    await index.remove(tenant, added)
    expect(subject.memory.hostile.injected.conflict).toBe(10)
    expect(await index.status(tenant)).toMatchObject({ documents: 0, chunks: 0 })
  })

  it('puts at once from many processes are all found', async () => {
    const subject = new SearchSubject()
    const indexes = Array.from({ length: 6 }, () => subject.open())
    const puts = indexes.flatMap((index, process) =>
      Array.from({ length: 4 }, (_, number) => index.put(tenant, [documentOf(`p${process}-${number}`, ['common'])])),
    )
    await Promise.all(puts)
    expect((await subject.open().search(tenant, ask('common', { limit: 50 }))).lexical).toHaveLength(24)
  })
})
