import { expect } from 'vitest'
import { InvalidInputError, TooLargeError } from '../errors.ts'
import { jobLimits } from '../ports/queue.ts'
import { type Change, changeLimits, type StateStore, type Write } from '../ports/state-store.ts'
import type { Promises } from './contract.ts'
import { collect, eventOf, jobOf, keyOf, rowOf } from './samples.ts'

const notKeys = ['', 'ä', 'a\nb', 'a\u0000', 'a\u001f', '\u007f', 'x'.repeat(513)]

/** What every platform refuses, and what each must still take. */
export const limitPromises: Promises<StateStore> = {
  'a change takes 90 writes and 9 events and jobs': async (subject) => {
    const { port } = subject()
    const tenant = 'limits-count'
    const emit = Array.from({ length: 9 }, (_, index) => (index % 2 ? eventOf(tenant, `${index}`) : jobOf(tenant, `${index}`)))
    await port.commit({ writes: puts(tenant, 90), emit })
    expect(await collect(port.read(tenant, 'contract', 'partition'))).toHaveLength(90)
    expect(await port.events(tenant, { after: 0, limit: 10 })).toHaveLength(4)
    const all = Array.from({ length: 9 }, (_, index) => eventOf(tenant, `all-${index}`))
    await port.commit({ writes: puts(tenant, 90), emit: all })
    expect(await port.events(tenant, { after: 4, limit: 100 })).toHaveLength(9)
  },

  'more than a change holds is refused with TooLargeError before anything is written': async (subject) => {
    const { port } = subject()
    const tenant = 'limits-more'
    const large = changeLimits.rowBytes
    const bodyBytes = (bytes: number): { text: string } => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) })
    const first = { put: rowOf(keyOf(tenant, 'first')) }
    const refused: Record<string, Change> = {
      '91 writes': { writes: puts(tenant, 91) },
      '10 events': { writes: [first], emit: Array.from({ length: 10 }, (_, index) => eventOf(tenant, `${index}`)) },
      'a sealed field': {
        writes: [first, { put: rowOf(keyOf(tenant, 'row'), { sealed: { text: new Uint8Array(large + 1) } }) }],
      },
      'plain fields': { writes: [first, { put: rowOf(keyOf(tenant, 'row'), { index: bodyBytes(large + 1) }) }] },
      'plain fields in bytes of UTF-8': {
        writes: [first, { put: rowOf(keyOf(tenant, 'row'), { index: { text: '世'.repeat(large / 2) } }) }],
      },
      'both together': {
        writes: [
          first,
          { put: rowOf(keyOf(tenant, 'row'), { sealed: { text: new Uint8Array(large - 10) }, index: { text: 'xx' } }) },
        ],
      },
      '3 MB in all': { writes: puts(tenant, 9, large - 10) },
      'a job': { writes: [first], emit: [jobOf(tenant, 'job', { body: bodyBytes(jobLimits.bytes + 1) })] },
      'an event': { writes: [first], emit: [eventOf(tenant, 'event', { detail: bodyBytes(changeLimits.eventBytes + 1) })] },
    }
    for (const [what, change] of Object.entries(refused)) await expect(port.commit(change), what).rejects.toThrow(TooLargeError)
    expect(await collect(port.read(tenant, 'contract', 'partition'))).toEqual([])
    expect(await port.events(tenant, { after: 0, limit: 10 })).toEqual([])
    // As much as fits is taken.
    const emit = [
      jobOf(tenant, 'job', { body: bodyBytes(jobLimits.bytes) }),
      eventOf(tenant, 'event', { detail: bodyBytes(changeLimits.eventBytes) }),
    ]
    await port.commit({ writes: puts(tenant, 8, large - 10), emit })
    expect((await port.get(keyOf(tenant, '7')))?.sealed.text).toHaveLength(large - 10)
  },

  'a malformed change is refused with InvalidInputError before anything is written': async (subject) => {
    const { port } = subject()
    const tenant = 'limits-malformed'
    const good = { put: rowOf(keyOf(tenant, 'good')) }
    const entry = { group: 'g', order: 'o' }
    const refused: Record<string, Change> = {
      nothing: { writes: [] },
      'nothing emitted': { writes: [], emit: [] },
      'two tenants': { writes: [good, { put: rowOf(keyOf('limits-other', 'row')) }] },
      "an event of another's": { writes: [good], emit: [eventOf('limits-other', 'event')] },
      "a job of another's": { writes: [good], emit: [jobOf('limits-other', 'job')] },
      'a key twice': { writes: [good, { add: keyOf(tenant, 'good'), amounts: { count: 1 } }] },
      'a key put and checked': { writes: [good, { check: keyOf(tenant, 'good'), ifVersion: 'absent' }] },
      'four lists': { writes: [good, { put: rowOf(keyOf(tenant, 'row'), { lists: [entry, entry, entry, entry] }) }] },
      'an event of no tenant': { writes: [], emit: [eventOf('', 'event')] },
    }
    for (const [what, change] of Object.entries(refused))
      await expect(port.commit(change), what).rejects.toThrow(InvalidInputError)
    for (const part of notKeys) {
      for (const field of ['collection', 'partition', 'sort'] as const) {
        const key = { ...keyOf(tenant, 'row'), [field]: part }
        for (const write of [
          { put: rowOf(key) },
          { delete: key },
          { check: key, ifVersion: 'absent' as const },
          { add: key, amounts: { count: 1 } },
        ]) {
          await expect(port.commit({ writes: [good, write] })).rejects.toThrow(InvalidInputError)
        }
      }
      for (const lists of [[{ group: part, order: 'o' }], [null, { group: 'g', order: part }]]) {
        await expect(port.commit({ writes: [good, { put: rowOf(keyOf(tenant, 'row'), { lists }) }] })).rejects.toThrow(
          InvalidInputError,
        )
      }
    }
    expect(await collect(port.read(tenant, 'contract', 'partition'))).toEqual([])
    expect(await port.events(tenant, { after: 0, limit: 10 })).toEqual([])
  },

  'a malformed question is refused with InvalidInputError': async (subject) => {
    const { port } = subject()
    const tenant = 'limits-questions'
    const list = { tenant, collection: 'contract', list: 0, group: 'g', limit: 10 }
    for (const part of notKeys) {
      for (const field of ['tenant', 'collection', 'partition', 'sort'] as const) {
        const key = { ...keyOf(tenant, 'row'), [field]: part }
        await expect(port.get(key)).rejects.toThrow(InvalidInputError)
        await expect(port.add(key, 'count', 1)).rejects.toThrow(InvalidInputError)
        if (field !== 'sort')
          await expect(collect(port.read(key.tenant, key.collection, key.partition))).rejects.toThrow(InvalidInputError)
      }
      await expect(collect(port.read(tenant, 'contract', 'partition', part))).rejects.toThrow(InvalidInputError)
      for (const field of ['tenant', 'collection', 'group'] as const)
        await expect(port.list({ ...list, [field]: part })).rejects.toThrow(InvalidInputError)
      await expect(port.events(part, { after: 0, limit: 1 })).rejects.toThrow(InvalidInputError)
    }
    for (const limit of [0, -1, 1_001, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(port.list({ ...list, limit }), `limit ${limit}`).rejects.toThrow(InvalidInputError)
      await expect(port.events(tenant, { after: 0, limit }), `limit ${limit}`).rejects.toThrow(InvalidInputError)
    }
    for (const number of [-1, 3, 0.5]) await expect(port.list({ ...list, list: number })).rejects.toThrow(InvalidInputError)
    for (const after of [-1, 0.5, Number.NaN])
      await expect(port.events(tenant, { after, limit: 1 })).rejects.toThrow(InvalidInputError)
    for (const after of ['', 'x', '!!!!', 'ä', '{}', 'bnVsbA', 'W10', '[1,2]', 'a\u001fb', "' OR 1=1 --"]) {
      await expect(port.list({ ...list, after }), `after ${after}`).rejects.toThrow(InvalidInputError)
    }
  },

  'keys may be as long as their limit': async (subject) => {
    const { port } = subject()
    const long = 'k'.repeat(512)
    const key = { tenant: 'limits-long'.padEnd(512, '-'), collection: long, partition: long, sort: long }
    await port.commit({ writes: [{ put: rowOf(key, { lists: [{ group: long, order: long }] }), ifVersion: 'absent' }] })
    expect(await port.get(key)).toMatchObject({ version: 1 })
    expect(await collect(port.read(key.tenant, long, long))).toHaveLength(1)
    expect(await collect(port.read(key.tenant, long, long, 'k'.repeat(511)))).toHaveLength(1)
  },
}

function puts(tenant: string, count: number, bytes = 1): Write[] {
  return Array.from({ length: count }, (_, index) => ({
    put: rowOf(keyOf(tenant, `${index}`), { sealed: { text: new Uint8Array(bytes) } }),
  }))
}
