import { DescribeStreamSummaryCommand, type KinesisClient } from '@aws-sdk/client-kinesis'
import { type Look, look } from './look.ts'

export interface StreamFacts {
  /** As Kinesis calls it, such as `ACTIVE`. */
  readonly status: string
  readonly shards: number
  readonly onDemand: boolean
  /** How long records are kept, in hours. */
  readonly retention: number
  readonly encrypted: boolean
}

/** The stream of Kinesis for all records. */
export function examineStream({
  client,
  stream,
}: {
  readonly client: KinesisClient
  readonly stream: string
}): Promise<Look<StreamFacts>> {
  return look(async (call) => {
    const { StreamDescriptionSummary: found } = await call('kinesis:DescribeStreamSummary', (abortSignal) =>
      client.send(new DescribeStreamSummaryCommand({ StreamName: stream }), { abortSignal }),
    )
    return {
      status: found?.StreamStatus ?? 'unknown',
      shards: found?.OpenShardCount ?? 0,
      onDemand: found?.StreamModeDetails?.StreamMode === 'ON_DEMAND',
      retention: found?.RetentionPeriodHours ?? 0,
      encrypted: found?.EncryptionType === 'KMS',
    }
  })
}
