import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { diskOf, flushDisks } from '../harness/machine.mjs'
import { runTask } from '../harness/processes.mjs'
import { onPlace } from './place.mjs'
import { subject, taskMilliseconds } from './subject-module.mjs'

const fillMilliseconds = 60 * 60_000

/**
 * With much waiting: the acknowledgement's latency, then the drain rate. A backlog is filled once and kept over the rounds; before
 * each round what the last one drained is filled up again.
 */
export const backlog = {
  contenders: ['plinth', 'bullmq-everysec', 'pg-boss'],
  variants: (options) => options.depths.map((depth) => ({ depth })),
  measure: async (context, name, { depth }) => {
    const folder = join(context.folder, `backlog-${name}-${depth}`)
    const waiting = context.waiting.get(folder) ?? 0
    // Only a round that goes well knows how much waits afterwards; after another one the next begins anew.
    if (!context.waiting.delete(folder)) rmSync(folder, { recursive: true, force: true })
    return onPlace(folder, name, async ({ settings, storePid }) => {
      const { concurrency, ...options } = context.sizes.backlog
      const missing = depth - waiting
      const began = performance.now()
      if (missing > 0) {
        const fill = { task: 'fill', name, settings: { ...settings, concurrency }, options: { count: missing } }
        await runTask(subject, fill, fillMilliseconds)
        flushDisks()
      }
      const fillSeconds = (performance.now() - began) / 1000
      const task = { task: 'backlog', name, settings: { ...settings, concurrency }, options: { ...options, storePid } }
      const { grown, ...result } = await runTask(subject, task, taskMilliseconds)
      context.waiting.set(folder, Math.max(depth, waiting) + grown)
      return { filled: missing, fillSeconds, ...result, disk: diskOf(folder) }
    })
  },
}
