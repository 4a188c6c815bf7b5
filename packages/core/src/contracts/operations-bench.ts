import type { Operations, OutboxEntry, TenantRemoval } from '../ports/operations.ts'
import { keyText, type Page, type Row, type StateStore } from '../ports/state-store.ts'
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

/** A tenant's rows, page by page, in the order of their keys; `between` runs before every further page. */
export async function allRows(
  subject: Subject<OperationsSubject>,
  tenant: string,
  limit = 1_000,
  between: () => Promise<void> = async () => {},
): Promise<Row[]> {
  const { operations } = subject.port
  const rows: Row[] = []
  let page: Page<Row> = await operations.rows(tenant, { limit })
  for (let pages = 0; ; pages++) {
    if (page.items.length > limit) throw new Error('A page holds more than its limit.')
    rows.push(...page.items)
    if (page.after === undefined) break
    if (pages > 10_000) throw new Error('The rows have no end.')
    await between()
    page = await operations.rows(tenant, { limit, after: page.after })
  }
  return rows.toSorted((left, right) => (keyText(left) < keyText(right) ? -1 : 1))
}

export interface Removal {
  /** How much the calls said that they removed. */
  readonly removed: number
  /** How many calls failed, which said nothing. */
  readonly failed: number
}

/** Removes a tenant as offboarding does: until nothing is left, and again after a call that failed. */
export async function removeAll(
  subject: Subject<OperationsSubject>,
  tenant: string,
  removal: Partial<TenantRemoval> = {},
): Promise<Removal> {
  const { keep = [], limit = 1_000 } = removal
  let [removed, failed] = [0, 0]
  for (let call = 0; call < 1_000; call++) {
    try {
      const amount = await subject.port.operations.removeTenant(tenant, { keep, limit })
      if (amount === 0) return { removed, failed }
      if (amount > limit) throw new TypeError('More was removed than the limit.')
      removed += amount
    } catch (error) {
      if (error instanceof TypeError || ++failed > 100) throw error
    }
  }
  throw new Error('The removal has no end.')
}

function sequenceOf({ entry }: OutboxEntry): number {
  return 'sequence' in entry ? entry.sequence : 0
}
