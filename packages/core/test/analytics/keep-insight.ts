import type { Insight } from '../../src/analytics/insight.ts'
import { insightsOf, storeInsight } from '../../src/analytics/insights.ts'
import { defaultSettings } from '../../src/analytics/streams.ts'
import type { Scope } from '../../src/index.ts'

/** Keeps an insight, as it is now. */
export async function keepInsight(scope: Scope, insight: Insight): Promise<void> {
  const kept = (await insightsOf(scope, insight.evidence.incident_id)).get(insight.insight_id)
  const { retention } = defaultSettings
  await scope.state.commit({ writes: [storeInsight(insight, kept, { now: scope.clock.now(), retention })] })
}
