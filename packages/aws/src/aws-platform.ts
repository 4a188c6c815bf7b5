import {
  type Adapters,
  type Clock,
  createPlatform,
  type DocumentReader,
  type Log,
  type ModelLimits,
  type Models,
  type Outbound,
  type Platform,
  pooledKeyAlias,
  silentLog,
  type ToolSource,
} from '@plinth/core'
import { checkResources } from './check-resources.ts'
import { type AwsClients, createClients, destroyClients } from './clients.ts'
import { createMissing } from './create-missing.ts'
import { DynamoDBOperations } from './dynamodb-operations.ts'
import { DynamoDBStateStore } from './dynamodb-state-store.ts'
import type { AwsEnvironment } from './environment.ts'
import { EventBridgeEventBus } from './eventbridge-event-bus.ts'
import { KinesisEventStream } from './kinesis/kinesis-event-stream.ts'
import { KmsKeyService } from './kms-key-service.ts'
import { OpenSearchSearchIndex } from './opensearch-search-index.ts'
import { S3ObjectStore } from './s3-object-store.ts'
import { S3VectorsSearchIndex } from './s3vectors-search-index.ts'
import { SnsTopics } from './sns-topics.ts'
import { SqsQueue } from './sqs-queue.ts'

export interface AwsPlatformOptions {
  readonly environment: AwsEnvironment
  /** What the region is called among this Plinth's peers; absent: as AWS calls it. */
  readonly region?: string
  readonly models: Models
  /** What providers let through of them; absent: everything. */
  readonly limits?: ModelLimits
  readonly clock: Clock
  readonly log?: Log
  /** How webhooks are called. */
  readonly outbound: Outbound
  /** Of the jobs whose queues are made where `environment.create` says so. */
  readonly jobs: readonly string[]
  /** Reads documents; absent: plain text alone is read. */
  readonly reader?: DocumentReader
  /** Offers tools of servers outside; absent: agents have those that are built in. */
  readonly tools?: ToolSource
  /** Whether to see first that everything is there, so that a wrong setting is told at the start and not at the first request. */
  readonly check?: boolean
  /** Clients to use instead of those made from the environment; whoever brings one ends it. */
  readonly clients?: Partial<AwsClients>
}

/** The AWS platform, and its queue: what Lambda delivers is worked by it. */
export interface AwsPlatform extends Platform {
  readonly queue: SqsQueue
}

/**
 * Opens the AWS platform.
 * @throws UnavailableError `aws_missing`, `aws_denied`, `aws_credentials`, `aws_unavailable`.
 */
export async function awsPlatform(options: AwsPlatformOptions): Promise<AwsPlatform> {
  const { environment, models, clock, outbound, log = silentLog } = options
  const { table, bucket, bus, stream, topicArns, queuePrefix: prefix, pooledKey } = environment
  const made = createClients(environment)
  const clients = { ...made, ...options.clients }
  const resources = { clients, environment, jobs: options.jobs }
  if (environment.create) await createMissing(resources)
  else if (options.check) await checkResources(resources)
  const database = { client: clients.dynamodb, table, clock }
  const operations = new DynamoDBOperations(database)
  const queue = new SqsQueue({ client: clients.sqs, prefix, clock, log })
  const adapters = {
    clock,
    outbound,
    queue,
    operations,
    state: new DynamoDBStateStore({ ...database, onEmitted: () => operations.emitted() }),
    objects: new S3ObjectStore({ client: clients.s3, bucket, clock }),
    keys: new KmsKeyService({
      client: clients.kms,
      // A key that is named by its alias is made on first use, where it may be.
      ...(pooledKey === pooledKeyAlias ? {} : { aliases: { [pooledKeyAlias]: pooledKey } }),
    }),
    bus: new EventBridgeEventBus({ client: clients.eventbridge, bus }),
    stream: new KinesisEventStream({ client: clients.kinesis, stream, system: () => platform.operate().system, clock, log }),
    topics: new SnsTopics({ client: clients.sns, ...(topicArns === undefined ? {} : { arnPrefix: topicArns }) }),
    ...(options.reader ? { reader: options.reader } : {}),
    ...(options.tools ? { tools: options.tools } : {}),
    ...searchOf(environment, clients, clock),
    close: async () => {
      operations.close()
      destroyClients(made)
    },
  }
  const limits = options.limits ? { limits: options.limits } : {}
  const platform = createPlatform('aws', adapters, models, { ...limits, region: options.region ?? environment.region })
  return { ...platform, queue }
}

/** What finds documents where it isn't the platform's own segments in the bucket. */
function searchOf({ search, region }: AwsEnvironment, { s3, s3vectors }: AwsClients, clock: Clock): Pick<Adapters, 'search'> {
  if (!search) return {}
  if (search.engine === 's3vectors') {
    const { vectorBucket: bucket } = search
    return { search: (state) => new S3VectorsSearchIndex({ client: s3vectors, bucket, clock, state }) }
  }
  const { endpoint, service } = search
  return { search: new OpenSearchSearchIndex({ endpoint, service, region, identity: s3.config, clock }) }
}
