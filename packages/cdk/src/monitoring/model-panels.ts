import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { type OwnMetric, ownMetric } from './own-metric.ts'
import { type Panel, percentiles } from './panel.ts'

/**
 * How many tokens models are sent and send, at which list price, how often in vain, and how long calls take.
 * @param callers values of the dimension `Pattern`.
 */
export function modelPanels(callers: readonly string[]): readonly Panel[] {
  const lines = (name: OwnMetric, what: string): readonly IMetric[] =>
    callers.map((caller) => ownMetric(name, caller, { label: `${what}, ${caller}` }))
  const durations = (caller: string): readonly IMetric[] =>
    percentiles((options) => ownMetric('ModelDuration', caller, options), caller)
  return [
    { title: 'Tokens of models', unit: 'tokens', metrics: [...lines('InputTokens', 'in'), ...lines('OutputTokens', 'out')] },
    { title: 'Cost of models', unit: 'USD', metrics: lines('ModelCost', 'list price') },
    {
      title: 'Model calls that failed',
      unit: 'calls',
      metrics: [...lines('ModelThrottles', 'throttled'), ...lines('ModelFailures', 'failed')],
    },
    { title: 'Duration of model calls', unit: 'ms', metrics: callers.flatMap(durations) },
  ]
}
