import { faultOf, type Log } from '../log.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { idleMilliseconds, type StoredEntry, type StreamHandler } from '../ports/event-stream.ts'

/** A delivery that threw comes again after this time, twice it, four times…, and the longest at most. */
const firstPause = 1_000
const longestPause = 60_000

/** Where entries lie, for an engine that has them read. */
export interface EntrySource {
  /** The entries behind a sequence (undefined: from the first), as many as make a delivery; none only at the end. */
  read(tenant: string, partition: string, after: string | undefined): readonly StoredEntry[]
  /** These were taken by the handler, for the first time or again. */
  taken(tenant: string, partition: string, entries: readonly StoredEntry[]): void
  keep(tenant: string, partition: string, sequence: string): Promise<void>
}

interface Place {
  readonly tenant: string
  readonly partition: string
  /** What was taken, and what was kept, so far. */
  position: string | undefined
  kept: string | undefined
  state: 'idle' | 'ready' | 'running' | 'paused'
  /** It was removed. */
  gone: boolean
  /** Something came while it ran or paused. */
  news: boolean
  /** The next delivery has all of it kept. */
  offer: boolean
  /** Something was taken since all was offered to be kept. */
  owes: boolean
  failures: number
  timer: Timer | undefined
}

/**
 * Delivers the entries of partitions, for adapters that read them from a log of their own: one delivery of a partition at a time,
 * a bounded number of all, and the tenants by turns.
 */
export class PartitionTurns {
  readonly #clock: Clock
  readonly #log: Log
  readonly #source: EntrySource
  readonly #handle: StreamHandler
  readonly #concurrency: number
  readonly #places = new Map<string, Map<string, Place>>()
  /** Places that are ready, of the tenants in the order of their turns. */
  readonly #ready = new Map<string, Place[]>()
  readonly #running = new Set<Promise<void>>()
  #draining = false

  constructor(parts: {
    readonly clock: Clock
    readonly log: Log
    readonly source: EntrySource
    readonly handle: StreamHandler
    readonly concurrency?: number
  }) {
    this.#clock = parts.clock
    this.#log = parts.log
    this.#source = parts.source
    this.#handle = parts.handle
    this.#concurrency = parts.concurrency ?? 8
  }

  /** There is something behind `kept`, which counts when the partition wasn't known yet. */
  wake(tenant: string, partition: string, kept: string | undefined): void {
    const place = this.#place(tenant, partition, kept)
    if (place.state === 'idle') this.#makeReady(place)
    else place.news = true
  }

  forget(tenant: string, partition?: string): void {
    for (const place of [...(this.#places.get(tenant)?.values() ?? [])]) {
      if (partition !== undefined && place.partition !== partition) continue
      place.timer?.cancel()
      place.gone = true
      // What runs ends first: of a partition that begins anew there is one delivery at a time, too.
      place.news = false
      if (place.state !== 'running') this.#leave(place)
    }
  }

  /** Ends the timers, and takes nothing more. */
  stop(): void {
    this.#draining = true
    this.#ready.clear()
    for (const places of this.#places.values()) for (const { timer } of places.values()) timer?.cancel()
  }

  async drain(): Promise<void> {
    this.stop()
    while (this.#running.size > 0) await Promise.all(this.#running)
    const left: Place[] = []
    for (const places of this.#places.values()) {
      for (const place of places.values()) if (place.position !== place.kept) left.push(place)
    }
    const offerAll = async (): Promise<void> => {
      for (let place = left.shift(); place; place = left.shift()) await this.#deliver(place, true)
    }
    await Promise.all(Array.from({ length: this.#concurrency }, offerAll))
  }

  #place(tenant: string, partition: string, kept: string | undefined): Place {
    const places = this.#places.get(tenant) ?? new Map<string, Place>()
    this.#places.set(tenant, places)
    const state = { position: kept, kept, gone: false, news: false, offer: false, owes: false, failures: 0, timer: undefined }
    const place = places.get(partition) ?? { tenant, partition, state: 'idle', ...state }
    places.set(partition, place)
    return place
  }

  #makeReady(place: Place): void {
    if (this.#draining) return
    place.timer?.cancel()
    place.state = 'ready'
    const waiting = this.#ready.get(place.tenant)
    if (waiting) waiting.push(place)
    else this.#ready.set(place.tenant, [place])
    this.#fill()
  }

  #fill(): void {
    while (this.#running.size < this.#concurrency) {
      const place = this.#take()
      if (!place) return
      place.state = 'running'
      const running: Promise<void> = this.#work(place).finally(() => {
        this.#running.delete(running)
        this.#fill()
      })
      this.#running.add(running)
    }
  }

  #take(): Place | undefined {
    for (const [tenant, waiting] of this.#ready) {
      this.#ready.delete(tenant)
      const place = waiting.shift()
      if (waiting.length > 0) this.#ready.set(tenant, waiting)
      if (place?.state === 'ready' && !place.gone) return place
    }
    return undefined
  }

  async #work(place: Place): Promise<void> {
    // Not inside the caller's append.
    await undefined
    let pause = 0
    if (!place.gone) {
      place.news = false
      pause = await this.#deliver(place, place.offer)
    }
    if (place.gone) this.#leave(place)
    else if (pause > 0) this.#pause(place, pause)
    else this.#rest(place)
  }

  /** One delivery, when there is something. @returns how long the partition has to pause. */
  async #deliver(place: Place, keepNow: boolean): Promise<number> {
    const { tenant, partition } = place
    try {
      const entries = this.#draining ? [] : this.#source.read(tenant, partition, place.position)
      if (entries.length === 0 && !keepNow) return 0
      const { kept, wait } = await this.#handle({ tenant, partition, entries, keepNow })
      if (place.gone) return 0
      if (wait !== undefined) return Math.max(1, wait)
      place.failures = 0
      // What isn't kept though it was offered is offered again when something came.
      place.offer = false
      place.owes = entries.length > 0
      place.news ||= entries.length > 0
      this.#source.taken(tenant, partition, entries)
      place.position = entries.at(-1)?.sequence ?? place.position
      await this.#keep(place, kept)
      return 0
    } catch (error) {
      // Content may be at hand: the message stays out.
      this.#log.warn({ tenant_id: tenant, fault: faultOf(error) }, 'A delivery of a stream failed and will come again.')
      return Math.min(longestPause, firstPause * 2 ** place.failures++)
    }
  }

  async #keep(place: Place, kept: string | undefined): Promise<void> {
    if (kept === undefined || (place.kept !== undefined && kept <= place.kept)) return
    place.kept = kept
    try {
      await this.#source.keep(place.tenant, place.partition, kept)
    } catch (error) {
      this.#log.warn({ tenant_id: place.tenant, error }, 'How far a stream is kept could not be written down.')
    }
  }

  #rest(place: Place): void {
    place.state = 'idle'
    if (place.news) this.#makeReady(place)
    else if (place.owes && place.position !== place.kept) this.#later(place, idleMilliseconds, true)
  }

  #pause(place: Place, milliseconds: number): void {
    place.position = place.kept
    place.state = 'paused'
    this.#later(place, milliseconds, place.offer)
  }

  #later(place: Place, milliseconds: number, offer: boolean): void {
    if (this.#draining) return
    place.timer = this.#clock.setTimer(milliseconds, () => {
      place.offer = offer
      this.#makeReady(place)
    })
  }

  /** It was removed; what came since then begins anew. */
  #leave({ tenant, partition, news }: Place): void {
    const places = this.#places.get(tenant)
    places?.delete(partition)
    if (places?.size === 0) this.#places.delete(tenant)
    if (news) this.wake(tenant, partition, undefined)
  }
}
