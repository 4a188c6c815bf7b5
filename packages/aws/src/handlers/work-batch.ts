import type { SqsRecord } from '../sqs-record.ts'
import { functionLog } from './function-log.ts'

/** What an event source of SQS hands to a function. */
export interface SqsBatch {
  readonly Records: readonly SqsRecord[]
}

/** What stays in the queue; all else is deleted. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

/** Works all messages of a batch at once: those that aren't over stay in their queue, and only those (R22, X11). */
export async function workBatch({ Records }: SqsBatch, work: (record: SqsRecord) => Promise<boolean>): Promise<BatchAnswer> {
  const over = await Promise.all(Records.map((record) => work(record).catch(report)))
  const left = Records.filter((_, index) => !over[index]).map(({ messageId }) => messageId)
  return { batchItemFailures: left.map((itemIdentifier) => ({ itemIdentifier })) }
}

function report(error: unknown): boolean {
  functionLog.error({ error }, 'A message could not be worked.')
  return false
}
