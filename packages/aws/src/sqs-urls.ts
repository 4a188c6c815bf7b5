import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { UnavailableError } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'

/** The URLs of queues by their names, each asked for once. */
export class SqsUrls {
  readonly #client: SQSClient
  readonly #urls = new Map<string, Promise<string>>()

  constructor(client: SQSClient) {
    this.#client = client
  }

  /** @throws UnavailableError `aws_missing`, which names the queue. */
  of(name: string): Promise<string> {
    const url = this.#urls.get(name) ?? this.#ask(name)
    this.#urls.set(name, url)
    return url
  }

  async #ask(name: string): Promise<string> {
    try {
      const { QueueUrl } = await this.#client.send(new GetQueueUrlCommand({ QueueName: name }))
      if (QueueUrl !== undefined) return QueueUrl
      throw new UnavailableError('aws_unavailable', `SQS gave no URL for the queue ${name}.`)
    } catch (error) {
      this.#urls.delete(name)
      if (isFault(error, 'QueueDoesNotExist'))
        throw new UnavailableError('aws_missing', `There is no SQS queue ${name}.`, { cause: error })
      throw unavailable(error, 'sqs:GetQueueUrl')
    }
  }
}
