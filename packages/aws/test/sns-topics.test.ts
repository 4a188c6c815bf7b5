import { CreateTopicCommand, ListTopicsCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import { describeTopicsContract } from '@plinth/core/contracts'
import { describe, expect, it } from 'vitest'
import type { AwsClients } from '../src/clients.ts'
import { clientSettings } from '../src/clients.ts'
import { SnsTopics } from '../src/sns-topics.ts'
import { Answering, type GivenAnswer, nowhere, onlyOnAnAccount, type SentRequest } from './support/answering.ts'
import { describeWithMoto } from './support/moto.ts'

const arnPrefix = 'arn:aws:sns:us-east-1:123456789012:'

interface Notice {
  readonly TopicArn: string
  readonly Subject: string
  readonly Message: string
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>
}

/** A queue that is subscribed to topics, as a system of the account would be. */
class Subscription {
  readonly #clients: AwsClients
  readonly #notices: Notice[] = []
  readonly #topics = new Set<string>()
  #queue: Promise<string> | undefined

  constructor(clients: AwsClients) {
    this.#clients = clients
  }

  async received(topics: readonly string[]): Promise<readonly Notice[]> {
    const { sns, sqs } = this.#clients
    this.#queue ??= sqs.send(new CreateQueueCommand({ QueueName: 'told' })).then(({ QueueUrl = '' }) => QueueUrl)
    const QueueUrl = await this.#queue
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
    for (const topic of topics.filter((one) => !this.#topics.has(one))) {
      this.#topics.add(topic)
      const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: topic }))
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn }))
    }
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    for (const message of Messages) await this.#take(QueueUrl, message)
    return this.#notices.filter(({ TopicArn }) => topics.includes(TopicArn.split(':').at(-1) ?? ''))
  }

  async #take(QueueUrl: string, { Body = '{}', ReceiptHandle }: Message): Promise<void> {
    this.#notices.push(JSON.parse(Body))
    await this.#clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
}

function read({ TopicArn, Subject, Message, MessageAttributes = {} }: Notice) {
  const { id, tenant_id: tenant, ...body } = JSON.parse(Message)
  const { tenant_id, ...attributes } = Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value]),
  )
  expect(tenant_id).toBe(tenant)
  return { id, tenant, topic: TopicArn.split(':').at(-1) ?? '', subject: Subject, body, attributes }
}

describeWithMoto('[R70] [R82] SNS', (moto) => {
  describeTopicsContract('SnsTopics', {
    create: async () => {
      const subscription = new Subscription(moto.clients)
      return {
        port: {
          topics: new SnsTopics({ client: moto.clients.sns, arnPrefix }),
          received: async (topics) => (await subscription.received(topics)).map(read),
        },
        dispose: async () => {},
      }
    },
  })

  it('[X52] a topic that is not there is made, once', async () => {
    for (const options of [{ arnPrefix }, {}]) {
      const topics = new SnsTopics({ client: moto.clients.sns, ...options })
      for (const id of ['1', '2'])
        await topics.publish('acme', 'genai-alerts-own_type', { id, subject: 'GenAI Alert: Own Type', body: {}, attributes: {} })
      const { Topics = [] } = await moto.clients.sns.send(new ListTopicsCommand({}))
      expect(Topics.filter(({ TopicArn }) => TopicArn?.endsWith(':genai-alerts-own_type'))).toHaveLength(1)
    }
  })
})

describe('[X52] SNS that says no', () => {
  const message = { id: '1', subject: 'GenAI Alert: High Risk', body: {}, attributes: {} }
  const arn = `${arnPrefix}genai-alerts-high_risk`

  function bench(answer: (request: SentRequest) => GivenAnswer, options: { readonly arnPrefix?: string } = { arnPrefix }) {
    const handler = new Answering(onlyOnAnAccount('sns:Publish', 'sns:CreateTopic'), answer)
    const client = new SNSClient({ ...clientSettings({ ...nowhere, maxAttempts: 1 }), requestHandler: handler })
    return { topics: new SnsTopics({ client, ...options }), actions: () => handler.sent.map(actionOf) }
  }

  it('a topic that is there takes one call, and none to find it', async () => {
    const { topics, actions } = bench(() => xml('<PublishResult><MessageId>m</MessageId></PublishResult>'))
    await topics.publish('acme', 'genai-alerts-high_risk', message)
    expect(actions()).toEqual([['Publish', arn]])
  })

  it('a topic that is missing and may not be made is named, and asked for anew each time', async () => {
    const { topics, actions } = bench((request) =>
      actionOf(request)[0] === 'Publish' ? fault('NotFound', 404) : fault('AuthorizationError', 403),
    )
    for (const _ of [1, 2])
      await expect(topics.publish('acme', 'genai-alerts-high_risk', message)).rejects.toMatchObject({
        code: 'aws_missing',
        message: expect.stringMatching(/genai-alerts-high_risk.*sns:CreateTopic/),
        retryable: true,
      })
    expect(actions().map(([action]) => action)).toEqual(['Publish', 'CreateTopic', 'Publish', 'CreateTopic'])
  })

  it('refusals and faults are told by what was not allowed or could not be done', async () => {
    const refused = bench(() => fault('AuthorizationError', 403))
    await expect(refused.topics.publish('acme', 'genai-alerts-high_risk', message)).rejects.toThrow('sns:Publish')
    const failing = bench(() => fault('InternalError', 500))
    await expect(failing.topics.publish('acme', 'genai-alerts-high_risk', message)).rejects.toMatchObject({
      code: 'aws_unavailable',
    })
  })
})

function actionOf({ body }: SentRequest): readonly [string, string | null] {
  const form = new URLSearchParams(body.toString())
  return [form.get('Action') ?? '', form.get('TopicArn')]
}

function xml(body: string): GivenAnswer {
  return { headers: { 'content-type': 'text/xml' }, body: `<PublishResponse>${body}</PublishResponse>` }
}

function fault(code: string, status: number): GivenAnswer {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`
  return { status, headers: { 'content-type': 'text/xml' }, body }
}
