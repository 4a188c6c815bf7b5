import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import { S3VectorsClient } from '@aws-sdk/client-s3vectors'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { TextractClient } from '@aws-sdk/client-textract'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** The clients of one process; any of them can be replaced by one that is set up otherwise. */
export interface AwsClients {
  readonly dynamodb: DynamoDBClient
  readonly sqs: SQSClient
  readonly eventbridge: EventBridgeClient
  readonly s3: S3Client
  readonly kms: KMSClient
  readonly s3vectors: S3VectorsClient
  readonly textract: TextractClient
  readonly kinesis: KinesisClient
  readonly sns: SNSClient
}

export interface ClientOptions {
  readonly region: string
  /** Another address than the region's own: an emulator. */
  readonly endpoint?: string
  /** How often one call is tried. Default 4; 1 against emulators, which answer 500 to what they lack. */
  readonly maxAttempts?: number
  /** Connections to one service that are open at most. Default 128. */
  readonly maxSockets?: number
  /** After this time without an answer a call has failed, milliseconds. Default 10,000; longer for long polls and large objects. */
  readonly requestTimeout?: number
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** Long enough for an answer that is on its way, short enough that a retry still helps whoever waits. Milliseconds. */
const connectionTimeout = 2_000
const usualTimeout = 10_000
/** SQS answers an empty long poll after 20 seconds. */
const pollTimeout = 30_000
/** Bodies of gigabytes take longer. */
const transferTimeout = 60_000
const usualSockets = 128

/** The SDK's clients: connections are kept, every call ends in time, throttles slow the client down (adaptive retry). */
export function createClients(options: ClientOptions): AwsClients {
  const { requestTimeout = usualTimeout } = options
  const common = (timeout = requestTimeout) => clientSettings({ ...options, requestTimeout: timeout })
  const slow = Math.max(transferTimeout, requestTimeout)
  return {
    dynamodb: new DynamoDBClient(common()),
    // Else it calls the host in a queue's URL, which for an emulator behind a port is another one.
    sqs: new SQSClient({
      ...common(Math.max(pollTimeout, requestTimeout)),
      useQueueUrlAsEndpoint: options.endpoint === undefined,
    }),
    eventbridge: new EventBridgeClient(common()),
    // An emulator has no host for each bucket.
    s3: new S3Client({ ...common(slow), forcePathStyle: options.endpoint !== undefined }),
    kms: new KMSClient(common()),
    // A batch of vectors, or an image, goes with the request, and is worked before the answer.
    s3vectors: new S3VectorsClient(common(slow)),
    textract: new TextractClient(common(slow)),
    // Tried once: a record that was kept, and whose answer was lost, would be kept twice. Who calls knows what may be tried again, and
    // when: a shard that is full must not slow down the others, as it does where the client adapts.
    kinesis: new KinesisClient({ ...common(slow), maxAttempts: 1, retryMode: 'standard' }),
    sns: new SNSClient(common()),
  }
}

/** What all clients are made with; for one that few processes need, too. */
export function clientSettings(options: ClientOptions): ClientSettings {
  const { maxSockets = usualSockets, requestTimeout = usualTimeout } = options
  return {
    region: options.region,
    retryMode: 'adaptive',
    maxAttempts: options.maxAttempts ?? 4,
    // HTTP/1.1 everywhere: emulators speak nothing else.
    requestHandler: new NodeHttpHandler({
      connectionTimeout,
      requestTimeout,
      throwOnRequestTimeout: true,
      httpsAgent: { keepAlive: true, maxSockets },
      httpAgent: { keepAlive: true, maxSockets },
    }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  }
}

export interface ClientSettings extends Pick<ClientOptions, 'region' | 'endpoint' | 'credentials'> {
  readonly retryMode: string
  readonly maxAttempts: number
  readonly requestHandler: NodeHttpHandler
}

export function destroyClients(clients: AwsClients): void {
  for (const client of Object.values(clients)) client.destroy()
}
