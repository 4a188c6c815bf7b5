import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  GetItemCommand,
  type KeySchemaElement,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import { tableDefinition } from '../create-table.ts'
import { keyItem } from '../dynamodb-items.ts'
import { rowKey } from '../table-keys.ts'
import { type Look, look } from './look.ts'

interface Table {
  readonly client: DynamoDBClient
  readonly table: string
}

export interface TableFacts {
  /** As DynamoDB calls it, such as `ACTIVE`. */
  readonly status: string
  /** Where it isn't as Plinth makes it, in words. */
  readonly differences: readonly string[]
  /** Rows and bytes, as DynamoDB counts them every six hours. */
  readonly rows: number
  readonly bytes: number
  /** What its stream shows of a change, such as `NEW_IMAGE`; undefined without one. */
  readonly streamView: string | undefined
  readonly protected: boolean
  /** The key of KMS that encrypts it; undefined for DynamoDB's own. */
  readonly key: string | undefined
}

export function examineTable({ client, table }: Table): Promise<Look<TableFacts>> {
  return look(async (call) => {
    const { Table: found = {} } = await call('dynamodb:DescribeTable', (abortSignal) =>
      client.send(new DescribeTableCommand({ TableName: table }), { abortSignal }),
    )
    return {
      status: found.TableStatus ?? 'unknown',
      differences: differencesOf(found),
      rows: found.ItemCount ?? 0,
      bytes: found.TableSizeBytes ?? 0,
      streamView: found.StreamSpecification?.StreamEnabled ? found.StreamSpecification.StreamViewType : undefined,
      protected: found.DeletionProtectionEnabled ?? false,
      key: found.SSEDescription?.KMSMasterKeyArn,
    }
  })
}

function differencesOf(found: TableDescription): string[] {
  const wanted = tableDefinition(found.TableName ?? '')
  const keys = (schema: readonly KeySchemaElement[] = []) => schema.map((key) => `${key.AttributeName} ${key.KeyType}`).join(', ')
  const types = new Map(found.AttributeDefinitions?.map((one) => [one.AttributeName, one.AttributeType]))
  const indexes = new Map(found.GlobalSecondaryIndexes?.map((one) => [one.IndexName, one]))
  return [
    ...(keys(found.KeySchema) === keys(wanted.KeySchema) ? [] : [`its keys are ${keys(found.KeySchema)}`]),
    ...(wanted.AttributeDefinitions ?? [])
      .filter((one) => types.has(one.AttributeName) && types.get(one.AttributeName) !== one.AttributeType)
      .map((one) => `${one.AttributeName} is of the type ${types.get(one.AttributeName)}`),
    ...(wanted.GlobalSecondaryIndexes ?? []).flatMap(({ IndexName, KeySchema, Projection }) => {
      const index = indexes.get(IndexName)
      if (!index) return [`it has no index ${IndexName}`]
      if (index.IndexStatus !== undefined && !['ACTIVE', 'UPDATING'].includes(index.IndexStatus))
        return [`the index ${IndexName} is ${index.IndexStatus}`]
      if (keys(index.KeySchema) !== keys(KeySchema)) return [`the keys of the index ${IndexName} are ${keys(index.KeySchema)}`]
      const projected = index.Projection?.ProjectionType
      // What shows more than is needed does no harm.
      if (projected === Projection?.ProjectionType || projected === 'ALL') return []
      return [`the index ${IndexName} shows ${projected}`]
    }),
  ]
}

/** Which attribute says when a row is removed. */
export interface ExpiryFacts {
  /** As DynamoDB calls it, such as `ENABLED`. */
  readonly status: string
  readonly attribute: string | undefined
}

export function examineExpiry({ client, table }: Table): Promise<Look<ExpiryFacts>> {
  return look(async (call) => {
    const { TimeToLiveDescription: found } = await call('dynamodb:DescribeTimeToLive', (abortSignal) =>
      client.send(new DescribeTimeToLiveCommand({ TableName: table }), { abortSignal }),
    )
    return { status: found?.TimeToLiveStatus ?? 'unknown', attribute: found?.AttributeName }
  })
}

/** Whether the table can be taken back to a moment. */
export function examineRecovery({ client, table }: Table): Promise<Look<boolean>> {
  return look(async (call) => {
    const { ContinuousBackupsDescription: found } = await call('dynamodb:DescribeContinuousBackups', (abortSignal) =>
      client.send(new DescribeContinuousBackupsCommand({ TableName: table }), { abortSignal }),
    )
    return found?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED'
  })
}

/** Where the key of the local issuer is kept (`LocalIssuer`), which the first start makes. */
const issuerRow = { tenant: '_system', collection: 'issuer-keys', partition: 'issuer', sort: 'current' }

/** Whether the local issuer's key is there, and can be read. What it holds is not asked for. */
export function examineIssuer({ client, table }: Table): Promise<Look<boolean>> {
  return look(async (call) => {
    const command = new GetItemCommand({ TableName: table, Key: keyItem(rowKey(issuerRow)), ProjectionExpression: 'pk' })
    const { Item } = await call('dynamodb:GetItem', (abortSignal) => client.send(command, { abortSignal }))
    return Item !== undefined
  })
}
