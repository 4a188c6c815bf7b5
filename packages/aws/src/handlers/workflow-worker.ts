import { systemClock } from '@plinth/outbound'
import { TimeLeft } from '../time-left.ts'
import { observed } from './function-telemetry.ts'
import type { BatchAnswer, SqsBatch } from './work-batch.ts'
import { workJobs } from './work-jobs.ts'

/**
 * Goes on with a workflow for as long as the function has time. A run that isn't over by then is left in good order and goes on in the
 * next call, within seconds: no step is started that might not end in time.
 */
export async function handler(event: SqsBatch, context: { getRemainingTimeInMillis(): number }): Promise<BatchAnswer> {
  const left = new TimeLeft({ milliseconds: context.getRemainingTimeInMillis(), clock: systemClock })
  try {
    return await observed(() => workJobs(event, (lease) => left.within(lease)))
  } finally {
    left.stop()
  }
}
