import type { Job } from './queue.ts'
import { checkKeyParts, checkPageLimit, type Page, type Row, type StoredEvent } from './state-store.ts'

/** Events are kept for 30 days, milliseconds; then only the records that they told of remain. */
export const eventRetention: number = 30 * 24 * 3_600_000

/** An event or job that a commit emitted and that the relay hasn't sent yet. */
export interface OutboxEntry {
  /** What {@link Operations.settle} takes. */
  readonly position: string
  readonly entry: StoredEvent | Job
}

export interface TenantRows {
  /**
   * Continue behind this place: `after` of the page before, of the same tenant; else InvalidInputError, or rows of this tenant only.
   * It is for whoever reads the pages, not for the outside: it may name something of another tenant.
   */
  readonly after?: string
  /** 1–1000; else InvalidInputError. */
  readonly limit: number
}

export interface TenantRemoval {
  /** Collections whose rows stay. */
  readonly keep: readonly string[]
  /** How much one call removes at most, 1–1000; else InvalidInputError. */
  readonly limit: number
}

/**
 * The work across tenants that keeps a platform going. Only `worker/` and `tenancy/` reach it, through the Operator.
 *
 * Promises:
 * - Every committed event shows in `pending`, a little later at most, until it is settled. A job does too, unless the platform's
 *   commit hands it to the queue in the same transaction. A job whose `notBefore` is further ahead than the queue allows shows when
 *   it is near.
 * - `settle` is idempotent; what was settled may show again after a crash (the relay sends at least once).
 * - `removeExpired` removes rows that readers no longer see, `trimEvents` settled events from before a time; where the database
 *   does either by itself there is nothing to do and both remove nothing.
 * - `rows` gives every row of a tenant that was committed before its first page was asked for and hasn't expired, of all collections, in
 *   any order: once over the pages when it stays where it is, whatever is written beside it. A page may hold fewer rows than its
 *   limit, or none, and is the last one only when it has no `after`.
 * - `removeTenant` removes, in any order, a tenant's rows (but of the collections to keep), events and sequence, and its jobs that wait
 *   where the platform's commits put them. It returns how many of these it removed; with 0 nothing is left of what was committed before
 *   the call. It can be called again after a crash or an error, and by two at the same time. What the tenant commits meanwhile is
 *   kept as it was promised, until a call finds it. Removed events soon show in `pending` no more; who has them already may send
 *   them. A tenant of that name begins anew, with sequence 1.
 * - Both keep to the one tenant, also where another's name begins with its name.
 */
export interface Operations {
  pending(limit: number): Promise<readonly OutboxEntry[]>
  settle(positions: readonly string[]): Promise<void>
  /** Calls `wake` soon after something became pending in this process; returns what stops it. */
  onPending(wake: () => void): () => void
  /** Removes at most `limit` expired rows and returns how many there were. */
  removeExpired(limit: number): Promise<number>
  trimEvents(before: number, limit: number): Promise<number>
  rows(tenant: string, query: TenantRows): Promise<Page<Row>>
  removeTenant(tenant: string, removal: TenantRemoval): Promise<number>
}

/** Refuses what `rows` can't be asked; what `after` holds is the adapter's to check. */
export function checkTenantRows(tenant: string, { limit }: TenantRows): void {
  checkKeyParts(tenant)
  checkPageLimit(limit)
}

/** Refuses what `removeTenant` can't be asked; adapters call it first. */
export function checkTenantRemoval(tenant: string, { keep, limit }: TenantRemoval): void {
  checkKeyParts(tenant, ...keep)
  checkPageLimit(limit)
}
