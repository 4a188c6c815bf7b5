import { systemTenant } from '@plinth/core'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IStream } from 'aws-cdk-lib/aws-kinesis'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { acknowledge } from './acknowledge.ts'
import type { HandlerName } from './handlers.ts'
import { nagName } from './nag-names.ts'
import { allow } from './policy-statements.ts'
import type { JobQueues } from './queues.ts'
import { listIndexes, outboxIndex } from './table.ts'
import { readRows, writeRows } from './tenant-data.ts'
import { describeKey, inTenantContext, seal } from './tenant-keys.ts'

/** What the variables of a function name. */
export interface PlatformResources {
  readonly table: ITable
  readonly bucket: IBucket
  /** Absent: for handlers that put nothing on it. */
  readonly bus?: IEventBus
  readonly key: IKey
  readonly queues: JobQueues
  /** Absent: for handlers that have nothing to do with records. */
  readonly stream?: IStream
  /** Whether images and scanned pages are read, by Textract. */
  readonly readsImages?: boolean
}

/** Lets a handler's role do what the handler does, action by action, and nothing else. */
export function grantAccess(handler: HandlerName, role: IRole, resources: PlatformResources): void {
  for (const statement of accessOf(handler, resources)) role.addToPrincipalPolicy(statement)
  // Keys that somebody brought with their table, bucket or stream; ours have none of their own.
  for (const key of [resources.table.encryptionKey, resources.bucket.encryptionKey, resources.stream?.encryptionKey])
    key?.grantEncryptDecrypt(role)
  acknowledge(role, {
    [`AwsSolutions-IAM5[Resource::${nagName(role, resources.bucket.arnForObjects('*'))}]`]:
      "All objects of the one bucket: each tenant's lie under its own name, and tenants come and go.",
    [`AwsSolutions-IAM5[Resource::${nagName(role, resources.bucket.arnForObjects(`${systemTenant}/*`))}]`]:
      "The system's own objects, among them the anchors of audit trails, one for each block.",
  })
}

const read = [...readRows, 'dynamodb:DescribeTable']
const settle = ['dynamodb:DeleteItem', 'dynamodb:UpdateItem']
/** Textract has no resources. */
const lookAtImages = ['textract:DetectDocumentText', 'textract:GetDocumentTextDetection', 'textract:StartDocumentTextDetection']
const send = ['sqs:GetQueueUrl', 'sqs:SendMessage']

/** To send jobs to their queues. */
export function sendJobs(queues: JobQueues): PolicyStatement {
  return allow(send, queueArns(queues))
}

/** To append records. */
export function appendToStream(stream: IStream): PolicyStatement {
  return allow(['kinesis:PutRecord'], [stream.streamArn])
}

function queueArns({ all }: JobQueues): readonly string[] {
  return all.map(({ queue }) => queue.queueArn)
}

/** Of the queues, the event sources let the worker receive, and the relay read the table's stream. */
function accessOf(
  handler: HandlerName,
  { table, bucket, bus, key, queues, stream, readsImages = false }: PlatformResources,
): PolicyStatement[] {
  const index = (name: string): string => `${table.tableArn}/index/${name}`
  const objects = (...actions: string[]): PolicyStatement[] => [
    // Without leave to list, S3 calls an object that isn't there forbidden, not missing.
    allow(['s3:ListBucket'], [bucket.bucketArn]),
    allow(actions, [bucket.arnForObjects('*')]),
  ]
  const ofTenants = [
    allow([...read, ...writeRows], [table.tableArn]),
    allow(['dynamodb:Query'], listIndexes.map(index)),
    ...objects('s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'),
    allow(describeKey, [key.keyArn]),
    allow(seal, [key.keyArn], inTenantContext),
  ]
  const ofSystem = [
    allow(describeKey, [key.keyArn]),
    allow(seal, [key.keyArn], { StringEquals: { 'kms:EncryptionContext:tenant_id': systemTenant } }),
  ]
  // A tenant's rows lie under many keys: an export, and the removal of who left, read the table through.
  const readThrough = allow(['dynamodb:Scan'], [table.tableArn])
  // A job that is to come later goes back as a new message, and what is no job goes to the dead letters.
  const sendAgain = allow(send, [...queueArns(queues), queues.deadLetters.queueArn])
  const append = stream ? [appendToStream(stream)] : []
  switch (handler) {
    case 'api':
      return [...ofTenants, readThrough]
    case 'request-worker':
    case 'workflow-worker':
      return [...ofTenants, sendAgain]
    case 'document-worker':
      return [...ofTenants, sendAgain, ...(readsImages ? [allow(lookAtImages, ['*'])] : [])]
    case 'stream-processor':
      // What is to wait goes to the end of the stream; the stream itself the event source lets it read.
      return [...ofTenants, ...append]
    case 'insight-worker':
      // A live stream that is quiet gets entries without records.
      return [...ofTenants, sendAgain, ...append]
    case 'execution-worker':
      // Jobs go by the outbox.
      return ofTenants
    case 'authorizer':
      // The issuer's key and the registry lie under the system's own name. No tenant's data is open to it.
      return [
        allow([...read, ...writeRows], [table.tableArn], {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${systemTenant}#*`] },
        }),
        ...ofSystem,
      ]
    case 'relay':
      return [
        allow([...read, ...settle], [table.tableArn]),
        allow(['dynamodb:Query'], [index(outboxIndex)]),
        sendJobs(queues),
        ...(bus ? [allow(['events:PutEvents'], [bus.eventBusArn])] : []),
      ]
    case 'sweeper':
      // It seals audit trails with the system's key, and anchors them by the system's objects.
      return [
        allow([...read, ...writeRows], [table.tableArn]),
        readThrough,
        ...objects('s3:DeleteObject', 's3:GetObject'),
        allow(['s3:PutObject'], [bucket.arnForObjects(`${systemTenant}/*`)]),
        ...ofSystem,
      ]
  }
}
