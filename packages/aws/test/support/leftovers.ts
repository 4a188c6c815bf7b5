/** What a run of `npm run verify:aws` left in an account, found by its prefix, and how each of it is removed. @module */
import { DeleteTableCommand, paginateListTables } from '@aws-sdk/client-dynamodb'
import {
  DeleteEventBusCommand,
  DeleteRuleCommand,
  type EventBridgeClient,
  ListEventBusesCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import { DeleteStreamCommand, paginateListStreams } from '@aws-sdk/client-kinesis'
import {
  DeleteAliasCommand,
  DescribeKeyCommand,
  type KMSClient,
  paginateListAliases,
  paginateListKeys,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3'
import { DeleteQueueCommand, paginateListQueues } from '@aws-sdk/client-sqs'
import type { AwsClients } from '../../src/clients.ts'

/** A kind of thing that runs make. */
export interface Kind {
  /** In the plural. */
  readonly name: string
  /** The ids, as they are shown, of what has the prefix. */
  find(prefix: string): Promise<readonly string[]>
  remove(id: string): Promise<unknown>
}

/** The shortest that KMS allows. */
export const keyDays = 7

export function kindsOf({ dynamodb, sqs, eventbridge, s3, kinesis, kms }: AwsClients): readonly Kind[] {
  return [
    {
      name: 'tables',
      find: async (prefix) => {
        const pages = await collected(paginateListTables({ client: dynamodb }, {}))
        return pages.flatMap(({ TableNames = [] }) => TableNames).filter((name) => name.startsWith(prefix))
      },
      remove: (table) => dynamodb.send(new DeleteTableCommand({ TableName: table })),
    },
    {
      name: 'event buses',
      find: async (prefix) => {
        const { EventBuses = [] } = await eventbridge.send(new ListEventBusesCommand({ NamePrefix: prefix }))
        return EventBuses.flatMap(({ Name }) => Name ?? [])
      },
      remove: (bus) => removeBus(eventbridge, bus),
    },
    {
      name: 'queues',
      find: async (prefix) => {
        const pages = await collected(paginateListQueues({ client: sqs }, { QueueNamePrefix: prefix, MaxResults: 1_000 }))
        return pages.flatMap(({ QueueUrls = [] }) => QueueUrls)
      },
      remove: (QueueUrl) => sqs.send(new DeleteQueueCommand({ QueueUrl })),
    },
    {
      name: 'buckets',
      find: async (prefix) => {
        const { Buckets = [] } = await s3.send(new ListBucketsCommand())
        return Buckets.flatMap(({ Name = '' }) => (Name.startsWith(prefix) ? Name : []))
      },
      remove: (bucket) => removeBucket(s3, bucket),
    },
    {
      name: 'streams',
      find: async (prefix) => {
        const pages = await collected(paginateListStreams({ client: kinesis }, {}))
        return pages.flatMap(({ StreamNames = [] }) => StreamNames).filter((name) => name.startsWith(prefix))
      },
      remove: (StreamName) => kinesis.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true })),
    },
    {
      name: 'aliases',
      find: async (prefix) => {
        const pages = await collected(paginateListAliases({ client: kms }, {}))
        const names = pages.flatMap(({ Aliases = [] }) => Aliases.map(({ AliasName = '' }) => AliasName))
        return names.filter((name) => name.startsWith(`alias/${prefix}`))
      },
      remove: (AliasName) => kms.send(new DeleteAliasCommand({ AliasName })),
    },
    {
      name: 'keys',
      find: (prefix) => livingKeys(kms, `Plinth alias/${prefix}`),
      remove: (KeyId) => kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: keyDays })),
    },
  ]
}

/** Keys by the description that KmsKeyService gives them, also those that never got their alias. */
async function livingKeys(kms: KMSClient, description: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const { Keys = [] } of await collected(paginateListKeys({ client: kms }, {}))) {
    for (const { KeyId } of Keys) {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId })).catch((error: Error) => {
        // A key of another may be closed to us.
        if (error.name === 'AccessDeniedException') return { KeyMetadata: undefined }
        throw error
      })
      const { Description, KeyState } = KeyMetadata ?? {}
      if (KeyId && Description?.startsWith(description) && KeyState !== 'PendingDeletion') found.push(KeyId)
    }
  }
  return found
}

async function removeBus(eventbridge: EventBridgeClient, EventBusName: string): Promise<void> {
  const { Rules = [] } = await eventbridge.send(new ListRulesCommand({ EventBusName }))
  for (const { Name: Rule } of Rules) {
    const { Targets = [] } = await eventbridge.send(new ListTargetsByRuleCommand({ Rule, EventBusName }))
    const Ids = Targets.flatMap(({ Id }) => Id ?? [])
    if (Ids.length > 0) await eventbridge.send(new RemoveTargetsCommand({ Rule, EventBusName, Ids }))
    await eventbridge.send(new DeleteRuleCommand({ Name: Rule, EventBusName }))
  }
  await eventbridge.send(new DeleteEventBusCommand({ Name: EventBusName }))
}

async function removeBucket(s3: S3Client, Bucket: string): Promise<void> {
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }))
  for (const { Key, UploadId } of Uploads) await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
  for (const { Contents = [] } of await collected(paginateListObjectsV2({ client: s3 }, { Bucket }))) {
    const Objects = Contents.map(({ Key }) => ({ Key }))
    if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }))
  }
  await s3.send(new DeleteBucketCommand({ Bucket }))
}

async function collected<Page>(pages: AsyncIterable<Page>): Promise<readonly Page[]> {
  const all: Page[] = []
  for await (const page of pages) all.push(page)
  return all
}
