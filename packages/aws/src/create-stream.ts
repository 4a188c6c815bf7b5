import { CreateStreamCommand, type KinesisClient, waitUntilStreamExists } from '@aws-sdk/client-kinesis'
import { isFault, unavailable } from './aws-fault.ts'

const longestWait = 60

/** Makes the stream, with one shard, unless it is there. Doing it twice, also at the same time, makes one. */
export async function createStream({
  client,
  stream,
}: {
  readonly client: KinesisClient
  readonly stream: string
}): Promise<void> {
  try {
    await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 })).catch((error: unknown) => {
      if (!isFault(error, 'ResourceInUseException')) throw error
    })
    await waitUntilStreamExists({ client, maxWaitTime: longestWait, minDelay: 1, maxDelay: 2 }, { StreamName: stream })
  } catch (error) {
    throw unavailable(error, 'kinesis:CreateStream')
  }
}
