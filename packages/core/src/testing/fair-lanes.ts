import { type Job, tenantWeights } from '../ports/queue.ts'
import { LaneTurns } from '../worker/lane-turns.ts'

/** Jobs that are ready, in memory, handed out by {@link LaneTurns}. */
export class FairLanes {
  readonly #turns = new LaneTurns()
  readonly #waiting = new Map<string, Job[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  push(job: Job): void {
    this.#turns.add(job.lane, job.tenant, 1, job.weight ?? tenantWeights.usual)
    const name = `${job.lane} ${job.tenant}`
    const waiting = this.#waiting.get(name)
    if (waiting) waiting.push(job)
    else this.#waiting.set(name, [job])
    this.#size++
  }

  take(): Job | undefined {
    const turn = this.#turns.take()
    const name = turn && `${turn.lane} ${turn.tenant}`
    const waiting = name === undefined ? undefined : this.#waiting.get(name)
    if (name === undefined || !waiting) return undefined
    if (waiting.length === 1) this.#waiting.delete(name)
    this.#size--
    return waiting.shift()
  }
}
