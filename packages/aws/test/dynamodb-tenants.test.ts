import { GetItemCommand, paginateScan } from '@aws-sdk/client-dynamodb'
import { type Operations, type StateStore, UnavailableError } from '@plinth/core'
import { eventOf, jobOf, keyOf, rejection, rowOf } from '@plinth/core/contracts'
import { systemClock } from '@plinth/outbound'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { createTable } from '../src/create-table.ts'
import { keyItem } from '../src/dynamodb-items.ts'
import { DynamoDBOperations } from '../src/dynamodb-operations.ts'
import { DynamoDBStateStore } from '../src/dynamodb-state-store.ts'
import { rowKey } from '../src/table-keys.ts'
import {
  operation,
  type ProxiedRequest,
  refuse,
  resetAfter,
  resetBefore,
  rewriteJson,
  useFaultProxy,
} from './support/fault-proxy.ts'
import { describeWithMoto } from './support/moto.ts'

const table = 'plinth'
const removal = { keep: [], limit: 1_000 }

describeWithMoto("one tenant's data on DynamoDB", (moto) => {
  const proxy = useFaultProxy(moto)
  let state: StateStore
  let operations: Operations
  beforeAll(() => createTable({ client: moto.clients.dynamodb, table }))
  beforeEach(() => {
    const database = { client: proxy.clients().dynamodb, table, clock: systemClock }
    state = new DynamoDBStateStore(database)
    operations = new DynamoDBOperations(database)
  })

  /** The partition keys of all items that begin so. */
  async function partitions(prefix: string): Promise<string[]> {
    const found: string[] = []
    for await (const { Items = [] } of paginateScan({ client: moto.clients.dynamodb }, { TableName: table }))
      found.push(...Items.map(({ pk }) => pk?.S ?? ''))
    return found.filter((pk) => pk.startsWith(prefix)).sort()
  }

  async function fill(tenant: string): Promise<void> {
    const rows = [0, 1, 2].map((sort) => rowOf(keyOf(tenant, `${sort}`), sort === 0 ? { expires: 1_000 } : {}))
    const emit = [eventOf(tenant, 'settled'), eventOf(tenant, 'event'), jobOf(tenant, 'job')]
    await state.commit({ writes: rows.map((put) => ({ put })), emit })
    const settled = (await operations.pending(100)).find(({ entry }) => entry.tenant === tenant && entry.id === 'settled')
    await operations.settle([settled?.position ?? ''])
  }

  async function removeAll(tenant: string): Promise<number> {
    for (let sum = 0; ; ) {
      const removed = await operations.removeTenant(tenant, removal)
      if (removed === 0) return sum
      sum += removed
    }
  }

  const scans = (): readonly { ExclusiveStartKey?: object }[] =>
    proxy.requests.filter(operation('Scan')).map(({ body }) => JSON.parse(body.toString()))

  it('is removed to its last item, also what has expired or was settled, and nothing of a neighbour [X67]', async () => {
    for (const tenant of ['whole', 'whole-2']) await fill(tenant)
    expect(await partitions('whole#')).toHaveLength(7)
    expect(await removeAll('whole')).toBe(7)
    expect(await partitions('whole#')).toEqual([])
    expect(await partitions('whole-2#')).toHaveLength(7)
  })

  it('is removed by calling again after answers that were lost', async () => {
    await fill('lost')
    const deletions = operation('DeleteItem')
    for (const fault of [resetBefore, resetAfter, resetBefore, resetAfter]) {
      proxy.inject(deletions, fault)
      expect(await rejection(removeAll('lost'))).toBeInstanceOf(UnavailableError)
    }
    await removeAll('lost')
    expect(await partitions('lost#')).toEqual([])
  })

  it('is removed although its items are in transactions', async () => {
    await fill('meeting')
    const met = proxy.inject(operation('DeleteItem'), refuse(400, 'TransactionConflictException'), 5)
    expect(await removeAll('meeting')).toBe(7)
    expect(met.met).toBe(5)
  })

  it.each([
    ['before its sequence is read', 'GetItem'],
    ['before its sequence is deleted', 'DeleteItem'],
  ])('keeps its sequence when it emits something %s', async (_, name) => {
    const tenant = `counting-${name}`
    await fill(tenant)
    const other = new DynamoDBStateStore({ client: moto.clients.dynamodb, table, clock: systemClock })
    const ofSequence = (asked: ProxiedRequest): boolean =>
      operation(name)(asked) && asked.body.toString().includes(`${tenant}##sequence`)
    const met = proxy.inject(ofSequence, async (_, forward) => {
      await other.commit({ writes: [], emit: [eventOf(tenant, 'meanwhile')] })
      return forward()
    })
    for (let removed = 1; removed > 0 && met.met === 0; ) removed = await operations.removeTenant(tenant, removal)
    expect(met.met).toBe(1)
    await state.commit({ writes: [], emit: [eventOf(tenant, 'next')] })
    const events = await state.events(tenant, { after: 0, limit: 10 })
    expect(events.map(({ id, sequence }) => `${sequence} ${id}`)).toEqual(['3 meanwhile', '4 next'])
    await removeAll(tenant)
    expect(await partitions(`${tenant}#`)).toEqual([])
  })

  it('is read in pages that end when much was read and nothing found', async () => {
    await fill('rare')
    const nothing = rewriteJson(() => ({ Items: [], LastEvaluatedKey: keyItem({ pk: 'a', sk: 'a' }) }))
    proxy.inject(operation('Scan'), nothing, 16)
    const page = await operations.rows('rare', { limit: 10 })
    expect(page).toMatchObject({ items: [], after: expect.any(String) })
    expect(scans()).toHaveLength(16)
    const { items, after } = await operations.rows('rare', { limit: 10, after: page.after ?? '' })
    expect(items.map(({ sort }) => sort)).toEqual(['1', '2'])
    expect(after).toBeUndefined()
  })

  it('is looked for from where the call before ended, and at last in the whole table', async () => {
    const sealed = { text: new Uint8Array(300_000) }
    for (const tenant of ['ahead', 'large']) {
      for (let index = 0; index < 8; index++)
        await state.commit({ writes: [{ put: rowOf(keyOf(tenant, `${index}`, `p${index}`), { sealed }) }] })
    }
    const readings: number[] = []
    for (let removed = 1; removed > 0; ) {
      const before = scans().length
      removed = await operations.removeTenant('large', { keep: [], limit: 2 })
      readings.push(scans().length - before)
    }
    // What lies ahead is read by the first call, and once more by the last, which must see that nothing is left.
    const [first = 0, last = 0] = [readings.at(0), readings.at(-1)]
    expect(first).toBeGreaterThan(2)
    expect(last).toBeGreaterThan(2)
    for (const between of readings.slice(1, -1)) expect(between).toBeLessThan(first)
    expect(await partitions('large#')).toEqual([])
  })

  it('written behind the place that was reached is found all the same', async () => {
    const rowIn = (collection: string, partition = 'p', bytes = 1) => ({
      put: rowOf(keyOf('behind', 'row', partition, collection), { sealed: { text: new Uint8Array(bytes) } }),
    })
    for (let index = 0; index < 8; index++) await state.commit({ writes: [rowIn('kept', `${index}`, 300_000)] })
    await state.commit({ writes: [rowIn('last')] })
    const kept = { keep: ['kept'], limit: 10 }
    expect(await operations.removeTenant('behind', kept)).toBe(1)
    await state.commit({ writes: [rowIn('first')] })
    expect(await operations.removeTenant('behind', kept)).toBe(1)
    expect(await operations.removeTenant('behind', kept)).toBe(0)
    expect(await partitions('behind#')).toHaveLength(8)
  })

  it('expires by itself where an addition said when, to the second above', async () => {
    const key = keyOf('counted', 'row')
    const expires = Date.UTC(2100, 0, 1) + 1
    for (const time of [expires, expires + 5_000])
      await state.commit({ writes: [{ add: key, amounts: { count: 1 }, expires: time }] })
    const { Item } = await moto.clients.dynamodb.send(new GetItemCommand({ TableName: table, Key: keyItem(rowKey(key)) }))
    expect(Item).toMatchObject({ f_count: { N: '2' }, e: { N: String(expires) }, ttl: { N: String((expires - 1) / 1_000 + 1) } })
  })
})
