import type { Operations, OutboxEntry } from '../ports/operations.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { Subject } from './contract.ts'

/** What the contract of operations is tried on: they belong to a store. */
export interface OperationsSubject {
  readonly state: StateStore
  readonly operations: Operations
}

/** What is pending of one tenant, in the order in which it shows, without repetitions. */
export async function pendingOf(subject: Subject<OperationsSubject>, tenant: string): Promise<OutboxEntry[]> {
  const entries = await subject.port.operations.pending(1_000)
  const own = new Map(entries.filter(({ entry }) => entry.tenant === tenant).map((entry) => [entry.position, entry]))
  return [...own.values()].toSorted((left, right) => sequenceOf(left) - sequenceOf(right))
}

/** Settles as the relay does: again, until it succeeds. */
export async function settleAll(
  subject: Subject<OperationsSubject>,
  entries: readonly (OutboxEntry | undefined)[],
): Promise<void> {
  const positions = entries.flatMap((entry) => (entry ? [entry.position] : []))
  for (let attempt = 0; ; attempt++) {
    try {
      return await subject.port.operations.settle(positions)
    } catch (error) {
      if (attempt > 100) throw error
    }
  }
}

function sequenceOf({ entry }: OutboxEntry): number {
  return 'sequence' in entry ? entry.sequence : 0
}
