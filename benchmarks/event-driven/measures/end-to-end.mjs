import { runTask } from '../harness/processes.mjs'
import { onFreshPlace } from './place.mjs'
import { subject, taskMilliseconds } from './subject-module.mjs'

/** In one process: 64 producers hand in one by one, the worker drains. */
export const e2e = {
  contenders: ['plinth', 'bullmq-everysec', 'plinth-stripped', 'bullmq-always', 'pg-boss'],
  variants: () => [{}],
  measure: (context, name) =>
    onFreshPlace(context, name, ({ settings, storePid }) => {
      const { concurrency, ...options } = context.sizes.e2e
      const task = { task: 'end-to-end', name, settings: { ...settings, concurrency }, options: { ...options, storePid } }
      return runTask(subject, task, taskMilliseconds)
    }),
}
