import { z } from 'zod'
import { defineJob, type JobDefinition } from '../define/job.ts'
import { advanceWorkflow } from './advance-workflow.ts'
import { forgetJobName, forgetWorkflow } from './forget-workflow.ts'
import { actorOf } from './run/run.ts'

export interface AdvanceBody {
  readonly workflow_id: string
}

const body: z.ZodType<AdvanceBody> = z.strictObject({ workflow_id: z.string() })

/** A run is one job: it plans, starts steps as they become ready, and ends when the run ends or waits for somebody. */
export const advanceJob: JobDefinition<AdvanceBody> = defineJob<AdvanceBody>({
  name: 'multi-agent.advance',
  version: 1,
  summary: 'Goes on with a workflow until it ends, or waits for somebody.',
  body,
  // A run holds its place for as long as its models take, and needs hardly more than memory for it.
  concurrency: 128,
  actsFor: actorOf,
  handle: advanceWorkflow,
})

export const forgetJob: JobDefinition<AdvanceBody> = defineJob<AdvanceBody>({
  ...forgetJobName,
  summary: 'Removes what is kept of a workflow when its time has come.',
  body,
  concurrency: 2,
  handle: forgetWorkflow,
})
