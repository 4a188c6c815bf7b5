import { definePattern, type Pattern } from '../define/pattern.ts'
import { subscriberParts } from '../subscribers/parts.ts'
import { requestCompleted, requestFailed, requestReceived } from './events.ts'
import { expireJob, processJob } from './jobs.ts'
import { progress } from './progress.ts'
import { backlogs, deadLetters, idempotencyKeys, requests } from './requests.ts'
import { routes } from './routes.ts'

/** Asynchronous processing with high scalability (R6): accepted at once, worked when there is room, told to whoever listens. */
export const eventDriven: Pattern = definePattern({
  name: 'event-driven',
  title: 'Event-Driven GenAI',
  summary: 'Requests are kept and acknowledged at once, worked in the background with retries, and told of on an event bus.',
  collections: [requests, progress, idempotencyKeys, backlogs, deadLetters, ...subscriberParts.collections],
  events: [requestReceived, requestCompleted, requestFailed],
  jobs: [processJob, expireJob, ...subscriberParts.jobs],
  routes: [...routes, ...subscriberParts.routes],
})
