import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { deadLetterQueueName, queueNames } from '../environment.ts'
import { absent, type Call, type Look, look } from './look.ts'

export interface QueueFacts {
  readonly name: string
  readonly arn: string
  /** Messages that wait, that are at work, and that are held for later; SQS counts them roughly. */
  readonly waiting: number
  readonly working: number
  readonly held: number
  /** How long a message that is at work is hidden from others, and how long one is kept, in seconds. */
  readonly hidden: number
  readonly kept: number
  /** The ARN of the queue where messages end that were delivered too often. */
  readonly deadLetters: string | undefined
  readonly encrypted: boolean
}

export interface AllQueues {
  /** Those of jobs. */
  readonly jobs: readonly QueueFacts[]
  /** Undefined where it isn't there. */
  readonly dead: QueueFacts | undefined
  /** The names of those that aren't there. */
  readonly missing: readonly string[]
}

/** The queues of jobs, and the one for dead letters. */
export function examineQueues(options: {
  readonly client: SQSClient
  readonly prefix: string
  readonly jobs: readonly string[]
}): Promise<Look<AllQueues>> {
  const { client, prefix, jobs } = options
  const deadName = deadLetterQueueName(prefix)
  const names = queueNames(prefix, jobs)
  return look(async (call) => {
    const [dead, ...found] = await Promise.all([deadName, ...names].map((name) => factsOf(client, name, call)))
    const missing = [deadName, ...names].filter((_, index) => [dead, ...found][index] === undefined)
    return { dead, jobs: found.filter((facts) => facts !== undefined), missing }
  })
}

async function factsOf(client: SQSClient, name: string, call: Call): Promise<QueueFacts | undefined> {
  const found = await call('sqs:GetQueueUrl', (abortSignal) =>
    client.send(new GetQueueUrlCommand({ QueueName: name }), { abortSignal }).catch(absent('QueueDoesNotExist')),
  )
  if (!found) return undefined
  const command = new GetQueueAttributesCommand({ QueueUrl: found.QueueUrl, AttributeNames: ['All'] })
  const { Attributes: all = {} } = await call('sqs:GetQueueAttributes', (abortSignal) => client.send(command, { abortSignal }))
  const { deadLetterTargetArn } = JSON.parse(all.RedrivePolicy ?? '{}') as { readonly deadLetterTargetArn?: string }
  return {
    name,
    arn: all.QueueArn ?? name,
    waiting: Number(all.ApproximateNumberOfMessages ?? 0),
    working: Number(all.ApproximateNumberOfMessagesNotVisible ?? 0),
    held: Number(all.ApproximateNumberOfMessagesDelayed ?? 0),
    hidden: Number(all.VisibilityTimeout ?? 0),
    kept: Number(all.MessageRetentionPeriod ?? 0),
    deadLetters: deadLetterTargetArn,
    encrypted: all.SqsManagedSseEnabled === 'true' || all.KmsMasterKeyId !== undefined,
  }
}
