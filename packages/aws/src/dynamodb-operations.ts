import { DeleteItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import {
  checkTenantRemoval,
  checkTenantRows,
  eventRetention,
  InvalidInputError,
  type Operations,
  type OutboxEntry,
  type Page,
  type Row,
  type TenantRemoval,
  type TenantRows,
  type Timer,
} from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'
import { type Item, keyItem, numberValue, text } from './dynamodb-items.ts'
import type { DynamoDBOptions } from './dynamodb-state-store.ts'
import { TenantRemover, tenantRows } from './dynamodb-tenants.ts'
import { entryOf, outboxParts } from './emitted-entries.ts'
import type { ItemKey } from './table-keys.ts'

/** How often a process looks for what others left, milliseconds. */
const lookEvery = 10_000
/** Its own commits wake it at once, and once more when the index has surely caught up. */
const lookAgain = 1_000
const settledAtATime = 16
const separator = '\n'

/**
 * The outbox on the table: entries that aren't settled stand in the index `outbox`, which lags a little. Expired rows and old events
 * are DynamoDB's own to remove, by their attribute `ttl`, at no cost; readers don't see expired rows before that either.
 */
export class DynamoDBOperations implements Operations {
  readonly #options: DynamoDBOptions
  readonly #remover: TenantRemover
  readonly #wakers = new Set<() => void>()
  #timer: Timer | undefined
  #again: Timer | undefined

  constructor(options: DynamoDBOptions) {
    this.#options = options
    this.#remover = new TenantRemover(options)
  }

  /** Something was emitted by this process. */
  emitted(): void {
    if (this.#wakers.size === 0) return
    queueMicrotask(() => this.#wake())
    this.#again ??= this.#options.clock.setTimer(lookAgain, () => {
      this.#again = undefined
      this.#wake()
    })
  }

  async pending(limit: number): Promise<readonly OutboxEntry[]> {
    checkCount(limit)
    const parts = await Promise.all(Array.from({ length: outboxParts }, (_, part) => this.#pendingOf(part, limit)))
    // In turn from each part, so that none waits for another.
    const longest = Math.max(...parts.map((part) => part.length))
    const mixed = Array.from({ length: longest }, (_, index) => parts.flatMap((part) => part.slice(index, index + 1)))
    return mixed
      .flat()
      .slice(0, limit)
      .map((item) => ({ position: positionOf(item), entry: entryOf(item) }))
  }

  async settle(positions: readonly string[]): Promise<void> {
    for (let from = 0; from < positions.length; from += settledAtATime)
      await Promise.all(positions.slice(from, from + settledAtATime).map((position) => this.#settle(parsePosition(position))))
  }

  onPending(wake: () => void): () => void {
    const own = (): void => wake()
    this.#wakers.add(own)
    this.#timer ??= this.#look()
    return () => {
      this.#wakers.delete(own)
      if (this.#wakers.size === 0) this.close()
    }
  }

  /** Nothing: see {@link DynamoDBOperations}. */
  async removeExpired(limit: number): Promise<number> {
    checkCount(limit)
    return 0
  }

  /** Nothing: see {@link DynamoDBOperations}. */
  async trimEvents(_before: number, limit: number): Promise<number> {
    checkCount(limit)
    return 0
  }

  async rows(tenant: string, query: TenantRows): Promise<Page<Row>> {
    checkTenantRows(tenant, query)
    return tenantRows(this.#options, tenant, query)
  }

  async removeTenant(tenant: string, removal: TenantRemoval): Promise<number> {
    checkTenantRemoval(tenant, removal)
    return this.#remover.remove(tenant, removal)
  }

  /** Ends the looking; whoever wants to be woken again begins it anew. */
  close(): void {
    this.#timer?.cancel()
    this.#again?.cancel()
    this.#timer = undefined
    this.#again = undefined
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake()
  }

  #look(): Timer {
    return this.#options.clock.setTimer(lookEvery, () => {
      // First: whoever is woken may be the last, and end the looking.
      this.#timer = this.#look()
      this.#wake()
    })
  }

  async #pendingOf(part: number, limit: number): Promise<readonly Item[]> {
    const { client, table, clock } = this.#options
    const command = new QueryCommand({
      TableName: table,
      IndexName: 'outbox',
      KeyConditionExpression: 'o = :o AND d <= :now',
      ExpressionAttributeValues: { ':o': { S: String(part) }, ':now': numberValue(clock.now()) },
      Limit: limit,
    })
    const { Items } = await client.send(command).catch((error) => {
      throw unavailable(error, 'dynamodb:Query')
    })
    return Items ?? []
  }

  /** An event stays, for its time, as the log; a job is the queue's now. */
  async #settle(key: ItemKey): Promise<void> {
    const { client, table, clock } = this.#options
    const place = { TableName: table, Key: keyItem(key) }
    if (key.pk.endsWith('##jobs')) {
      await client.send(new DeleteItemCommand(place)).catch((error) => {
        throw unavailable(error, 'dynamodb:DeleteItem')
      })
      return
    }
    const command = new UpdateItemCommand({
      ...place,
      UpdateExpression: 'SET #ttl = :ttl REMOVE o, d',
      ConditionExpression: 'attribute_exists(o)',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':ttl': numberValue(Math.ceil((clock.now() + eventRetention) / 1_000)) },
    })
    await client.send(command).catch((error) => {
      // It was settled before, or is gone.
      if (!isFault(error, 'ConditionalCheckFailedException')) throw unavailable(error, 'dynamodb:UpdateItem')
    })
  }
}

export function positionOf({ pk, sk }: Item): string {
  return `${text(pk)}${separator}${text(sk)}`
}

function parsePosition(position: string): ItemKey {
  const [pk = '', sk = ''] = position.split(separator)
  return { pk, sk }
}

function checkCount(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1) throw new InvalidInputError('A limit is a whole number from 1.', { field: 'limit' })
}
