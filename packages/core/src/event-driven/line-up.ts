import { laneCount, type PerLane, workBeside } from './lane-loads.ts'
import type { ServiceTimes } from './service-times.ts'

/** A heavier tail than this isn't met by most. */
const mostVariation = 3.5

/** What is before a request. Times are milliseconds, work that of one worker. */
export interface Ahead {
  /** All that waits or runs before it. */
  readonly work: number
  /** The variances of the times of those ahead, added up. */
  readonly variance: number
  /** What all of that would take, less the wait: when the request starts, others still run. */
  readonly beside: number
}

/** The work of one model that stands before a request. */
interface Part {
  readonly waiting: PerLane
  /** Variance over mean of one. */
  spread: number
  /** What is left of one that began at any time, on average. */
  rest: number
  /** What is left of those that run. */
  running: number
}

/** What stands before a request, by model and lane: a scratch pad that is filled anew for each look ahead. */
export class LineUp {
  readonly #parts: Part[] = []
  #size = 0
  /** By lane. */
  readonly #totals: PerLane = new Float64Array(laneCount)

  clear(): void {
    this.#size = 0
  }

  /** The requests of one model. @param age of those that run, on average. */
  add(times: ServiceTimes, waiting: PerLane, running: number, age: number): void {
    const part = this.#parts[this.#size] ?? {
      waiting: new Float64Array(laneCount),
      spread: 0,
      rest: 0,
      running: 0,
    }
    this.#parts[this.#size++] = part
    for (let lane = 0; lane < laneCount; lane++) part.waiting[lane] = (waiting[lane] ?? 0) * times.mean
    part.spread = times.variation * times.mean
    // In a renewal process (1 + variation)/2 of the mean is left at any time (Cox, "Renewal Theory", 1962).
    part.rest = (times.mean * (1 + Math.min(times.variation, mostVariation))) / 2
    part.running = running * (times.mean + (part.rest - times.mean) * Math.min(1, age / part.rest))
  }

  /** More requests become ready. */
  join(model: number, lane: number, amount: number, mean: number): void {
    const waiting = this.#parts[model]?.waiting
    if (waiting) waiting[lane] = (waiting[lane] ?? 0) + amount * mean
  }

  /** So much is worked: what waits moves up, and what runs stays full until nothing waits. */
  drain(amount: number): void {
    const [waiting, running] = [this.#sum(false), this.#sum(true)]
    const left = Math.max(0, waiting + running - amount)
    const waits = waiting === 0 ? 0 : Math.max(0, left - running) / waiting
    const runs = running === 0 ? 0 : Math.min(running, left) / running
    for (let index = 0; index < this.#size; index++) {
      const part = this.#parts[index]
      if (!part) continue
      part.running *= runs
      for (let lane = 0; lane < laneCount; lane++) part.waiting[lane] = (part.waiting[lane] ?? 0) * waits
    }
  }

  /** So much runs at least, of one model. */
  keepRunning(model: number, running: number): void {
    const part = this.#parts[model]
    if (part) part.running += Math.max(0, running - this.#sum(true))
  }

  /**
   * What a request of a lane and model stands behind.
   * @param arriving work that arrives in each lane, a millisecond.
   */
  ahead(model: number, lane: number, own: number, arriving: PerLane, workers: number): Ahead {
    for (let each = 0; each < laneCount; each++) {
      this.#totals[each] = 0
      for (let index = 0; index < this.#size; index++)
        this.#totals[each] = (this.#totals[each] ?? 0) + (this.#parts[index]?.waiting[each] ?? 0)
    }
    const mine = this.#totals[lane] ?? 0
    const others = this.#sum(false) - mine
    const beside = workBeside(lane, mine + own, this.#totals, arriving, workers)
    // Of the other lanes' requests so many are before this one, or more than there are by now.
    const before = others === 0 ? 0 : Math.min(1, beside / others)
    const coming = beside - before * others
    let waiting = coming
    let variance = coming * (this.#parts[model]?.spread ?? 0)
    for (let index = 0; index < this.#size; index++) {
      const part = this.#parts[index]
      if (!part) continue
      const work = waitingBefore(part, lane, before)
      waiting += work
      variance += work * part.spread
    }
    const work = waiting + this.#sum(true)
    const wait = waiting === 0 ? 0 : this.#wait(model, lane, before, coming, work / workers) / workers
    return { work, variance, beside: work / workers - wait }
  }

  /**
   * When the request starts, the other workers are busy with what began before it: of each model's part of the workers, what is left
   * of a call at any time isn't done yet, but no more than there is of it.
   * @param all what all of the work would take.
   */
  #wait(model: number, lane: number, before: number, coming: number, all: number): number {
    let wait = 0
    for (let index = 0; index < this.#size; index++) {
      const part = this.#parts[index]
      if (!part) continue
      const work = waitingBefore(part, lane, before) + part.running + (index === model ? coming : 0)
      wait += work * Math.max(0, 1 - part.rest / all)
    }
    return wait
  }

  #sum(running: boolean): number {
    let all = 0
    for (let index = 0; index < this.#size; index++) {
      const part = this.#parts[index]
      if (part) all += running ? part.running : waitingBefore(part, 0, 1)
    }
    return all
  }
}

/** What waits of a model in a lane, and a part of what waits in the others. */
function waitingBefore({ waiting }: Part, lane: number, before: number): number {
  let all = 0
  for (let each = 0; each < laneCount; each++) all += (each === lane ? 1 : before) * (waiting[each] ?? 0)
  return all
}
