import {
  type Authenticator,
  appendRecords,
  type Clock,
  faultOf,
  type LocalIssuer,
  type Log,
  PlinthError,
  sleep,
  uuid,
} from '@plinth/core'
import { firstTenant } from './bootstrap.ts'
import { MachineReadings } from './machine-readings.ts'
import type { Regions } from './regions.ts'

/** The stream of this machine's own metrics. */
const machineStream = 'machine'

/** Soon, so that there is something to look at; then seldom, since a process that nobody asks should cost next to nothing. */
const first = 1_000
const every = 10_000
/** Seconds; renewed when half of it is over. */
const tokenLifetime = 3_600
/** While the tenant takes nothing, or what keeps it fails. */
const longestPause = 60_000

export interface SelfMetricsOptions {
  /** Where the first tenant's data lies. */
  readonly regions: Regions
  readonly authenticator: Authenticator
  readonly issuer: LocalIssuer
  /** On the disk that is looked at. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * Streams what this machine does into the stream `machine` of the first tenant, a reading every ten seconds, as every producer does:
 * so there is something real to look at from the start. Nothing that fails here is a fault of the server: it is told of once, and tried
 * again later.
 */
export class SelfMetrics {
  readonly #options: SelfMetricsOptions
  readonly #readings: MachineReadings
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #token = { text: '', renewAt: 0 }
  #isTold = false

  constructor(options: SelfMetricsOptions) {
    this.#options = options
    this.#readings = new MachineReadings(options.directory)
    this.#running = this.#run()
  }

  /** Sends nothing more; resolves when what is on its way is there. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    this.#readings.stop()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let pause = first
    while (!signal.aborted) {
      await sleep(this.#options.clock, pause, signal).catch(() => {})
      if (signal.aborted) return
      try {
        await this.#send()
        pause = every
      } catch (error) {
        pause = Math.min(longestPause, pause * 2)
        // Perhaps the tenant's tokens were revoked.
        this.#token = { text: '', renewAt: 0 }
        this.#tell(error)
      }
    }
  }

  async #send(): Promise<void> {
    const { authenticator, regions } = this.#options
    const caller = await authenticator.authenticate(`Bearer ${await this.#bearer()}`, uuid(this.#options.clock))
    const place = regions.placeOf(caller.settings)
    // Another machine's data folder is another machine's to watch.
    if (!('platform' in place)) return
    await appendRecords(place.platform.scope(caller), machineStream, await this.#readings.take())
  }

  async #bearer(): Promise<string> {
    const now = this.#options.clock.now()
    if (now >= this.#token.renewAt) {
      const grant = { tenant: firstTenant, user: 'plinth', permissions: ['streams:write'], lifetime: tokenLifetime }
      this.#token = { text: await this.#options.issuer.sign(grant), renewAt: now + (tokenLifetime * 1_000) / 2 }
    }
    return this.#token.text
  }

  /** A tenant that was suspended or left is no fault at all. */
  #tell(error: unknown): void {
    if (this.#isTold) return
    this.#isTold = true
    const reason = PlinthError.is(error) ? { code: error.code } : { fault: faultOf(error) }
    this.#options.log.info(reason, "This machine's own metrics can not be kept for now.")
  }
}
