import { stagingPrefix } from '@plinth/aws/environment'
import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

/** As far as the table can be taken back to a moment; the objects that it names then are still there. */
const recoverableFor = Duration.days(35)
/** Nothing that is staged is of use for longer. */
const stagedFor = Duration.days(1)

/** What is too large for a record; every object is sealed with its tenant's key. */
export function createBucket(scope: Construct, { removalPolicy }: { readonly removalPolicy: RemovalPolicy }): Bucket {
  const bucket = new Bucket(scope, 'Bucket', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    versioned: true,
    lifecycleRules: [
      { noncurrentVersionExpiration: recoverableFor, abortIncompleteMultipartUploadAfter: stagedFor },
      { expiredObjectDeleteMarker: true },
      { prefix: stagingPrefix, expiration: stagedFor, noncurrentVersionExpiration: stagedFor },
    ],
    removalPolicy,
  })
  acknowledge(bucket, {
    'AwsSolutions-S1':
      'Only the functions reach it, and what they do stands in the audit log. An account that needs reads of S3 as well turns on data events in CloudTrail.',
  })
  return bucket
}
