import { isFresh } from '../is-fresh.ts'
import type { Clock } from '../ports/clock.ts'

export interface CacheLimits {
  readonly entries: number
  /** Of all values, as their sizes are told; without it only entries count. */
  readonly bytes?: number
  /** An older one is given to nobody, and its memory is let go with the next use of the cache; milliseconds. */
  readonly keptFor: number
}

interface Entry<Value> {
  readonly value: Value
  readonly bytes: number
  readonly until: number
}

/** Keeps what was used last, within limits. */
export class BoundedCache<Value> {
  readonly #clock: Clock
  readonly #limits: CacheLimits
  readonly #entries = new Map<string, Entry<Value>>()
  #bytes = 0
  #swept: number

  constructor(clock: Clock, limits: CacheLimits) {
    this.#clock = clock
    this.#limits = limits
    this.#swept = clock.now()
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Value | undefined {
    this.#sweep()
    const entry = this.#entries.get(key)
    if (!entry || this.#isOver(entry)) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** @param bytes of the value; one that is larger than all may be isn't kept. */
  set(key: string, value: Value, bytes = 0): void {
    this.#sweep()
    this.#drop(key)
    const { entries, bytes: most = Number.POSITIVE_INFINITY, keptFor } = this.#limits
    if (bytes > most) return
    this.#entries.set(key, { value, bytes, until: this.#clock.now() + keptFor })
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= entries && this.#bytes <= most) return
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
  }

  #isOver({ until }: Entry<Value>): boolean {
    return !isFresh(this.#clock, until, this.#limits.keptFor)
  }

  /** What nobody asks for any more, such as a tenant's that has left, doesn't wait until others take its place. */
  #sweep(): void {
    const since = this.#clock.now() - this.#swept
    if (since >= 0 && since < this.#limits.keptFor / 4) return
    this.#swept = this.#clock.now()
    for (const [key, entry] of this.#entries) if (this.#isOver(entry)) this.#drop(key)
  }
}

/** Caches, one in each process: who has the same clock has the same cache. */
export function cacheByClock<Value>(limits: CacheLimits): (clock: Clock) => BoundedCache<Value> {
  const caches = new WeakMap<Clock, BoundedCache<Value>>()
  return (clock) => {
    const cache = caches.get(clock) ?? new BoundedCache<Value>(clock, limits)
    caches.set(clock, cache)
    return cache
  }
}
