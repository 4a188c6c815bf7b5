import type { Subject } from '../../../src/contracts/index.ts'
import { ConflictError, UnavailableError } from '../../../src/errors.ts'
import { createPlatform } from '../../../src/platform.ts'
import type { SearchIndex } from '../../../src/ports/search-index.ts'
import { SegmentSearchIndex, type SegmentSearchIndexOptions } from '../../../src/search/segment-search-index.ts'
import {
  FakeClock,
  type HostileOptions,
  type MemoryPlatform,
  memoryPlatform,
  scriptedModels,
} from '../../../src/testing/index.ts'
import { Steps } from './steps.ts'

const models = scriptedModels(() => '')

/** A platform in memory, and indexes over its stores. */
export class SearchSubject {
  readonly clock = new FakeClock()
  readonly memory: MemoryPlatform

  constructor(hostile: Partial<HostileOptions> | true = {}) {
    const { clock } = this
    this.memory = memoryPlatform({ models, clock, hostile })
  }

  open(options: Partial<SegmentSearchIndexOptions> = {}): SegmentSearchIndex {
    const operator = this.memory.platform.operate()
    const { clock } = this
    const state = (tenant: string) => operator.state(tenant)
    return new SegmentSearchIndex({ state, objects: (tenant) => operator.objectsOf(tenant), clock, ...options })
  }

  /** An index whose calls of the stores are told. */
  openStepping(options: Partial<SegmentSearchIndexOptions> = {}): { readonly index: SegmentSearchIndex; readonly steps: Steps } {
    const steps = new Steps()
    const { adapters } = this.memory
    const stores = { state: steps.state(adapters.state), objects: steps.objects(adapters.objects) }
    const operator = createPlatform('memory', { ...adapters, ...stores }, models, {}).operate()
    const index = this.open({
      state: (tenant) => operator.state(tenant),
      objects: (tenant) => operator.objectsOf(tenant),
      ...options,
    })
    return { index, steps }
  }

  /** Names of all objects of the index. */
  async objects(tenant: string): Promise<string[]> {
    const { items } = await this.memory.adapters.objects.list({ tenant, prefix: 'objects/search/', limit: 1000 })
    return items.map(({ name }) => name)
  }

  subject(wrap: (index: SearchIndex) => SearchIndex = (index) => index): Subject<SearchIndex> {
    return {
      port: wrap(this.open()),
      clock: this.clock,
      reopen: async () => wrap(this.open()),
      dispose: async () => {},
    }
  }
}

/** Does what a caller has to do when an answer is lost, or others were faster: the same again. */
export function patient(index: SearchIndex): SearchIndex {
  const again = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof UnavailableError || error instanceof ConflictError)) throw error
      }
    }
  }
  return {
    capabilities: index.capabilities,
    put: (...parts) => again(() => index.put(...parts)),
    putVectors: (...parts) => again(() => index.putVectors(...parts)),
    remove: (...parts) => again(() => index.remove(...parts)),
    dropSpace: (...parts) => again(() => index.dropSpace(...parts)),
    search: (...parts) => again(() => index.search(...parts)),
    status: (...parts) => again(() => index.status(...parts)),
    maintain: (...parts) => again(() => index.maintain(...parts)),
  }
}
