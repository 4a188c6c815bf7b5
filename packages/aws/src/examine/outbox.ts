import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { numberValue } from '../dynamodb-items.ts'
import { outboxParts } from '../emitted-entries.ts'
import { type Look, look } from './look.ts'

/** So many of each part of the outbox are counted. */
const counted = 100

/** What was emitted, is due, and wasn't relayed. */
export interface OutboxFacts {
  readonly due: number
  /** Whether there may be more of them. */
  readonly more: boolean
  /** Since when the first is due, milliseconds UTC. */
  readonly since: number | undefined
}

/** Reads the index of what waits, and no row of a tenant. */
export function examineOutbox(options: {
  readonly client: DynamoDBClient
  readonly table: string
  readonly now: number
}): Promise<Look<OutboxFacts>> {
  const { client, table, now } = options
  const timesOf = (part: number) =>
    new QueryCommand({
      TableName: table,
      IndexName: 'outbox',
      KeyConditionExpression: 'o = :o AND d <= :now',
      ExpressionAttributeValues: { ':o': { S: String(part) }, ':now': numberValue(now) },
      ProjectionExpression: 'd',
      Limit: counted,
    })
  return look(async (call) => {
    const parts = await Promise.all(
      Array.from({ length: outboxParts }, (_, part) =>
        call('dynamodb:Query', (abortSignal) => client.send(timesOf(part), { abortSignal })),
      ),
    )
    const times = parts.flatMap(({ Items = [] }) => Items.map(({ d }) => Number(d?.N)))
    const more = parts.some(({ LastEvaluatedKey }) => LastEvaluatedKey !== undefined)
    return { due: times.length, more, since: times.length === 0 ? undefined : Math.min(...times) }
  })
}
