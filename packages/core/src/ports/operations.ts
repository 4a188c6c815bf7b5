import type { Job } from './queue.ts'
import type { StoredEvent } from './state-store.ts'

/** Events are kept for 30 days, milliseconds; then only the records that they told of remain. */
export const eventRetention: number = 30 * 24 * 3_600_000

/** An event or job that a commit emitted and that the relay hasn't sent yet. */
export interface OutboxEntry {
  /** What {@link Operations.settle} takes. */
  readonly position: string
  readonly entry: StoredEvent | Job
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
 */
export interface Operations {
  pending(limit: number): Promise<readonly OutboxEntry[]>
  settle(positions: readonly string[]): Promise<void>
  /** Calls `wake` soon after something became pending in this process; returns what stops it. */
  onPending(wake: () => void): () => void
  /** Removes at most `limit` expired rows and returns how many there were. */
  removeExpired(limit: number): Promise<number>
  trimEvents(before: number, limit: number): Promise<number>
}
