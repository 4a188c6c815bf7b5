import type { Clock, Timer } from '../ports/clock.ts'
import {
  type Consumption,
  type Handler,
  type Job,
  jobLimits,
  jobRefusal,
  type Lease,
  type Outcome,
  type Queue,
  type SendResult,
} from '../ports/queue.ts'
import type { Hostility } from './hostile.ts'
import { noAnswer } from './hostile-state-store.ts'
import { leaseLost } from './memory-queue.ts'

const longestDelay = 5_000
const longestRepetition = 60_000

/** A queue that keeps its promises, and no more. It wraps one that can always be sent to. */
export class HostileQueue implements Queue {
  readonly #inner: Queue
  readonly #clock: Clock
  readonly #hostility: Hostility

  constructor(inner: Queue, clock: Clock, hostility: Hostility) {
    this.#inner = inner
    this.#clock = clock
    this.#hostility = hostility
  }

  async send(jobs: readonly Job[]): Promise<readonly SendResult[]> {
    const results: SendResult[] = []
    const cut =
      this.#hostility.happens('failSend') && this.#hostility.sometimes(0.25) ? this.#hostility.below(jobs.length + 1) : undefined
    for (const [index, job] of jobs.entries()) {
      if (index === cut) throw noAnswer()
      const code = jobRefusal(job, this.#clock.now())
      const fails = code === undefined && this.#hostility.happens('failSend')
      // The answer is lost more easily than the job.
      if (code === undefined && (!fails || this.#hostility.sometimes(0.4))) this.#deliver(job)
      results.push(code !== undefined ? { sent: false, code } : fails ? { sent: false, code: 'throttled' } : { sent: true })
    }
    return results
  }

  consume(queue: string, options: { readonly concurrency: number }, handle: Handler): Consumption {
    return this.#inner.consume(queue, options, (copy, lease) => {
      const { job, before } = unmark(copy)
      const cutOffs = before + lease.cutOffs
      return this.#handle(job, cutOffs, new HostileLease(lease, this.#told(cutOffs)), handle)
    })
  }

  async #handle(job: Job, cutOffs: number, lease: HostileLease, handle: Handler): Promise<Outcome> {
    const loss = this.#hostility.happens('loseLease') ? this.#loseLater(job, cutOffs, lease) : undefined
    let outcome: Outcome
    try {
      outcome = await handle(job, lease)
    } catch (error) {
      if (!lease.lost) throw error
      outcome = { done: true }
    } finally {
      loss?.cancel()
    }
    // Another worker has it, by way of a second sending; this one says nothing any more.
    if (lease.lost) return { done: true }
    if (!('retryAt' in outcome) && this.#hostility.happens('redeliverSettled'))
      this.#sendIn(this.#hostility.below(longestRepetition), job, cutOffs)
    return outcome
  }

  /** A count as it is told: now and then off by one. */
  #told(cutOffs: number): number {
    if (!this.#hostility.happens('miscountCutOffs')) return cutOffs
    return Math.max(0, cutOffs + (this.#hostility.sometimes(0.5) ? 1 : -1))
  }

  #deliver(job: Job): void {
    const copies = this.#hostility.happens('duplicateDelivery') ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const delay = this.#hostility.happens('delayDelivery') ? this.#hostility.below(longestDelay) : 0
      this.#sendIn(delay, job, 0)
    }
  }

  #sendIn(delay: number, job: Job, cutOffs: number): void {
    const copy = mark(structuredClone(job), cutOffs)
    if (delay === 0) void this.#inner.send([copy])
    else this.#clock.setTimer(delay, () => void this.#inner.send([copy]))
  }

  /** Half of the time within a few steps of the handler, else at some time while it waits. */
  #loseLater(job: Job, cutOffs: number, lease: HostileLease): Timer {
    let wanted = true
    const lose = (): void => {
      if (!wanted) return
      lease.lose()
      void this.#inner.send([mark(job, cutOffs + 1)])
    }
    if (this.#hostility.sometimes(0.5)) void afterSteps(this.#hostility.below(30)).then(lose)
    else this.#clock.setTimer(this.#hostility.below(jobLimits.leaseMilliseconds), lose)
    return {
      cancel: () => {
        wanted = false
      },
    }
  }
}

// A job that is sent anew is another one to the queue inside, which doesn't know of its cut-offs: its id carries them there.
const marked = /^\x00(\d+)\x00/

function mark(job: Job, cutOffs: number): Job {
  return cutOffs === 0 ? job : { ...job, id: `\x00${cutOffs}\x00${job.id}` }
}

function unmark(copy: Job): { readonly job: Job; readonly before: number } {
  const [prefix, before] = marked.exec(copy.id) ?? ['', 0]
  return { job: { ...copy, id: copy.id.slice(prefix.length) }, before: Number(before) }
}

class HostileLease implements Lease {
  readonly cutOffs: number
  readonly signal: AbortSignal
  readonly #inner: Lease
  readonly #controller = new AbortController()

  constructor(inner: Lease, cutOffs: number) {
    this.cutOffs = cutOffs
    this.#inner = inner
    this.signal = AbortSignal.any([inner.signal, this.#controller.signal])
  }

  get lost(): boolean {
    return this.#controller.signal.aborted
  }

  lose(): void {
    this.#controller.abort(leaseLost())
  }

  async extend(milliseconds: number): Promise<void> {
    if (this.lost) throw leaseLost()
    await this.#inner.extend(milliseconds)
  }
}

async function afterSteps(steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) await undefined
}
