import { z } from 'zod'
import type { Row } from '../src/index.ts'
import { defineCollection, defineEvent } from '../src/index.ts'
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

/** The collections and events that tests of State use. */
export interface Note {
  readonly title: string
  readonly stars: number
  readonly group?: string | undefined
  readonly until?: number | undefined
}

export const notes = defineCollection<Note, { body: string; remark: string }, 'title' | 'stars'>({
  name: 'notes',
  schema: 1,
  plain: z.strictObject({
    title: z.string().min(1),
    stars: z.number().int(),
    group: z.string().optional(),
    until: z.number().optional(),
  }),
  sealed: ['body', 'remark'],
  lists: {
    title: { order: (fields) => fields.title },
    stars: { group: (fields) => fields.group ?? 'none', order: (fields) => String(fields.stars).padStart(5, '0') },
  },
  expires: (fields) => fields.until,
})

export const counts = defineCollection<{ readonly used: number; readonly spent: number }>({
  name: 'counts',
  schema: 1,
  plain: z.object({ used: z.number(), spent: z.number() }),
  sealed: [],
  lists: {},
})

export const noted = defineEvent<{ title: string }>({
  type: 'test.noted',
  version: 3,
  summary: '',
  detail: z.strictObject({ title: z.string() }),
})
export const one = { partition: 'one' }
