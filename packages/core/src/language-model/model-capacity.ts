import type { ModelLimit } from './gate.ts'
import { TokenWindow } from './token-window.ts'

/** A provider may close a model for so long at a time, milliseconds. */
export const longestClosing: number = 10 * 60_000
/** After a closing one call more may run with each second. */
const rampMilliseconds = 1_000

/** How a model that was closed comes back. */
interface Ramp {
  /** When it was open again. */
  readonly opened: number
  /** How many calls were started since then and answered. */
  answered: number
}

/** A call that was started. */
export interface Started {
  readonly tokens: number
  /** Where its tokens are booked. */
  readonly step: number
  readonly ramp: Ramp | undefined
}

/**
 * What a model has room for: calls at a time, tokens a minute, and nothing while it is closed. Tokens count from the start of
 * their call, as providers count them; what was used beyond the reservation, from when it is known. Times never go back.
 */
export class ModelCapacity {
  /** Whether it has limits, even when it is open. */
  readonly limited: boolean
  readonly #window: TokenWindow | undefined
  readonly #concurrency: number
  /** So many run in usual times, where there is no limit. */
  readonly #usual: number
  #running = 0
  /** Tokens of the calls that run. */
  #reserved = 0
  #closedUntil = 0
  #ramp: Ramp | undefined

  constructor({ concurrency, tokensPerMinute }: ModelLimit, usual: number) {
    this.limited = concurrency !== undefined || tokensPerMinute !== undefined
    this.#window = tokensPerMinute === undefined ? undefined : new TokenWindow(tokensPerMinute)
    this.#concurrency = concurrency ?? Number.POSITIVE_INFINITY
    this.#usual = Math.min(usual, this.#concurrency)
  }

  get running(): number {
    return this.#running
  }

  /** The most tokens that a call can ever have. */
  get mostTokens(): number {
    return this.#window?.limit ?? Number.POSITIVE_INFINITY
  }

  /** When it is open again; 0 when it was never closed. */
  get closedUntil(): number {
    return this.#closedUntil
  }

  /** Tokens of the last minute, where they are limited. */
  used(now: number): number | undefined {
    return this.#window?.used(now)
  }

  /** Whether it is open as ever: not closed, and no longer in the time after that. */
  open(now: number): boolean {
    return this.#closedUntil <= now && this.#rampRoom(now) === undefined
  }

  /** How long until a call of so many tokens may start: 0 is now, infinity when another one has to end first. */
  wait(tokens: number, now: number): number {
    if (this.#closedUntil > now) return this.#closedUntil - now
    if (this.#running >= this.#concurrency) return Number.POSITIVE_INFINITY
    const most = this.#rampRoom(now)
    if (most !== undefined && this.#running >= most) return rampMilliseconds - ((now - this.#closedUntil) % rampMilliseconds)
    return this.#tokenWait(tokens, now)
  }

  /** How long there are too few tokens for it in any case, even if the calls that run give back all of theirs. */
  tokenWaitAtLeast(tokens: number, now: number): number {
    return this.#tokenWait(Math.max(0, tokens - this.#reserved), now)
  }

  /** Whether nothing but tokens keeps a call of so many from starting. */
  onlyTokensMissing(tokens: number, now: number): boolean {
    const wait = this.wait(tokens, now)
    return wait > 0 && wait === this.#tokenWait(tokens, now)
  }

  start(tokens: number, now: number): Started {
    this.#running++
    this.#reserved += tokens
    return { tokens, step: this.#window?.book(tokens, now) ?? 0, ramp: this.#ramp }
  }

  /** @param used tokens, as far as is known. */
  end({ tokens, step, ramp }: Started, used: number, answered: boolean, now: number): void {
    this.#running--
    this.#reserved -= tokens
    if (ramp && answered) ramp.answered++
    if (used < tokens) this.#window?.giveBack(step, tokens - used, now)
    else if (used > tokens) this.#window?.book(used - tokens, now)
  }

  /** @returns whether that is later than what was known. */
  close(until: number, now: number): boolean {
    const capped = Math.min(until, now + longestClosing)
    if (capped <= now || capped <= this.#closedUntil) return false
    this.#closedUntil = capped
    this.#ramp = { opened: capped, answered: 0 }
    return true
  }

  #tokenWait(tokens: number, now: number): number {
    return this.#window?.wait(tokens, now) ?? 0
  }

  /** How many may run in the time after a closing; undefined when that is over. */
  #rampRoom(now: number): number | undefined {
    if (!this.#ramp) return undefined
    const { opened, answered } = this.#ramp
    const most = 1 + answered + Math.max(0, Math.floor((now - opened) / rampMilliseconds))
    if (most >= this.#usual) this.#ramp = undefined
    return this.#ramp && most
  }
}
