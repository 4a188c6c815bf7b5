import { DeferredWork } from './deferred-work.ts'
import { laneCount, laneShare, type PerLane, workBeside } from './lane-loads.ts'
import type { ServiceTimes } from './service-times.ts'
import { WorkerShare } from './worker-share.ts'

/** So many requests are worked at a time, unless a process says otherwise. */
export const workersAtATime = 64
/** For so long arrivals are taken to go on, milliseconds. */
const arrivalMemory = 30_000
/** A heavier tail than this isn't met by most. */
const mostResidual = 3.5

/** One model of a tenant: its times, and how many of its requests wait in each lane and run. */
export interface ModelLoad {
  readonly index: number
  readonly times: ServiceTimes
  readonly waiting: PerLane
  running: number
}

/** A request that runs. */
export interface RunningLoad {
  readonly lane: number
  readonly startedAt: number
}

/** What is before a request. Work is in milliseconds of one worker. */
export interface Ahead {
  /** That must be done before it starts. */
  readonly work: number
  /** The variances of the times of those ahead, added up, milliseconds squared. */
  readonly variance: number
  /** What is left of one that runs when this one starts, on average. */
  readonly beside: number
}

/** What a tenant has waiting and running, as far as this process knows. */
export class Workload {
  readonly #models: ModelLoad[] = []
  readonly #deferred = new DeferredWork()
  readonly #waiting = new Float64Array(laneCount)
  #startSum = 0
  /** Work that arrived of late, and when that was brought up to date. */
  readonly #arrived = new Float64Array(laneCount)
  readonly #arrivedAt = new Float64Array(laneCount)
  readonly #shares = [new WorkerShare(), new WorkerShare(), new WorkerShare()] as const

  /** How many of a lane were accepted and haven't ended. */
  amount(lane: number): number {
    return (this.#waiting[lane] ?? 0) + this.share(lane).running + this.#deferred.amount(lane)
  }

  get running(): number {
    const [high, normal, low] = this.#shares
    return high.running + normal.running + low.running
  }

  model(times: ServiceTimes): ModelLoad {
    const load = { index: this.#models.length, times, waiting: new Float64Array(laneCount), running: 0 }
    this.#models.push(load)
    return load
  }

  share(lane: number): WorkerShare {
    return this.#shares[lane] ?? this.#shares[1]
  }

  /** A request was accepted. */
  enter(load: ModelLoad, lane: number, now: number, notBefore: number): void {
    if (notBefore > now) this.#deferred.add(notBefore, lane, load.index)
    else {
      this.#arrive(lane, now, load.times.mean)
      this.#wait(load, lane, 1)
    }
  }

  /** A request is gone before it ran. */
  leave(load: ModelLoad, lane: number, now: number, notBefore: number): void {
    this.#promote(now)
    if (notBefore > now) this.#deferred.remove(notBefore, lane, load.index)
    else this.#wait(load, lane, -1)
  }

  /** A worker begins with one. @param since from when on it waited, where that is known. */
  start(load: ModelLoad, lane: number, now: number, since?: number): void {
    this.#promote(now)
    this.#wait(load, lane, -1)
    this.share(lane).start(now, since, workersAtATime * laneShare(lane, this.#waiting), load.times)
    load.running++
    this.#startSum += now
  }

  /** A worker lets go of one, for good or until it is tried @param again. */
  stop(load: ModelLoad, { lane, startedAt }: RunningLoad, now: number, again: boolean): void {
    this.share(lane).end(now)
    load.running--
    this.#startSum -= startedAt
    if (again) this.#wait(load, lane, 1)
  }

  /** So many more of a lane wait than was known, or fewer. */
  correct(load: ModelLoad, lane: number, amount: number): void {
    this.#wait(load, lane, amount)
  }

  /** What waits and runs before a request that is accepted now. */
  ahead(load: ModelLoad, lane: number, now: number, notBefore: number): Ahead {
    this.#promote(now)
    const all = this.#gather(now)
    const { variation, mean: own } = load.times
    const later = (1 + Math.min(variation, mostResidual)) / 2
    const workers = workersAtATime * this.share(lane).part(load.times.part)
    let residual = this.#residual(now, all.running, later)
    let { variance } = all
    if (notBefore > now) {
      residual = this.#advance(now, notBefore, workers, residual, later * own)
      variance = variation * own * sum(work)
    }
    const mine = work[lane] ?? 0
    const before = mine + workBeside(lane, mine + own, work, arriving, workers)
    const mean = (all.waiting + all.running) / Math.max(1, sum(this.#waiting) + this.running)
    return { work: before + residual, variance, beside: later * mean }
  }

  /** Fills `work` and `arriving`. @returns the work that waits and runs, as if all of it had just begun, and its variance. */
  #gather(now: number): { readonly waiting: number; readonly running: number; readonly variance: number } {
    work.fill(0)
    let running = 0
    let variance = 0
    for (const { times, waiting, running: runs } of this.#models) {
      times.refresh(now)
      running += runs * times.mean
      for (let lane = 0; lane < laneCount; lane++) {
        const amount = waiting[lane] ?? 0
        work[lane] = (work[lane] ?? 0) + amount * times.mean
        variance += amount * times.variance
      }
    }
    for (let lane = 0; lane < laneCount; lane++) arriving[lane] = this.#arriving(lane, now)
    return { waiting: sum(work), running, variance }
  }

  /**
   * What is left of those that run: all of it when they have just begun, and a residual when they began at any time. In a renewal
   * process that is (1 + variation)/2 of the mean (Cox, "Renewal Theory", 1962).
   */
  #residual(now: number, whole: number, later: number): number {
    if (whole === 0) return 0
    const running = this.running
    const age = Math.max(0, now - this.#startSum / running)
    const usual = whole / running
    return whole * (1 + (later - 1) * Math.min(1, age / (later * usual)))
  }

  /**
   * Brings `work` forward to a later time: what is worked until then, and what becomes ready. What comes and goes meanwhile leaves
   * so many workers less.
   * @param usual what is left of one that runs. @returns what is left of those that run then.
   */
  #advance(now: number, until: number, workers: number, residual: number, usual: number): number {
    const passing = Math.min(sum(arriving), 0.9 * workers)
    let time = now
    let running = residual
    for (const { at, lane, model, amount } of this.#deferred.until(until)) {
      running = drain((at - time) * (workers - passing), running)
      time = at
      work[lane] = (work[lane] ?? 0) + amount * (this.#models[model]?.times.mean ?? 0)
    }
    return Math.max(drain((until - time) * (workers - passing), running), passing * usual)
  }

  #arriving(lane: number, now: number): number {
    const age = Math.max(0, now - (this.#arrivedAt[lane] ?? 0))
    return ((this.#arrived[lane] ?? 0) * Math.exp(-age / arrivalMemory)) / arrivalMemory
  }

  #arrive(lane: number, now: number, mean: number): void {
    this.#arrived[lane] = this.#arriving(lane, now) * arrivalMemory + mean
    this.#arrivedAt[lane] = now
  }

  #promote(now: number): void {
    for (const { lane, model, amount } of this.#deferred.due(now)) {
      const load = this.#models[model]
      if (load) this.#wait(load, lane, amount)
    }
  }

  #wait(load: ModelLoad, lane: number, amount: number): void {
    const before = load.waiting[lane] ?? 0
    const after = Math.max(0, before + amount)
    load.waiting[lane] = after
    this.#waiting[lane] = Math.max(0, (this.#waiting[lane] ?? 0) + after - before)
  }
}

// Scratch for one look ahead: they don't interleave.
const work: PerLane = new Float64Array(laneCount)
const arriving: PerLane = new Float64Array(laneCount)

/** Takes so much from what runs and from `work`, from each lane its part. @returns what still runs. */
function drain(amount: number, running: number): number {
  const waiting = sum(work)
  const left = Math.max(0, waiting + running - amount)
  const waits = Math.max(0, left - running)
  for (let lane = 0; lane < laneCount; lane++) work[lane] = waiting === 0 ? 0 : ((work[lane] ?? 0) * waits) / waiting
  return Math.min(running, left)
}

function sum(values: PerLane): number {
  let all = 0
  for (const value of values) all += value
  return all
}
