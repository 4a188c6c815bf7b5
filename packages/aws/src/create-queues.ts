import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { jobLimits } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'
import { deadLetterQueueName, jobReceives, queueNames } from './environment.ts'
import { hiddenSeconds } from './sqs-delivery.ts'
import { SqsUrls } from './sqs-urls.ts'

/** SQS forgets a message after 14 days at most, in seconds. */
const longestKept = 14 * 24 * 60 * 60

/**
 * Makes the queues of jobs and the one for dead letters, where they are missing. One that is there stays as it is.
 * @param jobs the names of their definitions.
 */
export async function createQueues(
  options: { readonly client: SQSClient; readonly prefix: string },
  jobs: readonly string[],
): Promise<void> {
  const { client, prefix } = options
  const dead = deadLetterQueueName(prefix)
  await create(client, dead, {})
  const deadLetterTargetArn = await arnOf(client, dead)
  const attributes = {
    VisibilityTimeout: String(hiddenSeconds(jobLimits.leaseMilliseconds)),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: jobReceives }),
  }
  await Promise.all(queueNames(prefix, jobs).map((name) => create(client, name, attributes)))
}

async function create(client: SQSClient, name: string, attributes: Readonly<Record<string, string>>): Promise<void> {
  const Attributes = { ...attributes, MessageRetentionPeriod: String(longestKept), SqsManagedSseEnabled: 'true' }
  try {
    await client.send(new CreateQueueCommand({ QueueName: name, Attributes }))
  } catch (error) {
    // It is there, set up otherwise.
    if (!isFault(error, 'QueueNameExists', 'QueueAlreadyExists')) throw unavailable(error, 'sqs:CreateQueue')
  }
}

async function arnOf(client: SQSClient, name: string): Promise<string | undefined> {
  const url = await new SqsUrls(client).of(name)
  try {
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }))
    return Attributes?.QueueArn
  } catch (error) {
    throw unavailable(error, 'sqs:GetQueueAttributes')
  }
}
