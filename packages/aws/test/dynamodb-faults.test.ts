import { ConflictError, type StateStore, UnavailableError } from '@plinth/core'
import { collect, eventOf, jobOf, keyOf, listAll, listedRow, rejection, rowOf } from '@plinth/core/contracts'
import { systemClock } from '@plinth/outbound'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTable } from '../src/create-table.ts'
import { DynamoDBOperations } from '../src/dynamodb-operations.ts'
import { DynamoDBStateStore } from '../src/dynamodb-state-store.ts'
import {
  type Fault,
  oneAtATime,
  operation,
  refuse,
  resetAfter,
  resetBefore,
  rewriteJson,
  useFaultProxy,
} from './support/fault-proxy.ts'
import { describeWithMoto } from './support/moto.ts'

const table = 'plinth'
const transactions = operation('TransactWriteItems')

describeWithMoto('DynamoDB on bad days', (moto) => {
  const proxy = useFaultProxy(moto)
  beforeAll(() => createTable({ client: moto.clients.dynamodb, table }))
  /** The store of one process. */
  const process = (maxAttempts = 1): StateStore =>
    new DynamoDBStateStore({ client: proxy.clients({ maxAttempts }).dynamodb, table, clock: systemClock })

  describe('an answer that was lost', () => {
    it('of a change is asked for again, and the change happens once', async () => {
      const store = process(3)
      const key = keyOf('lost', 'row')
      proxy.inject(transactions, resetAfter, 2)
      await store.commit({
        writes: [
          { put: rowOf(key), ifVersion: 'absent' },
          { add: keyOf('lost', 'count'), amounts: { count: 5 }, max: { count: 5 } },
        ],
        emit: [eventOf('lost', 'one'), jobOf('lost', 'job')],
      })
      expect((await store.get(key))?.version).toBe(1)
      expect(await store.get(keyOf('lost', 'count'))).toMatchObject({ version: 1, index: { count: 5 } })
      expect((await store.events('lost', { after: 0, limit: 10 })).map(({ id, sequence }) => [id, sequence])).toEqual([
        ['one', 1],
      ])
      // What was learned from the lost answer is right.
      await store.commit({ writes: [], emit: [eventOf('lost', 'two')] })
      expect((await store.events('lost', { after: 1, limit: 10 })).map(({ id, sequence }) => [id, sequence])).toEqual([
        ['two', 2],
      ])
    })

    it('of an addition is asked for again, and it is added once', async () => {
      const store = process(3)
      proxy.inject(operation('UpdateItem'), resetAfter, 2)
      expect(await store.add(keyOf('lost-sum', 'row'), 'count', 5, 7)).toBe(5)
      expect(await store.add(keyOf('lost-sum', 'row'), 'count', 2, 7)).toBe(7)
    })

    it('is UnavailableError where nobody asks again: it may have happened, whole', async () => {
      const store = process()
      const change = (sort: string) => ({ writes: [{ put: rowOf(keyOf('unsure', sort)) }], emit: [eventOf('unsure', sort)] })
      proxy.inject(transactions, resetAfter)
      expect(await rejection(store.commit(change('after')))).toBeInstanceOf(UnavailableError)
      proxy.inject(transactions, resetBefore)
      expect(await rejection(store.commit(change('before')))).toBeInstanceOf(UnavailableError)
      expect((await collect(store.read('unsure', 'contract', 'partition'))).map(({ sort }) => sort)).toEqual(['after'])
      expect((await store.events('unsure', { after: 0, limit: 10 })).map(({ id }) => id)).toEqual(['after'])
    })
  })

  it('transactions that meet others are tried again, those that conflict are not', async () => {
    const store = process()
    const key = keyOf('meeting', 'row')
    const met = proxy.inject(transactions, cancelled('TransactionConflict', 'None'), 3)
    await store.commit({ writes: [{ put: rowOf(key) }, { put: rowOf(keyOf('meeting', 'other')) }] })
    expect(met.met).toBe(3)
    const before = proxy.requests.length
    await expect(store.commit({ writes: [{ put: rowOf(key), ifVersion: 7 }] })).rejects.toThrow(ConflictError)
    expect(proxy.requests.length - before).toBe(1)
  })

  it('a throttled call is tried again, and so is one that failed inside AWS', async () => {
    const store = process(3)
    proxy.inject(transactions, refuse(400, 'ThrottlingException'))
    proxy.inject(transactions, refuse(500, 'InternalServerError'))
    await store.commit({ writes: [{ put: rowOf(keyOf('throttled', 'row')) }] })
    expect(await store.get(keyOf('throttled', 'row'))).toBeDefined()
  })

  it.each([
    ['AccessDeniedException', 'aws_denied'],
    ['UnrecognizedClientException', 'aws_denied'],
    ['ExpiredTokenException', 'aws_credentials'],
    ['InvalidSignatureException', 'aws_credentials'],
    ['ResourceNotFoundException', 'aws_missing'],
  ])('[X71] %s is %s, and its message names what was asked, and no content', async (name, code) => {
    const store = process()
    proxy.inject(transactions, refuse(400, name, 'something secret'))
    const put = rowOf(keyOf('denied', 'row'), { index: { text: 'something secret' } })
    const error = await rejection(store.commit({ writes: [{ put }] }))
    expect(error).toMatchObject({ code, retryable: true })
    expect((error as Error).message).toContain('dynamodb:TransactWriteItems')
    expect((error as Error).message).not.toContain('secret')
    expect(await store.get(put)).toBeUndefined()
  })

  it('a list is whole though DynamoDB gives its rows in parts', async () => {
    const store = process()
    const orders = Array.from({ length: 30 }, (_, index) => String(index + 10))
    await store.commit({ writes: orders.map((order) => ({ put: listedRow(keyOf('parts', order), { group: 'g', order }) })) })
    interface Batch {
      readonly Responses: Record<string, readonly object[]>
      readonly UnprocessedKeys?: object
    }
    const half = rewriteJson<Batch>(({ Responses }) => {
      const items = Responses[table] ?? []
      const keys = items.slice(10).map((item) => ({ pk: Reflect.get(item, 'pk'), sk: Reflect.get(item, 'sk') }))
      return { Responses: { [table]: items.slice(0, 10) }, UnprocessedKeys: { [table]: { Keys: keys } } }
    })
    const met = proxy.inject(operation('BatchGetItem'), half, 2)
    const rows = await listAll(store, { tenant: 'parts', collection: 'contract', list: 0, group: 'g', limit: 30 })
    expect(rows.map(({ sort }) => sort)).toEqual(orders)
    expect(met.met).toBe(2)
  })

  it('a list comes in few calls where hundreds of expired rows, which DynamoDB removes days later, stand before and among its own', async () => {
    const store = process()
    const orders = Array.from({ length: 640 }, (_, index) => String(index + 1_000))
    const isOver = (order: string): boolean => Number(order) < 1_600 || Number(order) % 4 > 0
    for (let from = 0; from < orders.length; from += 80)
      await store.commit({
        writes: orders.slice(from, from + 80).map((order) => {
          const row = listedRow(keyOf('over', order), { group: 'g', order })
          return { put: isOver(order) ? { ...row, expires: 1_000 } : row }
        }),
      })
    const query = { tenant: 'over', collection: 'contract', list: 0, group: 'g', limit: 1 }
    const asked = (): number => proxy.requests.filter(operation('Query')).length
    const before = asked()
    const first = await store.list(query)
    expect(first.items.map(({ sort }) => sort)).toEqual(['1600'])
    expect(asked() - before).toBeLessThanOrEqual(10)
    const kept = orders.filter((order) => !isOver(order))
    for (const [limit, descending] of [
      [1, false],
      [3, true],
      [10, false],
      [640, true],
    ] as const) {
      const rows = await listAll(store, { ...query, limit, descending })
      expect(rows.map(({ sort }) => sort)).toEqual(descending ? kept.toReversed() : kept)
    }
  })

  it('processes that write for one tenant at the same time share its sequence, without gaps', async () => {
    // moto would take back what others wrote while a transaction fails.
    proxy.inject(() => true, oneAtATime(), Number.POSITIVE_INFINITY)
    const stores = [process(), process(), process()]
    await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        stores[index % 3]?.commit({
          writes: [{ put: rowOf(keyOf('shared', String(index))) }],
          emit: [eventOf('shared', `${index}-a`), eventOf('shared', `${index}-b`)],
        }),
      ),
    )
    const events = (await stores[0]?.events('shared', { after: 0, limit: 100 })) ?? []
    expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 48 }, (_, index) => index + 1))
    for (let index = 0; index < 48; index += 2) expect(events[index + 1]?.id).toBe(events[index]?.id.replace('-a', '-b'))
  })

  it('what could not be settled is pending again; what was settled twice is not', async () => {
    const operations = new DynamoDBOperations({ client: proxy.clients().dynamodb, table, clock: systemClock })
    await process().commit({ writes: [], emit: [eventOf('settling', 'one'), jobOf('settling', 'job')] })
    const own = async () => (await operations.pending(100)).filter(({ entry }) => entry.tenant === 'settling')
    const entries = (await own()).map(({ position }) => position)
    expect(entries).toHaveLength(2)
    proxy.inject(operation('UpdateItem', 'DeleteItem'), resetBefore, 2)
    await expect(operations.settle(entries)).rejects.toThrow(UnavailableError)
    expect(await own()).toHaveLength(2)
    proxy.inject(operation('UpdateItem', 'DeleteItem'), resetAfter, 2)
    await expect(operations.settle(entries)).rejects.toThrow(UnavailableError)
    await operations.settle(entries)
    expect(await own()).toEqual([])
  })
})

/** DynamoDB's refusal of a transaction, with a reason for each of its actions. */
function cancelled(...codes: readonly string[]): Fault {
  const body = {
    __type: 'TransactionCanceledException',
    Message: 'cancelled',
    CancellationReasons: codes.map((Code) => ({ Code })),
  }
  const headers = { 'content-type': 'application/x-amz-json-1.0' }
  return async () => ({ status: 400, headers, body: Buffer.from(JSON.stringify(body)) })
}
