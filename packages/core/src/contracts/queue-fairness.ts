import { expect } from 'vitest'
import { type Job, type Lane, laneWeights } from '../ports/queue.ts'
import type { Promises } from './contract.ts'
import { bench, type QueueSubject, sendAll } from './queue-bench.ts'
import { jobOf } from './samples.ts'

const lanes = Object.keys(laneWeights) as Lane[]

/** What lanes and tenants are promised. */
export const fairnessPromises: Promises<QueueSubject> = {
  'lanes are served 6 : 3 : 1 while all are full, so that none starves': async (subject) => {
    const queue = 'contract.queue-18'
    for (const lane of lanes) await sendAll(subject().port.queue, jobs(120, { queue, lane }))
    const worker = bench(subject(), queue, 1, () => ({ done: true }))
    await worker.reached(100)
    const served = worker.deliveries.slice(0, 100).map(({ job }) => job.lane)
    for (const lane of lanes) {
      const share = served.filter((each) => each === lane).length
      expect(Math.abs(share - laneWeights[lane] * 10), `${lane}: ${share} of 100`).toBeLessThanOrEqual(5)
    }
    for (let start = 0; start < 100; start += 25) expect(served.slice(start, start + 25)).toContain('low')
    await worker.close()
  },

  'an idle lane leaves its share to the others': async (subject) => {
    const queue = 'contract.queue-19'
    for (const lane of ['normal', 'low'] as const) await sendAll(subject().port.queue, jobs(90, { queue, lane }))
    const worker = bench(subject(), queue, 1, () => ({ done: true }))
    await worker.reached(80)
    const low = worker.deliveries.slice(0, 80).filter(({ job }) => job.lane === 'low').length
    expect(Math.abs(low - 20), `low: ${low} of 80`).toBeLessThanOrEqual(5)
    await worker.close()
  },

  "every tenant makes progress under another's flood": async (subject) => {
    const queue = 'contract.queue-20'
    for (let start = 0; start < 1_000; start += 100) await sendAll(subject().port.queue, jobs(100, { queue, tenant: 'flood' }))
    const worker = bench(subject(), queue, 1, async (_job, _lease, index) => {
      if (index === 9) await sendAll(subject().port.queue, [jobOf('quiet', 'one', { queue })])
      return { done: true }
    })
    await worker.reached(40)
    const place = worker.deliveries.findIndex(({ job }) => job.tenant === 'quiet')
    expect(place).toBeGreaterThan(9)
    expect(place).toBeLessThanOrEqual(20)
    await worker.close()
  },

  'a flood in a higher lane does not stop a lower one': async (subject) => {
    const queue = 'contract.queue-21'
    for (let start = 0; start < 300; start += 100)
      await sendAll(subject().port.queue, jobs(100, { queue, tenant: 'flood', lane: 'high' }))
    await sendAll(subject().port.queue, jobs(100, { queue, tenant: 'flood', lane: 'low' }))
    await sendAll(subject().port.queue, [jobOf('quiet', 'one', { queue, lane: 'low' })])
    const worker = bench(subject(), queue, 1, () => ({ done: true }))
    await worker.reached(80)
    expect(worker.deliveries.slice(0, 80).some(({ job }) => job.tenant === 'quiet')).toBe(true)
    await worker.close()
  },

  'tenants of one lane take turns': async (subject) => {
    const queue = 'contract.queue-22'
    const sizes = { a: 200, b: 60, c: 60, d: 60, e: 60 }
    for (const [tenant, size] of Object.entries(sizes)) await sendAll(subject().port.queue, jobs(size, { queue, tenant }))
    const worker = bench(subject(), queue, 4, () => ({ done: true }))
    await worker.reached(100)
    const served = worker.deliveries.slice(0, 100).map(({ job }) => job.tenant)
    for (const tenant of Object.keys(sizes))
      expect(served.filter((each) => each === tenant).length, tenant).toBeGreaterThanOrEqual(10)
    await worker.close()
  },

  'tenants of one lane are served by their weights while all have work, and the light one never waits for long': async (
    subject,
  ) => {
    const queue = 'contract.queue-25'
    const weights = { heavy: 3, light: 1 }
    for (const [tenant, weight] of Object.entries(weights))
      await sendAll(subject().port.queue, jobs(90, { queue, tenant, weight }))
    const worker = bench(subject(), queue, 2, () => ({ done: true }))
    await worker.reached(80)
    const served = worker.deliveries.slice(0, 80).map(({ job }) => job.tenant)
    const heavy = served.filter((tenant) => tenant === 'heavy').length
    expect(Math.abs(heavy - 60), `heavy: ${heavy} of 80`).toBeLessThanOrEqual(6)
    for (let start = 0; start < 80; start += 10) expect(served.slice(start, start + 10)).toContain('light')
    await worker.close()
  },
}

function jobs(count: number, parts: Partial<Job>): Job[] {
  return Array.from({ length: count }, (_, index) => jobOf('t', `job-${index}`, parts))
}
