import { CreateTopicCommand, PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import { type TopicMessage, type Topics, UnavailableError } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'

const missing = ['NotFoundException', 'NotFound']
const denied = ['AuthorizationErrorException', 'AuthorizationError', 'AccessDeniedException', 'AccessDenied']

export interface SnsTopicsOptions {
  /** One for the process (X52). */
  readonly client: SNSClient
  /** What comes before a topic's name in its ARN, `arn:aws:sns:eu-central-1:111122223333:`; absent: SNS is asked, by making the topic. */
  readonly arnPrefix?: string
}

/**
 * Topics on SNS, one for all tenants by its name: they are the account's, for whoever runs Plinth. The attribute `tenant_id` says whose a
 * message is, so that a subscription's filter can let through those of one tenant.
 *
 * A message is JSON {id, tenant_id, …body}: SNS gives each publication an id of its own, by the `id` a repetition is told. A topic that isn't
 * there is made, where that is allowed.
 */
export class SnsTopics implements Topics {
  readonly #client: SNSClient
  readonly #arnPrefix: string | undefined
  readonly #made = new Map<string, Promise<string>>()

  constructor({ client, arnPrefix }: SnsTopicsOptions) {
    this.#client = client
    this.#arnPrefix = arnPrefix
  }

  async publish(tenant: string, topic: string, message: TopicMessage): Promise<void> {
    const known = this.#made.get(topic) ?? (this.#arnPrefix === undefined ? this.#make(topic) : `${this.#arnPrefix}${topic}`)
    try {
      await this.#send(await known, tenant, message)
    } catch (error) {
      this.#made.delete(topic)
      if (!isFault(error, ...missing)) throw unavailable(error, 'sns:Publish')
      await this.#send(await this.#make(topic), tenant, message).catch((again: unknown) => {
        throw unavailable(again, 'sns:Publish')
      })
    }
  }

  async #send(TopicArn: string, tenant: string, { id, subject, body, attributes }: TopicMessage): Promise<void> {
    const all = Object.entries({ ...attributes, tenant_id: tenant })
    await this.#client.send(
      new PublishCommand({
        TopicArn,
        Subject: subject,
        Message: JSON.stringify({ id, tenant_id: tenant, ...body }),
        MessageAttributes: Object.fromEntries(all.map(([name, StringValue]) => [name, { DataType: 'String', StringValue }])),
      }),
    )
  }

  #make(topic: string): Promise<string> {
    const made = this.#made.get(topic) ?? this.#create(topic)
    this.#made.set(topic, made)
    made.catch(() => this.#made.delete(topic))
    return made
  }

  /** One that is there stays as it is. */
  async #create(topic: string): Promise<string> {
    try {
      const { TopicArn = '' } = await this.#client.send(new CreateTopicCommand({ Name: topic }))
      return TopicArn
    } catch (error) {
      if (isFault(error, ...denied)) {
        const message = `There is no SNS topic ${topic}, and no leave to make it (sns:CreateTopic). Whoever is to be told has to make it.`
        throw new UnavailableError('aws_missing', message, { cause: error })
      }
      throw unavailable(error, 'sns:CreateTopic')
    }
  }
}
