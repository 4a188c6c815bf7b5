import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { rejection } from '../src/contracts/index.ts'
import {
  ConflictError,
  count,
  defineCollection,
  InvalidInputError,
  insert,
  LimitError,
  publishEvent,
  remove,
  update,
} from '../src/index.ts'
import { counts, type Note, noted, notes, one, StateBench } from './state-bench.ts'

describe('a record', () => {
  it('is read as it was written: sealed fields sealed, the others as they are [R105, R108]', async () => {
    const { state, row } = new StateBench()
    await state.commit({ writes: [insert(notes, one, { title: 'A', stars: 2 }, { body: 'secret text' })] })
    const record = await state.get(notes, one)
    expect(record).toMatchObject({ fields: { title: 'A', stars: 2 }, partition: 'one', sort: '@', version: 1 })
    expect(await record?.open('body')).toBe('secret text')
    expect(await record?.open('remark')).toBeUndefined()
    expect(new TextDecoder('latin1').decode((await row('notes', 'one'))?.sealed.body)).not.toContain('secret')
    expect((await row('notes', 'one'))?.index).toEqual({ title: 'A', stars: 2 })
    expect(await state.get(notes, { partition: 'two' })).toBeUndefined()
    expect(await state.get(notes, { partition: 'one', sort: 'x' })).toBeUndefined()
  })

  it('round-trips, whatever is in it', async () => {
    const { state } = new StateBench()
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))
    const key = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 30,
    })
    const things = defineCollection<{ readonly data: unknown }, { one: string; two: string }>({
      name: 'things',
      schema: 1,
      plain: z.strictObject({ data: z.unknown() }),
      sealed: ['one', 'two'],
      lists: {},
    })
    let serial = 0
    await fc.assert(
      fc.asyncProperty(
        key,
        key,
        fc.jsonValue(),
        fc.option(text, { nil: undefined }),
        text,
        async (partition, sort, data, body, other) => {
          const place = { partition: `${serial++}${partition}`, sort }
          await state.commit({
            writes: [insert(things, place, { data }, { two: other, ...(body === undefined ? {} : { one: body }) })],
          })
          const record = await state.get(things, place)
          expect(record?.fields.data).toEqual(JSON.parse(JSON.stringify(data)))
          expect([await record?.open('one'), await record?.open('two')]).toEqual([body, other])
        },
      ),
      { numRuns: 200 },
    )
  })

  it('that is malformed is refused: the field is named, and nothing of the commit is written', async () => {
    const { state } = new StateBench()
    const good = insert(notes, { partition: 'good' }, { title: 'Fine', stars: 1 })
    const malformed = [
      [{ title: '', stars: 1 }, 'title'],
      [{ title: 'A', stars: 1.5 }, 'stars'],
      [{ title: 'A', stars: 1, more: true }, ''],
      [{ stars: 1 }, 'title'],
    ] as const
    for (const [fields, field] of malformed) {
      const error = await rejection(
        state.commit({
          writes: [good, insert(notes, one, fields as unknown as Note)],
          emit: [publishEvent(noted, 'x', { title: 'A' })],
        }),
      )
      expect(error).toBeInstanceOf(InvalidInputError)
      expect(error).toMatchObject({ code: 'invalid_record', field, message: 'A record of notes is malformed.' })
    }
    expect(await state.get(notes, { partition: 'good' })).toBeUndefined()
    expect(await state.events({ after: 0, limit: 10 })).toEqual([])
    await state.commit({ writes: [good] })
    const record = await state.get(notes, { partition: 'good' })
    if (!record) throw new Error('It is there.')
    expect(await rejection(state.update(notes, record, { title: 'A', stars: 0.5 }))).toMatchObject({
      code: 'invalid_record',
      field: 'stars',
    })
    expect((await state.get(notes, { partition: 'good' }))?.version).toBe(1)
  })

  it('is inserted once only, and removed once only', async () => {
    const { state } = new StateBench()
    await state.commit({ writes: [insert(notes, one, { title: 'A', stars: 1 })] })
    expect(await rejection(state.commit({ writes: [insert(notes, one, { title: 'B', stars: 1 })] }))).toMatchObject({
      code: 'conflict',
      key: 'notes/one/@',
    })
    const record = await state.get(notes, one)
    if (!record) throw new Error('It is there.')
    await state.commit({ writes: [remove(notes, record)] })
    expect(await state.get(notes, one)).toBeUndefined()
    await expect(state.commit({ writes: [remove(notes, record)] })).rejects.toThrow(ConflictError)
    await state.commit({ writes: [insert(notes, one, { title: 'C', stars: 1 })] })
    expect((await state.get(notes, one))?.fields.title).toBe('C')
  })

  it('is gone when it has expired, and can then be made anew', async () => {
    const { state, clock } = new StateBench()
    await state.commit({ writes: [insert(notes, one, { title: 'A', stars: 1, until: clock.now() + 1_000 })] })
    await state.commit({ writes: [insert(notes, { partition: 'kept' }, { title: 'B', stars: 1 })] })
    await clock.advance(999)
    expect(await state.get(notes, one)).toBeDefined()
    await clock.advance(1)
    expect(await state.get(notes, one)).toBeUndefined()
    expect((await state.list(notes, 'title', { limit: 10 })).items.map((record) => record.fields.title)).toEqual(['B'])
    await state.commit({ writes: [insert(notes, one, { title: 'C', stars: 1 })] })
    expect((await state.get(notes, one))?.version).toBe(1)
  })
})

describe('an update', () => {
  it('keeps the sealed fields that it does not name, byte for byte', async () => {
    const { state, row, adapters } = new StateBench()
    await state.commit({ writes: [insert(notes, one, { title: 'A', stars: 1 }, { body: 'b'.repeat(40_000), remark: 'first' })] })
    const before = await row('notes', 'one')
    const record = await state.get(notes, one)
    if (!record) throw new Error('It is there.')
    const updated = await state.update(notes, record, { title: 'A', stars: 2 }, { sealed: { remark: 'second' } })
    const after = await row('notes', 'one')
    expect(after?.sealed.body).toEqual(before?.sealed.body)
    expect(after?.sealed.remark).not.toEqual(before?.sealed.remark)
    expect([await updated.open('body'), await updated.open('remark')]).toEqual(['b'.repeat(40_000), 'second'])
    expect((await adapters.objects.list({ tenant: 'alpha', limit: 10 })).items).toHaveLength(1)
  })

  it('gives the record for the next one; who comes late gets a conflict, and changes nothing', async () => {
    const { state } = new StateBench()
    const [inserted] = await state.commit({ writes: [insert(notes, one, { title: 'A', stars: 1 }, { body: 'text' })] })
    const first = inserted as NonNullable<
      Awaited<ReturnType<typeof state.get<Note, { body: string; remark: string }, 'title' | 'stars'>>>
    >
    expect([first.version, await first.open('body')]).toEqual([1, 'text'])
    let record = first
    for (let stars = 2; stars < 6; stars++) {
      record = await state.update(notes, record, { ...record.fields, stars })
      expect(record).toMatchObject({ version: stars, fields: { stars } })
    }
    expect(await rejection(state.update(notes, first, { title: 'Late', stars: 0 }))).toMatchObject({
      code: 'conflict',
      retryable: true,
    })
    await expect(state.commit({ writes: [remove(notes, first)] })).rejects.toThrow(ConflictError)
    expect((await state.get(notes, one))?.fields).toEqual({ title: 'A', stars: 5 })
  })

  it('commits what comes along, all or nothing, and says which records it made', async () => {
    const { state } = new StateBench()
    await state.commit({
      writes: [insert(notes, one, { title: 'A', stars: 1 }), insert(notes, { partition: 'two' }, { title: 'B', stars: 1 })],
    })
    const [record, other] = [await state.get(notes, one), await state.get(notes, { partition: 'two' })]
    if (!record || !other) throw new Error('They are there.')
    const written = await state.commit({
      writes: [
        remove(notes, other),
        update(notes, record, { title: 'A', stars: 2 }),
        count(counts, one, { used: 1 }),
        insert(notes, { partition: 'three' }, { title: 'C', stars: 3 }),
      ],
    })
    expect(written.map((entry) => entry && [entry.partition, entry.version])).toEqual([
      undefined,
      ['one', 2],
      undefined,
      ['three', 1],
    ])
    const also = [insert(notes, { partition: 'four' }, { title: 'D', stars: 1 }), count(counts, one, { used: 1 })]
    await expect(
      state.update(notes, record, record.fields, { also, emit: [publishEvent(noted, 'one', { title: 'A' })] }),
    ).rejects.toThrow(ConflictError)
    expect(await state.get(notes, { partition: 'four' })).toBeUndefined()
    expect((await state.get(counts, one))?.fields).toEqual({ used: 1 })
    expect(await state.events({ after: 0, limit: 10 })).toEqual([])
  })
})

describe('counts', () => {
  it('add up, and stop at their limit, with everything beside them [X8]', async () => {
    const { state } = new StateBench()
    const add = (used: number, max: number): Promise<unknown> =>
      state.commit({
        writes: [
          count(counts, one, { used, spent: 1 }, { used: max }),
          insert(notes, { partition: `at ${used}` }, { title: 'A', stars: 1 }),
        ],
      })
    await add(2, 3)
    const error = await rejection(add(4, 3))
    expect(error).toBeInstanceOf(LimitError)
    expect((error as LimitError).key).toBe('counts/one/@')
    expect(await state.get(notes, { partition: 'at 4' })).toBeUndefined()
    await add(1, 3)
    await state.commit({ writes: [count(counts, one, { used: -3 })] })
    expect((await state.get(counts, one))?.fields).toEqual({ used: 0, spent: 2 })
  })
})
