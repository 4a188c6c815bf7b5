import { KeyUnusableError } from '../errors.ts'
import { pooledKeyAlias, siloKeyAlias } from '../scope/data-keys.ts'
import type { State } from '../scope/state.ts'
import { systemTenant, tenantPlace, tenants } from './tenant.ts'

/**
 * The key that wraps a tenant's data keys: its own where it has one, else the pooled one (R106).
 * @throws KeyUnusableError for a tenant that left: whoever still holds a scope of it gets no new key.
 */
export async function keyAliasOf(system: State, tenant: string): Promise<string> {
  const settings = tenant === systemTenant ? undefined : (await system.get(tenants, tenantPlace(tenant)))?.fields
  const alias = settings?.isolation_level === 'silo' ? siloKeyAlias(tenant) : pooledKeyAlias
  if (settings?.status === 'offboarded') throw new KeyUnusableError(`of the tenant ${tenant}`, 'destroyed')
  return alias
}
