import { expect } from 'vitest'
import { InvalidInputError } from '../errors.ts'
import { type Job, jobLimits } from '../ports/queue.ts'
import type { Promises } from './contract.ts'
import { bench, drained, type QueueSubject, sendAll } from './queue-bench.ts'
import { jobOf } from './samples.ts'
import { pass, quiet, until } from './settling.ts'

const second = 1_000

/** What sending, delivering and draining promise. */
export const deliveryPromises: Promises<QueueSubject> = {
  'a job is delivered as it was sent': async (subject) => {
    const queue = 'contract.queue-1'
    const body = { text: 'Grüße, 世界 👩‍👩‍👧', empty: '', list: [1, null, { deep: [true] }], number: 0.1 }
    const jobs = (['high', 'normal', 'low'] as const).map((lane, index) =>
      jobOf(`tenant-${lane}`, `id-${lane}`, { queue, lane, body, version: index + 1, correlationId: `c-${lane}` }),
    )
    const worker = bench(subject(), queue, 5, () => ({ done: true }))
    await sendAll(subject().port.queue, jobs)
    await until(subject(), () => new Set(worker.deliveries.map(({ job }) => job.id)).size === 3, 'every job is delivered')
    for (const { job } of worker.deliveries) expect(job).toEqual(jobs.find(({ id }) => id === job.id))
    await worker.close()
  },

  'jobs wait for a consumer, and go to the consumers of their own queue only': async (subject) => {
    const { port } = subject()
    await sendAll(port.queue, [
      jobOf('t', 'two', { queue: 'contract.queue-2' }),
      jobOf('t', 'three', { queue: 'contract.queue-3' }),
    ])
    await quiet(subject())
    const three = bench(subject(), 'contract.queue-3', 5, () => ({ done: true }))
    const two = bench(subject(), 'contract.queue-2', 5, () => ({ done: true }))
    await two.reached(1)
    await three.reached(1)
    await quiet(subject())
    expect(new Set(two.deliveries.map(({ job }) => job.id))).toEqual(new Set(['two']))
    expect(new Set(three.deliveries.map(({ job }) => job.id))).toEqual(new Set(['three']))
    await two.close()
    await three.close()
  },

  'every job of many is delivered, two of one id as two': async (subject) => {
    const queue = 'contract.queue-4'
    const jobs = Array.from({ length: 300 }, (_, index) =>
      jobOf(`t${index % 7}`, `job-${index}`, { queue, lane: index % 2 ? 'low' : 'high' }),
    )
    const twins = [jobOf('t', 'twin', { queue, body: { twin: 1 } }), jobOf('t', 'twin', { queue, body: { twin: 2 } })]
    const worker = bench(subject(), queue, 10, () => ({ done: true }))
    for (let start = 0; start < jobs.length; start += 100) await sendAll(subject().port.queue, jobs.slice(start, start + 100))
    await sendAll(subject().port.queue, twins)
    const seen = (): Set<string> => new Set(worker.deliveries.map(({ job }) => JSON.stringify(job.body)))
    await until(subject(), () => seen().size === 302, 'every job is delivered')
    await worker.close()
  },

  'send gives a result a job in their order, and refuses what is beyond the limits': async (subject) => {
    const queue = 'contract.queue-5'
    const { port, clock } = subject()
    const now = clock?.now() ?? Date.now()
    const text = 'x'.repeat(jobLimits.bytes - '{"text":""}'.length)
    const jobs: Job[] = [
      jobOf('t', 'first', { queue }),
      jobOf('t', 'too large', { queue, body: { text: `${text}x` } }),
      jobOf('t', 'largest', { queue, body: { text } }),
      jobOf('t', 'too large in bytes', { queue, body: { text: '世'.repeat(6_000) } }),
      jobOf('t', 'too far', { queue, notBefore: now + jobLimits.aheadMilliseconds + 60_000 }),
      jobOf('t', 'last', { queue }),
    ]
    const results = await port.queue.send(jobs)
    expect(results).toEqual([
      { sent: true },
      { sent: false, code: 'too_large' },
      { sent: true },
      { sent: false, code: 'too_large' },
      { sent: false, code: 'too_far_ahead' },
      { sent: true },
    ])
    expect(await port.queue.send([])).toEqual([])
    const worker = bench(subject(), queue, 10, () => ({ done: true }))
    await worker.reached(3)
    await pass(subject(), 20 * 60 * second)
    expect(worker.deliveries.map(({ job }) => job.id).toSorted()).toEqual(['first', 'largest', 'last'])
    await worker.close()
  },

  'a job that is done or dead does not come back': async (subject) => {
    const queue = 'contract.queue-6'
    const worker = bench(subject(), queue, 5, (job) => (job.id === 'dead' ? { dead: 'no use' } : { done: true }))
    await sendAll(subject().port.queue, [jobOf('t', 'done', { queue }), jobOf('t', 'dead', { queue })])
    await worker.reached(2)
    for (let minute = 0; minute < 20; minute++) await pass(subject(), 60 * second)
    expect(worker.deliveries.map(({ job }) => job.id).toSorted()).toEqual(['dead', 'done'])
    await worker.close()
  },

  'a job is delivered again until it is done': async (subject) => {
    const queue = 'contract.queue-7'
    const { clock } = subject()
    const worker = bench(subject(), queue, 2, (_job, _lease, index) => {
      if (index % 2) throw new Error('The handler failed, as it was told to.')
      return index < 8 ? { retryAt: (clock?.now() ?? Date.now()) + 10 } : { done: true }
    })
    await sendAll(subject().port.queue, [jobOf('t', 'stubborn', { queue })])
    for (let count = 1; count <= 9; count++) await worker.reached(count)
    expect(worker.deliveries.every(({ job }) => job.id === 'stubborn')).toBe(true)
    await worker.close()
  },

  'a handler that throws is called again after a second': async (subject, skip) => {
    const queue = 'contract.queue-8'
    const { clock, port } = subject()
    if (!clock) return skip('this service has its own clock')
    let calls = 0
    // Not an async function: it throws instead of rejecting.
    const consumption = port.queue.consume(queue, { concurrency: 1 }, () => {
      if (++calls === 1) throw new Error('The handler failed, as it was told to.')
      return Promise.resolve({ done: true })
    })
    await sendAll(port.queue, [jobOf('t', 'thrower', { queue })])
    await until(subject(), () => calls === 1, 'the job is delivered')
    await quiet(subject())
    expect(calls).toBe(1)
    await pass(subject(), jobLimits.redeliverMilliseconds + second)
    await until(subject(), () => calls === 2, 'the job is delivered again')
    await drained(subject(), consumption)
  },

  'notBefore and retryAt hold a job back': async (subject, skip) => {
    const queue = 'contract.queue-9'
    const { clock, port } = subject()
    if (!clock) return skip('this service has its own clock')
    const start = clock.now()
    const worker = bench(subject(), queue, 5)
    const ahead = jobLimits.aheadMilliseconds
    await sendAll(port.queue, [jobOf('t', 'at once', { queue }), jobOf('t', 'soon', { queue, notBefore: start + 5_000.25 })])
    await sendAll(port.queue, [
      jobOf('t', 'late', { queue, notBefore: start + ahead }),
      jobOf('t', 'past', { queue, notBefore: start - 1 }),
    ])
    const ids = (): string[] => [...new Set(worker.deliveries.map(({ job }) => job.id))].toSorted()
    await until(subject(), () => ids().length === 2, 'what may be delivered is')
    await pass(subject(), start + 5_000 - second - clock.now() - 1)
    expect(ids()).toEqual(['at once', 'past'])
    await pass(subject(), 2 * second)
    await until(subject(), () => ids().length === 3, 'the job with a short delay is delivered')
    const again = clock.now() + 600_000
    for (const { job, end } of worker.deliveries) end(job.id === 'soon' ? { retryAt: again + 0.75 } : { done: true })
    const count = worker.deliveries.length
    await pass(subject(), again - second - clock.now() - 1)
    expect(worker.deliveries).toHaveLength(count)
    await pass(subject(), 2 * second)
    await worker.reached(count + 1)
    expect(worker.deliveries[count]?.job).toEqual(jobOf('t', 'soon', { queue, notBefore: start + 5_000.25 }))
    worker.deliveries[count]?.end({ done: true })
    await pass(subject(), start + ahead - second - clock.now() - 1)
    expect(ids()).toHaveLength(3)
    await pass(subject(), 2 * second)
    await until(subject(), () => ids().includes('late'), 'the job with the longest delay is delivered')
    await worker.close()
  },

  'at most concurrency handlers of one consumption run at a time': async (subject) => {
    const queue = 'contract.queue-10'
    expect(() => bench(subject(), queue, 0)).toThrow(InvalidInputError)
    await sendAll(
      subject().port.queue,
      Array.from({ length: 60 }, (_, index) => jobOf(`t${index % 3}`, `job-${index}`, { queue })),
    )
    const three = bench(subject(), queue, 3)
    await three.reached(3)
    await quiet(subject())
    expect(three.running()).toBe(3)
    const five = bench(subject(), queue, 5)
    await five.reached(5)
    await quiet(subject())
    expect([three.running(), five.running()]).toEqual([3, 5])
    for (let ended = 0; ended < 30; ended++) {
      three.deliveries[ended]?.end({ done: true })
      await until(subject(), () => three.deliveries.length > Math.min(ended + 3, 32), 'the next is delivered')
    }
    expect([three.most(), five.most()]).toEqual([3, 5])
    await three.close()
    await five.close()
  },

  'drain takes nothing more and waits for what runs': async (subject) => {
    const queue = 'contract.queue-11'
    await sendAll(
      subject().port.queue,
      Array.from({ length: 6 }, (_, index) => jobOf('t', `job-${index}`, { queue })),
    )
    const first = bench(subject(), queue, 2)
    await first.reached(2)
    let drainedAlready = false
    const draining = first.consumption.drain().then(() => {
      drainedAlready = true
    })
    await quiet(subject())
    expect(drainedAlready).toBe(false)
    first.deliveries[0]?.end({ done: true })
    await quiet(subject())
    expect(drainedAlready).toBe(false)
    expect(first.deliveries).toHaveLength(2)
    first.deliveries[1]?.end({ done: true })
    await until(subject(), () => drainedAlready, 'drained')
    await draining
    expect(first.deliveries).toHaveLength(2)
    // Draining twice is fine, and what was left is another's.
    await drained(subject(), first.consumption)
    const second = bench(subject(), queue, 2, () => ({ done: true }))
    await second.reached(4)
    const finished = new Set(first.deliveries.map(({ job }) => job.id))
    await quiet(subject())
    expect(second.deliveries.filter(({ job }) => finished.has(job.id))).toEqual([])
    await second.close()
    const idle = bench(subject(), queue, 2)
    await drained(subject(), idle.consumption)
  },

  'jobs are kept when the adapter is closed and opened again': async (subject, skip) => {
    const queue = 'contract.queue-12'
    const { port, clock, reopen } = subject()
    if (!reopen) return skip('nothing outlives this adapter')
    if (!clock) return skip('this service has its own clock')
    const before = bench(subject(), queue, 5, (job) =>
      job.id === 'retried' ? { retryAt: clock.now() + 60_000 } : { done: true },
    )
    await sendAll(port.queue, [jobOf('t', 'done', { queue }), jobOf('t', 'retried', { queue })])
    await sendAll(port.queue, [jobOf('t', 'delayed', { queue, notBefore: clock.now() + 120_000 })])
    await before.reached(2)
    await before.close()
    await sendAll(port.queue, [jobOf('t', 'waiting', { queue })])
    await reopen()
    const after = bench(subject(), queue, 5, () => ({ done: true }))
    await after.reached(1)
    await pass(subject(), 61_000)
    await after.reached(2)
    await pass(subject(), 61_000)
    await after.reached(3)
    expect(after.deliveries.map(({ job }) => job.id)).toEqual(['waiting', 'retried', 'delayed'])
    await after.close()
  },
}
