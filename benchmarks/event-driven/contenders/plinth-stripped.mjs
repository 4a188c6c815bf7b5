/**
 * Ours without what the peers don't do: the same StateStore and Queue, one plain row and one job in one synced commit, and a
 * handler that reads the row and keeps it as done. No sealing, no events, no telemetry, no estimate.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { uuid } from '@plinth/core'
import { localPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'
import { promptOf } from '../harness/sizes.mjs'
import { inParallel } from '../load/produce.mjs'

const queueName = 'bench.process'
const jobsACommit = 10
const fillers = 128

export async function open({ directory, concurrency, latency = 0 }) {
  const platform = await localPlatform({ directory, models: createModels({ clock: systemClock }) })
  const { store, queue } = platform.operate()
  const keyOf = (tenant, key) => ({ tenant, collection: 'bench', partition: key, sort: '@' })
  const rowOf = (tenant, key, fields) => ({ ...keyOf(tenant, key), schema: 1, index: fields, sealed: {}, lists: [] })
  const jobOf = (tenant, key, lane) => ({
    queue: queueName,
    tenant,
    id: key,
    lane,
    version: 1,
    correlationId: uuid(systemClock),
    body: { key },
  })
  const insertOf = (tenant, key, prompt) => ({
    put: rowOf(tenant, key, { status: 'processing', prompt }),
    ifVersion: 'absent',
  })

  return {
    submit: ({ key, prompt, tenant, lane = 'normal' }) =>
      store.commit({ writes: [insertOf(tenant, key, prompt)], emit: [jobOf(tenant, key, lane)] }),
    fill: (count) =>
      inParallel(Math.ceil(count / jobsACommit), fillers, (group) => {
        const keys = Array.from({ length: Math.min(jobsACommit, count - group * jobsACommit) }, () => randomUUID())
        return store.commit({
          writes: keys.map((key, at) => insertOf('demo', key, promptOf(group * jobsACommit + at))),
          emit: keys.map((key) => jobOf('demo', key, 'normal')),
        })
      }),
    work: (done) => {
      const consumption = queue.consume(queueName, { concurrency }, async ({ tenant, body }) => {
        const row = await store.get(keyOf(tenant, body.key))
        if (latency > 0) await new Promise((resolve) => setTimeout(resolve, latency))
        const fields = { ...row.index, status: 'completed' }
        await store.commit({ writes: [{ put: rowOf(tenant, body.key, fields), ifVersion: row.version }] })
        done(tenant)
        return { done: true }
      })
      return () => consumption.drain()
    },
    close: () => platform.close(),
  }
}
