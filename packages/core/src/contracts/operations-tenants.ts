import { expect } from 'vitest'
import { InvalidInputError } from '../errors.ts'
import { type Key, keyText, type NewRow, type Row, type StateStore } from '../ports/state-store.ts'
import type { Promises, Subject } from './contract.ts'
import { allRows, type OperationsSubject, pendingOf, type Removal, removeAll, settleAll } from './operations-bench.ts'
import { collect, eventOf, jobOf, keyOf, listAll, rowOf, sampleBytes } from './samples.ts'
import { eventually } from './settling.ts'

const longAgo = Date.UTC(2001, 0, 1)
const far = Date.UTC(2100, 0, 1)
/** A name, others that begin with it or are how its parts might be written, and one that it begins with. */
const near = ['near', 'near-2', 'near2', 'near ', 'near~', 'near#', 'near##', 'near#contract', 'near%', 'near%23', 'nea', 'NEAR']

/** What the work on one tenant's data promises. */
export const tenantPromises: Promises<OperationsSubject> = {
  'rows gives every row of a tenant that has not expired, of all collections, whole': async (subject) => {
    const { state } = subject().port
    const tenant = 'rows-whole'
    const rows = ['one', 'two', '#', '%23'].flatMap((collection) =>
      ['p', 'p#q', '~'].map((partition, index) =>
        rowOf(keyOf(tenant, 'sort #1', partition, collection), {
          schema: index + 1,
          index: { text: 'ä', none: null, number: 1.5, list: [1] },
          sealed: { text: sampleBytes(30, index) },
          lists: [null, { group: 'g', order: `${index}` }],
          ...(index === 1 ? { expires: far } : {}),
        }),
      ),
    )
    const gone = rowOf(keyOf(tenant, 'gone'), { expires: longAgo })
    await state.commit({
      writes: [...rows, gone].map((put) => ({ put })),
      emit: [eventOf(tenant, 'event'), jobOf(tenant, 'job')],
    })
    const counter = keyOf(tenant, 'counter', 'p', 'counters')
    await state.add(counter, 'count', 3)
    const expected = [...rows, rowOf(counter, { index: { count: 3 } })].map((row) => ({ ...row, version: 1 }))
    expect(await allRows(subject(), tenant)).toEqual(inOrder(expected))
    expect(await allRows(subject(), 'rows-of-nobody')).toEqual([])
  },

  'rows gives each row once over the pages, whatever their size and whatever is written beside it': async (subject) => {
    const { state } = subject().port
    const tenant = 'rows-paged'
    const rows = Array.from({ length: 24 }, (_, index) => rowOf(keyOf(tenant, `${index}`, `p${index % 5}`, `c${index % 3}`)))
    await state.commit({ writes: rows.map((put) => ({ put })) })
    const expected = inOrder(rows).map(keyText)
    for (const limit of [1, 5, 24, 1_000]) expect((await allRows(subject(), tenant, limit)).map(keyText)).toEqual(expected)
    let beside = 0
    const write = async (): Promise<void> => {
      const key = keyOf(tenant, 'beside', `p${++beside % 5}`, `c${beside % 3}`)
      await state.commit({ writes: [{ put: rowOf(key) }, { delete: keyOf(tenant, 'beside', `p${(beside + 2) % 5}`, 'c0') }] })
    }
    const found = (await allRows(subject(), tenant, 4, write)).filter(({ sort }) => sort !== 'beside')
    expect(found.map(keyText)).toEqual(expected)
    expect(beside).toBeGreaterThan(3)
  },

  "a tenant's rows are its own only, also where another's name begins with its name": async (subject) => {
    const { state, operations } = subject().port
    for (const tenant of near) await fill(state, tenant)
    const own = async (tenant: string): Promise<string[]> =>
      (await allRows(subject(), tenant, 3)).map((row) => `${row.tenant} ${row.index.of}`)
    for (const tenant of near) expect(await own(tenant), tenant).toEqual(Array.from({ length: 6 }, () => `${tenant} ${tenant}`))
    // Nor does another's place lead to its rows.
    const { after } = await operations.rows('near-2', { limit: 1 })
    for (const tenant of near) {
      const page = await operations
        .rows(tenant, { limit: 1_000, ...(after === undefined ? {} : { after }) })
        .catch(() => undefined)
      for (const row of page?.items ?? []) expect(row.tenant).toBe(tenant)
    }
    for (const [index, tenant] of near.entries()) {
      await removeAll(subject(), tenant)
      for (const [other, name] of near.entries())
        expect(await own(name), `${name} without ${tenant}`).toHaveLength(other > index ? 6 : 0)
      const last = near.at(-1) ?? ''
      expect(await state.events(last, { after: 0, limit: 10 }), tenant).toHaveLength(tenant === last ? 0 : 2)
    }
  },

  'removeTenant removes everything of a tenant, a part a call, says how much, and 0 when nothing is left': async (subject) => {
    const { state } = subject().port
    const [tenant, other] = ['removed', 'removed-not']
    for (const each of [tenant, other]) await fill(state, each)
    const [settled] = await pendingOf(subject(), tenant)
    await settleAll(subject(), [settled])
    const rows = await allRows(subject(), tenant)
    // What was read just before must not be remembered.
    for (const row of rows) expect(await state.get(row)).toBeDefined()
    const others = await allRows(subject(), other)
    const removal = await removeAll(subject(), tenant, { limit: 4 })
    // Six rows, two events, the sequence; and the jobs, but for one that the relay has.
    const jobs = settled && 'queue' in settled.entry ? 1 : 2
    expectRemoved(removal, 9 + jobs)
    for (const row of rows) expect(await state.get(row)).toBeUndefined()
    await nothingLeft(subject(), tenant)
    expect(await removeAll(subject(), tenant)).toMatchObject({ removed: 0 })
    expect(await allRows(subject(), other)).toEqual(others)
    expect(await state.events(other, { after: 0, limit: 10 })).toHaveLength(2)
    expect((await pendingOf(subject(), other)).filter(({ entry }) => 'sequence' in entry)).toHaveLength(2)
  },

  'removeTenant keeps the collections that it is told to keep': async (subject) => {
    const { state } = subject().port
    const tenant = 'removed-but'
    const collections = ['!', 'audit', 'audit-2', 'audi', 'audit#', 'usage', '~']
    const keyIn = (collection: string, index: number): Key => keyOf(tenant, `${index}`, 'p', collection)
    const rows = collections.flatMap((collection) => [0, 1, 2].map((index) => rowOf(keyIn(collection, index))))
    await state.commit({ writes: rows.map((put) => ({ put })), emit: [eventOf(tenant, 'event')] })
    const keep = ['usage', 'audit', 'not-there', 'audit']
    expectRemoved(await removeAll(subject(), tenant, { keep, limit: 5 }), rows.length - 6 + 2)
    const kept = rows.filter(({ collection }) => keep.includes(collection))
    expect((await allRows(subject(), tenant)).map(keyText)).toEqual(inOrder(kept).map(keyText))
    expect(await state.events(tenant, { after: 0, limit: 10 })).toEqual([])
    expectRemoved(await removeAll(subject(), tenant), 6)
    await nothingLeft(subject(), tenant)
  },

  'a tenant that was removed begins anew': async (subject) => {
    const { state } = subject().port
    const tenant = 'removed-anew'
    await fill(state, tenant)
    await removeAll(subject(), tenant)
    const [row, counter] = [keyOf(tenant, '0'), keyOf(tenant, 'counter')]
    await state.commit({ writes: [{ put: rowOf(row), ifVersion: 'absent' }], emit: [eventOf(tenant, 'new')] })
    expect(await state.get(row)).toMatchObject({ version: 1, index: {} })
    expect(await state.add(counter, 'count', 1)).toBe(1)
    expect((await state.events(tenant, { after: 0, limit: 10 })).map(({ id, sequence }) => [id, sequence])).toEqual([['new', 1]])
    await eventually(subject(), async () => {
      expect((await pendingOf(subject(), tenant)).map(({ entry }) => entry.id)).toEqual(['new'])
    })
    await removeAll(subject(), tenant)
    await nothingLeft(subject(), tenant)
  },

  'a removal that was broken off goes on, after the adapter was closed and opened again too': async (subject) => {
    const { port, reopen } = subject()
    const tenant = 'removed-on'
    await fill(port.state, tenant)
    for (let call = 0; call < 2; call++) await port.operations.removeTenant(tenant, { keep: [], limit: 3 }).catch(() => {})
    await reopen?.()
    await removeAll(subject(), tenant)
    await nothingLeft(subject(), tenant)
  },

  'two can remove a tenant at the same time': async (subject) => {
    const { state } = subject().port
    const tenant = 'removed-by-two'
    for (const part of ['a', 'b', 'c']) await fill(state, tenant, part)
    await Promise.all([removeAll(subject(), tenant, { limit: 4 }), removeAll(subject(), tenant, { limit: 5 })])
    await nothingLeft(subject(), tenant)
  },

  'what a tenant commits while it is removed is whole, its events in order, and goes with a later call': async (subject) => {
    const { state } = subject().port
    const tenant = 'removed-beside'
    await fill(state, tenant)
    const commits = Array.from({ length: 12 }, (_, index) =>
      state.commit({
        writes: [{ put: rowOf(keyOf(tenant, `beside-${index}`)) }, { add: keyOf(tenant, 'counter'), amounts: { count: 1 } }],
        emit: [eventOf(tenant, `beside-${index}-a`), eventOf(tenant, `beside-${index}-b`)],
      }),
    )
    await Promise.all([...commits, removeAll(subject(), tenant, { limit: 3 })])
    await state.commit({ writes: [{ put: rowOf(keyOf(tenant, 'last')) }], emit: [eventOf(tenant, 'last')] })
    const events = await state.events(tenant, { after: 0, limit: 100 })
    const sequences = events.map(({ sequence }) => sequence)
    expect(events.at(-1)?.id).toBe('last')
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    expect(sequences).toEqual(sequences.map((_, index) => (sequences.at(-1) ?? 0) - sequences.length + 1 + index))
    for (const row of await allRows(subject(), tenant)) expect(await state.get(row)).toEqual(row)
    expect((await allRows(subject(), tenant)).map(({ sort }) => sort)).toContain('last')
    await removeAll(subject(), tenant)
    await nothingLeft(subject(), tenant)
  },

  "a malformed question or removal of a tenant's data is refused with InvalidInputError": async (subject) => {
    const { operations, state } = subject().port
    const tenant = 'tenant-malformed'
    await state.commit({ writes: [{ put: rowOf(keyOf(tenant, 'row')) }] })
    for (const limit of [0, -1, 1_001, 1.5, Number.NaN]) {
      await expect(operations.rows(tenant, { limit }), `rows ${limit}`).rejects.toThrow(InvalidInputError)
      await expect(operations.removeTenant(tenant, { keep: [], limit }), `limit ${limit}`).rejects.toThrow(InvalidInputError)
    }
    for (const name of ['', 'ä', 'a\u001fb', 'x'.repeat(513)]) {
      await expect(operations.rows(name, { limit: 1 }), name).rejects.toThrow(InvalidInputError)
      await expect(operations.removeTenant(name, { keep: [], limit: 1 }), name).rejects.toThrow(InvalidInputError)
      await expect(operations.removeTenant(tenant, { keep: [name], limit: 1 }), name).rejects.toThrow(InvalidInputError)
    }
    for (const after of ['', 'x']) {
      await expect(operations.rows(tenant, { limit: 1, after }), after).rejects.toThrow(InvalidInputError)
    }
    expect(await allRows(subject(), tenant)).toHaveLength(1)
  },
}

/** Six rows in two collections, of which two show in a list and one is a counter; two events; two jobs, of which one is far ahead. */
async function fill(state: StateStore, tenant: string, part = ''): Promise<void> {
  const index = { of: tenant }
  const lists = [{ group: 'g', order: 'o' }]
  const rows = [0, 1, 2, 3, 4].map((number) =>
    rowOf(keyOf(tenant, `${part}${number}`, 'partition', number > 2 ? 'other' : 'contract'), {
      index,
      lists: number < 2 ? lists : [],
    }),
  )
  await state.commit({
    writes: rows.map((put) => ({ put })),
    emit: [
      eventOf(tenant, `${part}one`),
      eventOf(tenant, `${part}two`),
      jobOf(tenant, `${part}job`),
      jobOf(tenant, `${part}far`, { notBefore: far }),
    ],
  })
  await state.commit({ writes: [{ put: rowOf(keyOf(tenant, `${part}counter`), { index: { ...index, count: 7 } }) }] })
}

async function nothingLeft(subject: Subject<OperationsSubject>, tenant: string): Promise<void> {
  const { state } = subject.port
  expect(await allRows(subject, tenant)).toEqual([])
  for (const collection of ['contract', 'other']) expect(await collect(state.read(tenant, collection, 'partition'))).toEqual([])
  expect(await state.events(tenant, { after: 0, limit: 10 })).toEqual([])
  await eventually(subject, async () => {
    expect(await pendingOf(subject, tenant)).toEqual([])
    expect(await listAll(state, { tenant, collection: 'contract', list: 0, group: 'g', limit: 10 })).toEqual([])
  })
}

/** A call that failed didn't say how much it removed. */
function expectRemoved({ removed, failed }: Removal, amount: number): void {
  if (failed === 0) expect(removed).toBe(amount)
  else expect(removed).toBeLessThanOrEqual(amount)
}

function inOrder<Each extends NewRow | Row>(rows: readonly Each[]): Each[] {
  return rows.toSorted((left, right) => (keyText(left) < keyText(right) ? -1 : 1))
}
