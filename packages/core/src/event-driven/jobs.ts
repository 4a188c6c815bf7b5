import { z } from 'zod'
import { defineJob, type JobDefinition } from '../define/job.ts'
import { handleGenaiProcessingEvent } from './process.ts'

/** Which request to work, and in which round; a job of an earlier round does nothing. */
export interface ProcessBody {
  readonly request_id: string
  readonly round: number
}

export const processJob: JobDefinition<ProcessBody> = defineJob<ProcessBody>({
  name: 'event-driven.process',
  version: 1,
  summary: 'Calls the model for one accepted request.',
  body: z.strictObject({ request_id: z.string(), round: z.number().int() }),
  concurrency: 64,
  handle: handleGenaiProcessingEvent,
})
