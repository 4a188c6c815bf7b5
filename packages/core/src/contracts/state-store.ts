import type { StateStore } from '../ports/state-store.ts'
import { type ContractOptions, describeContract } from './contract.ts'
import { changePromises } from './state-store-changes.ts'
import { counterPromises } from './state-store-counters.ts'
import { eventPromises } from './state-store-events.ts'
import { expiryPromises } from './state-store-expiry.ts'
import { limitPromises } from './state-store-limits.ts'
import { listPromises } from './state-store-lists.ts'
import { readPromises } from './state-store-reads.ts'

/** The promises of {@link StateStore}, one test each. */
export function describeStateStoreContract(adapter: string, options: ContractOptions<StateStore>): void {
  describeContract('StateStore', adapter, options, {
    ...changePromises,
    ...counterPromises,
    ...expiryPromises,
    ...readPromises,
    ...listPromises,
    ...eventPromises,
    ...limitPromises,
  })
}
