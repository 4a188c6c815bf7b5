import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { Uses } from '../../scope/scope.ts'
import { count, type RecordWrite } from '../../scope/state.ts'

const usualCalls = 60
const hour = 60 * 60_000

/** Calls of models that triage made for a tenant in an hour of UTC. */
export const triageCalls: Collection<{ readonly calls: number }> = defineCollection<{ readonly calls: number }>({
  name: 'triage-calls',
  schema: 1,
  plain: z.object({ calls: z.number() }),
  sealed: [],
  lists: {},
})

/** How many a tenant may have. */
export function callsAnHour({ tenant }: Pick<Uses<never>, 'tenant'>): number {
  return tenant.limits.triage_calls_per_hour ?? usualCalls
}

/** Takes one call of this hour's, with the commit it is in: LimitError when none is left. */
export function takeCall(scope: Uses<never>): RecordWrite {
  const now = scope.clock.now()
  const begun = now - (now % hour)
  return count(triageCalls, { partition: `${begun}` }, { calls: 1 }, { calls: callsAnHour(scope) }, begun + 2 * hour)
}
