import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis'
import type { Construct } from 'constructs'
import type { StreamCapacity } from './real-time-analytics-props.ts'

/**
 * The one stream of Kinesis for all tenants' records. What it carries is sealed with its tenant's key already; the stream's own encryption
 * is by AWS's key, which costs nothing by the month.
 */
export function createStream(
  scope: Construct,
  { capacity, removalPolicy }: { readonly capacity: StreamCapacity; readonly removalPolicy: RemovalPolicy },
): Stream {
  const { shards = 1, retention = Duration.days(1) } = capacity
  return new Stream(scope, 'Stream', {
    encryption: StreamEncryption.MANAGED,
    retentionPeriod: retention,
    ...(shards === 'on-demand'
      ? { streamMode: StreamMode.ON_DEMAND }
      : { streamMode: StreamMode.PROVISIONED, shardCount: shards }),
    removalPolicy,
  })
}
