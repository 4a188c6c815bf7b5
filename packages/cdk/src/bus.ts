import { eventReceives } from '@plinth/aws/environment'
import { eventBusName, eventSource } from '@plinth/core'
import { Duration } from 'aws-cdk-lib'
import { EventBus, type IEventBus, Match, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

/** An event counts as old from when it was sent, so what is set apart must be kept for longer than what waits. */
const kept = { waiting: Duration.days(4), apart: Duration.days(14) }
/** Longer than most consumers take with an event; a consumer may ask for another time with each receive. */
const visibilityTimeout = Duration.minutes(5)

/** The bus of the seed (R120). */
export function createBus(scope: Construct): EventBus {
  return new EventBus(scope, 'Bus', { eventBusName, description: 'What happened to requests of Plinth' })
}

export interface EventSubscriptionProps {
  readonly bus: IEventBus
  /** Of these events alone. @default - all that Plinth says */
  readonly type?: string
  /** @default - see there */
  readonly description?: string
}

/**
 * The outward edge: a rule takes what Plinth says on the bus to a queue, from which systems of the account's own read. What
 * can't be delivered, or isn't taken after several receives, is kept in `deadLetters`.
 */
export class EventSubscription extends Construct {
  readonly queue: Queue
  readonly deadLetters: Queue
  readonly rule: Rule

  constructor(scope: Construct, id: string, { bus, type, description }: EventSubscriptionProps) {
    super(scope, id)
    const secured = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true }
    this.deadLetters = new Queue(this, 'DeadLetters', { ...secured, retentionPeriod: kept.apart })
    this.queue = new Queue(this, 'Queue', {
      ...secured,
      retentionPeriod: kept.waiting,
      visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: eventReceives },
    })
    this.rule = new Rule(this, 'Rule', {
      eventBus: bus,
      description: description ?? 'All events of Plinth, to the queue of those who follow them',
      eventPattern: {
        source: Match.exactString(eventSource),
        ...(type !== undefined && { detailType: Match.exactString(type) }),
      },
      targets: [new SqsQueue(this.queue, { deadLetterQueue: this.deadLetters })],
    })
  }
}
