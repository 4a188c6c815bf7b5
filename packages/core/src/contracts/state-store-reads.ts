import { expect } from 'vitest'
import type { Key, StateStore, Write } from '../ports/state-store.ts'
import type { Promises } from './contract.ts'
import { collect, eventOf, keyOf, listAll, rowOf, sampleBytes } from './samples.ts'
import { eventually } from './settling.ts'

/** Sorts in their order: by bytes, whatever a language or a database thinks of letters and marks. */
const tricky = [
  ' ',
  ' a',
  '!',
  '"',
  '#',
  '%',
  '*',
  '-',
  '--',
  '.',
  '/',
  '0',
  '00',
  '1',
  '10',
  '2',
  ':',
  '@',
  'A',
  'AA',
  'B',
  'Z',
  '[',
  '\\',
  '_',
  '`',
]
const trickier = ['a', 'a ', 'a!', 'a#', 'a-', 'a/', 'a0', 'aA', 'a_', 'aa', 'ab', 'a~', 'b', 'z', '{', '|', '}', '~', '~~']
const ordered = [...tricky, ...trickier]

/** What `get` and `read` promise, and what a row keeps. */
export const readPromises: Promises<StateStore> = {
  'read gives a partition in order of the bytes of sort': async (subject) => {
    const { port } = subject()
    const shuffled = ordered.toSorted(
      (left, right) => left.length * 7 + left.charCodeAt(0) * 13 - right.length * 7 - right.charCodeAt(0) * 13,
    )
    await port.commit({ writes: shuffled.map((sort) => ({ put: rowOf(keyOf('ordered', sort)) })) })
    expect((await collect(port.read('ordered', 'contract', 'partition'))).map((row) => row.sort)).toEqual(ordered)
    for (const [index, sort] of ordered.entries()) {
      const behind = await collect(port.read('ordered', 'contract', 'partition', sort))
      expect(behind.map((row) => row.sort)).toEqual(ordered.slice(index + 1))
    }
    // Behind a place where no row is.
    expect((await collect(port.read('ordered', 'contract', 'partition', 'a-0'))).map((row) => row.sort)).toEqual(
      ordered.slice(ordered.indexOf('a/')),
    )
  },

  'read gives a partition of a thousand rows once each': async (subject) => {
    const { port } = subject()
    // More than a page of any platform: in number, and in bytes.
    const count = 1_200
    const sealed = { text: sampleBytes(1_000) }
    const sorts = Array.from({ length: count }, (_, index) => String(index).padStart(5, '0'))
    for (let start = 0; start < count; start += 90) {
      const writes = sorts
        .slice(start, start + 90)
        .map((sort): Write => ({ put: rowOf(keyOf('thousand', sort), { index: { sort }, sealed }) }))
      await port.commit({ writes }, 'relaxed')
    }
    const rows = await collect(port.read('thousand', 'contract', 'partition'))
    expect(rows.map((row) => row.sort)).toEqual(sorts)
    expect((await collect(port.read('thousand', 'contract', 'partition', '01098'))).map((row) => row.sort)).toEqual(
      sorts.slice(1_099),
    )
  },

  'get and read see every change committed before them': async (subject) => {
    const { port } = subject()
    for (let version = 1; version <= 30; version++) {
      const key = keyOf('seen', String(version).padStart(2, '0'))
      await port.commit({ writes: [{ put: rowOf(key, { index: { version } }) }] }, version % 2 ? 'synced' : 'relaxed')
      expect((await port.get(key))?.index).toEqual({ version })
      expect(await collect(port.read('seen', 'contract', 'partition'))).toHaveLength(version)
    }
  },

  'a reading that is left early, or runs beside others, disturbs nothing': async (subject) => {
    const { port } = subject()
    await port.commit({ writes: Array.from({ length: 40 }, (_, index) => ({ put: rowOf(keyOf('left', String(index + 10))) })) })
    for await (const row of port.read('left', 'contract', 'partition')) if (row.sort === '12') break
    const readings = await Promise.all(Array.from({ length: 5 }, () => collect(port.read('left', 'contract', 'partition'))))
    expect(readings.map((rows) => rows.length)).toEqual([40, 40, 40, 40, 40])
    let written = 0
    for await (const row of port.read('left', 'contract', 'partition')) {
      await port.commit({ writes: [{ put: rowOf(row, { index: { touched: true } }) }] }, 'relaxed')
      written++
    }
    expect(written).toBe(40)
  },

  'keys whose parts run into each other stay apart': async (subject) => {
    const { port } = subject()
    const tenant = 'parts'
    const parts = ['a', 'a/', '/a', 'a#b', 'a|', 'a:b', 'a b', 'a%', 'a_', "a'", 'a\\', 'b']
    const keys = parts.flatMap((collection) => parts.map((partition): Key => ({ tenant, collection, partition, sort: 'a/b' })))
    for (let start = 0; start < keys.length; start += 90) {
      const writes = keys.slice(start, start + 90).map((key): Write => ({ put: rowOf(key, { index: { ...key } }) }))
      await port.commit({ writes })
    }
    for (const key of keys) {
      expect((await port.get(key))?.index).toEqual(key)
      expect((await collect(port.read(tenant, key.collection, key.partition))).map((row) => row.index)).toEqual([{ ...key }])
    }
  },

  "nothing of one tenant is visible under another's name": async (subject) => {
    const { port } = subject()
    const tenants = ['apart', 'apart2', 'apar', 'apart/contract', 'apart ', 'apart!', 'apart%', 'apart_', 'APART', '*', '%']
    for (const tenant of tenants) {
      const row = rowOf(keyOf(tenant, 'row'), { index: { tenant }, lists: [{ group: 'g', order: 'o' }] })
      await port.commit({ writes: [{ put: row }], emit: [eventOf(tenant, 'event', { detail: { tenant } })] })
    }
    for (const tenant of tenants) {
      expect((await port.get(keyOf(tenant, 'row')))?.index).toEqual({ tenant })
      expect((await collect(port.read(tenant, 'contract', 'partition'))).map((row) => row.tenant)).toEqual([tenant])
      expect((await port.events(tenant, { after: 0, limit: 100 })).map((event) => [event.tenant, event.sequence])).toEqual([
        [tenant, 1],
      ])
      await eventually(subject(), async () => {
        const listed = await listAll(port, { tenant, collection: 'contract', list: 0, group: 'g', limit: 100 })
        expect(listed.map((row) => row.tenant)).toEqual([tenant])
      })
    }
    for (const stranger of ['apa', 'apart3', 'apart#', '']) {
      if (stranger) expect(await port.get(keyOf(stranger, 'row'))).toBeUndefined()
      if (stranger) expect(await port.events(stranger, { after: 0, limit: 10 })).toEqual([])
    }
    // A name that runs on into the other's collection.
    for (const [tenant, collection] of [
      ['apart', 'in/rows'],
      ['apart/in', 'rows'],
    ] as const) {
      const key = keyOf(tenant, 'row', 'partition', collection)
      await port.commit({
        writes: [{ put: rowOf(key, { index: { tenant }, lists: [{ group: 'g', order: 'o' }] }), ifVersion: 'absent' }],
      })
    }
    expect((await port.get(keyOf('apart', 'row', 'partition', 'in/rows')))?.index).toEqual({ tenant: 'apart' })
    expect((await collect(port.read('apart/in', 'rows', 'partition'))).map((row) => row.index)).toEqual([{ tenant: 'apart/in' }])
    await port.commit({ writes: [{ delete: keyOf('apart', 'row') }] })
    expect(await port.get(keyOf('apart2', 'row'))).toBeDefined()
  },

  'sealed fields keep any bytes': async (subject) => {
    const { port } = subject()
    const key = keyOf('bytes', 'row')
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const sealed = {
      every,
      empty: new Uint8Array(0),
      zero: new Uint8Array(3),
      large: sampleBytes(100_000),
      part: sampleBytes(1_000).subarray(10, 20),
      'odd name: %"\'': new Uint8Array([0xff, 0xfe, 0x00]),
    }
    await port.commit({ writes: [{ put: rowOf(key, { sealed }) }] })
    const kept = (await port.get(key))?.sealed ?? {}
    expect(Object.keys(kept).toSorted()).toEqual(Object.keys(sealed).toSorted())
    for (const [name, bytes] of Object.entries(sealed)) expect([...(kept[name] ?? [])], name).toEqual([...bytes])
    const [read] = await collect(port.read('bytes', 'contract', 'partition'))
    expect([...(read?.sealed.every ?? [])]).toEqual([...every])
  },

  'plain fields keep any text and number': async (subject) => {
    const { port } = subject()
    const key = keyOf('plain', 'row')
    const index = {
      text: 'Grüße, 世界, 👩‍👩‍👧, \u202eright to left, \ue000 \uffff',
      control: 'line\nline\ttab\u0000nul\u001f\u007f',
      quotes: `"double" 'single' \`back\` \\ / </script> %s {0} $1`,
      empty: '',
      'field with spaces, ünïcode and .dots': 1,
      numbers: [0, -1, 0.1, 0.1 + 0.2, 1e21, 1e-7, 123456789.12345679, 1e100, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
      truths: [true, false, null],
      nested: { deeper: { deepest: [[[{}]], []] } },
      none: null,
    }
    await port.commit({
      writes: [{ put: rowOf(key, { index }) }],
      emit: [eventOf('plain', 'event', { detail: index, subject: 'sübject' })],
    })
    expect((await port.get(key))?.index).toEqual(index)
    const [event] = await port.events('plain', { after: 0, limit: 1 })
    expect(event).toEqual({ ...eventOf('plain', 'event', { detail: index, subject: 'sübject' }), sequence: 1 })
  },
}
