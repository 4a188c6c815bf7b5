import { laneCount, type PerLane, workBeside } from './lane-loads.ts'
import type { ServiceTimes } from './service-times.ts'

const newtonSteps = 6

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
  /** What is left of those that run, of all and of one. */
  running: number
  runningRest: number
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
      runningRest: 0,
    }
    this.#parts[this.#size++] = part
    for (let lane = 0; lane < laneCount; lane++) part.waiting[lane] = (waiting[lane] ?? 0) * times.mean
    part.spread = times.variation * times.mean
    // In a renewal process (1 + variation)/2 of the mean is left at any time (Cox, "Renewal Theory", 1962).
    part.rest = times.mean * ((1 + times.variation) / 2)
    part.runningRest = times.mean + (part.rest - times.mean) * Math.min(1, age / part.rest)
    part.running = running * part.runningRest
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
    let work = this.#sum(true) + coming
    let variance = coming * (this.#parts[model]?.spread ?? 0)
    for (let index = 0; index < this.#size; index++) {
      const part = this.#parts[index]
      if (!part) continue
      const waiting = waitingBefore(part, lane, before)
      work += waiting
      variance += waiting * part.spread
    }
    const wait = work === this.#sum(true) ? 0 : this.#wait(model, lane, before, coming, work, workers)
    return { work, variance, beside: work / workers - wait }
  }

  /**
   * When what all workers did is all that stood before, but for what is left of those that run then: a request that began at any
   * moment of a wait t, and would take m on average with r left at any time, has had m (1 - r/t (1 - exp(-t/r))) done, and one that
   * ran already, with r left, r (1 - exp(-t/r)). Both are exact for exponential times and, for others, at first and in the long run.
   * The largest root, by Newton's method from above: the function is convex.
   */
  #wait(model: number, lane: number, before: number, coming: number, work: number, workers: number): number {
    let wait = work / workers
    for (let step = 0; step < newtonSteps; step++) {
      let undone = workers * wait
      let slope = workers
      for (let index = 0; index < this.#size; index++) {
        const part = this.#parts[index]
        if (!part) continue
        const waiting = waitingBefore(part, lane, before) + (index === model ? coming : 0)
        const [rest, left] = [part.rest / wait, Math.exp(-wait / part.rest)]
        undone -= waiting * (1 - rest * (1 - left))
        slope -= (waiting / wait) * (rest * (1 - left) - left)
        const runningLeft = Math.exp(-wait / part.runningRest)
        undone -= part.running * (1 - runningLeft)
        slope -= (part.running / part.runningRest) * runningLeft
      }
      if (slope <= 0) return 0
      const next = wait - undone / slope
      if (next < least) return 0
      wait = next
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

/** Milliseconds: shorter than this is no wait. */
const least = 1

/** What waits of a model in a lane, and a part of what waits in the others. */
function waitingBefore({ waiting }: Part, lane: number, before: number): number {
  let all = 0
  for (let each = 0; each < laneCount; each++) all += (each === lane ? 1 : before) * (waiting[each] ?? 0)
  return all
}
