import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { collect, rejection } from '../src/contracts/index.ts'
import { type Collection, count, defineCollection, insert, NewerSchemaError } from '../src/index.ts'
import { StateBench } from './state-bench.ts'

/** One collection as three releases of Plinth know it. */
interface First {
  readonly name: string
}
interface Second {
  readonly first_name: string
  readonly last_name: string
}
interface Third extends Second {
  readonly initials: string
}

const upgrades = {
  1: ({ name }: First): Second => ({ first_name: name.split(' ')[0] ?? '', last_name: name.split(' ')[1] ?? '' }),
  2: (fields: Second): Third => ({ ...fields, initials: fields.first_name.charAt(0) + fields.last_name.charAt(0) }),
}

const shared = { name: 'people', sealed: ['note'] as const }
const first = defineCollection<First, { note: string }, 'all'>({
  ...shared,
  schema: 1,
  plain: z.strictObject({ name: z.string() }),
  lists: { all: { order: (fields) => fields.name } },
})
const second = defineCollection<Second, { note: string }, 'all'>({
  ...shared,
  schema: 2,
  plain: z.strictObject({ first_name: z.string(), last_name: z.string() }),
  lists: { all: { order: (fields) => fields.first_name } },
  upgrades: { 1: upgrades[1] },
})
const third = defineCollection<Third, { note: string }, 'all'>({
  ...shared,
  schema: 3,
  plain: z.strictObject({ first_name: z.string(), last_name: z.string(), initials: z.string() }),
  lists: { all: { order: (fields) => fields.first_name } },
  upgrades,
})

const ada = { partition: 'ada' }

/** A record of each release, in one partition and one list. */
async function threeReleases(): Promise<StateBench> {
  const bench = new StateBench()
  await bench.state.commit({
    writes: [
      insert(first, { partition: 'all', sort: '1' }, { name: 'Ada Lovelace' }, { note: 'of the first' }),
      insert(second, { partition: 'all', sort: '2' }, { first_name: 'Grace', last_name: 'Hopper' }, { note: 'of the second' }),
      insert(third, { partition: 'all', sort: '3' }, { first_name: 'Joan', last_name: 'Clarke', initials: 'JC' }),
    ],
  })
  return bench
}

async function listed<Plain extends object>(
  bench: StateBench,
  collection: Collection<Plain, { note: string }, 'all'>,
): Promise<Plain[]> {
  return (await bench.state.list(collection, 'all', { limit: 10 })).items.map((record) => record.fields)
}

describe('a record of an older schema', () => {
  it('is upgraded on read, over as many schemas as there are', async () => {
    const bench = await threeReleases()
    const upgraded = [
      { first_name: 'Ada', last_name: 'Lovelace', initials: 'AL' },
      { first_name: 'Grace', last_name: 'Hopper', initials: 'GH' },
      { first_name: 'Joan', last_name: 'Clarke', initials: 'JC' },
    ]
    expect((await collect(bench.state.read(third, 'all'))).map((record) => record.fields)).toEqual(upgraded)
    expect(await listed(bench, third)).toEqual(upgraded)
    expect((await bench.state.get(second, { partition: 'all', sort: '1' }))?.fields).toEqual({
      first_name: 'Ada',
      last_name: 'Lovelace',
    })
    const record = await bench.state.get(third, { partition: 'all', sort: '1' })
    expect(await record?.open('note')).toBe('of the first')
  })

  it('stays as it is until it is written, then it is of the new schema, sealed fields and all', async () => {
    const bench = new StateBench()
    await bench.state.commit({ writes: [insert(first, ada, { name: 'Ada Lovelace' }, { note: 'kept' })] })
    const record = await bench.state.get(third, ada)
    if (!record) throw new Error('It is there.')
    expect(await bench.row('people', 'ada')).toMatchObject({ schema: 1, version: 1, index: { name: 'Ada Lovelace' } })
    const updated = await bench.state.update(third, record, { ...record.fields, last_name: 'King' })
    expect(updated.fields).toEqual({ first_name: 'Ada', last_name: 'King', initials: 'AL' })
    expect(await bench.row('people', 'ada')).toMatchObject({ schema: 3, version: 2, index: updated.fields })
    expect(await (await bench.state.get(third, ada))?.open('note')).toBe('kept')
  })

  it('of counts is upgraded too, though counts are always made with schema 1', async () => {
    const bench = new StateBench()
    const counts = defineCollection<{ readonly used: number; readonly of: string }>({
      name: 'counts',
      schema: 2,
      plain: z.object({ used: z.number(), of: z.string() }),
      sealed: [],
      lists: {},
      upgrades: { 1: (fields: { used: number }) => ({ ...fields, of: 'requests' }) },
    })
    await bench.state.commit({ writes: [count(counts as unknown as Collection<{ used: number }>, ada, { used: 2 })] })
    expect((await bench.state.get(counts, ada))?.fields).toEqual({ used: 2, of: 'requests' })
  })
})

describe('a record of a newer schema', () => {
  it('is never read, and so never written over', async () => {
    const bench = await threeReleases()
    const error = await rejection(bench.state.get(first, { partition: 'all', sort: '3' }))
    expect(error).toBeInstanceOf(NewerSchemaError)
    // It may be read soon: by the newer process, or when this one is replaced.
    expect(error).toMatchObject({ code: 'newer_schema', retryable: true })
    expect(await rejection(bench.state.get(second, { partition: 'all', sort: '3' }))).toBeInstanceOf(NewerSchemaError)
    expect(await rejection(collect(bench.state.read(first, 'all')))).toBeInstanceOf(NewerSchemaError)
  })

  it('is left out of lists, and pages go on behind it', async () => {
    const bench = await threeReleases()
    expect(await listed(bench, first)).toEqual([{ name: 'Ada Lovelace' }])
    expect(await listed(bench, second)).toHaveLength(2)
    await bench.state.commit({ writes: [insert(first, { partition: 'zoe' }, { name: 'Zoe' })] })
    const names: string[] = []
    let after: string | undefined
    do {
      const page = await bench.state.list(first, 'all', { limit: 1, ...(after === undefined ? {} : { after }) })
      names.push(...page.items.map((record) => record.fields.name))
      after = page.after
    } while (after !== undefined)
    expect(names).toEqual(['Ada Lovelace', 'Zoe'])
  })

  it('that appears between reading and writing is not written over', async () => {
    const bench = new StateBench()
    await bench.state.commit({ writes: [insert(first, ada, { name: 'Ada Lovelace' })] })
    const [old, young] = [await bench.state.get(first, ada), await bench.state.get(third, ada)]
    if (!old || !young) throw new Error('It is there.')
    await bench.state.update(third, young, young.fields)
    expect(await rejection(bench.state.update(first, old, { name: 'Back' }))).toMatchObject({ code: 'conflict' })
    expect(await bench.row('people', 'ada')).toMatchObject({ schema: 3 })
  })
})
