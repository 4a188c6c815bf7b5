import type { State } from '@plinth/core'

const cached = 10_000

/**
 * The text by which Kinesis gives a partition its shard: an HMAC of tenant and partition under a key of the system's. Nobody can name
 * streams or keys so that they fall on another tenant's shard, and none of their names shows in it.
 */
export class PartitionKeys {
  readonly #system: () => Pick<State, 'lookup'>
  readonly #known = new Map<string, Promise<string>>()

  /** @param system the system's own records. */
  constructor(system: () => Pick<State, 'lookup'>) {
    this.#system = system
  }

  /** The same for ever. @throws KeyUnusableError */
  of(tenant: string, partition: string): Promise<string> {
    const name = `${tenant}\n${partition}`
    const known = this.#known.get(name)
    if (known) return known
    const key = this.#system().lookup('event-stream', name)
    if (this.#known.size >= cached) this.#known.clear()
    this.#known.set(name, key)
    key.catch(() => this.#known.delete(name))
    return key
  }
}
