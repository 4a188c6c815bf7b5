import type { Message } from '@aws-sdk/client-sqs'
import { jobNameOf } from './sqs-message.ts'

/** A message of SQS as Lambda hands it to a function. */
export interface SqsRecord {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes?: Readonly<Record<string, { readonly stringValue?: string; readonly dataType?: string }>>
  readonly eventSourceARN: string
}

/** The same as the SDK would have received it, the name of its SQS queue, and that of its job. */
export function messageOfRecord(record: SqsRecord): { readonly name: string; readonly queue: string; readonly message: Message } {
  const attributes = Object.entries(record.messageAttributes ?? {}).map(
    ([name, { stringValue, dataType }]) => [name, { StringValue: stringValue, DataType: dataType }] as const,
  )
  return {
    name: record.eventSourceARN.split(':').at(-1) ?? '',
    queue: jobNameOf(record.body),
    message: {
      MessageId: record.messageId,
      ReceiptHandle: record.receiptHandle,
      Body: record.body,
      Attributes: record.attributes,
      MessageAttributes: Object.fromEntries(attributes),
    },
  }
}
