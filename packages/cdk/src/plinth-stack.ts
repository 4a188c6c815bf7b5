import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { EventDrivenGenAi } from './event-driven-genai.ts'
import type { EventDrivenGenAiProps } from './event-driven-genai-props.ts'

export interface PlinthStackProps extends StackProps {
  /** @default - see there */
  readonly eventDriven?: EventDrivenGenAiProps
}

/** A whole Plinth: the constructs of its patterns over one table, bucket, bus and key. */
export class PlinthStack extends Stack {
  readonly eventDriven: EventDrivenGenAi

  constructor(scope: Construct, id: string, { eventDriven, ...props }: PlinthStackProps = {}) {
    super(scope, id, { description: 'Plinth: architecture patterns for generative AI', ...props })
    this.eventDriven = new EventDrivenGenAi(this, 'EventDriven', eventDriven)
    const { api, bus, table, bucket, key, queues, subscription } = this.eventDriven
    this.#say('ApiUrl', api.url, 'Where the API and the console answer')
    this.#say('BusName', bus.eventBusName, 'The bus on which Plinth tells what happened')
    this.#say('TableName', table.tableName, 'Records, events and jobs that wait')
    this.#say('BucketName', bucket.bucketName, 'What is too large for a record')
    this.#say('PooledKeyArn', key.keyArn, 'The key of tenants without one of their own')
    this.#say('EventQueueUrl', subscription.queue.queueUrl, 'Where systems of this account can read the events')
    this.#say('EventDeadLetterQueueUrl', subscription.deadLetters.queueUrl, 'Events that were not taken')
    this.#say(
      'JobDeadLetterQueueUrl',
      queues.deadLetters.queueUrl,
      'Messages that ended their worker again and again, or hold no job',
    )
    this.#say('JobQueueNames', queues.all.map(({ queue }) => queue.queueName).join(','), 'The queues of jobs, by lane')
  }

  #say(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description })
  }
}
