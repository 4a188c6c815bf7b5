import { pooledKeyAlias, siloKeyAlias } from '../scope/data-keys.ts'
import type { State } from '../scope/state.ts'
import { systemTenant, tenantPlace, tenants } from './tenant.ts'

/** The key that wraps a tenant's data keys: its own where it has one, else the pooled one (R106). */
export async function keyAliasOf(system: State, tenant: string): Promise<string> {
  const settings = tenant === systemTenant ? undefined : (await system.get(tenants, tenantPlace(tenant)))?.fields
  return settings?.isolation_level === 'silo' ? siloKeyAlias(tenant) : pooledKeyAlias
}
