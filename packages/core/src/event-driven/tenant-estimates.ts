import type { Clock } from '../ports/clock.ts'
import type { Lane, Outcome } from '../ports/queue.ts'
import { Correction } from './correction.ts'
import { figureOf } from './figure.ts'
import { laneCount, laneIndex } from './lane-loads.ts'
import type { Guess } from './service-guess.ts'
import { type RunningCall, ServiceTimes } from './service-times.ts'
import { type ModelLoad, Workload } from './workload.ts'

const laneNames = Object.keys(laneIndex) as readonly Lane[]
/** Requests that were started together share their luck: about one in so many that run counts. */
const wave = 6
/** With so few times measured, a figure says more of the guess than of the estimate. */
const fewTimes = 16
/** How often the stored backlog is looked at, where other processes may have changed it, milliseconds. */
const rereadPause = 5_000

/** What says how long a call lasts. */
interface RequestKind {
  readonly model_id: string
  readonly max_tokens: number
}

/** What is asked about, as a request's record has it. */
interface EstimatedRequest extends RequestKind {
  readonly request_id: string
  readonly priority: Lane
  readonly round: number
  readonly accepted: number
  readonly not_before?: number
  readonly expires_at?: number
  /** What the estimate stood on, for learning from how it went. */
  readonly estimate_basis?: EstimateBasis
}

/** As it is at its end. */
export interface EndedRequest extends EstimatedRequest {
  readonly ended?: number
}

type RequestName = Pick<EstimatedRequest, 'request_id'>

/**
 * Work ahead, the sum of its times' variances and what is left of a call that runs, in mean times and squared mean times of the
 * request's model; the part of the workers that was reckoned with (0: none was known); the logarithm of the correction.
 */
export type EstimateBasis = readonly [work: number, variance: number, beside: number, part: number, correction: number]

export interface Estimate {
  /** When it will have ended with a probability of 0.9, milliseconds UTC. */
  readonly at: number
  readonly basis: EstimateBasis
}

/** A request's place behind those before it. */
export interface Place {
  /** It is kept. */
  kept(): void
  /** It was not accepted after all. */
  dropped(): void
}

/** The counts that are stored with every change: of all requests that haven't ended, and of those of each lane, where counted. */
type StoredBacklog = { readonly requests: number } & { readonly [Name in Lane]?: number }

interface Run {
  readonly load: ModelLoad
  readonly lane: number
  readonly startedAt: number
  readonly call: RunningCall
  /** The request as it ended; or that somebody else ended it, so that how long it takes says nothing. */
  outcome: EndedRequest | 'over' | undefined
}

/** One tenant's estimates: what it has waiting, how long its requests took, and how right the estimates were. */
export class TenantEstimates {
  readonly #guess: (model: string, maxTokens: number) => Guess
  readonly #loads = new Map<string, [ModelLoad | undefined, ModelLoad | undefined, ModelLoad | undefined]>()
  readonly #workload = new Workload()
  readonly #corrections = [new Correction(), new Correction(), new Correction()] as const
  readonly #running = new Map<string, Run>()
  /** Of each lane, how many took a place and aren't kept yet. */
  readonly #unkept = new Float64Array(laneCount)
  #readAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined

  /** @param guess what is taken to be true of a model before anything was measured. */
  constructor(guess: (model: string, maxTokens: number) => Guess) {
    this.#guess = guess
  }

  /** When a request that is accepted now will have ended, nine times in ten. */
  estimate(request: EstimatedRequest, now: number): Estimate {
    const { not_before: notBefore = 0 } = request
    // It ends then at the latest.
    const latest = Math.max(now + 1, notBefore, request.expires_at ?? Number.POSITIVE_INFINITY)
    const load = this.#load(request)
    const { times } = load
    times.refresh(now)
    const lane = laneIndex[request.priority]
    const share = this.#workload.share(lane)
    const ahead = this.#workload.ahead(load, lane, now, notBefore)
    const { mean } = times
    const figure = figureOf(times, ahead, share.part(times.part), share)
    const correction = this.#correction(lane).at(Math.log2(figure.milliseconds / times.p90))
    return {
      at: Math.ceil(Math.min(Math.max(now, notBefore) + figure.milliseconds * Math.exp(correction), latest)),
      basis: [
        rounded(ahead.work / mean),
        rounded(ahead.variance / mean ** 2),
        rounded(ahead.beside / mean),
        share.known ? rounded(share.part(1)) : 0,
        rounded(correction),
      ],
    }
  }

  /** A request takes its place: at once after its estimate, so that the next one is behind it. */
  enter(request: EstimatedRequest, now: number): Place {
    const lane = laneIndex[request.priority]
    this.#workload.enter(this.#load(request), lane, now, request.not_before ?? 0)
    this.#unkept[lane] = (this.#unkept[lane] ?? 0) + 1
    let open = true
    const settle = (dropped: boolean): void => {
      if (!open) return
      open = false
      this.#unkept[lane] = (this.#unkept[lane] ?? 0) - 1
      if (dropped) this.#workload.leave(this.#load(request), lane, now, request.not_before ?? 0)
    }
    return { kept: () => settle(false), dropped: () => settle(true) }
  }

  /**
   * To be awaited before an estimate: brings the counts up to date with the stored ones every few seconds, so that what was there
   * before this process is known, and what other processes accept and end. A difference that what is on its way here explains
   * changes nothing.
   * @param kind what requests are taken to be that this process knows nothing of.
   */
  async reread(kind: RequestKind, now: number, read: () => Promise<StoredBacklog | undefined>): Promise<void> {
    if (this.#reading === undefined && Math.abs(now - this.#readAt) >= rereadPause) {
      this.#reading = this.#compare(kind, read)
        .then(() => {
          this.#readAt = now
        })
        .finally(() => {
          this.#reading = undefined
        })
    }
    await this.#reading
  }

  async #compare(kind: RequestKind, read: () => Promise<StoredBacklog | undefined>): Promise<void> {
    const before = laneNames.map((name) => this.#workload.amount(laneIndex[name]))
    const stored = (await read()) ?? { requests: 0 }
    const named = laneNames.reduce((sum, name) => sum + Math.max(0, stored[name] ?? 0), 0)
    const load = this.#load(kind)
    for (const name of laneNames) {
      const lane = laneIndex[name]
      const unnamed = name === 'normal' ? Math.max(0, stored.requests - named) : 0
      const counted = unnamed + Math.max(0, stored[name] ?? 0)
      const known = [before[lane] ?? 0, this.#workload.amount(lane)]
      const least = Math.min(...known) - (this.#unkept[lane] ?? 0) - this.#workload.share(lane).running
      const most = Math.max(...known)
      if (counted < least) this.#workload.correct(load, lane, counted - least)
      else if (counted > most) this.#workload.correct(load, lane, counted - most)
    }
  }

  /** Watches a worker's work on a request. @param first whether it is the first. */
  async watch<Result extends Outcome>(
    request: EstimatedRequest,
    clock: Pick<Clock, 'now'>,
    first: boolean,
    work: () => Promise<Result>,
  ): Promise<Result> {
    this.started(request, clock.now(), first)
    let again: number | undefined = clock.now()
    try {
      const outcome = await work()
      again = 'retryAt' in outcome ? outcome.retryAt : undefined
      return outcome
    } finally {
      this.stopped(request, clock.now(), again)
    }
  }

  /** A worker begins with a request. */
  started(request: EstimatedRequest, now: number, first: boolean): void {
    // Two workers may have one job: the one that began last counts.
    this.stopped(request, now, now)
    const load = this.#load(request)
    const lane = laneIndex[request.priority]
    const since = first ? Math.max(request.accepted, request.not_before ?? 0) : undefined
    this.#workload.start(load, lane, now, since)
    const call = load.times.begin(now)
    this.#running.set(request.request_id, { load, lane, startedAt: now, call, outcome: undefined })
  }

  /** A worker lets go of a request. @param again when it will be tried again; absent: it has ended. */
  stopped({ request_id }: RequestName, now: number, again?: number): void {
    const run = this.#running.get(request_id)
    if (!run) return
    this.#running.delete(request_id)
    const { load, call, outcome } = run
    if (outcome === 'over') load.times.drop(call)
    else load.times.end(call, now, again === undefined ? undefined : Math.max(0, again - now))
    this.#workload.stop(load, run, now, again !== undefined && outcome === undefined)
    if (outcome && outcome !== 'over') this.#learn(outcome)
  }

  /**
   * A request ended. @param itself whether by itself: then the estimate is compared with how it went. Else it was cancelled or
   * expired.
   */
  ended(request: EndedRequest, now: number, itself: boolean): void {
    const run = this.#running.get(request.request_id)
    if (run) run.outcome = itself ? request : 'over'
    else {
      this.#workload.leave(this.#load(request), laneIndex[request.priority], now, request.not_before ?? 0)
      if (itself) this.#learn(request)
    }
  }

  #learn(request: EndedRequest): void {
    const { estimate_basis: basis, ended } = request
    if (!basis || ended === undefined || request.round !== 1) return
    const load = this.#load(request)
    const { times } = load
    times.refresh(ended)
    const lane = laneIndex[request.priority]
    const [work, variance, beside, part, correction] = basis
    const { mean } = times
    // With what is known of the times by now: what they teach isn't learned twice.
    const ahead = { work: work * mean, variance: variance * mean ** 2, beside: beside * mean }
    const share = this.#workload.share(lane)
    const figure = figureOf(times, ahead, part === 0 ? share.part(times.part) : part, share)
    const taken = Math.max(1, ended - Math.max(request.accepted, request.not_before ?? 0))
    const known = Math.max(0, times.amount - this.#workload.running) / (times.amount + fewTimes)
    const alike = figure.together * figure.common + this.#workload.running / wave
    const size = Math.log2(figure.milliseconds / times.p90)
    this.#correction(lane).observe(size, Math.log(taken / figure.milliseconds), correction, known / (1 + alike))
  }

  #correction(lane: number): Correction {
    return this.#corrections[lane] ?? this.#corrections[1]
  }

  #load({ model_id: model, max_tokens: maxTokens }: RequestKind): ModelLoad {
    const kind = maxTokens <= 128 ? 0 : maxTokens <= 1_500 ? 1 : 2
    let loads = this.#loads.get(model)
    if (!loads) {
      loads = [undefined, undefined, undefined]
      this.#loads.set(model, loads)
    }
    const found = loads[kind]
    if (found) return found
    const made = this.#workload.model(new ServiceTimes(this.#guess(model, [128, 1_000, 4_000][kind] ?? 1_000)))
    loads[kind] = made
    return made
  }
}

/** To three places behind the point: it is kept with the request. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
