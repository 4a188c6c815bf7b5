import type { Models } from '../language-model/catalogue.ts'
import type { Clock } from '../ports/clock.ts'
import { type Caller, requirePermission } from '../scope/caller.ts'
import type { Operator } from '../scope/operator.ts'
import type { State } from '../scope/state.ts'
import type { Action } from '../scope/trail.ts'
import type { SignStatement } from './export.ts'
import { TenantRegistry } from './registry.ts'
import { systemTenant, type TenantSettings } from './tenant.ts'
import { VirtualKeys } from './virtual-keys.ts'

/** What whoever runs Plinth may do with tenants: the door of the routes below `/api/tenants`. */
export interface Administration {
  /** Who asks. */
  readonly caller: Caller
  readonly clock: Clock
  readonly models: Models
  readonly registry: TenantRegistry
  readonly keys: VirtualKeys
  /** The system's records; what is changed there is put down as the caller's doing. */
  readonly system: State
  /** The platform that has the registry. */
  readonly operator: Operator
  /** Signs in the name of this Plinth. */
  readonly sign: SignStatement
  /** The platform where a tenant's data lies, if it isn't another process that has it. */
  operatorOf(settings: TenantSettings): Operator
}

/** Opens the door. @throws ForbiddenError `permission_denied` for whoever may not. */
export function administer(parts: {
  readonly caller: Caller
  /** What is asked for; absent where nothing is changed. */
  readonly action?: Action | undefined
  readonly operator: Operator
  readonly models: Models
  readonly sign: SignStatement
  operatorOf(settings: TenantSettings): Operator
}): Administration {
  const { caller, action, operator, models, sign, operatorOf } = parts
  requirePermission(caller, 'tenants:admin')
  const { clock } = operator
  const system = operator.state(systemTenant, { caller, ...(action ? { action } : {}) })
  const own = { clock, system }
  return {
    caller,
    clock,
    models,
    operator,
    system,
    sign,
    operatorOf,
    registry: new TenantRegistry(own),
    keys: new VirtualKeys(own),
  }
}
