import { type Job, type Lane, laneWeights } from '../ports/queue.ts'

const lanes = Object.keys(laneWeights) as Lane[]

/** Jobs that are ready, handed out fairly: lanes by weight (smooth weighted round robin), tenants within a lane by turns. */
export class FairLanes {
  readonly #lanes = new Map<Lane, Map<string, Job[]>>(lanes.map((lane) => [lane, new Map()]))
  readonly #credit = new Map<Lane, number>(lanes.map((lane) => [lane, 0]))
  #size = 0

  get size(): number {
    return this.#size
  }

  push(job: Job): void {
    const tenants = this.#lanes.get(job.lane)
    if (!tenants) throw new Error(`There is no lane ${job.lane}.`)
    const waiting = tenants.get(job.tenant)
    if (waiting) waiting.push(job)
    else tenants.set(job.tenant, [job])
    this.#size++
  }

  take(): Job | undefined {
    const lane = this.#nextLane()
    const tenants = lane && this.#lanes.get(lane)
    const turn = tenants?.entries().next()
    if (!tenants || !turn || turn.done) return undefined
    const [tenant, waiting] = turn.value
    const job = waiting.shift()
    // Who had a turn goes to the end of the row.
    tenants.delete(tenant)
    if (waiting.length > 0) tenants.set(tenant, waiting)
    this.#size--
    return job
  }

  /** Every lane that has something gains its weight; the richest is served, and pays what all gained. */
  #nextLane(): Lane | undefined {
    let best: Lane | undefined
    let gained = 0
    for (const lane of lanes) {
      if (this.#lanes.get(lane)?.size === 0) continue
      gained += laneWeights[lane]
      this.#credit.set(lane, this.#creditOf(lane) + laneWeights[lane])
      if (best === undefined || this.#creditOf(lane) > this.#creditOf(best)) best = lane
    }
    if (best !== undefined) this.#credit.set(best, this.#creditOf(best) - gained)
    return best
  }

  #creditOf(lane: Lane): number {
    return this.#credit.get(lane) ?? 0
  }
}
