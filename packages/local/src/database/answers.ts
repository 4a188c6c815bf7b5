/** So many callers are answered in one turn of the loop; what they ask for next is on its way while others are answered. */
const atATime = 24
/** Of many that wait this share, if that is more: by a fixed number, what comes in would go before what is done (ADR 0025). */
const ofMany = 0.1

/**
 * Answers that are there, given in order, a few in each turn of the loop: so a turn is far shorter than if all were, and whoever asks
 * something small isn't held up. How far the thread is behind then doesn't show in its turns; it shows here.
 */
export class Answers {
  readonly #waiting: { readonly at: number; give(): void }[] = []

  /** How many are still to be given. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** For how long the oldest has been there, milliseconds; 0 where none waits. */
  lateness(): number {
    const [oldest] = this.#waiting
    return oldest ? performance.now() - oldest.at : 0
  }

  add(all: readonly (() => void)[]): void {
    const idle = this.waiting === 0
    const at = performance.now()
    for (const give of all) this.#waiting.push({ at, give })
    if (idle) this.#giveSome()
  }

  giveAll(): void {
    this.#give(this.waiting)
  }

  #giveSome(): void {
    this.#give(Math.max(atATime, Math.ceil(this.waiting * ofMany)))
    if (this.waiting > 0) setImmediate(() => this.#giveSome())
  }

  #give(most: number): void {
    for (const { give } of this.#waiting.splice(0, most)) give()
  }
}
