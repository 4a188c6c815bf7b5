import type { Clock, Timer } from '../ports/clock.ts'
import { laneWeights, tenantWeights } from '../ports/queue.ts'
import { Pace, ReturnTimes } from './deferral.ts'
import { ModelFailure } from './failure.ts'
import type { Admission, GateRequest, GateState, ModelLimit, Permit, Refusal } from './gate.ts'
import { ModelCapacity } from './model-capacity.ts'
import type { SteadyTime } from './steady-time.ts'
import { type Waiting, WaitingRoom } from './waiting-room.ts'

/** What a line needs of its gate. */
export interface LineOptions {
  readonly clock: Clock
  readonly time: SteadyTime
  readonly limit: ModelLimit
  /** How many handlers the process runs at a time. */
  readonly concurrency: number
  /** How many workers may wait here now. */
  room(): number
  /** Whether some wait here to be sent away. */
  crowded(is: boolean): void
  /** A call was answered. */
  answered(): void
}

interface Waiter extends Waiting {
  readonly tokens: number
  leavesAt: number
  timer: Timer | undefined
  /** Ends the wait. */
  end(admission: Admission): void
}

/** Whoever calls one model, or waits to. Times are those of {@link SteadyTime}. */
export class GateLine {
  /** Whether there is nothing to wait for, nor to count. */
  free: boolean
  /** What lets through while that is so: the same for all. */
  readonly openPermit: Permit
  readonly #options: LineOptions
  readonly #capacity: ModelCapacity
  readonly #room = new WaitingRoom<Waiter>()
  /** Workers that go, in the order in which they do. Until then they may still be let in. */
  readonly #leaving = new Set<Waiter>()
  readonly #pace = new Pace()
  readonly #returns = new ReturnTimes()
  #serving: Timer | undefined
  #sending: Timer | undefined
  #stopped = false

  constructor(options: LineOptions) {
    this.#options = options
    this.#capacity = new ModelCapacity(options.limit, options.concurrency)
    this.free = !this.#capacity.limited
    this.openPermit = { admitted: true, settle: () => options.answered(), release: (failure) => this.#heed(failure) }
  }

  get waitingWorkers(): number {
    return this.#room.workers.size
  }

  admit(request: GateRequest): Admission | Promise<Admission> {
    const now = this.#options.time.now()
    const tokens = request.tokens > 0 ? Math.ceil(request.tokens) : 0
    const { mostTokens } = this.#capacity
    if (tokens > mostTokens) throw overLimit(tokens, mostTokens)
    if (this.#room.size === 0) {
      this.free = !this.#capacity.limited && this.#capacity.open(now)
      if (this.free) return this.openPermit
      if (this.#capacity.wait(tokens, now) === 0) return this.#permit(tokens, now)
    }
    const { patience, signal, from } = request
    if (signal?.aborted) return Promise.reject(signal.reason)
    const inVain = patience <= 0 || this.#capacity.closedUntil > now + patience
    if (this.#stopped || (inVain && from === 'edge')) return this.#refusal(request.lane, tokens, now)
    return this.#enter(request, tokens, now, inVain)
  }

  close(until: number): void {
    if (!this.#capacity.close(until, this.#options.time.now())) return
    this.free = false
    for (const waiter of [...this.#room]) if (waiter.leavesAt < this.#capacity.closedUntil) this.#depart(waiter)
    this.#serve()
    this.#sendAway()
  }

  /** Another model answered a call, so that there is other work than what waits here. */
  quicken(): void {
    this.#pace.quicken()
    this.#sendAway()
  }

  stop(): void {
    this.#stopped = true
    const now = this.#options.time.now()
    for (const waiter of [...this.#room]) {
      this.#forget(waiter)
      waiter.end(this.#refusal(waiter.lane, waiter.tokens, now))
    }
    this.#serve()
    this.#sendAway()
  }

  state(): GateState {
    const { time } = this.#options
    const { running, closedUntil } = this.#capacity
    const now = time.now()
    const tokens = this.#capacity.used(now)
    return {
      running,
      waiting: this.#room.size,
      ...(tokens === undefined ? {} : { tokens }),
      ...(closedUntil > now ? { closedUntil: time.onClock(closedUntil) } : {}),
    }
  }

  #enter(request: GateRequest, tokens: number, now: number, inVain: boolean): Promise<Admission> {
    const { lane, tenant, weight = tenantWeights.usual, patience, signal, from = 'worker' } = request
    const { promise, resolve, reject } = Promise.withResolvers<Admission>()
    const onAbort = (): void => {
      this.#forget(waiter)
      reject(signal?.reason)
      this.#serve()
      this.#sendAway()
    }
    const end = (admission: Admission): void => {
      signal?.removeEventListener('abort', onAbort)
      resolve(admission)
    }
    const leavesAt = now + patience
    const waiter: Waiter = { lane, tenant, weight, worker: from === 'worker', tokens, leavesAt, timer: undefined, end }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#room.add(waiter)
    if (inVain) this.#leaving.add(waiter)
    else this.#leaveAt(waiter, leavesAt)
    this.#serve()
    this.#sendAway()
    return promise
  }

  /** Lets in those whose turn it is, as long as there is room for them. */
  #serve(): void {
    this.#serving?.cancel()
    this.#serving = undefined
    const now = this.#options.time.now()
    for (let next = this.#room.next(); next; next = this.#room.next()) {
      const wait = this.#capacity.wait(next.tokens, now)
      if (wait > 0) {
        if (Number.isFinite(wait)) this.#serving = this.#options.clock.setTimer(wait, () => this.#serve())
        return
      }
      this.#room.take()
      this.#forget(next)
      next.end(this.#permit(next.tokens, now))
    }
  }

  #permit(tokens: number, now: number): Permit {
    const started = this.#capacity.start(tokens, now)
    let over = false
    const end = (used: number, answered: boolean): void => {
      over = true
      this.#capacity.end(started, used, answered, this.#options.time.now())
    }
    return {
      admitted: true,
      settle: (used) => {
        if (over) return
        end(used > 0 && Number.isFinite(used) ? Math.ceil(used) : tokens, true)
        this.#serve()
        this.#options.answered()
      },
      release: (failure) => {
        if (over) return
        end(failure && usedNothing(failure) ? 0 : tokens, false)
        this.#heed(failure)
        this.#serve()
      },
    }
  }

  /** A provider that says when to come back means everyone. */
  #heed(failure: ModelFailure | undefined): void {
    if (failure?.retryAfter === undefined || (failure.kind !== 'throttle' && failure.kind !== 'transient')) return
    this.close(this.#options.time.now() + failure.retryAfter * 1_000)
  }

  #leaveAt(waiter: Waiter, at: number): void {
    const { clock, time } = this.#options
    waiter.leavesAt = at
    waiter.timer?.cancel()
    waiter.timer = clock.setTimer(at - time.now(), () => this.#patienceOver(waiter))
  }

  #patienceOver(waiter: Waiter): void {
    const now = this.#options.time.now()
    const { tokens, worker } = waiter
    // Its turn won't come again sooner than these tokens, and smaller requests would have them first.
    if (worker && this.#room.next() === waiter && this.#capacity.onlyTokensMissing(tokens, now)) {
      this.#leaveAt(waiter, now + this.#capacity.wait(tokens, now))
      return
    }
    this.#depart(waiter)
    this.#serve()
    this.#sendAway()
  }

  /** It goes: a worker at the pace, whoever else at once. */
  #depart(waiter: Waiter): void {
    waiter.timer?.cancel()
    if (waiter.worker) this.#leaving.add(waiter)
    else this.#refuse(waiter, this.#options.time.now())
  }

  /** Sends away those who go, and those for whom there is no room, at the pace. */
  #sendAway(): void {
    const { time, clock, room, crowded } = this.#options
    this.#sending?.cancel()
    this.#sending = undefined
    while (this.#leaving.size > 0 || this.#room.workers.size > room()) {
      const now = time.now()
      const wait = this.#pace.wait(now)
      if (wait > 0) {
        this.#sending = clock.setTimer(wait, () => this.#sendAway())
        break
      }
      const waiter = this.#leaver(now) ?? this.#room.excess()
      if (!waiter) break
      this.#pace.take(now)
      this.#refuse(waiter, now)
      this.#serve()
    }
    crowded(this.#sending !== undefined)
  }

  /** Who goes next of those whose patience is over. While one of a lower lane waits too, that one goes in its stead. */
  #leaver(now: number): Waiter | undefined {
    const [leaver] = this.#leaving
    const other = leaver && this.#capacity.closedUntil <= now ? this.#room.excess() : undefined
    if (!leaver || !other || laneWeights[other.lane] >= laneWeights[leaver.lane]) return leaver
    if (!this.#leaving.has(other)) {
      this.#leaving.delete(leaver)
      this.#leaveAt(leaver, other.leavesAt)
    }
    return other
  }

  #refuse(waiter: Waiter, now: number): void {
    this.#forget(waiter)
    waiter.end(this.#refusal(waiter.lane, waiter.tokens, now))
  }

  #forget(waiter: Waiter): void {
    this.#room.remove(waiter)
    this.#leaving.delete(waiter)
    waiter.timer?.cancel()
  }

  #refusal(lane: Waiter['lane'], tokens: number, now: number): Refusal {
    const { time, clock } = this.#options
    const opens = this.#capacity.closedUntil
    const ready = now + this.#capacity.tokenWaitAtLeast(tokens, now)
    const at = this.#returns.next(lane, { now, opens, ready, chance: clock.random() })
    return { admitted: false, retryAt: time.onClock(at), reason: opens > now ? 'model_closed' : 'model_busy' }
  }
}

/** What was refused before anyone worked on it costs nothing; what a fault cut off may have cost all. */
function usedNothing({ kind }: ModelFailure): boolean {
  return kind === 'throttle' || kind === 'quota' || kind === 'permanent'
}

function overLimit(tokens: number, most: number): ModelFailure {
  return new ModelFailure(
    'permanent',
    'over_model_limit',
    `The call may use ${tokens} tokens, and the model is limited to ${most} a minute. Ask for fewer.`,
  )
}
