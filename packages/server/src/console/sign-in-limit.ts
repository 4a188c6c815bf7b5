import { type Clock, LimitError } from '@plinth/core'

/** Failed tries of one address within {@link window}, before it has to wait. */
const tries = 10
/** Milliseconds. */
const window = 60_000
/** Addresses that are remembered; the oldest go first. */
const remembered = 10_000

interface Failures {
  readonly since: number
  readonly count: number
}

/** Holds up whoever guesses tokens and codes. What succeeds costs nothing, so that many may sign in from behind one address. */
export class SignInLimit {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws LimitError `sign_in_limit` for an address that failed too often. */
  check(address: string): void {
    const found = this.#current(address)
    if (!found || found.count < tries) return
    const retryAfter = (found.since + window - this.#clock.now()) / 1_000
    throw new LimitError('sign-in', 'sign_in_limit', 'Too many tries to sign in. Wait a minute.', { retryAfter })
  }

  failed(address: string): void {
    const found = this.#current(address)
    this.#failures.delete(address)
    this.#failures.set(address, { since: found?.since ?? this.#clock.now(), count: (found?.count ?? 0) + 1 })
    const oldest = this.#failures.keys().next()
    if (this.#failures.size > remembered && !oldest.done) this.#failures.delete(oldest.value)
  }

  #current(address: string): Failures | undefined {
    const found = this.#failures.get(address)
    const age = found ? this.#clock.now() - found.since : Number.POSITIVE_INFINITY
    // A clock may be set back: nobody has to wait until it is where it was.
    return age >= 0 && age < window ? found : undefined
  }
}
