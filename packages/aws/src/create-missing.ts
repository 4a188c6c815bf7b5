import { CreateEventBusCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { type BucketLocationConstraint, CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3'
import { isFault, unavailable } from './aws-fault.ts'
import type { AwsClients } from './clients.ts'
import { createQueues } from './create-queues.ts'
import { createStream } from './create-stream.ts'
import { createTable } from './create-table.ts'
import type { AwsEnvironment } from './environment.ts'

/** What a Plinth needs on AWS, and the clients to reach it. */
export interface Resources {
  readonly clients: AwsClients
  readonly environment: AwsEnvironment
  /** Whose queues are needed. */
  readonly jobs: readonly string[]
}

/**
 * Makes the table, bucket, bus, stream and queues that are missing, for emulators and first tries; a key is made when it is first needed.
 * What is there stays as it is. Doing it twice, also at the same time, is fine.
 */
export async function createMissing({ clients, environment, jobs }: Resources): Promise<void> {
  await Promise.all([
    createTable({ client: clients.dynamodb, table: environment.table }),
    createBucket(clients.s3, environment),
    createBus(clients.eventbridge, environment.bus),
    createStream({ client: clients.kinesis, stream: environment.stream }),
    createQueues({ client: clients.sqs, prefix: environment.queuePrefix }, jobs),
  ])
}

async function createBucket(client: S3Client, { bucket, region }: AwsEnvironment): Promise<void> {
  // S3 knows its first region by leaving it out.
  const place =
    region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } }
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket, ...place }))
  } catch (error) {
    if (!isFault(error, 'BucketAlreadyOwnedByYou')) throw unavailable(error, 's3:CreateBucket')
  }
}

async function createBus(client: EventBridgeClient, bus: string): Promise<void> {
  try {
    await client.send(new CreateEventBusCommand({ Name: bus }))
  } catch (error) {
    if (!isFault(error, 'ResourceAlreadyExistsException')) throw unavailable(error, 'events:CreateEventBus')
  }
}
