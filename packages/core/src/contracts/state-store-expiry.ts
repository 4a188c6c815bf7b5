import { expect } from 'vitest'
import { ConflictError, InvalidInputError, LimitError } from '../errors.ts'
import type { Key, StateStore, Write } from '../ports/state-store.ts'
import type { Promises } from './contract.ts'
import { collect, keyOf, listAll, rowOf, sampleBytes } from './samples.ts'
import { eventually } from './settling.ts'

const longAgo = Date.UTC(2001, 0, 1)
const [first, second] = [Date.UTC(2100, 0, 1), Date.UTC(2101, 0, 1)]

/** What expiry promises. */
export const expiryPromises: Promises<StateStore> = {
  'expired rows are never returned': async (subject) => {
    const { port } = subject()
    const tenant = 'expired'
    const lists = [{ group: 'g', order: 'o' }]
    for (let pair = 0; pair < 30; pair++) {
      const gone = rowOf(keyOf(tenant, `${pair}-gone`), { expires: longAgo, lists })
      await port.commit({ writes: [{ put: gone }, { put: rowOf(keyOf(tenant, `${pair}-there`), { lists }) }] })
    }
    expect(await port.get(keyOf(tenant, '0-gone'))).toBeUndefined()
    const read = await collect(port.read(tenant, 'contract', 'partition'))
    expect(read).toHaveLength(30)
    expect(read.every((row) => row.sort.endsWith('there'))).toBe(true)
    await eventually(subject(), async () => {
      const listed = await listAll(port, { tenant, collection: 'contract', list: 0, group: 'g', limit: 7 })
      expect(listed.map((row) => row.sort).toSorted()).toEqual(read.map((row) => row.sort).toSorted())
    })
  },

  'expired rows count as absent': async (subject) => {
    const { port } = subject()
    const tenant = 'expired-absent'
    const names = ['put', 'check', 'delete', 'add', 'commit', 'max', 'blind']
    const key = (name: string) => keyOf(tenant, name)
    for (const name of names) {
      // Twice, so that the version isn't 1 when it expires.
      const row = rowOf(key(name), { expires: longAgo, index: { count: 40, other: 2 } })
      await port.commit({ writes: [{ put: { ...row, expires: Date.UTC(2100, 0, 1) } }] })
      await port.commit({ writes: [{ put: row, ifVersion: 1 }] })
    }
    await expect(port.commit({ writes: [{ put: rowOf(key('put')), ifVersion: 2 }] })).rejects.toThrow(ConflictError)
    await port.commit({ writes: [{ put: rowOf(key('put'), { index: { new: true } }), ifVersion: 'absent' }] })
    expect(await port.get(key('put'))).toEqual({ ...rowOf(key('put'), { index: { new: true } }), version: 1 })

    await expect(port.commit({ writes: [{ check: key('check'), ifVersion: 2 }] })).rejects.toThrow(ConflictError)
    await port.commit({ writes: [{ check: key('check'), ifVersion: 'absent' }] })

    await expect(port.commit({ writes: [{ delete: key('delete'), ifVersion: 2 }] })).rejects.toThrow(ConflictError)
    await port.commit({ writes: [{ delete: key('delete') }] })

    expect(await port.add(key('add'), 'count', 1)).toBe(1)
    expect(await port.get(key('add'))).toEqual({ ...rowOf(key('add'), { index: { count: 1 } }), version: 1 })
    await port.commit({ writes: [{ add: key('commit'), amounts: { count: 2 } }] })
    expect(await port.get(key('commit'))).toEqual({ ...rowOf(key('commit'), { index: { count: 2 } }), version: 1 })
    expect(await port.add(key('max'), 'count', 5, 5)).toBe(5)

    await port.commit({ writes: [{ put: rowOf(key('blind'), { index: { new: true } }) }] })
    expect((await port.get(key('blind')))?.index).toEqual({ new: true })
  },

  'a row is there until its time, and gone from then on': async (subject, skip) => {
    const { port, clock } = subject()
    if (!clock) return skip('this service has its own clock')
    const tenant = 'expiring'
    const key = keyOf(tenant, 'row')
    const query = { tenant, collection: 'contract', list: 0, group: 'g', limit: 10 }
    const row = rowOf(key, { expires: clock.now() + 1_000, lists: [{ group: 'g', order: 'o' }] })
    await port.commit({ writes: [{ put: row }] })
    clock.jump(clock.now() + 999)
    expect(await port.get(key)).toEqual({ ...row, version: 1 })
    expect(await port.add(key, 'count', 1)).toBe(1)
    expect(await port.get(key)).toMatchObject({ version: 2, expires: row.expires })
    expect(await collect(port.read(tenant, 'contract', 'partition'))).toHaveLength(1)
    clock.jump(clock.now() + 1)
    expect(await port.get(key)).toBeUndefined()
    expect(await collect(port.read(tenant, 'contract', 'partition'))).toEqual([])
    expect(await listAll(port, query)).toEqual([])
    await port.commit({ writes: [{ check: key, ifVersion: 'absent' }] })
  },

  'an addition gives an expiry to a row that has none, and a row that has one keeps it': async (subject) => {
    const { port } = subject()
    const tenant = 'expiry-added'
    const [made, put, timed, gone] = ['made', 'put', 'timed', 'gone'].map((sort) => keyOf(tenant, sort)) as [Key, Key, Key, Key]
    const add = (key: Key, expires?: number): Write => ({
      add: key,
      amounts: { count: 1 },
      ...(expires === undefined ? {} : { expires }),
    })
    const whole = rowOf(put, { schema: 4, sealed: { text: sampleBytes(20) }, lists: [{ group: 'g', order: 'o' }] })
    const puts = [{ put: whole }, { put: rowOf(timed, { expires: first }) }, { put: rowOf(gone, { expires: longAgo }) }]
    await port.commit({ writes: puts })
    await port.commit({ writes: [made, put, timed, gone].map((key) => add(key, second)) })
    const counted = { index: { count: 1 } }
    expect(await port.get(made)).toEqual({ ...rowOf(made, { ...counted, expires: second }), version: 1 })
    expect(await port.get(put)).toEqual({ ...whole, ...counted, expires: second, version: 2 })
    expect(await port.get(timed)).toEqual({ ...rowOf(timed, { ...counted, expires: first }), version: 2 })
    expect(await port.get(gone)).toEqual({ ...rowOf(gone, { ...counted, expires: second }), version: 1 })
    // Neither an earlier time nor a later one nor none changes it.
    for (const expires of [first, second + 1, undefined]) await port.commit({ writes: [add(made, expires)] })
    expect(await port.add(made, 'count', 1)).toBe(5)
    expect(await port.get(made)).toMatchObject({ version: 5, expires: second })
  },

  'an addition that is refused gives no expiry, and one that is over at once leaves no row': async (subject) => {
    const { port } = subject()
    const key = keyOf('expiry-refused', 'row')
    await port.commit({ writes: [{ add: key, amounts: { count: 5 } }] })
    const tooMuch = { add: key, amounts: { count: 1 }, max: { count: 5 }, expires: first }
    await expect(port.commit({ writes: [tooMuch] })).rejects.toThrow(LimitError)
    for (const expires of [1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const write = { add: key, amounts: { count: 1 }, expires }
      await expect(port.commit({ writes: [write] }), String(expires)).rejects.toThrow(InvalidInputError)
    }
    expect(await port.get(key)).toEqual({ ...rowOf(key, { index: { count: 5 } }), version: 1 })
    const over = keyOf('expiry-refused', 'over')
    for (let time = 0; time < 2; time++) {
      await port.commit({ writes: [{ add: over, amounts: { count: 3 }, max: { count: 3 }, expires: longAgo }] })
      expect(await port.get(over)).toBeUndefined()
    }
    await port.commit({ writes: [{ add: over, amounts: { count: 1 } }] })
    expect(await port.get(over)).toEqual({ ...rowOf(over, { index: { count: 1 } }), version: 1 })
  },

  'concurrent additions of one expiry sum exactly': async (subject) => {
    const { port } = subject()
    const key = keyOf('expiry-sums', 'row')
    const write = { add: key, amounts: { count: 1 }, expires: first }
    await Promise.all(Array.from({ length: 20 }, () => port.commit({ writes: [write] })))
    expect(await port.get(key)).toEqual({ ...rowOf(key, { index: { count: 20 }, expires: first }), version: 20 })
  },

  'a counter is there until its time, and then begins anew': async (subject, skip) => {
    const { port, clock } = subject()
    if (!clock) return skip('this service has its own clock')
    const key = keyOf('expiring-counter', 'row')
    const count = (expires: number): Promise<void> =>
      port.commit({ writes: [{ add: key, amounts: { count: 2 }, max: { count: 4 }, expires }] })
    const over = clock.now() + 1_000
    await count(over)
    clock.jump(over - 1)
    await count(over + 5_000)
    expect(await port.get(key)).toMatchObject({ version: 2, expires: over, index: { count: 4 } })
    await expect(count(over + 5_000)).rejects.toThrow(LimitError)
    clock.jump(over)
    expect(await port.get(key)).toBeUndefined()
    await count(over + 5_000)
    expect(await port.get(key)).toEqual({ ...rowOf(key, { index: { count: 2 }, expires: over + 5_000 }), version: 1 })
  },
}
