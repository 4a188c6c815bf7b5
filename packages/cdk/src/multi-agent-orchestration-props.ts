import { InvalidInputError } from '@plinth/core'
import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { type CommonFunctionOptions, checkConcurrency, checkEmbeddingModels, checkModels } from './function-settings.ts'

/** A Plinth that is there already. */
export interface MultiAgentResources {
  /** @default - a table as the AWS platform needs it */
  readonly table?: ITable
  /** Of what is too large for a row, and of documents, in which agents search. @default - a private, versioned bucket */
  readonly bucket?: IBucket
  /** Wraps the data keys of tenants without a key of their own. @default - a key that is rotated each year */
  readonly key?: IKey
  /** On which is told that a workflow has ended; it gets a rule. @default - a bus named `genai-eventbus` */
  readonly bus?: IEventBus
  /** Named `plinth-dead`, whose alarm is the business of whoever made it. @default - a queue of that name, with an alarm */
  readonly deadLetters?: IQueue
  /** Sends what commits emit, and gets leave to send these jobs. @default - none; see `grantSendJobs` */
  readonly relay?: IFunction
}

/** How many workflows may run at a time, unless somebody says otherwise. */
export const defaultWorkflowConcurrency = 50

export interface WorkflowFunctionOptions extends CommonFunctionOptions {
  /** How many workflows may run at a time, 6 : 3 those that somebody has agreed to before those that begin; from 6. @default 50 */
  readonly concurrency?: number
}

export interface ExecutionOptions {
  /** How long an execution waits for its workflow, people's approvals included; then that is cancelled. To a year. @default - a day */
  readonly timeout?: Duration
}

export const defaultExecutionTimeout: Duration = Duration.days(1)

export interface MultiAgentOrchestrationProps {
  /** @default - in a PlinthStack what its other constructs made; else table, bucket, bus, key and dead letters are made */
  readonly existing?: MultiAgentResources
  /**
   * The models of Bedrock that agents may call, by id; the first is the usual one, and has to be the API's, too.
   * @default - in a PlinthStack those of `eventDriven`; else Amazon Nova 2 Lite by its global profile
   */
  readonly models?: readonly string[]
  /**
   * The models of Bedrock by which agents search documents; the first has to be that of the documents.
   * @default - in a PlinthStack those of `eventDriven`; else none
   */
  readonly embeddingModels?: readonly string[]
  /** @default - in a PlinthStack as `eventDriven` says, but for the concurrency; else see there */
  readonly functions?: WorkflowFunctionOptions
  /** Of the state machine that starts a workflow and waits for it. `false`: without. @default - see there */
  readonly executions?: ExecutionOptions | false
  /** Is told of alarms. @default - alarms are made, and tell nobody */
  readonly alarmTopic?: ITopic
  /** Of what holds data: table, bucket, key, logs. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
}

export function invalidWithoutExecutions(): InvalidInputError {
  return new InvalidInputError('There is no state machine.', { field: 'executions' })
}

/** @throws InvalidInputError that names the prop at fault: one that can't be, or not beside another. */
export function checkMultiAgentProps(
  { models, embeddingModels, functions = {}, executions }: MultiAgentOrchestrationProps,
  jobs: number,
): void {
  checkModels(models)
  checkEmbeddingModels(embeddingModels)
  const { concurrency = defaultWorkflowConcurrency, reservedConcurrency } = functions
  checkConcurrency(
    { concurrency, reservedConcurrency },
    { jobs, least: 6, reason: ': a third of it, but 2 at least, is for those that begin' },
  )
  const { timeout } = executions || {}
  if (timeout === undefined || timeout.isUnresolved()) return
  const seconds = timeout.toSeconds({ integral: false })
  if (!Number.isInteger(seconds) || seconds < 60 || seconds > 365 * 86_400)
    throw new InvalidInputError('executions.timeout must be from a minute to a year.', { field: 'executions.timeout' })
}
