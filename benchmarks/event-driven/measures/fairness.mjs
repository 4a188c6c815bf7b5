import { runTask } from '../harness/processes.mjs'
import { onFreshPlace } from './place.mjs'
import { subject, taskMilliseconds } from './subject-module.mjs'

/** One tenant's flood, and a few requests of another beside it. */
export const fairness = {
  contenders: ['plinth', 'bullmq-everysec', 'pg-boss'],
  variants: (_, sizes) => sizes.fairness.latencies.map((latency) => ({ latency })),
  measure: (context, name, { latency }) =>
    onFreshPlace(context, name, ({ settings }) => {
      const { concurrency, latencies: _, ...options } = context.sizes.fairness
      const task = { task: 'fairness', name, settings: { ...settings, concurrency, latency, priorities: true }, options }
      return runTask(subject, task, taskMilliseconds)
    }),
}
