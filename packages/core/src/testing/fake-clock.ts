import type { Clock, Timer } from '../ports/clock.ts'

interface Pending {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/**
 * A clock that stands still until it is told to move. Its randomness comes from a seed, so that a run can be repeated.
 */
export class FakeClock implements Clock {
  #now: number
  #state: number
  #order = 0
  readonly #pending = new Set<Pending>()

  constructor(options: { readonly now?: number; readonly seed?: number } = {}) {
    this.#now = options.now ?? Date.UTC(2026, 0, 1)
    this.#state = options.seed ?? 1
  }

  now(): number {
    return this.#now
  }

  /** mulberry32, by Tommy Ettinger (public domain): small, and good enough for tests. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  randomBytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.random() * 256))
  }

  setTimer(delay: number, run: () => void): Timer {
    const pending = { at: this.#now + Math.max(0, delay), order: this.#order++, run }
    this.#pending.add(pending)
    return { cancel: () => void this.#pending.delete(pending) }
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#pending.size
  }

  /**
   * Moves on, running every timer that falls due in its order, and letting promises settle before and after each.
   * @param milliseconds 0 runs what is due now.
   */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds
    await settle()
    for (let next = this.#due(end); next; next = this.#due(end)) {
      this.#pending.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await settle()
    }
    this.#now = end
  }

  /** Sets the time, as an operator or a time server does; runs nothing. */
  jump(to: number): void {
    this.#now = to
  }

  #due(end: number): Pending | undefined {
    let first: Pending | undefined
    for (const pending of this.#pending) {
      if (pending.at <= end && (!first || pending.at < first.at || (pending.at === first.at && pending.order < first.order)))
        first = pending
    }
    return first
  }
}

/** Lets everything that was waiting on settled promises, or on messages of other threads, run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => immediate(resolve))
}

// A message port is the only macrotask that both a browser-like library and Node know without typings of their own.
function immediate(run: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    run()
  }
  port2.postMessage(undefined)
}
