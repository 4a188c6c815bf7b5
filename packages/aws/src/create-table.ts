import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { changeLimits } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'
import { listIndex } from './table-keys.ts'

const longestWait = 120

/** The table's form: what CDK makes is the same, with a stream that calls the relay's function. A process looks for itself. */
export function tableDefinition(table: string): CreateTableCommandInput {
  const lists = Array.from({ length: changeLimits.lists }, (_, list) => listIndex(list))
  const strings = ['pk', 'sk', 'o', ...lists.flatMap(({ partition, sort }) => [partition, sort])]
  const index = (name: string, partition: string, sort: string, projection: 'ALL' | 'KEYS_ONLY') => ({
    IndexName: name,
    KeySchema: keySchema(partition, sort),
    Projection: { ProjectionType: projection },
  })
  return {
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keySchema('pk', 'sk'),
    AttributeDefinitions: [
      ...strings.map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
      { AttributeName: 'd', AttributeType: 'N' },
    ],
    GlobalSecondaryIndexes: [
      ...lists.map(({ name, partition, sort }) => index(name, partition, sort, 'KEYS_ONLY')),
      index('outbox', 'o', 'd', 'ALL'),
    ],
  }
}

/** Makes the table unless it is there. Doing it twice, also at the same time, makes one. */
export async function createTable({ client, table }: { readonly client: DynamoDBClient; readonly table: string }): Promise<void> {
  try {
    await client.send(new CreateTableCommand(tableDefinition(table))).catch(passOver('ResourceInUseException'))
    await waitUntilTableExists({ client, maxWaitTime: longestWait }, { TableName: table })
    const ttl = { AttributeName: 'ttl', Enabled: true }
    // Refused when it is on already.
    await client
      .send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification: ttl }))
      .catch(passOver('ValidationException'))
  } catch (error) {
    throw unavailable(error, 'dynamodb:CreateTable')
  }
}

function keySchema(partition: string, sort: string) {
  return [
    { AttributeName: partition, KeyType: 'HASH' as const },
    { AttributeName: sort, KeyType: 'RANGE' as const },
  ]
}

function passOver(name: string): (error: unknown) => void {
  return (error) => {
    if (!isFault(error, name)) throw error
  }
}
