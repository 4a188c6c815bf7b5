import { UnavailableError } from '../errors.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import {
  type Consumption,
  checkConcurrency,
  type Handler,
  type Job,
  jobLimits,
  jobRefusal,
  type Lease,
  type Outcome,
  type Queue,
  type SendResult,
} from '../ports/queue.ts'
import { FairLanes } from './fair-lanes.ts'

interface Consumer {
  readonly concurrency: number
  readonly handle: Handler
  running: number
  ended: (() => void) | undefined
}

/** One queue's jobs and those who work on them. */
interface Topic {
  readonly ready: FairLanes
  readonly consumers: Set<Consumer>
  /** Jobs that wait for their time, or are being worked on. */
  delayed: number
  leased: number
  pumping: boolean
}

/** A queue in memory, polite: it repeats a delivery only when it has to. */
export class MemoryQueue implements Queue {
  readonly #clock: Clock
  readonly #topics = new Map<string, Topic>()
  /** How many deliveries of a job ended without an outcome; of those that had one such. */
  readonly #cutOffs = new WeakMap<Job, number>()

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock
  }

  async send(jobs: readonly Job[]): Promise<readonly SendResult[]> {
    return jobs.map((job): SendResult => {
      const code = jobRefusal(job, this.#clock.now())
      if (code !== undefined) return { sent: false, code }
      this.#wait(this.#topic(job.queue), structuredClone(job), job.notBefore ?? 0)
      return { sent: true }
    })
  }

  consume(queue: string, options: { readonly concurrency: number }, handle: Handler): Consumption {
    const { concurrency } = options
    checkConcurrency(concurrency)
    const topic = this.#topic(queue)
    const consumer: Consumer = { concurrency, handle, running: 0, ended: undefined }
    topic.consumers.add(consumer)
    this.#pump(topic)
    let drained: Promise<void> | undefined
    return {
      drain: () => {
        drained ??= new Promise((resolve) => {
          topic.consumers.delete(consumer)
          if (consumer.running === 0) resolve()
          else consumer.ended = resolve
        })
        return drained
      },
    }
  }

  /** How many jobs of a queue (of all, without a name) are ready, wait for their time, or are being worked on. */
  depth(queue?: string): { readonly ready: number; readonly delayed: number; readonly leased: number } {
    const topics = queue === undefined ? [...this.#topics.values()] : [this.#topic(queue)]
    const depth = { ready: 0, delayed: 0, leased: 0 }
    for (const topic of topics) {
      depth.ready += topic.ready.size
      depth.delayed += topic.delayed
      depth.leased += topic.leased
    }
    return depth
  }

  #topic(queue: string): Topic {
    let topic = this.#topics.get(queue)
    if (!topic) {
      topic = { ready: new FairLanes(), consumers: new Set(), delayed: 0, leased: 0, pumping: false }
      this.#topics.set(queue, topic)
    }
    return topic
  }

  #wait(topic: Topic, job: Job, until: number): void {
    const delay = until - this.#clock.now()
    if (delay <= 0) {
      topic.ready.push(job)
      this.#pump(topic)
      return
    }
    topic.delayed++
    this.#clock.setTimer(delay, () => {
      topic.delayed--
      this.#wait(topic, job, until)
    })
  }

  /** Hands out what is ready, a moment later: no handler runs inside `send` or `consume`. */
  #pump(topic: Topic): void {
    if (topic.pumping) return
    topic.pumping = true
    queueMicrotask(() => {
      topic.pumping = false
      for (let served = true; served; ) {
        served = false
        for (const consumer of topic.consumers) {
          const job = consumer.running < consumer.concurrency ? topic.ready.take() : undefined
          if (!job) continue
          served = true
          void this.#deliver(topic, consumer, job)
        }
      }
    })
  }

  async #deliver(topic: Topic, consumer: Consumer, job: Job): Promise<void> {
    consumer.running++
    topic.leased++
    const lease = new MemoryLease(this.#clock, this.#cutOffs.get(job) ?? 0, () => {
      topic.leased--
      this.#cutOff(job)
      this.#wait(topic, job, 0)
    })
    const outcome = await this.#outcome(consumer, job, lease)
    // Whoever lost the lease has nothing to say: the job is another's.
    if (lease.end()) {
      topic.leased--
      const soon = this.#clock.now() + jobLimits.redeliverMilliseconds
      if (!outcome) {
        this.#cutOff(job)
        this.#wait(topic, job, soon)
      } else if ('retryAt' in outcome) this.#wait(topic, job, Number.isFinite(outcome.retryAt) ? outcome.retryAt : soon)
    }
    consumer.running--
    if (consumer.running === 0) consumer.ended?.()
    this.#pump(topic)
  }

  /** Undefined when the handler threw, which is the worker host's to log. */
  async #outcome(consumer: Consumer, job: Job, lease: Lease): Promise<Outcome | undefined> {
    try {
      return await consumer.handle(structuredClone(job), lease)
    } catch {
      return undefined
    }
  }

  #cutOff(job: Job): void {
    this.#cutOffs.set(job, (this.#cutOffs.get(job) ?? 0) + 1)
  }
}

class MemoryLease implements Lease {
  readonly cutOffs: number
  readonly #clock: Clock
  readonly #lost: () => void
  readonly #controller = new AbortController()
  #timer: Timer | undefined

  constructor(clock: Clock, cutOffs: number, lost: () => void) {
    this.#clock = clock
    this.cutOffs = cutOffs
    this.#lost = lost
    this.#start(jobLimits.leaseMilliseconds)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  async extend(milliseconds: number): Promise<void> {
    if (!this.#timer) throw leaseLost()
    this.#timer.cancel()
    this.#start(milliseconds)
  }

  /** Gives the lease back; false when it was lost before. */
  end(): boolean {
    const held = this.#timer !== undefined
    this.#timer?.cancel()
    this.#timer = undefined
    return held
  }

  #start(milliseconds: number): void {
    this.#timer = this.#clock.setTimer(milliseconds, () => {
      this.#timer = undefined
      this.#lost()
      this.#controller.abort(leaseLost())
    })
  }
}

/** Why a lease's signal fired, and what `extend` rejects with then. */
export function leaseLost(): UnavailableError {
  return new UnavailableError('lease_lost', 'The lease on this job was lost.')
}
