/** So many callers are answered in one turn of the loop; what they ask for next is on its way while others are answered. */
const atATime = 24

/** Those who asked together: when the answers to all of them were there, and how each is given. */
interface Arrived {
  readonly at: number
  readonly give: readonly (() => void)[]
  given: number
}

/**
 * Answers that are there, given in order, a few in each turn of the loop: so a turn is short however many there are, and whoever asks
 * something small isn't held up. How far the thread is behind then doesn't show in its turns; it shows here.
 */
export class Answers {
  readonly #arrived: Arrived[] = []
  #waiting = 0

  /** How many are still to be given. */
  get waiting(): number {
    return this.#waiting
  }

  /** For how long the oldest has been there, milliseconds; 0 where none waits. */
  lateness(): number {
    const [oldest] = this.#arrived
    return oldest ? performance.now() - oldest.at : 0
  }

  add(give: readonly (() => void)[]): void {
    if (give.length === 0) return
    const idle = this.#waiting === 0
    this.#arrived.push({ at: performance.now(), give, given: 0 })
    this.#waiting += give.length
    if (idle) this.#giveSome()
  }

  giveAll(): void {
    this.#give(this.#waiting)
  }

  #giveSome(): void {
    this.#give(atATime)
    if (this.#waiting > 0) setImmediate(() => this.#giveSome())
  }

  #give(most: number): void {
    for (let left = most; left > 0; ) {
      const [oldest] = this.#arrived
      if (!oldest) return
      const some = oldest.give.slice(oldest.given, oldest.given + left)
      oldest.given += some.length
      this.#waiting -= some.length
      if (oldest.given === oldest.give.length) this.#arrived.shift()
      for (const give of some) give()
      left -= some.length
    }
  }
}
