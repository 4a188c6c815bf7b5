import { type ClientOptions, createClients, destroyClients } from '../clients.ts'
import type { AwsEnvironment } from '../environment.ts'
import {
  examineBucket,
  examineBucketEncryption,
  examineLifecycle,
  examinePublicAccess,
  examineVersions,
  type LifecycleFacts,
} from './bucket.ts'
import { examineBus } from './bus.ts'
import { examineStream, type StreamFacts } from './event-stream.ts'
import { type CallerIdentity, examineIdentity } from './identity.ts'
import { examineKey, examineKeyUse, examineRotation, examineTenantKeys, type KeyFacts } from './keys.ts'
import type { Look } from './look.ts'
import { examineOldestJob, examineStreamLag } from './metrics.ts'
import { examineModel, type ModelAsked, type ModelFacts } from './model-access.ts'
import { examineOutbox, type OutboxFacts } from './outbox.ts'
import { type AllQueues, examineQueues } from './queues.ts'
import { examineFunctionQuota, examineTokenQuotas, type FunctionQuota, type TokenQuota } from './quotas.ts'
import { SignedRequests } from './signed-requests.ts'
import { type ExpiryFacts, examineExpiry, examineIssuer, examineRecovery, examineTable, type TableFacts } from './table.ts'
import { examineTopics, type TopicFacts } from './topics.ts'

/** What can be looked up of a Plinth in its account. Nothing is changed or made; what is asked twice is looked up once. */
export interface AwsAccount {
  readonly environment: AwsEnvironment
  identity(): Promise<Look<CallerIdentity>>
  table(): Promise<Look<TableFacts>>
  expiry(): Promise<Look<ExpiryFacts>>
  recovery(): Promise<Look<boolean>>
  /** Whether the local issuer's key is there. */
  issuer(): Promise<Look<boolean>>
  outbox(): Promise<Look<OutboxFacts>>
  bucket(): Promise<Look<{ readonly region: string | undefined }>>
  publicAccess(): Promise<Look<boolean>>
  bucketEncryption(): Promise<Look<string | undefined>>
  versions(): Promise<Look<boolean>>
  lifecycle(): Promise<Look<LifecycleFacts>>
  bus(): Promise<Look<string>>
  queues(): Promise<Look<AllQueues>>
  /** How long the oldest job has waited, in milliseconds. */
  oldestJob(): Promise<Look<number | undefined>>
  stream(): Promise<Look<StreamFacts>>
  /** How far behind the stream is read, in milliseconds. */
  streamLag(): Promise<Look<number | undefined>>
  key(): Promise<Look<KeyFacts>>
  /** @param id the key's, which rotation is asked by. */
  rotation(id: string): Promise<Look<boolean>>
  keyUse(): Promise<Look<string | undefined>>
  tenantKeys(): Promise<Look<{ readonly keys: number; readonly more: boolean }>>
  /** @param prefix what comes before the topics' names in their ARNs. */
  topics(prefix: string, types: readonly string[]): Promise<Look<readonly TopicFacts[]>>
  model(asked: ModelAsked): Promise<Look<ModelFacts>>
  functionQuota(): Promise<Look<FunctionQuota>>
  tokenQuotas(): Promise<Look<readonly TokenQuota[]>>
  /** Ends its connections. */
  close(): void
}

/** A call is tried twice: what is refused for a moment only is no finding. */
const tries = 2

/**
 * Opens an account to look into it. No call is made before something is asked.
 * @param options.jobs the names of those whose queues are looked for.
 * @param options.now milliseconds UTC.
 * @param options.credentials default: from where AWS's own tools look.
 */
export function openAccount(options: {
  readonly environment: AwsEnvironment
  readonly jobs: readonly string[]
  readonly now: number
  readonly credentials?: ClientOptions['credentials']
}): AwsAccount {
  const { environment, jobs, now, credentials } = options
  const { region, endpoint, queuePrefix: prefix } = environment
  const place = { region, ...(endpoint === undefined ? {} : { endpoint }) }
  const clients = createClients({ ...place, maxAttempts: tries, ...(credentials === undefined ? {} : { credentials }) })
  const requests = new SignedRequests({ ...place, kms: clients.kms })
  const table = { client: clients.dynamodb, table: environment.table }
  const bucket = { client: clients.s3, bucket: environment.bucket }
  const key = { client: clients.kms, key: environment.pooledKey }
  const queues = { prefix, jobs }
  return {
    environment,
    identity: once(() => examineIdentity(requests)),
    table: once(() => examineTable(table)),
    expiry: () => examineExpiry(table),
    recovery: once(() => examineRecovery(table)),
    issuer: () => examineIssuer(table),
    outbox: () => examineOutbox({ ...table, now }),
    bucket: () => examineBucket(bucket),
    publicAccess: () => examinePublicAccess(bucket),
    bucketEncryption: () => examineBucketEncryption(bucket),
    versions: () => examineVersions(bucket),
    lifecycle: () => examineLifecycle(bucket),
    bus: () => examineBus({ client: clients.eventbridge, bus: environment.bus }),
    queues: once(() => examineQueues({ client: clients.sqs, ...queues })),
    oldestJob: () => examineOldestJob({ requests, now }, queues),
    stream: once(() => examineStream({ client: clients.kinesis, stream: environment.stream })),
    streamLag: () => examineStreamLag({ requests, now }, environment.stream),
    key: once(() => examineKey(key)),
    rotation: (id) => examineRotation({ client: clients.kms, key: id }),
    keyUse: () => examineKeyUse(key),
    tenantKeys: () => examineTenantKeys(clients.kms),
    topics: (topicPrefix, types) => examineTopics({ client: clients.sns, prefix: topicPrefix, types }),
    model: (asked) => examineModel(requests, asked),
    functionQuota: () => examineFunctionQuota(requests),
    tokenQuotas: once(() => examineTokenQuotas(requests)),
    close: () => destroyClients(clients),
  }
}

function once<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let asked: Promise<Value> | undefined
  return () => {
    asked ??= ask()
    return asked
  }
}
