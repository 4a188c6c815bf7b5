import type { Clock } from '../ports/clock.ts'
import type { Lane, Outcome } from '../ports/queue.ts'
import { Correction } from './correction.ts'
import { laneCount, laneIndex } from './lane-loads.ts'
import { type RunningCall, ServiceTimes, type SharedTimes } from './service-times.ts'
import { type Ahead, type ModelLoad, Workload, workersAtATime } from './workload.ts'

/** The 90% quantile of a standard normal distribution. */
const z90 = 1.2816
const level = 0.1
const laneNames = Object.keys(laneIndex) as readonly Lane[]
/** No wait is foreseen better than to 2%. */
const floor = 0.02
/** Requests that were started together share their luck: about one in so many that run counts. */
const wave = 8
/** With so few times measured, a figure says more of the guess than of the estimate. */
const fewTimes = 16
/** So many faults in a row are foreseen at most. */
const mostFaults = 3

/** How often the stored backlog is looked at, where other processes may have changed it, milliseconds. */
const rereadPause = 5_000

/** What is asked about, as a request's record has it. */
export interface EstimatedRequest {
  readonly request_id: string
  readonly model_id: string
  readonly max_tokens: number
  readonly priority: Lane
  readonly round: number
  readonly accepted: number
  readonly not_before?: number
  readonly expires_at?: number
  /** What the estimate stood on, for learning from how it went. */
  readonly estimate_basis?: EstimateBasis
}

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
export type StoredBacklog = { readonly requests: number } & { readonly [Name in Lane]?: number }

interface Run {
  readonly load: ModelLoad
  readonly lane: number
  readonly startedAt: number
  readonly call: RunningCall
  readonly crowded: boolean
  /** It was ended by somebody else: how long it takes says nothing. */
  over: boolean
}

/** The parts of a figure. */
interface Figure {
  /** The 90% figure before correction, milliseconds from when it may be worked. */
  readonly milliseconds: number
  /** How many requests share the luck of the wait, and the part of the wait's variance in all. */
  readonly together: number
  readonly shared: number
}

/** One tenant's estimates: what it has waiting, how long its requests took, and how right the estimates were. */
export class TenantEstimates {
  readonly #shared: (model: string, maxTokens: number) => SharedTimes
  readonly #loads = new Map<string, [ModelLoad | undefined, ModelLoad | undefined, ModelLoad | undefined]>()
  readonly #workload = new Workload()
  readonly #corrections = [new Correction(), new Correction(), new Correction()] as const
  readonly #running = new Map<string, Run>()
  /** Of each lane, how many took a place and aren't kept yet. */
  readonly #unkept = new Float64Array(laneCount)
  #readAt = Number.NEGATIVE_INFINITY

  constructor(shared: (model: string, maxTokens: number) => SharedTimes) {
    this.#shared = shared
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
    const mean = times.crowdedMean
    const part = share.known ? share.part : 0
    const figure = this.#figure(load, lane, ahead, part)
    const correction = this.#correction(lane).at(Math.log2(figure.milliseconds / times.p90))
    return {
      at: Math.ceil(Math.min(Math.max(now, notBefore) + figure.milliseconds * Math.exp(correction), latest)),
      basis: [
        rounded(ahead.work / mean),
        rounded(ahead.variance / mean ** 2),
        rounded(ahead.beside / mean),
        rounded(part),
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
    const settle = (): boolean => {
      if (open) this.#unkept[lane] = (this.#unkept[lane] ?? 0) - 1
      return open && !(open = false)
    }
    return {
      kept: () => void settle(),
      dropped: () => {
        if (settle()) this.#workload.leave(this.#load(request), lane, now, request.not_before ?? 0)
      },
    }
  }

  /**
   * Brings the counts up to date with the stored ones, every few seconds: what other processes accepted and ended is seen so, and
   * what was there before this process. What is on its way here explains a difference and changes nothing.
   */
  async reread(request: EstimatedRequest, now: number, read: () => Promise<StoredBacklog | undefined>): Promise<void> {
    if (Math.abs(now - this.#readAt) < rereadPause) return
    this.#readAt = now
    const before = laneNames.map((_, lane) => this.#workload.amount(lane))
    const stored = (await read()) ?? { requests: 0 }
    let unnamed = stored.requests
    for (const name of laneNames) unnamed -= Math.max(0, stored[name] ?? 0)
    const load = this.#load(request)
    for (const name of laneNames) {
      const lane = laneIndex[name]
      const counted = Math.max(0, stored[name] ?? 0) + (name === 'normal' ? Math.max(0, unnamed) : 0)
      const known = [before[lane] ?? 0, this.#workload.amount(lane)]
      const least = Math.min(...known) - (this.#unkept[lane] ?? 0) - this.#workload.running(lane)
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
    const load = this.#load(request)
    const lane = laneIndex[request.priority]
    load.times.refresh(now)
    const since = first ? Math.max(request.accepted, request.not_before ?? 0) : undefined
    const crowded = this.#workload.start(load, lane, now, since)
    const call = load.times.begin(now)
    this.#running.set(request.request_id, { load, lane, startedAt: now, call, crowded, over: false })
  }

  /** A worker lets go of a request. @param again when it will be tried again; absent: it has ended. */
  stopped({ request_id }: EstimatedRequest, now: number, again?: number): void {
    const run = this.#running.get(request_id)
    if (!run) return
    this.#running.delete(request_id)
    if (run.over) run.load.times.drop(run.call)
    else run.load.times.end(run.call, now, run.crowded, again === undefined ? undefined : Math.max(0, again - now))
    this.#workload.stop(run.load, run, again !== undefined && !run.over)
  }

  /**
   * A request ended. @param itself whether by itself: then the estimate is compared with how it went, and this was its last run.
   * Else it was cancelled or expired.
   */
  ended(request: EstimatedRequest, at: number, itself: boolean): void {
    const run = this.#running.get(request.request_id)
    if (run) run.over = !itself
    else this.#workload.leave(this.#load(request), laneIndex[request.priority], at, request.not_before ?? 0)
    if (!itself) return
    this.stopped(request, at)
    if (request.estimate_basis && request.round === 1) this.#learn(request, request.estimate_basis, at)
  }

  #learn(request: EstimatedRequest, basis: EstimateBasis, ended: number): void {
    const load = this.#load(request)
    const { times } = load
    times.refresh(ended)
    const lane = laneIndex[request.priority]
    const [work, variance, beside, part, correction] = basis
    const mean = times.crowdedMean
    // With what is known of the times by now: what they teach isn't learned twice.
    const ahead = { work: work * mean, variance: variance * mean ** 2, beside: beside * mean }
    const figure = this.#figure(load, lane, ahead, part)
    const taken = Math.max(1, ended - Math.max(request.accepted, request.not_before ?? 0))
    const known = times.amount / (times.amount + fewTimes)
    const alike = figure.together * figure.shared + this.#workload.runningInAll / wave
    const size = Math.log2(figure.milliseconds / times.p90)
    this.#correction(lane).observe(size, Math.log(taken / figure.milliseconds), correction, known / (1 + alike))
  }

  /**
   * The wait is normal, as a sum of many; its deviation and that of the request's own time are joined by their squares.
   * @param part of the workers; 0: as is known by now.
   */
  #figure({ times }: ModelLoad, lane: number, { work, variance, beside }: Ahead, part: number): Figure {
    const share = this.#workload.share(lane)
    const workers = Math.max(0.1, workersAtATime * (part || share.part))
    // Work is done by all workers; when this one is free, the others still run.
    const wait = Math.max(0, work / workers - beside * Math.max(0, 1 - 1 / workers))
    const faults = times.failing > level ? Math.log(level) / Math.log(Math.min(0.97, times.failing)) - 1 : 0
    const again = Math.min(mostFaults, Math.max(0, faults)) * (times.pause + wait)
    if (wait === 0) return { milliseconds: times.p90 + again, together: 0, shared: 0 }
    const mean = times.crowdedMean
    const luck = variance / workers ** 2 + wait ** 2 * (times.variation * times.doubt + share.doubt(wait / mean))
    const own = times.p90 - times.mean
    const deviation = Math.sqrt(own ** 2 + z90 ** 2 * (luck + (floor * wait) ** 2))
    const alone = (own / z90) ** 2 + 0.08 * mean ** 2
    return {
      milliseconds: wait + times.mean + deviation + again,
      together: (wait * workers) / mean,
      shared: luck / (luck + alone),
    }
  }

  #correction(lane: number): Correction {
    return this.#corrections[lane] ?? this.#corrections[1]
  }

  #load({ model_id: model, max_tokens: maxTokens }: EstimatedRequest): ModelLoad {
    const kind = maxTokens <= 128 ? 0 : maxTokens <= 1_500 ? 1 : 2
    let loads = this.#loads.get(model)
    if (!loads) {
      loads = [undefined, undefined, undefined]
      this.#loads.set(model, loads)
    }
    const found = loads[kind]
    if (found) return found
    const made = this.#workload.model(new ServiceTimes(this.#shared(model, [128, 1_000, 4_000][kind] ?? 1_000)))
    loads[kind] = made
    return made
  }
}

/** To three places behind the point: it is kept with the request. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
