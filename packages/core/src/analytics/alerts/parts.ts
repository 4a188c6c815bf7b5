import type { Pattern } from '../../define/pattern.ts'
import { alertEvents } from './events.ts'
import { alertRules } from './keep-rules.ts'
import { publishAlert } from './publish-alert.ts'
import { alertPointers, alerts } from './records.ts'
import { alertRoutes } from './routes.ts'
import { ruleRuns } from './window-rules.ts'

/** What alerts bring to the analytics pattern. */
export const alertsParts: Required<Pick<Pattern, 'collections' | 'events' | 'routes' | 'subscribers'>> = {
  collections: [alerts, alertPointers, alertRules, ruleRuns],
  events: alertEvents,
  routes: alertRoutes,
  subscribers: [publishAlert],
}
