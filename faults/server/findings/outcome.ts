import type { FinalState } from '../final-state.ts'
import type { Entry } from '../ledger.ts'

/** All that is compared: what was seen outside, in order, and what is there at the end. */
export interface ServerOutcome {
  readonly entries: readonly Entry[]
  readonly state: FinalState
}
