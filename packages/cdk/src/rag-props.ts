import type { RemovalPolicy } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { type CommonFunctionOptions, checkConcurrency, checkEmbeddingModels } from './function-settings.ts'

/** A Plinth that is there already. */
export interface RagResources {
  /** @default - a table as the AWS platform needs it */
  readonly table?: ITable
  /** Of documents, their texts and the index. @default - a private, versioned bucket */
  readonly bucket?: IBucket
  /** Wraps the data keys of tenants without a key of their own. @default - a key that is rotated each year */
  readonly key?: IKey
  /** Named `plinth-dead`, whose alarm is the business of whoever made it. @default - a queue of that name, with an alarm */
  readonly deadLetters?: IQueue
  /** Sends what commits emit, and gets leave to send these jobs. @default - none; see `grantSendJobs` */
  readonly relay?: IFunction
}

/** How many functions may work one job, unless somebody says otherwise: Textract and models let through no more by far. */
export const defaultDocumentConcurrency = 10

export interface DocumentFunctionOptions extends CommonFunctionOptions {
  /** How many functions may work one job, such as reading documents, at a time; from 2. @default 10 */
  readonly concurrency?: number
}

export interface RagProps {
  /** @default - in a PlinthStack what its other constructs made; else table, bucket, key and dead letters are made */
  readonly existing?: RagResources
  /**
   * The models of Bedrock that may make vectors of documents, by id; the first is the usual one, and has to be the API's, too.
   * @default - in a PlinthStack those of `eventDriven`; else none: `local/hashing` makes them
   */
  readonly embeddingModels?: readonly string[]
  /** @default - in a PlinthStack as `eventDriven` says, but for the concurrency; else see there */
  readonly functions?: DocumentFunctionOptions
  /** Is told of alarms. @default - alarms are made, and tell nobody */
  readonly alarmTopic?: ITopic
  /** Of what holds data: table, bucket, key, logs. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
}

/** @throws InvalidInputError that names the prop at fault: one that can't be, or not beside another. */
export function checkRagProps({ embeddingModels, functions = {} }: RagProps, jobs: number): void {
  checkEmbeddingModels(embeddingModels)
  const { concurrency = defaultDocumentConcurrency, reservedConcurrency } = functions
  checkConcurrency({ concurrency, reservedConcurrency }, { jobs, least: 2, reason: ', as SQS takes it' })
}
