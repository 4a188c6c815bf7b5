/** pg-boss on PostgreSQL: the job's id is the idempotency key; jobs are fetched and completed in batches. @module */
import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { promptOf } from '../../harness/sizes.mjs'

const queueName = 'bench'
const jobsAtATime = 5_000
const connections = 16
/** Two that take a batch each did best of what was tried (one, two, four; batches of 32, 64, 256; LISTEN/NOTIFY did worst). */
const fetchers = 2
const priorityOf = { high: 2, normal: 1, low: 0 }

export async function open({ port, concurrency, latency = 0, priorities = false }) {
  const connectionString = `postgres://postgres@127.0.0.1:${port}/postgres`
  const boss = new PgBoss({ connectionString, max: connections })
  boss.on('error', (error) => console.error(`pg-boss: ${error.message}`))
  await boss.start()
  await boss.createQueue(queueName, { retryLimit: 5, retryBackoff: true })
  const client = new pg.Client({ connectionString })
  await client.connect()
  const dataOf = (tenant, prompt) => ({ tenant, prompt })
  const optionsOf = (key, lane) => ({ id: uuidOf(key), ...(priorities ? { priority: priorityOf[lane] } : {}) })

  return {
    submit: ({ key, prompt, tenant, lane = 'normal' }) => boss.send(queueName, dataOf(tenant, prompt), optionsOf(key, lane)),
    fill: async (count) => {
      for (let from = 0; from < count; from += jobsAtATime) {
        const jobs = Array.from({ length: Math.min(jobsAtATime, count - from) }, (_, at) => ({
          ...optionsOf(randomUUID(), 'normal'),
          data: dataOf('demo', promptOf(from + at)),
        }))
        await boss.insert(queueName, jobs)
      }
      // What autovacuum and the checkpointer would do in a while, so that no later figure pays for it.
      await client.query('ANALYZE')
      await client.query('CHECKPOINT')
    },
    work: async (done) => {
      const options = {
        // A batch of calls that take time is that many calls at once.
        batchSize: latency > 0 ? concurrency / fetchers : concurrency,
        localConcurrency: fetchers,
        pollingIntervalSeconds: 0.5,
        burstWhenBatchFull: true,
      }
      await boss.work(queueName, options, async (jobs) => {
        if (latency > 0) await pause(latency)
        for (const job of jobs) done(job.data.tenant)
        return { ok: true }
      })
      return () => boss.offWork(queueName, { wait: true })
    },
    settled: async (count) => {
      const question = "SELECT count(*) AS amount FROM pgboss.job WHERE state = 'completed'"
      while (Number((await client.query(question)).rows[0].amount) < count) await pause(20)
    },
    close: async () => {
      await client.end()
      await boss.stop({ graceful: true, timeout: 5_000 })
    },
  }
}

const uuidForm = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** A key as the UUID that a job's id must be: itself, or the first 128 bits of its hash. */
function uuidOf(key) {
  if (uuidForm.test(key)) return key
  const digits = createHash('sha256').update(key).digest('hex')
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join('-')
}
