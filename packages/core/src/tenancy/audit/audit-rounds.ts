import { faultOf, type Log } from '../../log.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { AuditSealer } from './audit-sealer.ts'

/** So long an entry waits for its block, about. */
const firstPause = 3_000
const longestPause = 60_000
/** So that sealing takes a tenth of a core at most. */
const pausePerTrail = 10
/** What processes left that died before they could seal it. */
const lookPause = 60_000

/**
 * Lets a sealer work: some seconds after entries were committed in this process, and for all tenants at the start and once a
 * minute. Two such loops do no harm.
 */
export class AuditRounds {
  readonly #sealer: Pick<AuditSealer, 'seal' | 'sealAll'>
  readonly #clock: Clock
  readonly #log: Log
  readonly #stop = new AbortController()
  #touched = new Set<string>()
  #pause = firstPause
  #sealTimer: Timer | undefined
  #lookTimer: Timer | undefined
  #running: Promise<void>

  constructor(parts: { readonly sealer: Pick<AuditSealer, 'seal' | 'sealAll'>; readonly clock: Clock; readonly log: Log }) {
    this.#sealer = parts.sealer
    this.#clock = parts.clock
    this.#log = parts.log
    this.#running = this.#look()
  }

  /** Something waits for this tenant. Costs next to nothing. */
  touch(tenant: string): void {
    this.#touched.add(tenant)
    if (this.#sealTimer || this.#stop.signal.aborted) return
    this.#sealTimer = this.#clock.setTimer(this.#pause, () => {
      this.#sealTimer = undefined
      this.#then(() => this.#sealTouched())
    })
  }

  /** Ends what runs, and seals what this process has committed, so that nothing waits for the next start. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#sealTimer?.cancel()
    this.#lookTimer?.cancel()
    await this.#running
    await this.#sealTouched()
  }

  async #sealTouched(): Promise<void> {
    const touched = this.#touched
    this.#touched = new Set()
    // Each trail costs about a millisecond, however few entries wait: with many tenants at work, more of them wait for one block.
    const pause = Math.min(longestPause, Math.max(firstPause, touched.size * pausePerTrail))
    let failed = false
    for (const tenant of touched) {
      try {
        await this.#sealer.seal(tenant)
      } catch (error) {
        failed = true
        this.#touched.add(tenant)
        this.#log.warn({ tenant, error: faultOf(error) }, 'An audit trail could not be sealed and will be tried again.')
      }
    }
    this.#pause = failed ? Math.min(this.#pause * 2, longestPause) : pause
    const [first] = this.#touched
    if (first !== undefined) this.touch(first)
  }

  async #look(): Promise<void> {
    try {
      await this.#sealer.sealAll({ signal: this.#stop.signal })
    } catch (error) {
      this.#log.warn({ error: faultOf(error) }, 'Audit trails could not be looked at and will be tried again.')
    }
    if (this.#stop.signal.aborted) return
    this.#lookTimer = this.#clock.setTimer(lookPause, () => this.#then(() => this.#look()))
  }

  /** One at a time: the two would only get in each other's way. */
  #then(work: () => Promise<void>): void {
    this.#running = this.#running.then(work)
  }
}
