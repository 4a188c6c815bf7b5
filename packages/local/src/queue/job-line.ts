import type { Delivery } from './delivery.ts'

/** So many jobs of a line are in memory at once; of a million that wait, the others cost nothing here. */
export const lineLength = 64

/** The ready jobs of one tenant in one lane, in order of their positions. */
export class JobLine {
  #known: Delivery[] = []
  /** The highest position that was ever known here. */
  #last = 0
  /** Whether all that is ready is known, so that nothing has to be read from the file. */
  #complete: boolean

  /** @param complete whether nothing is ready there yet. */
  constructor(complete: boolean) {
    this.#complete = complete
  }

  /** A job became ready, by a commit of this process. */
  arrive(delivery: Delivery): void {
    // What was read from the file before its commit came back is known already.
    if (delivery.position <= this.#last) return
    if (this.#known.length >= lineLength) this.#complete = false
    if (this.#complete) this.#add(delivery)
  }

  /** Jobs became ready that only the file knows. */
  miss(): void {
    this.#complete = false
  }

  /** Jobs were removed from the file. */
  forget(positions: ReadonlySet<number>): void {
    this.#known = this.#known.filter(({ position }) => !positions.has(position))
  }

  /** The next job. @param read gives the first ready ones behind a position, fewer than {@link lineLength} only at the end. */
  take(read: (after: number) => readonly Delivery[]): Delivery | undefined {
    if (this.#known.length === 0 && !this.#complete) {
      const found = read(this.#last)
      for (const delivery of found) this.#add(delivery)
      this.#complete = found.length < lineLength
    }
    return this.#known.shift()
  }

  #add(delivery: Delivery): void {
    this.#known.push(delivery)
    this.#last = delivery.position
  }
}
