import { observed } from './function-telemetry.ts'
import type { BatchAnswer, SqsBatch } from './work-batch.ts'
import { workJobs } from './work-jobs.ts'

/** Works a batch of messages of SQS at once. */
export function handler(event: SqsBatch): Promise<BatchAnswer> {
  return observed(() => workJobs(event))
}
