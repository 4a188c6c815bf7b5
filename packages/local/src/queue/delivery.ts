import { type Clock, type Job, jobLimits, type Lease, type Timer } from '@plinth/core'

/** A job in the hands of a handler. */
export interface Delivery {
  readonly position: number
  readonly job: Job
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
  #watching: Timer | undefined

  /** @param lost is called with each delivery whose lease ran out. */
  constructor(clock: Clock, lost: (delivery: Delivery) => void) {
    this.#clock = clock
    this.#lost = lost
  }

  hold(delivery: Delivery): Lease {
    const held: Held = { delivery, controller: new AbortController(), until: this.#clock.now() + jobLimits.leaseMilliseconds }
    this.#held.set(delivery.position, held)
    this.#watch()
    return {
      signal: held.controller.signal,
      extend: async (milliseconds) => {
        if (this.#held.get(delivery.position) === held) held.until = this.#clock.now() + milliseconds
      },
    }
  }

  /** Ends a lease. @returns whether it still held: only then does the outcome count. */
  release(delivery: Delivery): boolean {
    if (this.#held.get(delivery.position)?.delivery !== delivery) return false
    return this.#held.delete(delivery.position)
  }

  /** Watches no more. */
  close(): void {
    this.#watching?.cancel()
  }

  // One timer for all: it wakes when the first can run out, and looks again.
  #watch(): void {
    if (this.#watching || this.#held.size === 0) return
    let first = Number.POSITIVE_INFINITY
    for (const { until } of this.#held.values()) first = Math.min(first, until)
    this.#watching = this.#clock.setTimer(first - this.#clock.now(), () => {
      this.#watching = undefined
      for (const held of [...this.#held.values()]) {
        if (held.until > this.#clock.now()) continue
        this.#held.delete(held.delivery.position)
        held.controller.abort(new Error('The lease was lost.'))
        this.#lost(held.delivery)
      }
      this.#watch()
    })
  }
}
