import type { Clock } from '../ports/clock.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { EventStream } from '../ports/event-stream.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Operations } from '../ports/operations.ts'
import type { Queue } from '../ports/queue.ts'
import type { SearchIndex } from '../ports/search-index.ts'
import type { Row, StateStore } from '../ports/state-store.ts'
import type { AuditKeys } from '../tenancy/audit/audit-keys.ts'
import type { TenantSettings } from '../tenancy/tenant.ts'
import type { Caller } from './caller.ts'
import type { DataKeys } from './data-keys.ts'
import type { Objects } from './objects.ts'
import type { State } from './state.ts'
import type { Action } from './trail.ts'

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
  /** Absent where the platform has none. */
  readonly stream: EventStream | undefined
  readonly operations: Operations
  readonly search: SearchIndex
  /** Whether the data of a tenant lies here. */
  holds(settings: Pick<TenantSettings, 'data_residency_region'>): boolean
  /** Every tenant's data keys, to rotate and to destroy. */
  readonly dataKeys: DataKeys
  /** The system's own records: the registry of tenants, the issuer's key. */
  readonly system: State
  /** Any tenant's objects, opened. */
  objectsOf(tenantId: string): Objects
  /** Opens an entry of any tenant's log. @throws SealError, KeyUnusableError */
  openEntry(tenantId: string, partition: string, sealed: Uint8Array): Promise<Uint8Array>
  /** The names of the objects in which a row's texts lie. @throws SealError, KeyUnusableError */
  objectsOfRow(row: Row): Promise<ReadonlySet<string>>
  /** Any tenant's records; what is changed there is put down in its trail as somebody's doing, where it says whose. */
  state(tenantId: string, by?: { readonly caller: Caller; readonly action?: Action }): State
  readonly audit: {
    readonly keys: AuditKeys
    /** Has `told` told of each entry that this process commits, in place of who was told before. */
    onKept(told: (tenant: string) => void): void
  }
}
