import { CreateEventBusCommand, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import { until } from '../../../../test/e2e/support/until.ts'
import type { AwsClients } from '../../src/clients.ts'
import { onAccount } from './contract-place.ts'

/** An event as a target of EventBridge gets it. */
export interface DeliveredEvent {
  readonly source: string
  readonly 'detail-type': string
  readonly time: string
  readonly detail: Readonly<Record<string, unknown>>
}

/**
 * The whole event, as without a transformer; but moto takes a second to put that together (8 parsers of JSONPath).
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
const wholeEvent = onAccount
  ? {}
  : { InputTransformer: { InputPathsMap: { id: '$.id' }, InputTemplate: '<aws.events.event.json>' } }
/** SQS asks all its servers only where it may wait for an answer. */
const WaitTimeSeconds = onAccount ? 1 : 0

/** Makes a bus, and a queue that gets all that is on it from now on: looked at by what is returned. */
export async function listen(clients: AwsClients, bus: string): Promise<() => Promise<readonly DeliveredEvent[]>> {
  const { eventbridge, sqs } = clients
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: bus }))
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
  const { QueueArn = '' } = Attributes ?? {}
  await eventbridge.send(new CreateEventBusCommand({ Name: bus }))
  const EventPattern = JSON.stringify({ source: ['genai.service'] })
  const { RuleArn = '' } = await eventbridge.send(new PutRuleCommand({ Name: 'all', EventBusName: bus, EventPattern }))
  const Policy = policyFor(RuleArn, QueueArn)
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }))
  const Targets = [{ Id: 'all', Arn: QueueArn, ...wholeEvent }]
  await eventbridge.send(new PutTargetsCommand({ Rule: 'all', EventBusName: bus, Targets }))
  const delivered: DeliveredEvent[] = []
  const look = async (): Promise<readonly DeliveredEvent[]> => {
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds }))
      if (Messages.length === 0) return delivered
      delivered.push(...Messages.map(({ Body = '' }) => JSON.parse(Body)))
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    }
  }
  // Rules and policies take a while until all of AWS knows them.
  const probe = { EventBusName: bus, Source: 'genai.service', DetailType: 'probe', Detail: '{}' }
  const probed = async (): Promise<boolean> => {
    await eventbridge.send(new PutEventsCommand({ Entries: [probe] }))
    return (await look()).length > 0
  }
  await until('the rule hands events on', probed, { within: 180_000, every: 1_000 })
  return look
}

function policyFor(rule: string, queue: string): string {
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queue,
    Condition: { ArnEquals: { 'aws:SourceArn': rule } },
  }
  return JSON.stringify({ Version: '2012-10-17', Statement: [Statement] })
}
