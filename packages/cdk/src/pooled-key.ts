import type { RemovalPolicy } from 'aws-cdk-lib'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'

/** Wraps the data keys of every tenant without a key of its own. */
export function createPooledKey(scope: Construct, { removalPolicy }: { readonly removalPolicy: RemovalPolicy }): Key {
  return new Key(scope, 'PooledKey', {
    description: 'Wraps the data keys of tenants of Plinth',
    enableKeyRotation: true,
    removalPolicy,
  })
}
