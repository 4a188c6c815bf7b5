/**
 * One tenant's data, for whoever works for one tenant: the tenant is a tag of the session, and everything that may be reached
 * hangs on that tag (X67). Rows begin with `<tenant>#`, objects with `<tenant>/`, and keys are bound to the tenant.
 * @module
 */
import { keyTag } from '@plinth/aws/environment'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import {
  type Conditions,
  type IPrincipal,
  type PolicyStatement,
  PrincipalWithConditions,
  SessionTagsPrincipal,
} from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { allow } from './policy-statements.ts'
import { listIndexes } from './table.ts'
import { allKeys, seal } from './tenant-keys.ts'

/** The session tag that names the tenant. */
export const tenantTag = 'tenant_id'
/** In a policy, the tenant of who asks. */
export const tenantOfSession: string = `\${aws:PrincipalTag/${tenantTag}}`
/** What a row's or a list's partition key begins with. */
export const ownPartitions: string = `${tenantOfSession}#*`
/** The names of the tenant's objects in the bucket. */
export const ownObjects: string = `${tenantOfSession}/*`

/** Where tenants' data lies. */
export interface TenantData {
  readonly table: ITable
  readonly bucket: IBucket
  readonly key: IKey
}

export const readRows: readonly string[] = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query']
export const writeRows: readonly string[] = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
]

/** To read and write the rows, objects and sealed fields of the session's tenant, and nothing else. */
export function ownTenantAccess(scope: Construct, { table, bucket, key }: TenantData): readonly PolicyStatement[] {
  // ForAllValues is true of no values at all, such as those of a scan.
  const ownRows = {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [ownPartitions] },
    Null: { 'dynamodb:LeadingKeys': 'false' },
  }
  const inOwnName = { 'kms:EncryptionContext:tenant_id': tenantOfSession }
  return [
    allow([...readRows, ...writeRows], [table.tableArn], ownRows),
    allow(
      ['dynamodb:Query'],
      listIndexes.map((name) => `${table.tableArn}/index/${name}`),
      ownRows,
    ),
    allow(['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'], [bucket.arnForObjects(ownObjects)]),
    allow(['s3:ListBucket'], [bucket.bucketArn], { StringLike: { 's3:prefix': ownObjects } }),
    allow(seal, [key.keyArn], { StringEquals: inOwnName }),
    allow(seal, [allKeys(scope)], {
      StringEquals: { ...inOwnName, [`aws:ResourceTag/${keyTag}`]: `alias/tenant-${tenantOfSession}-key` },
    }),
  ]
}

/**
 * Somebody who may take on the role, for the tenants given or for any, but always for one. Values of the system's own, and such
 * as would be a part of another tenant's objects, are refused, as no tenant is named like that.
 */
export function forOneTenant(principal: IPrincipal, tenants: readonly string[] | undefined): SessionTagsPrincipal {
  const requested = `aws:RequestTag/${tenantTag}`
  const conditions: Conditions = {
    ...(tenants
      ? { StringEquals: { [requested]: tenants } }
      : { StringLike: { [requested]: '?*' }, StringNotLike: { [requested]: ['_*', '*/*'] } }),
    'ForAllValues:StringEquals': { 'aws:TagKeys': [tenantTag] },
  }
  return new SessionTagsPrincipal(new PrincipalWithConditions(principal, conditions))
}
