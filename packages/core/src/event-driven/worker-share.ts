/** So many service times are remembered when it comes to how much there is now, and so many milliseconds at least. */
const shortMemory = 6
const leastMemory = 500
/** How much that changes is remembered so many times longer. */
const longer = 20
/** What is expected before anything was seen counts as much as a sixteenth of the memory. */
const expectedPart = 1 / 16
/** A wait of so many service times meets changes as they are in the long run. */
const changing = 4
/** No part counts as less or more: of one that was nothing for long, nothing could be told in relation. */
const [least, most] = [0.002, 1.2]

/**
 * How many requests of a tenant's lane run, and which part that is, while others of it wait, of the workers it would have alone:
 * below 1 when other tenants have work too, or when the process has no time for more. An average over time, learned from its own
 * requests only; with their times it tells how fast the lane gets on (Little's law).
 */
export class WorkerShare {
  readonly #now = new TimeAverage()
  readonly #changes = new TimeAverage()
  #running = 0
  /** The integral of `running` over time, up to when. */
  #area = 0
  #areaAt = 0
  #lastStart = Number.NEGATIVE_INFINITY
  #areaThen = 0

  get running(): number {
    return this.#running
  }

  /** Whether anything was seen yet. */
  get known(): boolean {
    return this.#now.time > 0
  }

  /** @param expected where nothing was seen yet. */
  part(expected: number): number {
    return this.known ? this.#now.mean : expected
  }

  /** Squared relative deviation of a wait that goes by this part, for a wait of so many service times. */
  doubt(times: number): number {
    if (!this.known) return 0
    const now = this.#now.variation * (1 / shortMemory + Math.min(1, 2 / times))
    return now + this.#changes.variation * Math.min(1, times / changing)
  }

  /**
   * @param since from when on it waited, where that is known: if it did so since the start before, what ran meanwhile is what the
   * lane could get.
   * @param alone how many workers it would have alone.
   */
  start(now: number, since: number | undefined, alone: number, times: { readonly mean: number; readonly part: number }): void {
    this.#advance(now)
    const lasted = now - this.#lastStart
    if (since !== undefined && since <= this.#lastStart && lasted > 0)
      this.#observe((this.#area - this.#areaThen) / lasted / alone, lasted, times)
    this.#lastStart = now
    this.#areaThen = this.#area
    this.#running++
  }

  end(now: number): void {
    this.#advance(now)
    this.#running--
  }

  #advance(now: number): void {
    if (now <= this.#areaAt) return
    this.#area += this.#running * (now - this.#areaAt)
    this.#areaAt = now
  }

  #observe(part: number, lasted: number, times: { readonly mean: number; readonly part: number }): void {
    const memory = Math.max(leastMemory, shortMemory * times.mean)
    if (!this.known) this.#now.add(times.part, expectedPart * memory, memory)
    this.#now.add(Math.min(most, Math.max(least, part)), lasted, memory)
    this.#changes.add(this.#now.mean, lasted, longer * memory)
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
