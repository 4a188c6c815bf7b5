import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { collect, rejection } from '../src/contracts/index.ts'
import { defineCollection, insert, publishEvent, startJob, TooLargeError } from '../src/index.ts'
import { type Note, noted, notes, one, StateBench } from './state-bench.ts'

describe('lists', () => {
  it('are by their own order, a group apart, in pages, both ways', async () => {
    const { state } = new StateBench()
    const titles = ['d', 'a', 'c', 'b', 'e']
    for (const [stars, title] of titles.entries()) {
      await state.commit({
        writes: [insert(notes, { partition: title }, { title, stars, ...(stars % 2 ? { group: 'odd' } : {}) })],
      })
    }
    const listed = async (
      ...given: [Parameters<typeof state.list<Note, object, 'title' | 'stars'>>[1], object?]
    ): Promise<string[]> => {
      const found: string[] = []
      let after: string | undefined
      do {
        const page = await state.list(notes, given[0], { limit: 2, ...given[1], ...(after === undefined ? {} : { after }) })
        found.push(...page.items.map((record) => record.fields.title))
        after = page.after
      } while (after !== undefined)
      return found
    }
    expect(await listed('title')).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await listed('title', { descending: true })).toEqual(['e', 'd', 'c', 'b', 'a'])
    expect(await listed('stars', { group: 'odd' })).toEqual(['a', 'b'])
    expect(await listed('stars', { group: 'none' })).toEqual(['d', 'c', 'e'])
    expect(await listed('stars')).toEqual([])
    expect(await listed('title', { group: 'odd' })).toEqual([])
  })

  it('follow an update from group to group', async () => {
    const { state } = new StateBench()
    await state.commit({ writes: [insert(notes, one, { title: 'A', stars: 1, group: 'open' })] })
    const record = await state.get(notes, one)
    if (!record) throw new Error('It is there.')
    await state.update(notes, record, { title: 'A', stars: 1, group: 'shut' })
    expect((await state.list(notes, 'stars', { group: 'open', limit: 10 })).items).toEqual([])
    expect((await state.list(notes, 'stars', { group: 'shut', limit: 10 })).items).toHaveLength(1)
  })

  it('have partitions beside them, read in order, from anywhere', async () => {
    const { state } = new StateBench()
    for (const sort of ['3', '1', '2'])
      await state.commit({ writes: [insert(notes, { partition: 'p', sort }, { title: sort, stars: 1 })] })
    await state.commit({ writes: [insert(notes, { partition: 'q', sort: '9' }, { title: '9', stars: 1 })] })
    expect((await collect(state.read(notes, 'p'))).map((record) => record.sort)).toEqual(['1', '2', '3'])
    expect((await collect(state.read(notes, 'p', '1'))).map((record) => record.sort)).toEqual(['2', '3'])
  })
})

describe('what a commit emits', () => {
  it('carries tenant, correlation, time, an id of its own, and a sequence [X18]', async () => {
    const { state, clock, adapters } = new StateBench()
    const job = startJob(
      { name: 'test.work', version: 2 },
      { id: 'job-1', body: { note: 'one' }, lane: 'low', notBefore: clock.now() + 5 },
    )
    await state.commit({
      writes: [],
      emit: [publishEvent(noted, 'one', { title: 'A' }), job, publishEvent(noted, 'two', { title: 'B' })],
    })
    const events = await state.events({ after: 0, limit: 10 })
    const given = {
      kind: 'event',
      tenant: 'alpha',
      correlationId: 'correlation-alpha',
      type: 'test.noted',
      version: 3,
      time: clock.now(),
    }
    expect(events).toMatchObject([
      { ...given, subject: 'one', sequence: 1, detail: { title: 'A' } },
      { ...given, subject: 'two', sequence: 2, detail: { title: 'B' } },
    ])
    expect(new Set(events.map((event) => event.id)).size).toBe(2)
    const pending = await adapters.operations.pending(10)
    expect(pending.map(({ entry }) => entry).filter((entry) => 'queue' in entry)).toEqual([
      {
        queue: 'test.work',
        id: 'job-1',
        version: 2,
        lane: 'low',
        notBefore: clock.now() + 5,
        tenant: 'alpha',
        correlationId: 'correlation-alpha',
        body: { note: 'one' },
      },
    ])
    expect(await state.events({ after: 1, limit: 10, type: 'test.other' })).toEqual([])
  })

  it('must have the form of its event', () => {
    expect(() => publishEvent(noted, 'one', { title: 'A', body: 'content' } as { title: string })).toThrow()
    expect(() => publishEvent(noted, 'one', {} as { title: string })).toThrow()
  })
})

describe('a change that is too large', () => {
  const many = (amount: number) =>
    Array.from({ length: amount }, (_, index) => insert(notes, { partition: String(index) }, { title: 'A', stars: 1 }))
  const events = (amount: number) => Array.from({ length: amount }, () => publishEvent(noted, 'one', { title: 'A' }))
  const wides = defineCollection<{ readonly text: string }>({
    name: 'wides',
    schema: 1,
    plain: z.object({ text: z.string() }),
    sealed: [],
    lists: {},
  })
  const wide = (amount: number, size: number) =>
    Array.from({ length: amount }, (_, index) => insert(wides, { partition: String(index) }, { text: 'a'.repeat(size) }))

  it.each([
    ['writes', many(91), []],
    ['events', [], events(10)],
    ['bytes of a record', wide(1, 360 * 1024), []],
    ['bytes', wide(11, 300 * 1024), []],
  ] as const)('is refused: %s [X20]', async (_, writes, emit) => {
    const { state, adapters } = new StateBench()
    const error = await rejection(state.commit({ writes, emit }))
    expect(error).toBeInstanceOf(TooLargeError)
    expect(await adapters.operations.pending(10)).toEqual([])
  })

  it('is taken at the limit', async () => {
    const { state } = new StateBench()
    await state.commit({ writes: many(90), emit: events(9) })
    expect(await state.events({ after: 0, limit: 100 })).toHaveLength(9)
  })
})
