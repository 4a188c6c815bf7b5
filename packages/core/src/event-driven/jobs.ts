import { z } from 'zod'
import { defineJob, type JobDefinition } from '../define/job.ts'
import { expireRequest } from './expire.ts'
import { handleGenaiProcessingEvent } from './process.ts'
import { workersAtATime } from './workload.ts'

/** Which request a job is about, and in which round; a job of an earlier round does nothing. */
export interface RequestBody {
  readonly request_id: string
  readonly round: number
}

const body: z.ZodType<RequestBody> = z.strictObject({ request_id: z.string(), round: z.number().int() })

export const processJob: JobDefinition<RequestBody> = defineJob<RequestBody>({
  name: 'event-driven.process',
  version: 1,
  summary: 'Calls the model for one accepted request.',
  body,
  concurrency: workersAtATime,
  handle: handleGenaiProcessingEvent,
})

/** Of requests whose caller set when they expire: so that they do in time, also behind a backlog. Others are looked at when they are worked. */
export const expireJob: JobDefinition<RequestBody> = defineJob<RequestBody>({
  name: 'event-driven.expire',
  version: 1,
  summary: 'Ends a request that expired before it was answered.',
  body,
  concurrency: 16,
  handle: (scope, { request_id, round }) => expireRequest(scope, request_id, round),
})
