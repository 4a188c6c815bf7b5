import type { RemovalPolicy } from 'aws-cdk-lib'
import { RemovalPolicy as Removal } from 'aws-cdk-lib'
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'

/** The lists that a record may stand in, each an index. */
export const listIndexes = ['list0', 'list1', 'list2'] as const
/** What commits emitted and the relay hasn't sent yet. */
export const outboxIndex = 'outbox'

const text = (name: string) => ({ name, type: AttributeType.STRING })

/**
 * All records, events and jobs that wait. It is on demand: nothing to pay while nothing is asked. Not encrypted under the pooled
 * key: content lies in it sealed already, each tenant's under a key of its own.
 */
export function createTable(scope: Construct, { removalPolicy }: { readonly removalPolicy: RemovalPolicy }): Table {
  const table = new Table(scope, 'Table', {
    partitionKey: text('pk'),
    sortKey: text('sk'),
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'ttl',
    stream: StreamViewType.NEW_IMAGE,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: removalPolicy === Removal.RETAIN,
    removalPolicy,
  })
  for (const [index, indexName] of listIndexes.entries())
    table.addGlobalSecondaryIndex({
      indexName,
      partitionKey: text(`l${index}p`),
      sortKey: text(`l${index}s`),
      projectionType: ProjectionType.KEYS_ONLY,
    })
  table.addGlobalSecondaryIndex({
    indexName: outboxIndex,
    partitionKey: text('o'),
    sortKey: { name: 'd', type: AttributeType.NUMBER },
    projectionType: ProjectionType.ALL,
  })
  return table
}
