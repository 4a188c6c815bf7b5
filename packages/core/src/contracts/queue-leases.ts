import { expect } from 'vitest'
import { jobLimits } from '../ports/queue.ts'
import type { Promises } from './contract.ts'
import { bench, type QueueSubject, sendAll } from './queue-bench.ts'
import { jobOf, rejection } from './samples.ts'
import { pass, quiet } from './settling.ts'

const lease = jobLimits.leaseMilliseconds
const second = 1_000

/** What leases promise. */
export const leasePromises: Promises<QueueSubject> = {
  'a delivery whose lease runs out is delivered again, and its signal fires': async (subject, skip) => {
    const queue = 'contract.queue-13'
    const { clock, port } = subject()
    if (!clock) return skip('this service has its own clock')
    const worker = bench(subject(), queue, 3)
    await sendAll(port.queue, [jobOf('t', 'slow', { queue })])
    await worker.reached(1)
    await pass(subject(), lease - 2 * second)
    expect(worker.deliveries).toHaveLength(1)
    expect(worker.deliveries[0]?.lease.signal.aborted).toBe(false)
    await pass(subject(), 3 * second)
    await worker.reached(2)
    expect(worker.deliveries.map((delivery) => [delivery.job.id, delivery.lease.signal.aborted])).toEqual([
      ['slow', true],
      ['slow', false],
    ])
    // What the loser says doesn't count: neither that it is done, nor when to try again.
    worker.deliveries[0]?.end({ done: true })
    await quiet(subject())
    worker.deliveries[1]?.end({ retryAt: clock.now() + 10 * second })
    await pass(subject(), 11 * second)
    await worker.reached(3)
    worker.deliveries[2]?.end({ done: true })
    await pass(subject(), 2 * lease)
    expect(worker.deliveries).toHaveLength(3)
    await worker.close()
  },

  'who lost the lease cannot bring the job back': async (subject, skip) => {
    const queue = 'contract.queue-14'
    const { clock, port } = subject()
    if (!clock) return skip('this service has its own clock')
    const worker = bench(subject(), queue, 3)
    await sendAll(port.queue, [jobOf('t', 'slow', { queue })])
    await worker.reached(1)
    await pass(subject(), lease + second)
    await worker.reached(2)
    worker.deliveries[1]?.end({ done: true })
    await quiet(subject())
    worker.deliveries[0]?.end({ retryAt: clock.now() })
    await pass(subject(), 2 * lease)
    expect(worker.deliveries).toHaveLength(2)
    await worker.close()
  },

  'extend keeps a lease from now on, for longer or shorter, and rejects when it is lost': async (subject, skip) => {
    const queue = 'contract.queue-15'
    const { clock, port } = subject()
    if (!clock) return skip('this service has its own clock')
    const worker = bench(subject(), queue, 3)
    await sendAll(port.queue, [jobOf('t', 'long', { queue })])
    await worker.reached(1)
    const held = worker.deliveries[0]?.lease
    for (let round = 0; round < 5; round++) {
      await pass(subject(), lease - 5 * second)
      await held?.extend(lease)
    }
    expect(held?.signal.aborted).toBe(false)
    await held?.extend(4 * lease)
    await pass(subject(), 3 * lease)
    expect(worker.deliveries).toHaveLength(1)
    await held?.extend(5 * second)
    await pass(subject(), 3 * second)
    expect(held?.signal.aborted).toBe(false)
    expect(worker.deliveries).toHaveLength(1)
    await pass(subject(), 3 * second)
    await worker.reached(2)
    expect(held?.signal.aborted).toBe(true)
    expect(await rejection(held?.extend(lease) ?? Promise.resolve())).toBeInstanceOf(Error)
    expect(worker.deliveries[1]?.lease.signal.aborted).toBe(false)
    await worker.close()
  },

  'a handler that ends in time keeps its lease to itself': async (subject, skip) => {
    const queue = 'contract.queue-16'
    const { clock, port } = subject()
    if (!clock) return skip('this service has its own clock')
    const worker = bench(subject(), queue, 2)
    await sendAll(port.queue, [jobOf('t', 'a', { queue }), jobOf('t', 'b', { queue })])
    await worker.reached(2)
    await pass(subject(), lease - 5 * second)
    for (const delivery of worker.deliveries) delivery.end({ done: true })
    await pass(subject(), 3 * lease)
    expect(worker.deliveries).toHaveLength(2)
    expect(worker.deliveries.map((delivery) => delivery.lease.signal.aborted)).toEqual([false, false])
    await worker.close()
  },

  'a lease tells how many deliveries of its job ended without an outcome: thrown, or lost; others do not count': async (
    subject,
    skip,
  ) => {
    const queue = 'contract.queue-23'
    const { clock, port } = subject()
    if (!clock) return skip('this service has its own clock')
    const worker = bench(subject(), queue, 3)
    const told = (): number[] => worker.deliveries.map((delivery) => delivery.lease.cutOffs)
    await sendAll(port.queue, [jobOf('t', 'job', { queue })])
    await worker.reached(1)
    worker.deliveries[0]?.end({ retryAt: clock.now() + second })
    await pass(subject(), 2 * second)
    await worker.reached(2)
    worker.deliveries[1]?.fail()
    await pass(subject(), jobLimits.redeliverMilliseconds + second)
    await worker.reached(3)
    await pass(subject(), lease + second)
    await worker.reached(4)
    // What the loser says later changes nothing.
    worker.deliveries[2]?.fail()
    await quiet(subject())
    worker.deliveries[3]?.end({ retryAt: clock.now() + 60 * second })
    await pass(subject(), 61 * second)
    await worker.reached(5)
    expect(told()).toEqual([0, 0, 1, 2, 2])
    worker.deliveries[4]?.end({ done: true })
    await sendAll(port.queue, [jobOf('t', 'job', { queue })])
    await worker.reached(6)
    expect(told().at(-1)).toBe(0)
    await worker.close()
  },

  'what was in hand when the adapter ended was cut off, and the count is kept': async (subject, skip) => {
    const queue = 'contract.queue-24'
    const { clock, port, reopen } = subject()
    if (!reopen) return skip('nothing outlives this adapter')
    if (!clock) return skip('this service has its own clock')
    const later = clock.now() + 10 * 60 * second
    // A platform may wait until the leases of who died are over.
    const again = async (): Promise<void> => {
      await reopen()
      await pass(subject(), lease + 2 * second)
    }
    const before = bench(subject(), queue, 2, (job) => {
      if (job.id === 'retried') return { retryAt: later }
      return new Promise(() => {})
    })
    await sendAll(port.queue, [jobOf('t', 'retried', { queue }), jobOf('t', 'cut off', { queue })])
    await before.reached(2)
    await quiet(subject())
    for (let count = 1; count <= 2; count++) {
      await again()
      const after = bench(subject(), queue, 1)
      await after.reached(1)
      expect(after.deliveries[0]?.job.id).toBe('cut off')
      expect(after.deliveries[0]?.lease.cutOffs).toBe(count)
      // An adapter may take a moment to write down what it has in hand.
      await quiet(subject())
    }
    await sendAll(subject().port.queue, [jobOf('t', 'waiting', { queue })])
    await quiet(subject())
    await again()
    const last = bench(subject(), queue, 3)
    await last.reached(2)
    for (const { end } of last.deliveries) end({ done: true })
    await pass(subject(), later + second - clock.now())
    await last.reached(3)
    const counts = Object.fromEntries(last.deliveries.map(({ job, lease: each }) => [job.id, each.cutOffs]))
    expect(counts).toEqual({ 'cut off': 3, waiting: 0, retried: 0 })
    await last.close()
  },

  'a hung handler holds up neither its job nor the others': async (subject, skip) => {
    const queue = 'contract.queue-17'
    const { clock, port } = subject()
    if (!clock) return skip('this service has its own clock')
    const worker = bench(subject(), queue, 2)
    await sendAll(port.queue, [jobOf('t', 'hung', { queue })])
    await worker.reached(1)
    await sendAll(port.queue, [jobOf('t', 'other', { queue })])
    await worker.reached(2)
    worker.deliveries[1]?.end({ done: true })
    await pass(subject(), lease + second)
    await worker.reached(3)
    expect(worker.deliveries[2]?.job.id).toBe('hung')
    worker.deliveries[2]?.end({ done: true })
    await quiet(subject())
    expect(worker.running()).toBe(1)
    await worker.close()
  },
}
