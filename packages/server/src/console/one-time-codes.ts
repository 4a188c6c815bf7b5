import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '@plinth/core'

/** Milliseconds: a link in the output of a process that nobody opened is of no use to whoever reads that later. */
const lifetime = 60 * 60_000

/** Codes that open the console once, made for whoever sees what the process prints. Kept as hashes, in memory alone. */
export class OneTimeCodes {
  readonly #clock: Clock
  readonly #ends = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  make(): string {
    const code = randomBytes(24).toString('base64url')
    this.#ends.set(hash(code), this.#clock.now() + lifetime)
    return code
  }

  /** Whether it was good; it isn't any more. */
  use(code: string): boolean {
    const name = hash(code)
    const end = this.#ends.get(name)
    this.#ends.delete(name)
    return end !== undefined && this.#clock.now() < end
  }
}

function hash(code: string): string {
  return createHash('sha256').update(code).digest('base64url')
}
