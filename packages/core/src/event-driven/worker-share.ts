/** So many service times are remembered when it comes to how much there is now. */
const shortMemory = 6
/** And so many when it comes to how much that changes. */
const longMemory = 20 * shortMemory
/** That all workers are free for it counts as much as a sixteenth of the memory. */
const guessPart = 1 / 16
/** A wait of so many service times meets changes as they are in the long run. */
const changing = 4
const most = 1.2

/**
 * Which part of the workers a tenant's lane had while it waited, of what it would have alone: below 1 when other tenants have work.
 * An average over time, learned from its own starts only. How many of its requests run while others wait tells it all (Little's
 * law does the rest).
 */
export class WorkerShare {
  readonly #now = new TimeAverage()
  readonly #changes = new TimeAverage()

  /** Whether anything was seen yet. */
  get known(): boolean {
    return this.#now.time > 0
  }

  /** 0.01 to 1.2. */
  get part(): number {
    return this.known ? Math.min(most, Math.max(0.01, this.#now.mean)) : 1
  }

  /** Squared relative deviation of a wait that goes by this part, for a wait of so many service times. */
  doubt(times: number): number {
    if (!this.known) return 0
    return (
      this.#now.variation * (1 / shortMemory + Math.min(1, 2 / times)) + this.#changes.variation * Math.min(1, times / changing)
    )
  }

  /** @param waited for so long something waited, milliseconds; @param serviceTime milliseconds. */
  observe(part: number, waited: number, serviceTime: number): void {
    const time = Math.max(1, serviceTime)
    if (!this.known) this.#now.add(1, shortMemory * time * guessPart, shortMemory * time)
    this.#now.add(Math.min(most, part), waited, shortMemory * time)
    this.#changes.add(this.part, waited, longMemory * time)
  }
}

/** Mean and variation of a value over time; what was so long ago as the memory counts 1/e. */
class TimeAverage {
  time = 0
  #sum = 0
  #squares = 0

  get mean(): number {
    return this.#sum / this.time
  }

  /** Variance over squared mean. */
  get variation(): number {
    return Math.max(0, (this.#squares * this.time) / this.#sum ** 2 - 1)
  }

  add(value: number, lasted: number, memory: number): void {
    const keep = Math.exp(-lasted / memory)
    this.time = this.time * keep + lasted
    this.#sum = this.#sum * keep + value * lasted
    this.#squares = this.#squares * keep + value * value * lasted
  }
}
