import { InvalidInputError, type PatternName } from '@plinth/core'
import type { RemovalPolicy } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IVpc } from 'aws-cdk-lib/aws-ec2'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Throttle } from './api.ts'
import { checkEmbeddingModels } from './function-settings.ts'
import { requestPatterns } from './handlers.ts'

/** What is there already, in place of what would be made. It is left as it is, but for a rule on the bus. */
export interface ExistingResources {
  /** @default - a table on demand with the keys, indexes and stream that the AWS platform needs; one that is brought must have them. */
  readonly table?: ITable
  /** @default - a private, versioned bucket */
  readonly bucket?: IBucket
  /** @default - a bus named `genai-eventbus` */
  readonly bus?: IEventBus
  /** Wraps the data keys of tenants without a key of their own; its policy leaves access to IAM. @default - a key that is rotated each year */
  readonly key?: IKey
}

/** How many functions may work the queues of one job, unless somebody says otherwise. */
export const defaultConcurrency = 50

export interface FunctionOptions {
  /** A folder that `bundleHandlers` filled. @default - this Plinth's own handlers, bundled while the construct is made */
  readonly handlerFolder?: string
  /** How many functions may work the queues of one job at a time, 6 : 3 : 1 where it has all lanes; from 20. @default 50 */
  readonly concurrency?: number
  /** Functions of the account that only the workers use, and at most so many of them. @default - they share the account's */
  readonly reservedConcurrency?: number
  /** With a way out to AWS, or endpoints of its services in it. @default - none */
  readonly vpc?: IVpc
  /** @default - a month */
  readonly logRetention?: RetentionDays
  /**
   * More variables of all functions, such as `PLINTH_ISSUERS` or `PLINTH_REGIONS`; Lambda takes 4 KB in all. A file that the former
   * names must lie in `api` and in `authorizer` of `handlerFolder`. @default - none
   */
  readonly environment?: Readonly<Record<string, string>>
  /**
   * Whose routes the API answers: of others nothing is accepted, since nobody would work it. @default - those whose jobs this
   * construct works; a PlinthStack sets it to what it is made of
   */
  readonly patterns?: readonly PatternName[]
}

export interface EventDrivenGenAiProps {
  /** @default - everything is made */
  readonly existing?: ExistingResources
  /**
   * The models of Bedrock that may be called, by id: `eu.anthropic.…`; the first is the one that a request without a model gets.
   * Calls of others fail. @default - Amazon Nova 2 Lite by its global profile
   */
  readonly models?: readonly string[]
  /**
   * The models of Bedrock that may make vectors, by id; the first is the one of `PLINTH_EMBEDDING_MODEL`. The model gateway
   * asks them, and so do questions of documents. @default - none: `local/hashing` makes them, and calls of Bedrock's fail
   */
  readonly embeddingModels?: readonly string[]
  /** @default - see there */
  readonly functions?: FunctionOptions
  /** Of the whole API; limits of tenants are the server's. @default - 500 requests per second, 1000 at once */
  readonly throttle?: Throttle
  /** Is told of alarms. @default - alarms are made, and tell nobody */
  readonly alarmTopic?: ITopic
  /** Of what holds data: table, bucket, key, logs. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
}

/** @throws InvalidInputError that names the prop at fault: one that can't be, or not beside another. */
export function checkProps({ existing, models, embeddingModels, functions }: EventDrivenGenAiProps, jobs: number): void {
  if (models?.length === 0) throw new InvalidInputError('models must name at least one.', { field: 'models' })
  checkEmbeddingModels(embeddingModels)
  if (existing?.table && existing.table.tableStreamArn === undefined) {
    const message = 'existing.table must have a stream of new images, and be imported with its tableStreamArn.'
    throw new InvalidInputError(message, { field: 'existing.table' })
  }
  const { concurrency = defaultConcurrency, reservedConcurrency, patterns } = functions ?? {}
  const missing = patterns && requestPatterns.find((name) => !patterns.includes(name))
  if (missing !== undefined)
    throw new InvalidInputError(`functions.patterns must name ${missing}, whose jobs are worked here.`, {
      field: 'functions.patterns',
    })
  if (!Number.isInteger(concurrency) || concurrency < 20 || concurrency > 1_000) {
    const message =
      'functions.concurrency must be a whole number from 20 to 1000: a tenth of it, but 2 at least, is for the low lane.'
    throw new InvalidInputError(message, { field: 'functions.concurrency' })
  }
  // With fewer, calls from the queues would be refused, and each refusal counts as a delivery.
  if (reservedConcurrency !== undefined && reservedConcurrency < jobs * concurrency) {
    const message = `functions.reservedConcurrency must be ${jobs * concurrency} or more: functions.concurrency for each of ${jobs} jobs.`
    throw new InvalidInputError(message, { field: 'functions.reservedConcurrency' })
  }
}
