import { type DynamoDBClient, GetItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import {
  type Change,
  type Clock,
  checkChange,
  checkEventQuery,
  checkKey,
  checkListQuery,
  checkRead,
  type Key,
  type ListQuery,
  type Page,
  type Row,
  type StateStore,
  type StoredEvent,
  uuid,
} from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'
import { type Item, isExpired, keyItem, plainName, rowOf } from './dynamodb-items.ts'
import { listPage } from './dynamodb-lists.ts'
import { pause, type Transactions, transact } from './dynamodb-transactions.ts'
import { AppendEvent, entryOf, KeepJob, type Sequence, TakeSequences } from './emitted-entries.ts'
import { Add, planWrite } from './planned-write.ts'
import { eventsKey, partitionKey, rowKey, sequenceText } from './table-keys.ts'
import { Turns } from './turns.ts'

export interface DynamoDBOptions {
  readonly client: DynamoDBClient
  readonly table: string
  readonly clock: Clock
  /** Told after each commit that emitted something. */
  onEmitted?(): void
}

/** An addition that meets transactions is tried so often. */
const additionTries = 30

/**
 * StateStore on one DynamoDB table ({@link ItemKey} tells how it lies there). A change is one TransactWriteItems: rows, the events
 * and jobs that it emits, and the tenant's sequence: up to 90 + 9 + 1 actions. Everything is on stable storage in several places
 * when it is acknowledged, so 'relaxed' is the same as 'synced'.
 */
export class DynamoDBStateStore implements StateStore {
  // A transaction takes two write units a KB, of .625e-6 USD each, and a put to S3 costs 5e-6 USD whatever its size.
  readonly rewrittenBytes: number = 4 * 1024
  readonly #options: DynamoDBOptions
  readonly #transactions: Transactions
  /** Changes of one tenant that emit events follow each other here, instead of meeting at its sequence. */
  readonly #turns = new Turns<Sequence>(() => ({ last: 0 }))

  constructor(options: DynamoDBOptions) {
    this.#options = options
    this.#transactions = options
  }

  async get(key: Key): Promise<Row | undefined> {
    checkKey(key)
    const { client, table, clock } = this.#options
    const command = new GetItemCommand({ TableName: table, Key: keyItem(rowKey(key)), ConsistentRead: true })
    const { Item } = await client.send(command).catch((error) => {
      throw unavailable(error, 'dynamodb:GetItem')
    })
    return Item && !isExpired(Item, clock.now()) ? rowOf(Item) : undefined
  }

  async *read(tenant: string, collection: string, partition: string, after?: string): AsyncGenerator<Row> {
    checkRead(tenant, collection, partition, after)
    const pk = partitionKey(tenant, collection, partition)
    for await (const item of this.#query(pk, after)) if (!isExpired(item, this.#options.clock.now())) yield rowOf(item)
  }

  async list(query: ListQuery): Promise<Page<Row>> {
    checkListQuery(query)
    return listPage(this.#options, query)
  }

  async commit(change: Change, _durability?: 'synced' | 'relaxed'): Promise<void> {
    checkChange(change)
    const { clock, onEmitted } = this.#options
    const mark = uuid(clock)
    const writes = change.writes.map(planWrite)
    const emit = change.emit ?? []
    const jobs = emit.flatMap((entry) => ('queue' in entry ? [new KeepJob(entry, clock)] : []))
    const events = emit.flatMap((entry) => ('queue' in entry ? [] : [entry]))
    const [first] = events
    if (first) {
      await this.#turns.take(first.tenant, async (sequence) => {
        const appended = events.map((event, index) => new AppendEvent(event, index + 1, sequence))
        const taken = new TakeSequences(first.tenant, events.length, sequence)
        await transact(this.#transactions, mark, [...writes, taken, ...appended, ...jobs])
        sequence.last += events.length
      })
    } else await transact(this.#transactions, mark, [...writes, ...jobs])
    if (emit.length > 0) onEmitted?.()
  }

  async add(key: Key, field: string, amount: number, max?: number): Promise<number> {
    const amounts = { [field]: amount }
    const write = { add: key, amounts, ...(max === undefined ? {} : { max: { [field]: max } }) }
    checkChange({ writes: [write] })
    const { client, table, clock } = this.#options
    const change = uuid(clock)
    const addition = new Add(write)
    for (let number = 1; ; number++) {
      const attempt = { table, change, now: clock.now() }
      try {
        const command = new UpdateItemCommand({
          ...addition.update(attempt),
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        })
        return sumOf((await client.send(command)).Attributes, field)
      } catch (error) {
        if (isFault(error, 'ConditionalCheckFailedException')) {
          const found = (error as { Item?: Item }).Item
          // It was added before, and the answer was lost.
          if (found?.c?.S === change) return sumOf(found, field)
          const refusal = addition.refused(found, attempt)
          if (refusal) throw refusal
          if (found && isExpired(found, attempt.now)) return this.#addAnew(key, change, addition, field)
        } else if (!isFault(error, 'TransactionConflictException')) throw unavailable(error, 'dynamodb:UpdateItem')
        if (number === additionTries) throw unavailable(error, 'dynamodb:UpdateItem')
      }
      await pause(clock, number)
    }
  }

  /** Where a row's time is over it has to be replaced, which is a put. */
  async #addAnew(key: Key, change: string, addition: Add, field: string): Promise<number> {
    await transact(this.#transactions, change, [addition])
    return Number((await this.get(key))?.index[field])
  }

  async events(
    tenant: string,
    query: { readonly after: number; readonly limit: number; readonly type?: string },
  ): Promise<readonly StoredEvent[]> {
    checkEventQuery(tenant, query)
    const found: StoredEvent[] = []
    for await (const item of this.#query(eventsKey(tenant), sequenceText(query.after), query.type)) {
      found.push(entryOf(item) as StoredEvent)
      if (found.length === query.limit) break
    }
    return found
  }

  /** A partition's items behind a sort key, in order, consistent. */
  async *#query(pk: string, after?: string, type?: string): AsyncGenerator<Item> {
    const { client, table } = this.#options
    let start: Item | undefined
    do {
      const command: QueryCommand = new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk > :sk',
        ...(type === undefined ? {} : { FilterExpression: 't = :type' }),
        ExpressionAttributeValues: {
          ':pk': { S: pk },
          ...(after === undefined ? {} : { ':sk': { S: after } }),
          ...(type === undefined ? {} : { ':type': { S: type } }),
        },
        ...(start ? { ExclusiveStartKey: start } : {}),
      })
      const page = await client.send(command).catch((error) => {
        throw unavailable(error, 'dynamodb:Query')
      })
      yield* page.Items ?? []
      start = page.LastEvaluatedKey
    } while (start)
  }
}

function sumOf(item: Item | undefined, field: string): number {
  return Number(item?.[plainName(field)]?.N)
}
