import type { Clock } from '../ports/clock.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Operations } from '../ports/operations.ts'
import type { Queue } from '../ports/queue.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { State } from './state.ts'

/**
 * The named door for work across tenants: relay, worker host, sweeper, registry. Patterns may not import it (the
 * architecture test), and a Scope has no way to it.
 */
export interface Operator {
  readonly clock: Clock
  readonly store: StateStore
  readonly objects: ObjectStore
  readonly queue: Queue
  readonly bus: EventBus
  readonly operations: Operations
  /** The system's own records: the registry of tenants, the issuer's key. */
  readonly system: State
  /** Any tenant's records. */
  state(tenantId: string): State
}
