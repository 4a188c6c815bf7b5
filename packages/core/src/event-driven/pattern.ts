import { definePattern, type Pattern } from '../define/pattern.ts'
import { requestCompleted, requestFailed, requestReceived } from './events.ts'
import { processJob } from './jobs.ts'
import { backlogs, deadLetters, idempotencyKeys, requests } from './requests.ts'
import { routes } from './routes.ts'

/** Asynchronous processing with high scalability (R6): accepted at once, worked when there is room, told to whoever listens. */
export const eventDriven: Pattern = definePattern({
  name: 'event-driven',
  title: 'Event-Driven GenAI',
  summary: 'Requests are kept and acknowledged at once, worked in the background with retries, and told of on an event bus.',
  collections: [requests, idempotencyKeys, backlogs, deadLetters],
  events: [requestReceived, requestCompleted, requestFailed],
  jobs: [processJob],
  routes,
})
