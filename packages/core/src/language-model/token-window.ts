/** The window that a limit of tokens a minute looks at, milliseconds. */
const windowMilliseconds = 60_000
/** What is booked in one step leaves the window together, never early. */
const stepMilliseconds = 250
const steps = windowMilliseconds / stepMilliseconds + 1

/**
 * The tokens of a sliding minute: in no window of 60 seconds is more booked than was let through by {@link TokenWindow.wait}.
 * It counts in steps of a quarter second, and a step counts until all of it is a minute old: so a token is held for 60 to 60.25
 * seconds, a limit is used to 99.6% at least, and the memory is the same whatever is booked.
 *
 * Times are milliseconds of a clock that never goes back.
 */
export class TokenWindow {
  /** The most tokens in any minute. */
  readonly limit: number
  readonly #booked = new Float64Array(steps)
  /** The latest step that was seen. */
  #step = 0
  #sum = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** What is booked in the minute before. */
  used(now: number): number {
    this.#advance(now)
    return this.#sum
  }

  /** How long until so many tokens fit if nothing else is booked: 0 is now, infinity never. */
  wait(tokens: number, now: number): number {
    if (tokens > this.limit) return Number.POSITIVE_INFINITY
    this.#advance(now)
    let over = this.#sum + tokens - this.limit
    if (over <= 0) return 0
    for (let step = this.#step - steps + 1; step <= this.#step; step++) {
      over -= this.#booked[place(step)] ?? 0
      if (over <= 0) return (step + steps) * stepMilliseconds - now
    }
    // Only what was used beyond all reservations can be more than the limit; it is gone when the last of it is.
    return (this.#step + steps) * stepMilliseconds - now
  }

  /** Books tokens as of now, whether they fit or not. @returns where, for {@link TokenWindow.giveBack}. */
  book(tokens: number, now: number): number {
    this.#advance(now)
    const at = place(this.#step)
    this.#booked[at] = (this.#booked[at] ?? 0) + tokens
    this.#sum += tokens
    return this.#step
  }

  /** Takes back tokens that were booked in a step; those that left the window already are no longer there to take. */
  giveBack(step: number, tokens: number, now: number): void {
    this.#advance(now)
    if (step <= this.#step - steps) return
    const at = place(step)
    this.#booked[at] = (this.#booked[at] ?? 0) - tokens
    this.#sum -= tokens
  }

  #advance(now: number): void {
    const current = Math.floor(now / stepMilliseconds)
    if (current <= this.#step) return
    if (current - this.#step >= steps) {
      this.#booked.fill(0)
      this.#sum = 0
    } else {
      for (let step = this.#step + 1; step <= current; step++) {
        const at = place(step)
        this.#sum -= this.#booked[at] ?? 0
        this.#booked[at] = 0
      }
    }
    this.#step = current
  }
}

function place(step: number): number {
  return ((step % steps) + steps) % steps
}
