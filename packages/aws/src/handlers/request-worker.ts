import { WorkerHost } from '@plinth/core'
import { messageOfRecord, type SqsRecord } from '../sqs-record.ts'
import { functionLog } from './function-log.ts'
import { functionPatterns, functionPlatform } from './function-platform.ts'

/**
 * Works a batch of messages of SQS at once: jobs of the patterns that this function serves. Those that aren't over stay in their
 * queue, and only those (R22, X11).
 */
export async function handler(event: {
  readonly Records: readonly SqsRecord[]
}): Promise<{ readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }> {
  const platform = await functionPlatform()
  const patterns = functionPatterns()
  const jobs = new Map(patterns.flatMap((pattern) => pattern.jobs.map((job) => [job.name, job])))
  const host = new WorkerHost({ platform, patterns, log: functionLog, listens: false })
  const over = await Promise.all(event.Records.map((record) => work(record).catch(report)))
  const left = event.Records.filter((_, index) => !over[index]).map(({ messageId }) => messageId)
  return { batchItemFailures: left.map((itemIdentifier) => ({ itemIdentifier })) }

  function work(record: SqsRecord): Promise<boolean> {
    const { name, queue, message } = messageOfRecord(record)
    return platform.queue.work(name, queue, message, async (job, lease) => {
      const definition = jobs.get(job.queue)
      // A job of a newer version, or of a pattern that isn't served here, waits for a function that knows it.
      return definition ? host.handle(definition, job, lease) : { retryAt: Date.now() + 60_000 }
    })
  }
}

function report(error: unknown): boolean {
  functionLog.error({ error }, 'A message could not be worked.')
  return false
}
