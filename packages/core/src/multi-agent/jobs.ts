import { z } from 'zod'
import { defineJob, type JobDefinition } from '../define/job.ts'
import { advanceWorkflow } from './advance-workflow.ts'
import { actorOf } from './run/run.ts'

export interface AdvanceBody {
  readonly workflow_id: string
}

/** A run is one job: it plans, starts steps as they become ready, and ends when the run ends or waits for somebody. */
export const advanceJob: JobDefinition<AdvanceBody> = defineJob<AdvanceBody>({
  name: 'multi-agent.advance',
  version: 1,
  summary: 'Goes on with a workflow until it ends, or waits for somebody.',
  body: z.strictObject({ workflow_id: z.string() }),
  concurrency: 32,
  actsFor: actorOf,
  handle: advanceWorkflow,
})
