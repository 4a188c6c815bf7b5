import { deadLetterQueueName, queueName } from '@plinth/aws/environment'
import { type Lane, laneWeights } from '@plinth/core'
import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { handlers } from './handlers.ts'

export const lanes: readonly Lane[] = ['high', 'normal', 'low']

/** The queue of a job's lane. */
export interface JobQueue {
  readonly job: string
  readonly lane: Lane
  readonly queue: Queue
}

const kept = Duration.days(14)

/**
 * A function's messages must stay hidden while it runs, and AWS asks for six times that, so that a batch may wait for a free
 * function. It is no lease of ours: the worker has to take that (30 seconds, renewed) with `ChangeMessageVisibility` when it begins, so
 * that the job of a worker that died comes back after seconds, not after this time.
 */
const visibilityTimeout = Duration.seconds(6 * handlers['request-worker'].timeoutSeconds)

/**
 * The most that SQS takes, as the platform makes its queues itself: patterns count attempts and keep dead letters of their own,
 * which can be read and redriven. Here ends only what ended its worker again and again.
 */
const receives = 1_000

/** A queue for each lane of each job, and one where messages end that were delivered too often. */
export class JobQueues extends Construct {
  readonly prefix: string
  readonly all: readonly JobQueue[]
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { prefix, jobs }: { readonly prefix: string; readonly jobs: readonly string[] }) {
    super(scope, id)
    this.prefix = prefix
    const secured = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: kept }
    this.deadLetters = new Queue(this, 'DeadLetters', { ...secured, queueName: deadLetterQueueName(prefix) })
    const deadLetterQueue = { queue: this.deadLetters, maxReceiveCount: receives }
    this.all = jobs.flatMap((job) =>
      lanes.map((lane) => ({
        job,
        lane,
        queue: new Queue(this, `${job}-${lane}`, {
          ...secured,
          queueName: queueName(prefix, job, lane),
          visibilityTimeout,
          deadLetterQueue,
        }),
      })),
    )
  }

  /** The queues of each job. */
  byJob(): ReadonlyMap<string, readonly JobQueue[]> {
    return Map.groupBy(this.all, ({ job }) => job)
  }
}

const weights = lanes.reduce((sum, lane) => sum + laneWeights[lane], 0)

/** A lane's part of so many functions that may work a job at a time; SQS takes 2 at the least. */
export function laneConcurrency(lane: Lane, concurrency: number): number {
  return Math.max(2, Math.round((concurrency * laneWeights[lane]) / weights))
}
