import { type Clock, type Job, jobLimits, type Lease, type Timer, UnavailableError } from '@plinth/core'
import type { JobPlace } from '../database/operation.ts'

/** A job in the hands of a handler. */
export interface Delivery {
  readonly position: number
  readonly job: Job
  /** How many earlier deliveries ended without an outcome. */
  readonly cutOffs: number
}

export function placeOf({ position, job }: Delivery): JobPlace {
  return [job.queue, job.lane, job.tenant, position]
}

interface Held {
  readonly delivery: Delivery
  readonly controller: AbortController
  until: number
}

/**
 * The leases of this process. They live in memory only: the one process that may hold any is this one, and when it dies
 * every job that it held is ready again at the next start, with nothing to wait for.
 */
export class Leases {
  readonly #clock: Clock
  readonly #lost: (delivery: Delivery) => void
  readonly #held = new Map<number, Held>()
  #watching: { readonly timer: Timer; readonly until: number } | undefined

  /** @param lost is called with each delivery whose lease ran out. */
  constructor(clock: Clock, lost: (delivery: Delivery) => void) {
    this.#clock = clock
    this.#lost = lost
  }

  hold(delivery: Delivery): Lease {
    const held: Held = { delivery, controller: new AbortController(), until: this.#clock.now() + jobLimits.leaseMilliseconds }
    this.#held.set(delivery.position, held)
    this.#watch(held.until)
    return {
      cutOffs: delivery.cutOffs,
      signal: held.controller.signal,
      extend: async (milliseconds) => {
        if (this.#held.get(delivery.position) !== held) throw new UnavailableError('lease_lost', 'The lease was lost.')
        held.until = this.#clock.now() + milliseconds
        this.#watch(held.until)
      },
    }
  }

  /** Ends a lease. @returns whether it still held: only then does the outcome count. */
  release(delivery: Delivery): boolean {
    if (this.#held.get(delivery.position)?.delivery !== delivery) return false
    return this.#held.delete(delivery.position)
  }

  /** Where the jobs are that are held, one after the other. */
  places(): (string | number)[] {
    const places: (string | number)[] = []
    for (const { delivery } of this.#held.values()) places.push(...placeOf(delivery))
    return places
  }

  /** Watches no more. */
  close(): void {
    this.#watching?.timer.cancel()
  }

  // One timer for all: it wakes when the first may run out, and looks again.
  #watch(until: number): void {
    if (this.#watching && this.#watching.until <= until) return
    this.#watching?.timer.cancel()
    this.#watching = { until, timer: this.#clock.setTimer(until - this.#clock.now(), () => this.#look()) }
  }

  #look(): void {
    this.#watching = undefined
    let first = Number.POSITIVE_INFINITY
    for (const held of [...this.#held.values()]) {
      if (held.until > this.#clock.now()) {
        first = Math.min(first, held.until)
        continue
      }
      this.#held.delete(held.delivery.position)
      held.controller.abort(new Error('The lease was lost.'))
      this.#lost(held.delivery)
    }
    if (this.#held.size > 0) this.#watch(first)
  }
}
