import type { Row } from '../src/index.ts'
import { DataKeys } from '../src/scope/data-keys.ts'
import { Sealing } from '../src/scope/sealing.ts'
import { State } from '../src/scope/state.ts'
import { type FakeClock, type MemoryPlatform, memoryPlatform, scriptedModels } from '../src/testing/index.ts'

/** The State of tenant alpha in memory, and those of others on the same stores. */
export class StateBench {
  readonly memory: MemoryPlatform
  readonly state: State
  readonly #sealing: Sealing

  constructor() {
    this.memory = memoryPlatform({ models: scriptedModels(() => '') })
    this.#sealing = new Sealing({ ...this.memory.adapters, keys: new DataKeys(this.memory.adapters) })
    this.state = this.of('alpha')
  }

  get clock(): FakeClock {
    return this.memory.clock
  }

  get adapters(): MemoryPlatform['adapters'] {
    return this.memory.adapters
  }

  of(tenant: string): State {
    const { state: store, clock } = this.memory.adapters
    return new State({ tenant, correlationId: `correlation-${tenant}`, store, sealing: this.#sealing, clock })
  }

  /** What is stored, ciphertext and all. */
  readonly row = (collection: string, partition: string, tenant = 'alpha'): Promise<Row | undefined> =>
    this.memory.inner.state.get({ tenant, collection, partition, sort: '@' })
}
