import { faultOf, type Log } from '../../log.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { AuditSealer } from './audit-sealer.ts'

/** So long an entry waits for its block, about. */
const firstPause = 3_000
const longestPause = 60_000
/** So that sealing takes a tenth of a core at most where it keeps up. */
const pausePerTrail = 10
/** So many trails are sealed at a time: a block mostly waits for stores. */
const atATime = 8
/** Of one trail in a round; what is left goes on soon, and other trails have their turn before. */
const mostEntries = 3_000
const soon = 50
/** What processes left that died before they could seal it. */
const lookPause = 60_000
/** When it stops it seals for so long what waits; the next start seals the rest. */
const lastMilliseconds = 1_000

/** How a trail's turn ended: all that waited is sealed, more is left, or it failed. */
type TurnEnd = 'sealed' | 'left' | 'failed'

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
      this.#then(() => this.#sealTouched(this.#stop.signal))
    })
  }

  /** Ends what runs, and seals what this process has committed, as far as it gets in a second, so that little waits for the next start. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#sealTimer?.cancel()
    this.#lookTimer?.cancel()
    await this.#running
    const last = new AbortController()
    const timer = this.#clock.setTimer(lastMilliseconds, () => last.abort())
    await this.#sealTouched(last.signal)
    timer.cancel()
  }

  async #sealTouched(signal: AbortSignal): Promise<void> {
    const waiting = [...this.#touched]
    // Each trail costs about a millisecond, however few entries wait: with many tenants at work, more of them wait for one block.
    const pause = Math.min(longestPause, Math.max(firstPause, waiting.length * pausePerTrail))
    this.#touched = new Set()
    const ends = new Set<TurnEnd>()
    const sealSome = async (): Promise<void> => {
      for (let tenant = waiting.shift(); tenant !== undefined && !signal.aborted; tenant = waiting.shift()) {
        const end = await this.#seal(tenant, signal)
        if (end !== 'sealed') this.#touched.add(tenant)
        ends.add(end)
      }
    }
    await Promise.all(Array.from({ length: atATime }, sealSome))
    if (ends.has('failed')) this.#pause = Math.min(this.#pause * 2, longestPause)
    else this.#pause = ends.has('left') ? soon : pause
    const [first] = this.#touched
    if (first !== undefined) this.touch(first)
  }

  async #seal(tenant: string, signal: AbortSignal): Promise<TurnEnd> {
    try {
      const entries = await this.#sealer.seal(tenant, { signal, most: mostEntries })
      return entries < mostEntries ? 'sealed' : 'left'
    } catch (error) {
      this.#log.warn({ tenant, error: faultOf(error) }, 'An audit trail could not be sealed and will be tried again.')
      return 'failed'
    }
  }

  async #look(): Promise<void> {
    try {
      const { left } = await this.#sealer.sealAll({ signal: this.#stop.signal, most: mostEntries })
      for (const tenant of left) this.touch(tenant)
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
