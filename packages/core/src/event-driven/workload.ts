import { DeferredWork } from './deferred-work.ts'
import { laneCount, laneShare, type PerLane } from './lane-loads.ts'
import { type Ahead, LineUp } from './line-up.ts'
import type { ServiceTimes } from './service-times.ts'
import { WorkerShare } from './worker-share.ts'

/** So many requests are worked at a time, unless a process says otherwise. */
export const workersAtATime = 64
/** For so long arrivals are taken to go on, milliseconds. */
const arrivalMemory = 30_000

/** One model of a tenant: its times, and how many of its requests wait in each lane and run. */
export interface ModelLoad {
  readonly index: number
  readonly times: ServiceTimes
  readonly waiting: PerLane
  running: number
}

/** A request that runs. */
interface RunningLoad {
  readonly lane: number
  readonly startedAt: number
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

  /** What stands before a request that is accepted now. */
  ahead(load: ModelLoad, lane: number, now: number, notBefore: number): Ahead {
    this.#promote(now)
    const { running } = this
    const age = running === 0 ? 0 : Math.max(0, now - this.#startSum / running)
    lineUp.clear()
    for (const { times, waiting, running: runs } of this.#models) {
      times.refresh(now)
      lineUp.add(times, waiting, runs, age)
    }
    for (let each = 0; each < laneCount; each++) arriving[each] = this.#arriving(each, now)
    const workers = workersAtATime * this.share(lane).part(load.times.part)
    if (notBefore > now) this.#advance(load, now, notBefore, workers)
    return lineUp.ahead(load.index, lane, load.times.mean, arriving, workers)
  }

  /**
   * Brings the line-up forward to a later time: what is worked until then, and what becomes ready. What comes and goes meanwhile
   * leaves so many workers less, and runs then, too.
   */
  #advance(load: ModelLoad, now: number, until: number, workers: number): void {
    const passing = Math.min(
      arriving.reduce((sum, each) => sum + each),
      0.9 * workers,
    )
    let time = now
    for (const { at, lane, model, amount } of this.#deferred.until(until)) {
      lineUp.drain((at - time) * (workers - passing))
      lineUp.join(model, lane, amount, this.#models[model]?.times.mean ?? 0)
      time = at
    }
    lineUp.drain((until - time) * (workers - passing))
    lineUp.keepRunning(load.index, (passing * load.times.mean * (1 + load.times.variation)) / 2)
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
const lineUp = new LineUp()
const arriving: PerLane = new Float64Array(laneCount)
