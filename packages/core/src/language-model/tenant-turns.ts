import type { Clock, Timer } from '../ports/clock.ts'
import { laneWeights } from '../ports/queue.ts'
import { Pace, ReturnTimes } from './deferral.ts'
import type { AdmissionRequest, GateState, Refusal } from './gate.ts'
import { SteadyTime } from './steady-time.ts'
import { type Waiting, WaitingRoom } from './waiting-room.ts'

interface Waiter extends Waiting {
  timer: Timer | undefined
  /** @param refusal absent when its turn has come. */
  end(refusal?: Refusal): void
}

/** A tenant that has turns, or waits for some. */
interface Place {
  /** As it was last said. */
  limit: number
  running: number
  readonly room: WaitingRoom<Waiter>
  /** Workers that wait and needn't go, in order of arrival. */
  readonly staying: Set<Waiter>
  readonly returns: ReturnTimes
}

/** How many may go for each job that was done of a tenant that waits for nothing, beside one of each tenant that has turns. */
const perAnswer = 8
const mostFree = 1_000

/**
 * Turns of tenants, so many at a time of each: whoever has none waits for one, in order of lanes, or goes and comes back.
 *
 * A quarter of the process's handlers may wait here: of each tenant as many as of the others, and twice its limit at most. Those beyond
 * that go, at a pace of 100 a second for all of them together, and hold their handlers until they do. So a million requests above
 * their limits don't spin. When a tenant that isn't above its own has a job done, enough of them go to let its next job come.
 */
export class TenantTurns {
  readonly #clock: Clock
  readonly #time: SteadyTime
  /** So many handlers may wait. */
  readonly #most: number
  readonly #places = new Map<string, Place>()
  #waiting = 0
  /** Workers that go, in the order in which they do. Until then their turn may still come. */
  readonly #leaving = new Set<Waiter>()
  readonly #pace = new Pace()
  /** So many may go beside the pace. */
  #free = 0
  #sending: Timer | undefined
  #stopped = false

  /** @param options.concurrency how many handlers this process runs at a time. */
  constructor(options: { readonly clock: Clock; readonly concurrency: number }) {
    this.#clock = options.clock
    this.#time = new SteadyTime(options.clock)
    this.#most = Math.max(1, Math.floor(options.concurrency / 4))
  }

  /** How many tenants have turns, or wait for some. */
  get tenants(): number {
    return this.#places.size
  }

  /** Whether anyone waits. */
  get crowded(): boolean {
    return this.#waiting > 0
  }

  state(tenant: string): GateState {
    const place = this.#places.get(tenant)
    return { running: place?.running ?? 0, waiting: place?.room.size ?? 0 }
  }

  /**
   * Takes a turn, which must be given back by {@link end}.
   * @returns the refusal of whoever has to come back. Rejects with the signal's reason when it is aborted.
   */
  async take(tenant: string, limit: number, request: AdmissionRequest): Promise<Refusal | undefined> {
    const place = this.#place(tenant, limit)
    // Whoever waited before has a turn by now, if there are any.
    if (place.running >= limit) return this.#wait(tenant, place, request)
    place.running++
    return undefined
  }

  /** Gives a turn back. */
  end(tenant: string): void {
    const place = this.#places.get(tenant)
    if (!place) return
    place.running--
    this.#serve(place)
    // Nobody waits where nobody has a turn.
    if (place.running === 0) this.#places.delete(tenant)
  }

  /** A worker's job was done. Where its tenant waits for nothing here, its next one must not wait for those who do. */
  answered(tenant: string): void {
    if (this.#waiting === 0 || this.state(tenant).waiting > 0) return
    // Each of the others may have a turn in the queue before it.
    this.#free = Math.min(mostFree, this.#free + this.#places.size + perAnswer)
    this.#sendAway()
  }

  /** Sends away whoever waits, and whoever would have to. */
  stop(): void {
    this.#stopped = true
    for (const [tenant, { room }] of this.#places) for (const waiter of [...room]) this.#refuse(tenant, waiter)
  }

  #place(tenant: string, limit: number): Place {
    const place = this.#places.get(tenant) ?? {
      limit,
      running: 0,
      room: new WaitingRoom<Waiter>(),
      staying: new Set<Waiter>(),
      returns: new ReturnTimes(),
    }
    this.#places.set(tenant, place)
    place.limit = limit
    this.#serve(place)
    return place
  }

  #wait(tenant: string, place: Place, request: AdmissionRequest): Promise<Refusal | undefined> {
    const { lane, patience, signal, from = 'worker' } = request
    signal?.throwIfAborted()
    const worker = from === 'worker'
    if (this.#stopped || (!worker && patience <= 0)) return Promise.resolve(this.#refusal(place, lane))
    const { promise, resolve, reject } = Promise.withResolvers<Refusal | undefined>()
    const onAbort = (): void => {
      this.#leave(place, waiter)
      reject(signal?.reason)
    }
    const end = (refusal?: Refusal): void => {
      this.#leave(place, waiter)
      signal?.removeEventListener('abort', onAbort)
      resolve(refusal)
    }
    const waiter: Waiter = { lane, tenant, weight: 1, worker, timer: undefined, end }
    signal?.addEventListener('abort', onAbort, { once: true })
    place.room.add(waiter)
    this.#waiting++
    if (worker) place.staying.add(waiter)
    if (patience > 0) waiter.timer = this.#clock.setTimer(patience, () => this.#depart(place, waiter))
    else this.#depart(place, waiter)
    this.#makeRoom()
    return promise
  }

  /** Lets in those whose turn it is. */
  #serve(place: Place): void {
    while (place.running < place.limit) {
      const next = place.room.take()
      if (!next) return
      place.running++
      next.end()
    }
  }

  /** Its patience is over, or there is no room for it. */
  #depart(place: Place, waiter: Waiter): void {
    waiter.timer?.cancel()
    if (waiter.worker) {
      place.staying.delete(waiter)
      this.#leaving.add(waiter)
      this.#sendAway()
    } else this.#refuse(waiter.tenant, waiter)
  }

  /** Of each tenant as many stay as of the others; where there are more tenants than room for one of each, the latest has none. */
  #makeRoom(): void {
    const waiting = [...this.#places.values()].filter(({ staying }) => staying.size > 0)
    const share = Math.max(1, Math.floor(this.#most / Math.max(1, waiting.length)))
    for (const [index, place] of waiting.entries()) {
      const most = index >= this.#most ? 0 : Math.min(share, 2 * place.limit)
      while (place.staying.size > most) {
        const waiter = leastUrgent(place.staying)
        if (waiter) this.#depart(place, waiter)
      }
    }
  }

  #sendAway(): void {
    this.#sending?.cancel()
    this.#sending = undefined
    for (const waiter of this.#leaving) {
      const now = this.#time.now()
      const wait = this.#free > 0 ? 0 : this.#pace.wait(now)
      if (wait > 0) {
        this.#sending = this.#clock.setTimer(wait, () => this.#sendAway())
        return
      }
      if (this.#free > 0) this.#free--
      else this.#pace.take(now)
      this.#refuse(waiter.tenant, waiter)
    }
  }

  #refuse(tenant: string, waiter: Waiter): void {
    const place = this.#places.get(tenant)
    if (place) waiter.end(this.#refusal(place, waiter.lane))
  }

  #leave(place: Place, waiter: Waiter): void {
    waiter.timer?.cancel()
    place.room.remove(waiter)
    place.staying.delete(waiter)
    this.#leaving.delete(waiter)
    this.#waiting--
  }

  #refusal({ returns }: Place, lane: Waiter['lane']): Refusal {
    const now = this.#time.now()
    const at = returns.next(lane, { now, opens: now, ready: now, chance: this.#clock.random() })
    return { admitted: false, retryAt: this.#time.onClock(at), reason: 'tenant_busy' }
  }
}

/** Of the lane that has the most places for its weight (by the method of Webster and Sainte-Laguë), the newest. */
function leastUrgent(waiters: ReadonlySet<Waiter>): Waiter | undefined {
  const share = ({ lane }: Waiter): number => {
    const ofLane = [...waiters].filter((waiter) => waiter.lane === lane).length
    return (ofLane - 0.5) / laneWeights[lane]
  }
  let found: Waiter | undefined
  for (const waiter of waiters) if (!found || share(waiter) >= share(found)) found = waiter
  return found
}
