/**
 * What the table, the bucket and the pooled key themselves refuse, whoever was allowed more: policies of roles are written by many
 * hands, these are not.
 * @module
 */
import type { Conditions, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { denyEveryone } from './policy-statements.ts'
import { ownObjects, ownPartitions, readRows, tenantOfSession, tenantTag, writeRows } from './tenant-data.ts'

/** A table's policy can't name the table, which isn't there yet: it holds for the table and its indexes all the same. */
const thisTable = { resources: ['*'] }
const rows = [
  ...readRows,
  ...writeRows,
  'dynamodb:BatchWriteItem',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLSelect',
  'dynamodb:PartiQLUpdate',
  'dynamodb:Scan',
]
const objects = ['s3:*Object*', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts']
const keyUse = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*']
/** The longest that KMS takes: an administrator has so long to find out. */
const waitingDays = 30

export interface Guard {
  /** ARNs of the roles that work for all tenants. */
  readonly trusted: readonly string[]
}

/**
 * Whoever carries a tenant's tag reaches that tenant's rows, even with a policy that allows the whole table. The functions are let
 * through, so that a tag of that name on the whole stack, for its bill, stops nothing.
 */
export function tenantRowGuard({ trusted }: Guard): readonly PolicyStatement[] {
  const conditions = tagged(trusted)
  return [
    denyEveryone(rows, thisTable, {
      ...conditions,
      'ForAnyValue:StringNotLike': { 'dynamodb:LeadingKeys': [ownPartitions] },
    }),
    // Nor what names no rows at all: a scan.
    denyEveryone(rows, thisTable, { ...conditions, Null: { ...conditions.Null, 'dynamodb:LeadingKeys': 'true' } }),
  ]
}

/** The same of objects. */
export function tenantObjectGuard(bucket: IBucket, { trusted }: Guard): readonly PolicyStatement[] {
  return [
    denyEveryone(objects, { notResources: [bucket.arnForObjects(ownObjects)] }, tagged(trusted)),
    denyEveryone(
      ['s3:ListBucket', 's3:ListBucketMultipartUploads', 's3:ListBucketVersions'],
      { resources: [bucket.bucketArn] },
      { ...tagged(trusted), StringNotLike: { 's3:prefix': ownObjects } },
    ),
  ]
}

/** The same of what the pooled key wraps. And nobody has it deleted sooner than KMS can be made to wait. */
export function pooledKeyGuard({ trusted }: Guard): readonly PolicyStatement[] {
  const thisKey = { resources: ['*'] }
  return [
    denyEveryone(keyUse, thisKey, {
      ...tagged(trusted),
      StringNotEquals: { 'kms:EncryptionContext:tenant_id': tenantOfSession },
    }),
    denyEveryone(['kms:ScheduleKeyDeletion'], thisKey, {
      NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': String(waitingDays) },
    }),
  ]
}

/** Rows are for these roles alone; everybody else of the account, administrators too, is refused. */
export function rowLock(roles: readonly string[]): PolicyStatement {
  return denyEveryone(rows, thisTable, others(roles))
}

/** Objects are for these roles alone. */
export function objectLock(bucket: IBucket, roles: readonly string[]): PolicyStatement {
  return denyEveryone(objects, { resources: [bucket.arnForObjects('*')] }, others(roles))
}

function tagged(trusted: readonly string[]): { readonly Null: Readonly<Record<string, string>> } & Conditions {
  return {
    Null: { [`aws:PrincipalTag/${tenantTag}`]: 'false' },
    ...(trusted.length > 0 && { ArnNotEquals: { 'aws:PrincipalArn': trusted } }),
  }
}

/** Not AWS itself, which copies, expires and restores. */
function others(roles: readonly string[]): Conditions {
  return { ArnNotEquals: { 'aws:PrincipalArn': roles }, BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } }
}
