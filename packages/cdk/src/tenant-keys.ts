/**
 * The keys of tenants that have one of their own (R106). The registry makes them at run time, so no template names them: what the
 * functions may do is said by a tag that a key gets at its birth.
 * @module
 */
import { keyTag } from '@plinth/aws/environment'
import { Stack } from 'aws-cdk-lib'
import type { Conditions, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { allow } from './policy-statements.ts'

/** Of all tenants; the name of one is `alias/tenant-{tenant_id}-key`. */
export const tenantKeyAliases = 'alias/tenant-*-key'
/** Data keys are wrapped under the names of tenant and field, and nothing else (R107). */
export const inTenantContext: Conditions = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['tenant_id', 'field_name'] },
  Null: { 'kms:EncryptionContext:tenant_id': 'false' },
}

export const seal: readonly string[] = ['kms:Decrypt', 'kms:Encrypt']
/** Before it wraps a tenant's first data key, a platform asks for the state of the key. */
export const describeKey: readonly string[] = ['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListKeyRotations']
/** The ARN of every key of the account and Region; of use with a condition only. */
export function allKeys(scope: Construct): string {
  return Stack.of(scope).formatArn({ service: 'kms', resource: 'key', resourceName: '*' })
}

const ofTenants: Conditions = { StringLike: { [`aws:ResourceTag/${keyTag}`]: tenantKeyAliases } }

/** To seal for tenants. */
export function tenantKeyUse(scope: Construct): readonly PolicyStatement[] {
  const keys = allKeys(scope)
  return [allow(describeKey, [keys], ofTenants), allow(seal, [keys], { ...ofTenants, ...inTenantContext })]
}

/** To end what a tenant that left has of its own. */
export function tenantKeyRemoval(scope: Construct): readonly PolicyStatement[] {
  return [allow([...describeKey, 'kms:ScheduleKeyDeletion'], [allKeys(scope)], ofTenants)]
}

/** To make, name, turn, disable and destroy the keys of tenants, and to use them. */
export function tenantKeyCare(scope: Construct): readonly PolicyStatement[] {
  const keys = allKeys(scope)
  const [, name = ''] = tenantKeyAliases.split('/')
  const aliases = Stack.of(scope).formatArn({ service: 'kms', resource: 'alias', resourceName: name })
  // The one tag that may be set.
  const tagging = {
    StringLike: { [`aws:RequestTag/${keyTag}`]: tenantKeyAliases },
    'ForAllValues:StringEquals': { 'aws:TagKeys': [keyTag] },
  }
  return [
    allow(['kms:CreateKey'], ['*'], tagging),
    // KMS asks for it when a key is made with a tag. A key that has an alias keeps its tag: else any key could be made a tenant's.
    allow(['kms:TagResource'], [keys], { ...tagging, Null: { 'kms:ResourceAliases': 'true' } }),
    // Naming a key asks leave for both.
    allow(['kms:CreateAlias'], [aliases]),
    allow(['kms:CreateAlias', 'kms:DisableKey', 'kms:EnableKey', 'kms:RotateKeyOnDemand'], [keys], ofTenants),
    ...tenantKeyRemoval(scope),
    ...tenantKeyUse(scope),
  ]
}

/** What nobody who looks after tenants' keys may do to the pooled key, which has no alias that would keep it from being tagged. */
export const untouchable: readonly string[] = [
  'kms:CreateAlias',
  'kms:DisableKey',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
]
