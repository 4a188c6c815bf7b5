import { deadLetterQueueName, hostOf, jobReceives, lanesOf, queueName } from '@plinth/aws/environment'
import { InvalidInputError, type Lane, laneWeights } from '@plinth/core'
import { Duration } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

/** The names of all queues begin with it. */
export const queuePrefix = 'plinth'

/** The queue of a lane, of a job and of those that lie in its queues. */
export interface JobQueue {
  readonly job: string
  readonly lane: Lane
  readonly queue: Queue
}

export interface JobQueuesProps {
  readonly jobs: readonly string[]
  /** Of the function that works them. */
  readonly timeoutSeconds: number
  /** Where messages end that were delivered too often, if there is such a queue: a Plinth has one. @default - it is made */
  readonly deadLetters?: IQueue
}

const kept = Duration.days(14)

/**
 * A function's messages must stay hidden while it runs, and AWS asks for six times that, so that a batch may wait for a free
 * function. It is no lease of ours: the worker has to take that (30 seconds, renewed) with `ChangeMessageVisibility` when it begins, so
 * that the job of a worker that died comes back after seconds, not after this time.
 */
const hiddenTimes = 6

/** The queues of jobs, one a lane, and one where messages end that were delivered too often. */
export class JobQueues extends Construct {
  readonly all: readonly JobQueue[]
  readonly deadLetters: IQueue

  constructor(scope: Construct, id: string, { jobs, timeoutSeconds, deadLetters }: JobQueuesProps) {
    super(scope, id)
    const secured = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: kept }
    this.deadLetters = deadLetters ?? new Queue(this, 'DeadLetters', { ...secured, queueName: deadLetterQueueName(queuePrefix) })
    const deadLetterQueue = { queue: this.deadLetters, maxReceiveCount: jobReceives }
    this.all = hostsOf(jobs).flatMap((job) =>
      lanesOf(job).map((lane) => ({
        job,
        lane,
        queue: new Queue(this, `${job}-${lane}`, {
          ...secured,
          queueName: queueName(queuePrefix, job, lane),
          visibilityTimeout: Duration.seconds(hiddenTimes * timeoutSeconds),
          deadLetterQueue,
        }),
      })),
    )
  }

  /** The queues by the job that they are named after. */
  byJob(): ReadonlyMap<string, readonly JobQueue[]> {
    return Map.groupBy(this.all, ({ job }) => job)
  }

  /** The queues of one job. @throws InvalidInputError where it has none here. */
  of(job: string): readonly JobQueue[] {
    const lanes = this.byJob().get(hostOf(job))
    if (!lanes) throw new InvalidInputError(`There is no job ${job}.`, { field: 'job' })
    return lanes
  }

  /** Lets somebody take jobs from where they ended, and send them to their queues again. */
  grantRedrive(grantee: IGrantable): Grant {
    const resourceArns = this.all.map(({ queue }) => queue.queueArn)
    const send = Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns })
    return this.deadLetters.grantConsumeMessages(grantee).combine(send)
  }
}

/** The jobs that have queues of their own. */
export function hostsOf(jobs: readonly string[]): readonly string[] {
  return [...new Set(jobs.map(hostOf))]
}

/** A lane's part of so many functions that may work a job at a time; SQS takes 2 at the least. */
export function laneConcurrency({ job, lane }: JobQueue, concurrency: number): number {
  const weights = lanesOf(job).reduce((sum, each) => sum + laneWeights[each], 0)
  return Math.max(2, Math.round((concurrency * laneWeights[lane]) / weights))
}
