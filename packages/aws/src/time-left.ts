import { type Clock, type Lease, type Timer, UnavailableError } from '@plinth/core'

/** Enough to stop what still runs, to let it go, and to send its job again. Jobs that know when the end comes are done long before. */
const reservedMilliseconds = 8_000

/** The time that a function has: jobs are told when it ends, and their leases end a little before it. */
export class TimeLeft {
  readonly #endsAt: number
  readonly #over = new AbortController()
  readonly #timer: Timer

  /** @param options.milliseconds until the function is ended, whatever it does. */
  constructor({ milliseconds, clock }: { readonly milliseconds: number; readonly clock: Clock }) {
    this.#endsAt = clock.now() + milliseconds
    this.#timer = clock.setTimer(Math.max(0, milliseconds - reservedMilliseconds), () => this.#end())
  }

  /** The same lease, whose signal fires when the time is over, too; the message behind it is still held then. */
  within(lease: Lease): Lease {
    const signal = AbortSignal.any([lease.signal, this.#over.signal])
    const endsAt = Math.min(this.#endsAt, lease.endsAt ?? Number.POSITIVE_INFINITY)
    return { cutOffs: lease.cutOffs, endsAt, signal, extend: (milliseconds) => lease.extend(milliseconds) }
  }

  stop(): void {
    this.#timer.cancel()
  }

  #end(): void {
    this.#over.abort(new UnavailableError('time_over', "The function's time is over; the job goes on in another."))
  }
}
