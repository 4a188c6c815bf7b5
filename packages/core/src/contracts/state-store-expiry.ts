import { expect } from 'vitest'
import { ConflictError } from '../errors.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { Promises } from './contract.ts'
import { collect, keyOf, listAll, rowOf } from './samples.ts'
import { eventually } from './settling.ts'

const longAgo = Date.UTC(2001, 0, 1)

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
}
