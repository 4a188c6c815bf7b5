import type { Platform } from '@plinth/core'
import type { LoadLimit } from './load-limit.ts'

const lookMilliseconds = 20
/** With fewer requests in hand there is no rush, and a process that has nothing to do isn't woken up. */
const rush = 16

/**
 * Tells a limit how late this process is, while there is a rush: how late the event loop comes round, or, where its turns are short since
 * the platform gives a few of its answers in each, for how long such an answer has been waiting.
 */
export class LoopWatch {
  readonly #limit: LoadLimit
  readonly #platform: Pick<Platform, 'lateness'>
  #watching = false

  constructor(limit: LoadLimit, platform: Pick<Platform, 'lateness'>) {
    this.#limit = limit
    this.#platform = platform
  }

  /** To be called when a request was let in. */
  touch(): void {
    if (this.#watching || this.#limit.open < rush) return
    this.#watching = true
    this.#look()
  }

  #look(): void {
    // Not by the platform's clock, which may be set, and stands still in tests.
    const due = performance.now() + lookMilliseconds
    const look = (): void => {
      const late = performance.now() - due
      this.#limit.observe(Math.max(late, this.#platform.lateness()), lookMilliseconds + late)
      if (this.#limit.open >= rush) this.#look()
      else {
        this.#limit.forget()
        this.#watching = false
      }
    }
    setTimeout(look, lookMilliseconds).unref()
  }
}
