import { DeleteItemCommand, GetItemCommand, QueryCommand, ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb'
import { InvalidInputError, type Page, type Row, type TenantRemoval, type TenantRows } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'
import { type Item, isExpired, keyItem, rowOf, text } from './dynamodb-items.ts'
import type { DynamoDBOptions } from './dynamodb-state-store.ts'
import { pause } from './dynamodb-transactions.ts'
import { eventsKey, type ItemKey, jobsKey, parsePlace, parseRowKey, placeOf, sequenceKey, tenantPrefixes } from './table-keys.ts'

/** A page ends after so many readings of 1 MB that found nothing of the tenant. */
const readingsAtATime = 16
const removedAtATime = 16
/** A removal that meets transactions is tried so often. */
const tries = 30

/**
 * A page of a tenant's rows. They lie under many keys that nobody lists, so the whole table is read through, others' items too: that
 * is for work that is rare.
 */
export async function tenantRows(options: DynamoDBOptions, tenant: string, { after, limit }: TenantRows): Promise<Page<Row>> {
  let start = after === undefined ? undefined : startOf(after)
  for (let reading = 1; ; reading++) {
    const { Items = [], LastEvaluatedKey: end } = await readThrough(options, tenant, start)
    const rows = Items.filter((item) => !isExpired(item, options.clock.now()))
    const items = rows.slice(0, limit).map(rowOf)
    const last = rows.length > limit ? rows[limit - 1] : end
    if (!last) return { items }
    if (items.length > 0 || reading === readingsAtATime) return { items, after: placeOf(keyOf(last)) }
    start = end
  }
}

function startOf(after: string): Item {
  const place = parsePlace(after)
  if (!place) throw new InvalidInputError('There is no such place.', { field: 'after' })
  return keyItem(place)
}

/** Removes tenants, a part a call. */
export class TenantRemover {
  readonly #options: DynamoDBOptions
  /** Where rows were last found of tenants whose removal goes on: their next calls needn't begin anew. */
  readonly #read = new Map<string, Item>()

  constructor(options: DynamoDBOptions) {
    this.#options = options
  }

  /** What is found by one question comes first: whoever asks for the rows may read through the whole table. */
  async remove(tenant: string, removal: TenantRemoval): Promise<number> {
    return (
      (await this.#removePartition(jobsKey(tenant), removal.limit)) ||
      (await this.#removePartition(eventsKey(tenant), removal.limit)) ||
      (await this.#removeSequence(tenant)) ||
      this.#removeRows(tenant, removal)
    )
  }

  async #removePartition(pk: string, limit: number): Promise<number> {
    return this.#removeItems(await this.#keysOf(pk, limit))
  }

  /** Only as it was before no event was found: the next event has to follow the one before, and not to take its place. */
  async #removeSequence(tenant: string): Promise<number> {
    const { client, table } = this.#options
    const key = sequenceKey(tenant)
    const { Item } = await client
      .send(new GetItemCommand({ TableName: table, Key: keyItem(key), ConsistentRead: true }))
      .catch((error) => {
        throw unavailable(error, 'dynamodb:GetItem')
      })
    if (!Item || (await this.#keysOf(eventsKey(tenant), 1)).length > 0) return 0
    return (await this.#removeItem(key, Item)) ? 1 : 0
  }

  /** Only a reading from the table's beginning to its end that met no row shows that there is none. */
  async #removeRows(tenant: string, { keep, limit }: TenantRemoval): Promise<number> {
    let start = this.#read.get(tenant)
    let whole = start === undefined
    for (;;) {
      const { Items = [], LastEvaluatedKey: end } = await readThrough(this.#options, tenant, start, 'pk, sk')
      const keys = Items.map(keyOf).filter((key) => !keep.includes(parseRowKey(key).collection))
      if (keys.length > 0) {
        if (start) this.#read.set(tenant, start)
        return this.#removeItems(keys.slice(0, limit))
      }
      start = end
      if (start) continue
      this.#read.delete(tenant)
      if (whole) return 0
      whole = true
    }
  }

  async #keysOf(pk: string, limit: number): Promise<readonly ItemKey[]> {
    const { client, table } = this.#options
    const command = new QueryCommand({
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
      ProjectionExpression: 'pk, sk',
      Limit: limit,
    })
    const { Items = [] } = await client.send(command).catch((error) => {
      throw unavailable(error, 'dynamodb:Query')
    })
    return Items.map(keyOf)
  }

  async #removeItems(keys: readonly ItemKey[]): Promise<number> {
    for (let from = 0; from < keys.length; from += removedAtATime)
      await Promise.all(keys.slice(from, from + removedAtATime).map((key) => this.#removeItem(key)))
    return keys.length
  }

  /**
   * @param as what must have written it last.
   * @returns whether it is gone.
   */
  async #removeItem(key: ItemKey, as?: Item): Promise<boolean> {
    const { client, table, clock } = this.#options
    const condition = as && { ConditionExpression: 'c = :c', ExpressionAttributeValues: { ':c': as.c ?? { S: '' } } }
    const command = new DeleteItemCommand({ TableName: table, Key: keyItem(key), ...condition })
    for (let number = 1; ; number++) {
      try {
        await client.send(command)
        return true
      } catch (error) {
        if (isFault(error, 'ConditionalCheckFailedException')) return false
        if (!isFault(error, 'TransactionConflictException') || number === tries) throw unavailable(error, 'dynamodb:DeleteItem')
      }
      await pause(clock, number)
    }
  }
}

/** One reading of the table, 1 MB at most, of which a tenant's rows are given. Sees every change committed before it. */
async function readThrough(
  { client, table }: DynamoDBOptions,
  tenant: string,
  start: Item | undefined,
  attributes?: string,
): Promise<ScanCommandOutput> {
  const { all, notRows } = tenantPrefixes(tenant)
  const command = new ScanCommand({
    TableName: table,
    ConsistentRead: true,
    FilterExpression: 'begins_with(pk, :all) AND NOT begins_with(pk, :not)',
    ExpressionAttributeValues: { ':all': { S: all }, ':not': { S: notRows } },
    ...(attributes === undefined ? {} : { ProjectionExpression: attributes }),
    ...(start ? { ExclusiveStartKey: start } : {}),
  })
  return client.send(command).catch((error) => {
    throw unavailable(error, 'dynamodb:Scan')
  })
}

function keyOf({ pk, sk }: Item): ItemKey {
  return { pk: text(pk), sk: text(sk) }
}
