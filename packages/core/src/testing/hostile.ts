import type { Clock } from '../ports/clock.ts'

/**
 * How unkind a platform is within the letter of its ports. Rates are from 0 (never) up to, and not including, 1.
 */
export interface HostileOptions {
  /** Queue: a job that was sent once is delivered twice, perhaps at the same time. */
  readonly duplicateDelivery: number
  /** Queue: a delivery comes again, up to a minute after its outcome was kept; so also after what it was for was cancelled. */
  readonly redeliverSettled: number
  /** Queue: a job takes up to five seconds to arrive, and so falls behind later ones. */
  readonly delayDelivery: number
  /** Queue: a lease is lost early: its signal fires, another worker gets the job, and the outcome doesn't count. */
  readonly loseLease: number
  /** Queue: how many deliveries of a job were cut off is told one too high or too low. */
  readonly miscountCutOffs: number
  /** Queue: a job isn't sent, or is, and is said not to be; now and then the whole call fails in the middle. */
  readonly failSend: number
  /** State: a change with conditions fails with ConflictError, although nothing changed: who reads again sees that it may go on. */
  readonly conflict: number
  /** State: a change or an addition happens, and fails with UnavailableError: its answer was lost. */
  readonly ambiguousCommit: number
  /** State: lists are up to so many commits behind (and two seconds at most), each time anew. Not a rate. */
  readonly staleLists: number
  /** Bus: an event isn't published, or is, and is said not to be; now and then the whole call fails in the middle. */
  readonly failPublish: number
  /** Bus: an event reaches its subscribers twice. */
  readonly duplicatePublish: number
  /** Stream: an entry, and those of its partition behind it, is refused as throttled. */
  readonly throttleAppend: number
  /** Stream: entries are kept, and the call fails with UnavailableError: its answer was lost. */
  readonly ambiguousAppend: number
  /** Stream: a delivery begins behind an earlier place than where the one before ended, kept or not. */
  readonly redeliverEntries: number
  /** Stream: a delivery comes as two. */
  readonly splitDelivery: number
  /** Stream: how far entries were kept is forgotten; sooner or later it is told again. */
  readonly loseProgress: number
  /** Operations: what was settled is pending once more. */
  readonly resendSettled: number
  /** Operations: settling, or removing a tenant, fails with UnavailableError, half done; pages of a tenant's rows are short. */
  readonly failSettle: number
}

/** Everything goes wrong now and then. */
export const hostileDefaults: HostileOptions = {
  duplicateDelivery: 0.2,
  redeliverSettled: 0.2,
  delayDelivery: 0.3,
  loseLease: 0.1,
  miscountCutOffs: 0.1,
  failSend: 0.2,
  conflict: 0.1,
  ambiguousCommit: 0.05,
  staleLists: 5,
  failPublish: 0.2,
  duplicatePublish: 0.2,
  throttleAppend: 0.1,
  ambiguousAppend: 0.05,
  redeliverEntries: 0.2,
  splitDelivery: 0.2,
  loseProgress: 0.1,
  resendSettled: 0.2,
  failSettle: 0.1,
}

/** Nothing goes wrong. */
export const polite: HostileOptions = Object.freeze(
  Object.fromEntries(Object.keys(hostileDefaults).map((fault) => [fault, 0])),
) as unknown as HostileOptions

/** Decides what goes wrong, from the clock's seeded randomness; tests turn its screws. */
export class Hostility {
  /** How often each fault was injected, so that a test can see that it tried what it means to. */
  readonly injected: Record<keyof HostileOptions, number> = { ...polite }
  readonly #clock: Clock
  #options: HostileOptions
  #conflicts = 0
  #ambiguous = 0
  #unavailable = 0

  /** What isn't given doesn't go wrong; `true` is {@link hostileDefaults}. */
  constructor(clock: Clock, options: Partial<HostileOptions> | true = {}) {
    this.#clock = clock
    this.#options = { ...polite, ...(options === true ? hostileDefaults : options) }
  }

  get options(): HostileOptions {
    return this.#options
  }

  /** Changes some rates; the others stay. */
  set(options: Partial<HostileOptions>): void {
    this.#options = { ...this.#options, ...options }
  }

  /** From now on nothing goes wrong; what was delayed or will come again still does. */
  calm(): void {
    this.#options = polite
    this.#conflicts = this.#ambiguous = this.#unavailable = 0
  }

  /** The next so many changes with conditions fail with ConflictError, although nothing changed. */
  conflictNext(count = 1): void {
    this.#conflicts = count
  }

  /** The next so many changes and additions happen, and fail with UnavailableError. */
  ambiguousNext(count = 1): void {
    this.#ambiguous = count
  }

  /** The next so many changes and additions don't happen, and fail with UnavailableError. */
  unavailableNext(count = 1): void {
    this.#unavailable = count
  }

  /** Whether this fault happens now. */
  happens(fault: keyof HostileOptions): boolean {
    const hit = this.#options[fault] > 0 && this.#clock.random() < this.#options[fault]
    if (hit) this.injected[fault]++
    return hit
  }

  /** Whether a change that has conditions meets a conflict. */
  takeConflict(): boolean {
    if (this.#conflicts === 0) return this.happens('conflict')
    this.#conflicts--
    this.injected.conflict++
    return true
  }

  takeAmbiguous(): boolean {
    if (this.#ambiguous === 0) return this.happens('ambiguousCommit')
    this.#ambiguous--
    this.injected.ambiguousCommit++
    return true
  }

  takeUnavailable(): boolean {
    if (this.#unavailable === 0) return false
    this.#unavailable--
    return true
  }

  /** A whole number from 0, below `end`. */
  below(end: number): number {
    return Math.floor(this.#clock.random() * end)
  }

  /** True so often, once a fault was decided on. */
  sometimes(share: number): boolean {
    return this.#clock.random() < share
  }
}
