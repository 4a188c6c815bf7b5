import { expect } from 'vitest'
import type { ListEntry, StateStore, Write } from '../ports/state-store.ts'
import type { Promises, Subject } from './contract.ts'
import { keyOf, listAll, listedRow, rowOf } from './samples.ts'
import { eventually, pass } from './settling.ts'

type Query = Parameters<StateStore['list']>[0]

/** What `list` promises. It may lag behind, so these tests look again until it has caught up. */
export const listPromises: Promises<StateStore> = {
  'a list shows a group in order of the bytes of order, from either end': async (subject) => {
    const { port } = subject()
    const orders = ['-', '0', 'A', 'Z', '_', 'a', 'a ', 'a!', 'a-', 'aa', 'b', '~']
    // Partitions and sorts go the other way, so that nothing but `order` can have made the order.
    const writes = orders.map((order, index): Write => {
      const backwards = String(99 - index)
      return { put: listedRow(keyOf('lists', backwards, backwards), { group: 'mine', order }) }
    })
    await port.commit({ writes: [...writes, { put: listedRow(keyOf('lists', 'x'), { group: 'mine ', order: 'a' }) }] })
    await shows(subject(), { ...listOf('lists'), group: 'mine' }, orders)
    await shows(subject(), { ...listOf('lists'), group: 'mine', descending: true }, orders.toReversed())
    await shows(subject(), { ...listOf('lists'), group: 'mine ' }, ['a'])
    await shows(subject(), { ...listOf('lists'), group: 'nobody' }, [])
    await shows(subject(), { ...listOf('lists'), group: 'mine', collection: 'other' }, [])
  },

  'a row shows in each of its lists, and follows its writes': async (subject) => {
    const { port } = subject()
    const key = keyOf('follows', 'row')
    const put = (lists: (ListEntry | null)[]): Promise<void> => port.commit({ writes: [{ put: rowOf(key, { lists }) }] })
    const at = async (expected: readonly (string | undefined)[]): Promise<void> => {
      for (const [list, place] of expected.entries())
        await shows(subject(), { ...listOf('follows'), list }, place === undefined ? [] : [place])
    }
    await put([{ group: 'g', order: '1' }, null, { group: 'g', order: '3' }])
    await at(['1', undefined, '3'])
    await put([null, { group: 'g', order: '2' }, { group: 'g', order: '4' }])
    await at([undefined, '2', '4'])
    await put([{ group: 'elsewhere', order: '1' }])
    await at([undefined, undefined, undefined])
    await shows(subject(), { ...listOf('follows'), group: 'elsewhere' }, ['1'])
    await port.commit({ writes: [{ delete: key }] })
    await shows(subject(), { ...listOf('follows'), group: 'elsewhere' }, [])
  },

  'a list gives rows whole': async (subject) => {
    const { port } = subject()
    const row = rowOf(keyOf('whole', 'row'), {
      schema: 2,
      expires: Date.UTC(2100, 0, 1),
      index: { text: 'ä' },
      sealed: { text: new Uint8Array([1, 0, 255]) },
      lists: [{ group: 'g', order: 'o' }],
    })
    await port.commit({ writes: [{ put: row }] })
    await eventually(subject(), async () => expect((await port.list(listOf('whole'))).items).toEqual([{ ...row, version: 1 }]))
  },

  'pages join to the whole list, whatever their size': async (subject) => {
    const { port } = subject()
    const orders = Array.from({ length: 60 }, (_, index) => String(index + 100))
    await port.commit({ writes: orders.map((order) => ({ put: listedRow(keyOf('pages', order), { group: 'g', order }) })) })
    for (const descending of [false, true]) {
      for (const limit of [1, 7, 30, 59, 60, 61, 1_000]) {
        await shows(subject(), { ...listOf('pages'), descending, limit }, descending ? orders.toReversed() : orders)
      }
    }
    await eventually(subject(), async () => {
      const page = await port.list({ ...listOf('pages'), limit: 7 })
      expect(page.items).toHaveLength(7)
      expect(page.after).toBeTypeOf('string')
    })
  },

  'rows of equal order are all shown, once each over the pages': async (subject) => {
    const { port } = subject()
    const sorts = Array.from({ length: 40 }, (_, index) => String(index + 10))
    const put = (sort: string): Write => ({
      put: listedRow(keyOf('ties', sort, `partition-${Number(sort) % 3}`), { group: 'g', order: `o${Number(sort) % 2}` }),
    })
    await port.commit({ writes: sorts.map(put) })
    for (const descending of [false, true]) {
      for (const limit of [1, 3, 20]) {
        await eventually(subject(), async () => {
          const rows = await listAll(port, { ...listOf('ties'), descending, limit })
          expect(rows.map((row) => row.sort).toSorted()).toEqual(sorts)
          const orders = rows.map((row) => row.lists[0]?.order ?? '')
          expect(orders).toEqual(descending ? orders.toSorted().toReversed() : orders.toSorted())
        })
      }
    }
  },

  'a row that stays where it is shows once over the pages, whatever is put beside it': async (subject) => {
    const { port } = subject()
    const staying = Array.from({ length: 30 }, (_, index) => String(index * 10 + 1_000))
    await port.commit({ writes: staying.map((order) => ({ put: listedRow(keyOf('moving', order), { group: 'g', order }) })) })
    for (const [round, descending] of [false, true].entries()) {
      await shows(subject(), { ...listOf('moving'), descending }, descending ? staying.toReversed() : staying, (order) =>
        staying.includes(order),
      )
      // A list that showed them all once may lag again; after a while it knows them for good.
      await pass(subject(), 5_000)
      let inserted = 0
      const insert = async (): Promise<void> => {
        const order = String(1_000 + ((inserted * 37) % 300)).padEnd(5, String(round + 1))
        await port.commit({ writes: [{ put: listedRow(keyOf('moving', `${order}-${inserted++}`), { group: 'g', order }) }] })
      }
      const seen = (await listAll(port, { ...listOf('moving'), descending, limit: 4 }, insert))
        .map((row) => row.sort)
        .filter((sort) => staying.includes(sort))
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen.toSorted()).toEqual(staying)
    }
  },

  'a list of hundreds of rows of many changes is complete': async (subject) => {
    const { port } = subject()
    const orders = Array.from({ length: 450 }, (_, index) => String(index + 1_000))
    for (let start = 0; start < orders.length; start += 45) {
      const writes = orders
        .slice(start, start + 45)
        .map((order): Write => ({ put: listedRow(keyOf('hundreds', order), { group: 'g', order }) }))
      await port.commit({ writes }, 'relaxed')
    }
    await shows(subject(), { ...listOf('hundreds'), limit: 100 }, orders)
  },
}

function listOf(tenant: string): Query {
  return { tenant, collection: 'contract', list: 0, group: 'g', limit: 100 }
}

/** Sooner or later the list shows rows with these orders, counting only those that are wanted. */
async function shows(
  subject: Subject<StateStore>,
  query: Query,
  orders: readonly string[],
  wanted: (order: string) => boolean = () => true,
): Promise<void> {
  await eventually(subject, async () => {
    const rows = await listAll(subject.port, query)
    expect(rows.map((row) => row.lists[query.list]?.order ?? '').filter(wanted)).toEqual(orders)
  })
}
