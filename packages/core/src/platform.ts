import type { Models } from './language-model/catalogue.ts'
import { type ModelGate, type ModelLimits, ProcessGate, tenantGate } from './language-model/gate.ts'
import type { Clock } from './ports/clock.ts'
import type { EventBus } from './ports/event-bus.ts'
import type { KeyService } from './ports/key-service.ts'
import type { ObjectStore } from './ports/object-store.ts'
import type { Operations } from './ports/operations.ts'
import type { Outbound } from './ports/outbound.ts'
import type { Queue } from './ports/queue.ts'
import type { StateStore } from './ports/state-store.ts'
import type { Caller } from './scope/caller.ts'
import { DataKeys } from './scope/data-keys.ts'
import { tenantObjects } from './scope/objects.ts'
import type { Operator } from './scope/operator.ts'
import type { Scope } from './scope/scope.ts'
import { Sealing } from './scope/sealing.ts'
import { State } from './scope/state.ts'
import { systemTenant } from './tenancy/tenant.ts'

/** A full record of adapters: one technology for each port. */
export interface Adapters {
  readonly clock: Clock
  readonly state: StateStore
  readonly objects: ObjectStore
  readonly keys: KeyService
  readonly queue: Queue
  readonly bus: EventBus
  readonly operations: Operations
  readonly outbound: Outbound
  close(): Promise<void>
}

/** Plinth = one platform × models. The adapters are not on it: a scope is all that a pattern gets. */
export interface Platform {
  readonly name: string
  readonly models: Models
  /** What every call of a model passes; for whoever runs the process. */
  readonly gate: ModelGate
  scope(caller: Caller): Scope
  operate(): Operator
  /** Ends what runs and releases what is held. Nothing may be used afterwards. */
  close(): Promise<void>
}

/** Joins adapters and models. @param options.limits what providers let through; absent: everything. */
export function createPlatform(
  name: string,
  adapters: Adapters,
  models: Models,
  options: { readonly limits?: ModelLimits } = {},
): Platform {
  const { clock, state: store, objects, queue, bus, operations, outbound } = adapters
  const gate = new ProcessGate({ clock, ...options })
  const sealing = new Sealing({ keys: new DataKeys(adapters), objects, clock })
  const stateOf = (tenant: string, correlationId: string, weight?: number): State =>
    new State({ tenant, correlationId, weight, store, sealing, clock })
  return {
    name,
    models,
    gate,
    scope: (caller) => ({
      caller,
      tenant: caller.settings,
      clock,
      state: stateOf(caller.tenant, caller.correlationId, caller.settings.weight),
      objects: tenantObjects(caller.tenant, objects, sealing),
      models,
      gate: tenantGate(gate, caller.tenant, caller.settings.weight),
      outbound,
    }),
    operate: () => ({
      clock,
      store,
      objects,
      queue,
      bus,
      operations,
      system: stateOf(systemTenant, 'system'),
      state: (tenantId) => stateOf(tenantId, 'system'),
    }),
    close: () => adapters.close(),
  }
}
