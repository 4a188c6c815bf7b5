import type { Pattern } from '../define/pattern.ts'
import { deliverJob } from './deliver.ts'
import { deliveries, messages, replays, subscriberCounts, subscribers, webhookSecrets } from './records.ts'
import { replayJob } from './replay.ts'
import { subscriberRoutes } from './routes.ts'

/** What subscribers bring to the event-driven pattern, whose events they are told of. */
export const subscriberParts: Pick<Pattern, 'collections' | 'jobs' | 'routes'> = {
  collections: [subscribers, subscriberCounts, deliveries, messages, replays, webhookSecrets],
  jobs: [deliverJob, replayJob],
  routes: subscriberRoutes,
}
