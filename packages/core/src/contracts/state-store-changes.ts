import { expect } from 'vitest'
import { ConflictError } from '../errors.ts'
import { keyName, type StateStore, type Write } from '../ports/state-store.ts'
import type { Promises } from './contract.ts'
import { collect, eventOf, jobOf, keyOf, listAll, rejection, rowOf, sampleBytes } from './samples.ts'

/** What commits promise. */
export const changePromises: Promises<StateStore> = {
  'a row is read as it was put, with version 1': async (subject) => {
    const { port } = subject()
    const key = keyOf('as-put', 'row')
    const row = rowOf(key, {
      schema: 3,
      index: { state: 'new', count: 2 },
      sealed: { text: sampleBytes(100) },
      lists: [null, { group: 'g', order: 'o' }],
    })
    await port.commit({ writes: [{ put: row, ifVersion: 'absent' }] })
    expect(await port.get(key)).toEqual({ ...row, version: 1 })
    expect(await port.get(keyOf('as-put', 'none'))).toBeUndefined()
  },

  'the version grows by one with every write of the row': async (subject) => {
    const { port } = subject()
    const key = keyOf('growing', 'row')
    const versions: (number | undefined)[] = []
    const writes: Write[] = [
      { put: rowOf(key, { index: { count: 1 } }) },
      { put: rowOf(key, { index: { count: 2 } }), ifVersion: 1 },
      { put: rowOf(key, { index: { count: 3 } }) },
      { add: key, amounts: { count: 1 } },
      { put: rowOf(key, { index: { count: 5 } }), ifVersion: 4 },
    ]
    for (const write of writes) {
      await port.commit({ writes: [write] })
      versions.push((await port.get(key))?.version)
    }
    await port.add(key, 'count', 1)
    versions.push((await port.get(key))?.version)
    expect(versions).toEqual([1, 2, 3, 4, 5, 6])
  },

  'ConflictError names the key whose version was another': async (subject) => {
    const { port } = subject()
    const tenant = 'conflicts'
    const there = keyOf(tenant, 'there')
    const absent = keyOf(tenant, 'absent')
    await port.commit({ writes: [{ put: rowOf(there) }] })
    const refused: Write[] = [
      { put: rowOf(there), ifVersion: 'absent' },
      { put: rowOf(there), ifVersion: 2 },
      { delete: there, ifVersion: 2 },
      { check: there, ifVersion: 'absent' },
      { check: there, ifVersion: 7 },
      { put: rowOf(absent), ifVersion: 1 },
      { delete: absent, ifVersion: 1 },
      { check: absent, ifVersion: 1 },
    ]
    for (const write of refused) {
      const key = 'put' in write ? write.put : 'delete' in write ? write.delete : 'check' in write ? write.check : write.add
      // Among others that would do, in front of it and behind it.
      const writes = [{ put: rowOf(keyOf(tenant, 'before')) }, write, { put: rowOf(keyOf(tenant, 'behind')) }]
      const error = await rejection(port.commit({ writes }))
      expect(error, JSON.stringify(write)).toBeInstanceOf(ConflictError)
      expect((error as ConflictError).key).toBe(keyName(key))
    }
    expect((await collect(port.read(tenant, 'contract', 'partition'))).map((row) => [row.sort, row.version])).toEqual([
      ['there', 1],
    ])
  },

  'a change that fails changes nothing': async (subject) => {
    const { port } = subject()
    const tenant = 'all-or-nothing'
    const kept = rowOf(keyOf(tenant, 'kept'), { index: { count: 1 }, lists: [{ group: 'g', order: '1' }] })
    await port.commit({ writes: [{ put: kept }], emit: [eventOf(tenant, 'first')] })
    const conflict: Write = { check: keyOf(tenant, 'absent'), ifVersion: 5 }
    const tooMuch: Write = { add: keyOf(tenant, 'counter'), amounts: { count: 2 }, max: { count: 1 } }
    for (const failing of [conflict, tooMuch]) {
      for (const place of [0, 2, 5]) {
        const writes: Write[] = [
          { put: rowOf(keyOf(tenant, 'new'), { lists: [{ group: 'g', order: '2' }] }), ifVersion: 'absent' },
          { put: { ...kept, index: { count: 9 } }, ifVersion: 1 },
          { delete: keyOf(tenant, 'other') },
          { add: keyOf(tenant, 'another'), amounts: { count: 1 } },
        ]
        writes.splice(place, 0, failing)
        await rejection(port.commit({ writes, emit: [eventOf(tenant, 'lost'), jobOf(tenant, 'lost')] }))
      }
    }
    expect(await collect(port.read(tenant, 'contract', 'partition'))).toEqual([{ ...kept, version: 1 }])
    expect((await listAll(port, { tenant, collection: 'contract', list: 0, group: 'g', limit: 10 })).length).toBeLessThanOrEqual(
      1,
    )
    await port.commit({ writes: [], emit: [eventOf(tenant, 'second')] })
    const events = await port.events(tenant, { after: 0, limit: 10 })
    expect(events.map((event) => [event.id, event.sequence])).toEqual([
      ['first', 1],
      ['second', 2],
    ])
  },

  'a check holds a change to what was read, and writes nothing': async (subject) => {
    const { port } = subject()
    const tenant = 'checks'
    const head = keyOf(tenant, 'head')
    await port.commit({ writes: [{ put: rowOf(head) }] })
    await port.commit({
      writes: [
        { check: head, ifVersion: 1 },
        { check: keyOf(tenant, 'absent'), ifVersion: 'absent' },
        { put: rowOf(keyOf(tenant, 'entry')) },
      ],
    })
    expect((await port.get(head))?.version).toBe(1)
    expect(await port.get(keyOf(tenant, 'absent'))).toBeUndefined()
    expect((await port.get(keyOf(tenant, 'entry')))?.version).toBe(1)
    // A change of checks alone is a question.
    await port.commit({ writes: [{ check: head, ifVersion: 1 }] })
    await expect(port.commit({ writes: [{ check: head, ifVersion: 2 }] })).rejects.toThrow(ConflictError)
  },

  'a deleted row is absent, and starts again at version 1': async (subject) => {
    const { port } = subject()
    const key = keyOf('deleted', 'row')
    await port.commit({ writes: [{ delete: key }] })
    await port.commit({ writes: [{ put: rowOf(key, { lists: [{ group: 'g', order: '1' }] }) }] })
    await port.commit({ writes: [{ put: rowOf(key), ifVersion: 1 }] })
    await port.commit({ writes: [{ delete: key, ifVersion: 2 }] })
    expect(await port.get(key)).toBeUndefined()
    expect(await collect(port.read(key.tenant, key.collection, key.partition))).toEqual([])
    await port.commit({ writes: [{ put: rowOf(key), ifVersion: 'absent' }] })
    expect((await port.get(key))?.version).toBe(1)
    await port.commit({ writes: [{ delete: key }] })
    expect(await port.get(key)).toBeUndefined()
  },

  'of concurrent changes with the same version one wins': async (subject) => {
    const { port } = subject()
    const key = keyOf('race', 'row')
    for (const ifVersion of ['absent', 1, 2] as const) {
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, racer) =>
          port.commit({
            writes: [
              { put: rowOf(key, { index: { racer } }), ifVersion },
              { put: rowOf(keyOf('race', `trace-${ifVersion}-${racer}`)) },
            ],
          }),
        ),
      )
      const won = results.flatMap((result, racer) => (result.status === 'fulfilled' ? [racer] : []))
      expect(won).toHaveLength(1)
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConflictError)
      expect((await port.get(key))?.index).toEqual({ racer: won[0] })
      expect(await port.get(keyOf('race', `trace-${ifVersion}-${won[0]}`))).toBeDefined()
    }
    expect(await collect(port.read('race', 'contract', 'partition'))).toHaveLength(4)
  },

  'concurrent changes of other rows do not disturb each other': async (subject) => {
    const { port } = subject()
    const keys = Array.from({ length: 50 }, (_, index) => keyOf('beside', String(index).padStart(2, '0')))
    const doomed = { check: keyOf('beside', 'absent'), ifVersion: 1 }
    const results = await Promise.allSettled(
      keys.map((key, index) =>
        port.commit({ writes: [{ put: rowOf(key), ifVersion: 'absent' }, ...(index % 2 ? [doomed] : [])] }),
      ),
    )
    expect(results.map((result) => result.status)).toEqual(keys.map((_, index) => (index % 2 ? 'rejected' : 'fulfilled')))
    expect((await collect(port.read('beside', 'contract', 'partition'))).map((row) => Number(row.sort) % 2)).toEqual(
      Array(25).fill(0),
    )
  },

  'a relaxed change is seen at once, and keeps its order among the others': async (subject) => {
    const { port } = subject()
    const key = keyOf('relaxed', 'row')
    await port.commit({ writes: [{ put: rowOf(key, { index: { step: 1 } }) }], emit: [eventOf('relaxed', 'one')] }, 'relaxed')
    expect((await port.get(key))?.index).toEqual({ step: 1 })
    expect(await port.events('relaxed', { after: 0, limit: 10 })).toHaveLength(1)
    const relaxed = port.commit({ writes: [{ put: rowOf(key, { index: { step: 2 } }), ifVersion: 1 }] }, 'relaxed')
    await relaxed
    await port.commit({ writes: [{ put: rowOf(key, { index: { step: 3 } }), ifVersion: 2 }] }, 'synced')
    await port.commit({ writes: [{ put: rowOf(key, { index: { step: 4 } }), ifVersion: 3 }] }, 'relaxed')
    expect(await port.get(key)).toMatchObject({ version: 4, index: { step: 4 } })
    await expect(port.commit({ writes: [{ check: key, ifVersion: 3 }] }, 'relaxed')).rejects.toThrow(ConflictError)
  },

  'what callers do with what they handed in or were given changes nothing': async (subject) => {
    const { port } = subject()
    const key = keyOf('copies', 'row')
    const index = { inner: { list: [1, 2] } }
    const bytes = sampleBytes(8)
    const given = rowOf(key, { index, sealed: { text: bytes } })
    await port.commit({ writes: [{ put: given }], emit: [eventOf('copies', 'event', { detail: index })] })
    index.inner.list.push(3)
    bytes.fill(0)
    const expected = { ...given, version: 1, index: { inner: { list: [1, 2] } }, sealed: { text: sampleBytes(8) } }
    const row = await port.get(key)
    expect(row).toEqual(expected)
    const inner = row?.index.inner as { list: number[] } | undefined
    inner?.list.push(4)
    row?.sealed.text?.fill(1)
    expect(await port.get(key)).toEqual(expected)
    const [event] = await port.events('copies', { after: 0, limit: 1 })
    expect(event?.detail).toEqual(expected.index)
  },

  'everything is kept when the adapter is closed and opened again': async (subject, skip) => {
    const { port, reopen } = subject()
    if (!reopen) return skip('nothing outlives this adapter')
    const tenant = 'reopened'
    const row = rowOf(keyOf(tenant, 'row'), {
      index: { a: 'ä' },
      sealed: { text: sampleBytes(300) },
      lists: [{ group: 'g', order: 'o' }],
    })
    await port.commit({ writes: [{ put: row }], emit: [eventOf(tenant, 'one'), eventOf(tenant, 'two')] })
    await port.commit({ writes: [{ put: rowOf(keyOf(tenant, 'relaxed')) }], emit: [eventOf(tenant, 'three')] }, 'relaxed')
    await port.add(keyOf(tenant, 'count'), 'count', 7)
    const again = await reopen()
    expect(await again.get(row)).toEqual({ ...row, version: 1 })
    expect(await again.get(keyOf(tenant, 'relaxed'))).toBeDefined()
    expect(await listAll(again, { tenant, collection: 'contract', list: 0, group: 'g', limit: 10 })).toEqual([
      { ...row, version: 1 },
    ])
    expect(await again.add(keyOf(tenant, 'count'), 'count', 1)).toBe(8)
    await again.commit({ writes: [{ put: row, ifVersion: 1 }], emit: [eventOf(tenant, 'four')] })
    const events = await again.events(tenant, { after: 0, limit: 10 })
    expect(events.map((event) => [event.sequence, event.id])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
      [4, 'four'],
    ])
  },
}
