/** BullMQ on Redis: a unique job id is the idempotency key, finished jobs are kept, as is its default. @module */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { promptOf } from '../../harness/sizes.mjs'

const queueName = 'bench'
const jobsAtATime = 2_000
const attempts = 5
/** Its lowest number goes first, and only matters where priorities are asked for. */
const priorityOf = { high: 1, normal: 2, low: 3 }

export async function open({ port, concurrency, latency = 0, priorities = false }) {
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
  const queue = new Queue(queueName, { connection })
  await queue.waitUntilReady()
  const dataOf = (tenant, prompt) => ({ tenant, prompt })
  const optionsOf = (key, lane) => ({
    jobId: key,
    attempts,
    backoff: { type: 'exponential', delay: 1_000 },
    ...(priorities ? { priority: priorityOf[lane] } : {}),
  })

  return {
    submit: ({ key, prompt, tenant, lane = 'normal' }) => queue.add('process', dataOf(tenant, prompt), optionsOf(key, lane)),
    fill: async (count) => {
      for (let from = 0; from < count; from += jobsAtATime) {
        const jobs = Array.from({ length: Math.min(jobsAtATime, count - from) }, (_, at) => ({
          name: 'process',
          data: dataOf('demo', promptOf(from + at)),
          opts: optionsOf(randomUUID(), 'normal'),
        }))
        await queue.addBulk(jobs)
      }
      await rewritten(connection)
    },
    work: (done) => {
      const handle = async () => {
        if (latency > 0) await pause(latency)
        return { ok: true }
      }
      const worker = new Worker(queueName, handle, { connection, concurrency })
      worker.on('completed', (job) => done(job.data.tenant))
      worker.on('error', (error) => console.error(`BullMQ: ${error.message}`))
      return () => worker.close()
    },
    close: () => queue.close(),
  }
}

/** Resolves when Redis doesn't rewrite its log, so that no later figure pays for it. */
async function rewritten(connection) {
  const client = new Redis(connection)
  while (/aof_rewrite_(in_progress|scheduled):1/.test(await client.info('persistence'))) await pause(50)
  client.disconnect()
}
