import type { Operator } from '../scope/operator.ts'
import { TenantRegistry } from '../tenancy/registry.ts'
import type { TenantSettings } from '../tenancy/tenant.ts'

/** Work that was accepted before a tenant was suspended may go on for so long. */
const freshMilliseconds = 1_000

/** How tenants stand, for whoever works on what they handed in before. */
export class WorkedTenants {
  readonly #operator: Operator
  readonly #registry: TenantRegistry

  constructor(operator: Operator) {
    this.#operator = operator
    this.#registry = new TenantRegistry(operator, { freshMilliseconds })
  }

  /**
   * A tenant's settings, if it may be worked for now. `gone`: it left, and what is there of it is dropped. `waits`: a suspended tenant's
   * accepted work, and that of one whose data may not be here any more (R109), is neither done nor lost.
   */
  async find(tenant: string): Promise<TenantSettings | 'gone' | 'waits'> {
    const settings = await this.#registry.get(tenant)
    if (!settings || settings.status === 'offboarded') return 'gone'
    return settings.status === 'suspended' || !this.#operator.holds(settings) ? 'waits' : settings
  }

  /** Whether it left while it was worked for: then nothing of what went wrong is a fault. Never throws. */
  async hasLeft(tenant: string): Promise<boolean> {
    return (await this.find(tenant).catch(() => undefined)) === 'gone'
  }
}
