import { type AttributeValue, BatchGetItemCommand, QueryCommand, type QueryCommandOutput } from '@aws-sdk/client-dynamodb'
import { InvalidInputError, type ListQuery, type Page, type Row } from '@plinth/core'
import { unavailable } from './aws-fault.ts'
import { type Item, isExpired, keyItem, rowOf, text } from './dynamodb-items.ts'
import type { DynamoDBOptions } from './dynamodb-state-store.ts'
import { cursorOf, listIndex, listKey, parseCursor, parseRowKey, rowKey } from './table-keys.ts'

/** DynamoDB gives so many items at once. */
const itemsAtATime = 100
/** Of an index at once. */
const mostLooks = 1_000
/** What it didn't get to is asked for again so often. */
const tries = 8

/**
 * A page of a list. Its index holds keys only, and the rows are read from the table, so that a large row costs its index nothing; one
 * that has moved on or whose time is over meanwhile is passed over. DynamoDB may remove those days later: where many are passed over, each
 * call looks at twice as many as the one before.
 */
export async function listPage(options: DynamoDBOptions, query: ListQuery): Promise<Page<Row>> {
  const { partition, sort } = listIndex(query.list)
  const items: Row[] = []
  let start = startOf(query)
  for (let looksAt = query.limit; ; looksAt = Math.min(mostLooks, looksAt * 2)) {
    const { Items: entries = [], LastEvaluatedKey: next } = await queryIndex(options, query, start, looksAt)
    const rows = await getRows(options, entries)
    for (const [index, entry] of entries.entries()) {
      const item = rows.get(nameOf(entry))
      const stays = item && text(item[partition]) === text(entry[partition]) && text(item[sort]) === text(entry[sort])
      if (stays && !isExpired(item, options.clock.now())) items.push(rowOf(item))
      if (items.length < query.limit) continue
      const isLast = !next && index === entries.length - 1
      return isLast
        ? { items }
        : { items, after: cursorOf(parseRowKey({ pk: text(entry.pk), sk: text(entry.sk) }), text(entry[sort])) }
    }
    if (!next) return { items }
    start = next
  }
}

function startOf(query: ListQuery): Item | undefined {
  if (query.after === undefined) return undefined
  const place = parseCursor(query, query.after)
  if (!place) throw new InvalidInputError('This is no place in a list.', { field: 'after' })
  const { partition, sort } = listIndex(query.list)
  return { ...keyItem(rowKey(place.key)), [partition]: { S: listKey(query, query) }, [sort]: { S: place.order } }
}

async function queryIndex(
  { client, table }: DynamoDBOptions,
  query: ListQuery,
  start: Item | undefined,
  limit: number,
): Promise<QueryCommandOutput> {
  const { name, partition } = listIndex(query.list)
  const command = new QueryCommand({
    TableName: table,
    IndexName: name,
    KeyConditionExpression: '#p = :p',
    ExpressionAttributeNames: { '#p': partition },
    ExpressionAttributeValues: { ':p': { S: listKey(query, query) } },
    ScanIndexForward: query.descending !== true,
    Limit: limit,
    ...(start ? { ExclusiveStartKey: start } : {}),
  })
  return client.send(command).catch((error) => {
    throw unavailable(error, 'dynamodb:Query')
  })
}

async function getRows(options: DynamoDBOptions, entries: readonly Item[]): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>()
  const groups: Promise<void>[] = []
  for (let from = 0; from < entries.length; from += itemsAtATime)
    groups.push(getSome(options, entries.slice(from, from + itemsAtATime), found))
  await Promise.all(groups)
  return found
}

async function getSome({ client, table }: DynamoDBOptions, entries: readonly Item[], found: Map<string, Item>): Promise<void> {
  let keys: Record<string, AttributeValue>[] | undefined = entries.map(({ pk, sk }) => ({
    pk: pk ?? { S: '' },
    sk: sk ?? { S: '' },
  }))
  for (let attempt = 1; keys && keys.length > 0; attempt++) {
    const command: BatchGetItemCommand = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys } } })
    const page = await client.send(command).catch((error) => {
      throw unavailable(error, 'dynamodb:BatchGetItem')
    })
    for (const item of page.Responses?.[table] ?? []) found.set(nameOf(item), item)
    keys = page.UnprocessedKeys?.[table]?.Keys
    if (keys && attempt === tries) throw unavailable(undefined, 'dynamodb:BatchGetItem')
  }
}

function nameOf({ pk, sk }: Item): string {
  return `${text(pk)}\n${text(sk)}`
}
