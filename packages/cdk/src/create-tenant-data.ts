import type { RemovalPolicy } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { createBucket } from './bucket.ts'
import { createPooledKey } from './pooled-key.ts'
import { createTable } from './table.ts'
import type { TenantData } from './tenant-data.ts'

/** Makes of table, bucket and key what isn't there already. */
export function createTenantData(
  scope: Construct,
  { existing, removalPolicy }: { readonly existing: Partial<TenantData>; readonly removalPolicy: RemovalPolicy },
): TenantData {
  return {
    // Asserted, as CDK's classes are no instances of its interfaces under exactOptionalPropertyTypes.
    table: existing.table ?? (createTable(scope, { removalPolicy }) as ITable),
    bucket: existing.bucket ?? (createBucket(scope, { removalPolicy }) as IBucket),
    key: existing.key ?? createPooledKey(scope, { removalPolicy }),
  }
}
