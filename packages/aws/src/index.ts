/** The AWS platform. @module */
export { type AwsPlatform, type AwsPlatformOptions, awsPlatform } from './aws-platform.ts'
export { type AwsClients, type ClientOptions, createClients, destroyClients } from './clients.ts'
export { createQueues } from './create-queues.ts'
export { createStream } from './create-stream.ts'
export { createTable, tableDefinition } from './create-table.ts'
export { DynamoDBOperations } from './dynamodb-operations.ts'
export { type DynamoDBOptions, DynamoDBStateStore } from './dynamodb-state-store.ts'
export {
  type AwsEnvironment,
  type AwsOcr,
  type AwsSearch,
  deadLetterQueueName,
  ocrOf,
  queueName,
  readAwsEnvironment,
  variablesOf,
} from './environment.ts'
export { EventBridgeEventBus } from './eventbridge-event-bus.ts'
export { KinesisEventStream, type KinesisEventStreamOptions } from './kinesis/kinesis-event-stream.ts'
export { KmsKeyService } from './kms-key-service.ts'
export { openTextractOcr } from './open-textract-ocr.ts'
export type { OpenSearchHttpOptions, OpenSearchService } from './opensearch-http.ts'
export { OpenSearchSearchIndex } from './opensearch-search-index.ts'
export { S3ObjectStore } from './s3-object-store.ts'
export { vectorCollections } from './s3vectors-records.ts'
export { S3VectorsSearchIndex, type S3VectorsSearchIndexOptions } from './s3vectors-search-index.ts'
export { SnsTopics, type SnsTopicsOptions } from './sns-topics.ts'
export { SqsQueue } from './sqs-queue.ts'
export { TextractOcr, type TextractOcrOptions } from './textract-ocr.ts'
