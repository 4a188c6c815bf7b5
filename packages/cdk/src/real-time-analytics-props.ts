import { defaultAlertTypes, InvalidInputError } from '@plinth/core'
import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IStream } from 'aws-cdk-lib/aws-kinesis'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { type CommonFunctionOptions, checkConcurrency, checkModels } from './function-settings.ts'

/** A Plinth that is there already. */
export interface AnalyticsResources {
  /** For Plinth alone, encrypted. @default - one that is encrypted, with the capacity of `stream` */
  readonly stream?: IStream
  /** @default - a table as the AWS platform needs it */
  readonly table?: ITable
  /** Of what is too large for a row. @default - a private, versioned bucket */
  readonly bucket?: IBucket
  /** Wraps the data keys of tenants without a key of their own. @default - a key that is rotated each year */
  readonly key?: IKey
  /** Named `plinth-dead`, whose alarm is the business of whoever made it. @default - a queue of that name, with an alarm */
  readonly deadLetters?: IQueue
  /** Sends what commits emit, and gets leave to send these jobs. @default - none; see `grantSendJobs` */
  readonly relay?: IFunction
}

export interface StreamCapacity {
  /** A megabyte or 1,000 records of Kinesis a second each, and some 11 USD a month, idle or not. `on-demand`: as many as it takes, from some 29 USD. @default 1 */
  readonly shards?: number | 'on-demand'
  /** How long records are kept; more than a day costs more. @default - a day */
  readonly retention?: Duration
}

/** How many functions may work one job of analytics, unless somebody says otherwise. */
export const defaultAnalyticsConcurrency = 10

export interface AnalyticsFunctionOptions extends CommonFunctionOptions {
  /** How many functions may work one job, such as asking a model, at a time; from 2. A shard's records are worked by one. @default 10 */
  readonly concurrency?: number
  /**
   * How long records are gathered before they are worked, to five minutes. With each batch what is known of the keys in it is saved, for some 8
   * USD a month with one key, and 46 with a thousand; with twice the time half of that, and alerts come later by as much. @default 10 seconds
   */
  readonly gatherFor?: Duration
}

/** Unless somebody says otherwise. */
export const defaultGathering: Duration = Duration.seconds(10)
/** Of Lambda, for batches of a stream. */
const longestGathering = Duration.minutes(5)

export interface RealTimeAnalyticsProps {
  /** @default - in a PlinthStack what its other constructs made; else stream, table, bucket, key and dead letters are made */
  readonly existing?: AnalyticsResources
  /** Of the stream that is made. @default - one shard, a day */
  readonly stream?: StreamCapacity
  /**
   * The models of Bedrock that may judge incidents, by id; the first is the usual one, and has to be the API's, too.
   * @default - in a PlinthStack those of `eventDriven`; else Amazon Nova 2 Lite by its global profile
   */
  readonly models?: readonly string[]
  /** The types of alerts of the tenants' own rules that are published, too, each on a topic of its own. @default - none but the three of every Plinth */
  readonly alertTypes?: readonly string[]
  /** @default - in a PlinthStack as `eventDriven` says, but for the concurrency; else see there */
  readonly functions?: AnalyticsFunctionOptions
  /** Is told of alarms. @default - alarms are made, and tell nobody */
  readonly alarmTopic?: ITopic
  /** Of what holds data: stream, table, bucket, key, logs. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
}

/** @throws InvalidInputError that names the prop at fault: one that can't be, or not beside another. */
export function checkAnalyticsProps(props: RealTimeAnalyticsProps, jobs: number): void {
  const { existing, stream, models, alertTypes = [], functions = {} } = props
  checkModels(models)
  const { concurrency = defaultAnalyticsConcurrency, reservedConcurrency, gatherFor = defaultGathering } = functions
  if (!gatherFor.isUnresolved() && gatherFor.toMilliseconds() > longestGathering.toMilliseconds())
    throw invalid('functions.gatherFor', 'functions.gatherFor must be five minutes at the most.')
  checkConcurrency({ concurrency, reservedConcurrency }, { jobs, least: 2, reason: ', as SQS takes it' })
  if (existing?.stream && stream)
    throw invalid('stream', 'stream is of the one that is made, and existing.stream says that none is.')
  const { shards = 1, retention } = stream ?? {}
  if (shards !== 'on-demand' && (!Number.isInteger(shards) || shards < 1))
    throw invalid('stream.shards', "stream.shards must be a whole number from 1, or 'on-demand'.")
  if (retention && !retention.isUnresolved() && (retention.toHours() < 24 || retention.toHours() > 8_760))
    throw invalid('stream.retention', 'stream.retention must be from a day to a year.')
  const all: readonly string[] = [...defaultAlertTypes, ...alertTypes]
  if (new Set(all).size < all.length || !all.every((type) => /^[a-z][a-z0-9_]{0,63}$/.test(type)))
    throw invalid(
      'alertTypes',
      'alertTypes must be types of alerts, such as too_hot, each once, and without those of every Plinth.',
    )
}

function invalid(field: string, message: string): InvalidInputError {
  return new InvalidInputError(message, { field })
}
