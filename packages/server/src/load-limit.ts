import { UnavailableError } from '@plinth/core'

/**
 * Of the event loop, or of the database's answers, milliseconds. What was let in takes several turns of the one, and several of the other,
 * so its answer comes in some tenths of a second.
 */
const lateness = 80
/** One turn that took very long counts as this, which alone is no reason to let fewer in. */
const longest = 3 * lateness
/** How much the latest look counts beside those before. */
const weight = 0.3
/** A burst may make the process late for so long, milliseconds: it is taken in, and over then. What goes on is more than can be done. */
const grace = 1_500
/**
 * However late it is, as many are let in as are answered in so many seconds; and so many at the least, since it is also late where others
 * take the machine.
 */
const answeredWithin = 0.5
const fewest = 64
/** What is in memory at a time is limited also where the loop is idle, and the disk or a provider is slow. */
const most = 10_000
/** Before anything is known. A burst that has an end is taken in. */
const atFirst = 2_000
const [shrink, grow] = [0.9, 1.05]

/**
 * Made once, since to make an error costs as much as all else of a refusal. Clients are told in turn to come again after so many
 * seconds, so that they don't come all at once.
 */
const refusals = [1, 2, 3].map(
  (retryAfter) =>
    new UnavailableError('overloaded', 'More comes in than can be answered in time; try again later.', { retryAfter }),
)

/**
 * How many requests this process has in hand at a time. It learns that from how late it is: while it is too late fewer are let in, else
 * more where there are more. What is beyond is refused at once, before anything was done for it, so that a flood doesn't slow down what
 * was let in. A tenant that has less in hand than its even share is let in all the same.
 */
export class LoadLimit {
  readonly #open = new Map<string, number>()
  #all = 0
  #most = atFirst
  #late = 0
  #lateFor = 0
  #left = 0
  /** Answers a second. */
  #rate = 0
  #refused = 0

  /** How many are in hand. */
  get open(): number {
    return this.#all
  }

  /**
   * Lets a request in.
   * @returns what is to be called once, when it is answered.
   * @throws UnavailableError `overloaded`.
   */
  enter(tenant: string): () => void {
    const own = this.#open.get(tenant) ?? 0
    if (this.#all >= this.#most && own >= this.#shareWith(own)) throw refusals[this.#refused++ % refusals.length]
    this.#all++
    this.#open.set(tenant, own + 1)
    return () => this.#leave(tenant)
  }

  /**
   * To be told every few hundredths of a second while there is a rush.
   * @param late milliseconds that the process is late by. @param since milliseconds since it was told before.
   */
  observe(late: number, since: number): void {
    this.#late += (Math.min(late, longest) - this.#late) * weight
    this.#rate += ((1_000 * this.#left) / since - this.#rate) * weight
    this.#left = 0
    this.#lateFor = this.#late > lateness ? this.#lateFor + since : 0
    if (this.#lateFor > grace) {
      // By Little's law, what is in hand over what is answered a second is how long each takes.
      this.#most = Math.max(fewest, this.#rate * answeredWithin, Math.min(this.#most, this.#all) * shrink)
    } else if (this.#lateFor === 0 && this.#all >= this.#most * shrink) this.#most = Math.min(most, this.#most * grow)
  }

  /** The rush is over, and what was learned of it. */
  forget(): void {
    this.#most = atFirst
    this.#late = 0
    this.#lateFor = 0
    this.#rate = 0
  }

  #leave(tenant: string): void {
    this.#all--
    this.#left++
    const left = (this.#open.get(tenant) ?? 0) - 1
    if (left > 0) this.#open.set(tenant, left)
    else this.#open.delete(tenant)
  }

  /** Of the whole, for each tenant that has something in hand, this one included. */
  #shareWith(own: number): number {
    return this.#most / (this.#open.size + (own === 0 ? 1 : 0))
  }
}
