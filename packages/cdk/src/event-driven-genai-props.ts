import { InvalidInputError, type PatternName } from '@plinth/core'
import type { RemovalPolicy } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Throttle } from './api.ts'
import { type CommonFunctionOptions, checkConcurrency, checkEmbeddingModels, checkModels } from './function-settings.ts'
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

export interface FunctionOptions extends CommonFunctionOptions {
  /** How many functions may work the queues of one job at a time, 6 : 3 : 1 where it has all lanes; from 20. @default 50 */
  readonly concurrency?: number
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
  checkModels(models)
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
  const reason = ': a tenth of it, but 2 at least, is for the low lane'
  checkConcurrency({ concurrency, reservedConcurrency }, { jobs, least: 20, reason })
}
