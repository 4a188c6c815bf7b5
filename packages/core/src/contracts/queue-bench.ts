import type { Consumption, Job, Lease, Outcome, Queue } from '../ports/queue.ts'
import type { Subject } from './contract.ts'
import { until } from './settling.ts'

/** What a queue's contract is tried on. */
export interface QueueSubject {
  readonly queue: Queue
}

/** The queues that the contract uses, for adapters that must make them first. */
export const contractQueues: readonly string[] = Array.from({ length: 25 }, (_, index) => `contract.queue-${index + 1}`)

/** A delivery that waits for the test to say what became of it. */
export interface Delivery {
  readonly job: Job
  readonly lease: Lease
  /** When the handler was called. */
  readonly at: number
  end(outcome: Outcome): void
  fail(): void
}

/** A consumption whose handlers are in the hands of a test. */
export interface Bench {
  /** All deliveries so far, in their order. */
  readonly deliveries: readonly Delivery[]
  /** Handlers that run now, and the most that ran at once. */
  readonly running: () => number
  readonly most: () => number
  readonly consumption: Consumption
  /** Sooner or later so many deliveries were made. */
  reached(count: number): Promise<void>
  /** Ends everything that still runs and drains. */
  close(): Promise<void>
}

/**
 * Consumes a queue.
 * @param answer what a handler does by itself; without it the test ends each delivery.
 */
export function bench(
  subject: Subject<QueueSubject>,
  queue: string,
  concurrency: number,
  answer?: (job: Job, lease: Lease, index: number) => Outcome | Promise<Outcome>,
): Bench {
  const deliveries: Delivery[] = []
  const open = new Set<Delivery>()
  let running = 0
  let most = 0
  let closing = false
  const consumption = subject.port.queue.consume(queue, { concurrency }, async (job, lease) => {
    let end: Delivery['end'] = () => {}
    let fail: Delivery['fail'] = () => {}
    const decided = new Promise<Outcome>((resolve, reject) => {
      end = resolve
      fail = () => reject(new Error('The handler failed, as it was told to.'))
    })
    const delivery = { job, lease, at: subject.clock?.now() ?? Date.now(), end, fail }
    most = Math.max(most, ++running)
    open.add(delivery)
    const index = deliveries.push(delivery) - 1
    try {
      if (closing) return { done: true }
      return await (answer ? answer(job, lease, index) : decided)
    } finally {
      running--
      open.delete(delivery)
    }
  })
  return {
    deliveries,
    running: () => running,
    most: () => most,
    consumption,
    reached: (count) => until(subject, () => deliveries.length >= count, `${count} deliveries of ${queue}`),
    close: async () => {
      closing = true
      for (const delivery of open) delivery.end({ done: true })
      await drained(subject, consumption)
    },
  }
}

/** Drains, letting the adapter work meanwhile. */
export async function drained(subject: Subject<QueueSubject>, consumption: Consumption): Promise<void> {
  let ended = false
  void consumption.drain().then(() => {
    ended = true
  })
  await until(subject, () => ended, 'drained')
}

/** Sends as the relay does: what isn't sent is sent again. */
export async function sendAll(queue: Queue, jobs: readonly Job[]): Promise<void> {
  let left = jobs
  for (let attempt = 0; left.length > 0; attempt++) {
    if (attempt > 100) throw new Error('These jobs can never be sent.')
    const tried = left
    try {
      const results = await queue.send(tried)
      left = tried.filter((_, index) => !results[index]?.sent)
    } catch {
      // Nobody knows what was sent.
    }
  }
}
