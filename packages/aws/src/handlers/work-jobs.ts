import { type Lease, WorkerHost } from '@plinth/core'
import { systemClock } from '@plinth/outbound'
import { messageOfRecord } from '../sqs-record.ts'
import { functionLog } from './function-log.ts'
import { functionPatterns, functionPlatform } from './function-platform.ts'
import { type BatchAnswer, type SqsBatch, workBatch } from './work-batch.ts'

/**
 * Works jobs of the patterns that this function serves.
 * @param leased what a job's lease is handed on as.
 */
export async function workJobs(batch: SqsBatch, leased: (lease: Lease) => Lease = (lease) => lease): Promise<BatchAnswer> {
  const platform = await functionPlatform()
  const patterns = functionPatterns()
  const jobs = new Map(patterns.flatMap((pattern) => pattern.jobs.map((job) => [job.name, job])))
  const host = new WorkerHost({ platform, patterns, log: functionLog, listens: false })
  return workBatch(batch, (record) => {
    const { name, queue, message } = messageOfRecord(record)
    return platform.queue.work(name, queue, message, async (job, lease) => {
      const definition = jobs.get(job.queue)
      // A job of a newer version, or of a pattern that isn't served here, waits for a function that knows it.
      return definition ? host.handle(definition, job, leased(lease)) : { retryAt: systemClock.now() + 60_000 }
    })
  })
}
