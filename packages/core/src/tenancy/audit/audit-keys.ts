import { deriveKey } from '../../crypto.ts'
import type { State } from '../../scope/state.ts'
import { remember } from './remember.ts'

const cached = 10_000

/**
 * The keys that authenticate audit trails, one a tenant. They come from the system's data key, which the KeyService wraps: so
 * whoever has the database alone can forge nothing, and a tenant's trail still verifies when the tenant's own keys are destroyed.
 * Who may use the KeyService can forge.
 */
export class AuditKeys {
  readonly #system: Pick<State, 'lookup'>
  readonly #keys = new Map<string, Promise<Uint8Array>>()

  /** @param system the system's own records. */
  constructor(system: Pick<State, 'lookup'>) {
    this.#system = system
  }

  /** 32 bytes, the same for ever. @throws KeyUnusableError */
  of(tenant: string): Promise<Uint8Array> {
    const known = this.#keys.get(tenant)
    if (known) return known
    const key = this.#derive(tenant)
    remember(this.#keys, tenant, key, cached)
    key.catch(() => this.#keys.delete(tenant))
    return key
  }

  async #derive(tenant: string): Promise<Uint8Array> {
    return deriveKey(new TextEncoder().encode(await this.#system.lookup('audit', tenant)), 'plinth audit')
  }
}
