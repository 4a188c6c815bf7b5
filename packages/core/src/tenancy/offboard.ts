import { everyItem } from '../every-item.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Operator } from '../scope/operator.ts'
import type { Administration } from './administration.ts'
import { auditNames } from './audit/collections.ts'
import type { TenantRegistry } from './registry.ts'
import type { Offboarding, TenantSettings } from './tenant.ts'
import type { VirtualKeys } from './virtual-keys.ts'

const atATime = 1_000
/**
 * Whoever was let in before may write so long afterwards, and in vain: a request whose body comes slowly (5 minutes at most), a call
 * of a model (5 minutes), a stream (10 minutes). So all is removed once more when that time is over.
 */
const lateMilliseconds = 15 * 60_000

/**
 * Ends a tenant: nobody is let in from the next request on, and its keys are destroyed, so that nothing of what they sealed can be read.
 * The rows and objects themselves are removed in the background ({@link removeTenantData}). Again does nothing.
 * @throws NotFoundError
 */
export async function offboardTenant(administration: Administration, tenantId: string): Promise<TenantSettings> {
  const { registry, clock } = administration
  const settings = await registry.find(tenantId)
  if (settings.offboarding) return settings
  await registry.setStatus(tenantId, 'offboarded')
  const { unusableAt, irrecoverableAt } = await administration.operatorOf(settings).dataKeys.destroy(tenantId)
  const at = clock.now()
  return registry.change(tenantId, (current) => ({
    ...current,
    offboarding: current.offboarding ?? { at, keys_unusable_at: unusableAt, keys_irrecoverable_at: irrecoverableAt },
  }))
}

/**
 * Removes what is left of a tenant that was offboarded, but for its audit trail and the fact that it was there. Goes on where it was cut off.
 * @returns whether there was anything to do.
 */
export async function removeTenantData(
  parts: { readonly operator: Operator; readonly registry: TenantRegistry; readonly keys: VirtualKeys },
  settings: TenantSettings,
): Promise<boolean> {
  const { operator, registry, keys } = parts
  const { tenant_id: tenantId, offboarding } = settings
  const now = operator.clock.now()
  if (settings.status !== 'offboarded' || (offboarding && isRemoved(offboarding, now))) return false
  // What a process that died in between left undone.
  const { unusableAt, irrecoverableAt } = await operator.dataKeys.destroy(tenantId)
  await keys.removeAll(tenantId)
  // While its records are there: they may name what lies elsewhere.
  await operator.search.forget?.(tenantId)
  await removeObjects(operator.objects, tenantId)
  await operator.stream?.remove(tenantId)
  // Last, since with the last of its rows what was deleted goes from the free room of the database, too.
  while ((await operator.operations.removeTenant(tenantId, { keep: auditNames, limit: atATime })) > 0);
  await registry.change(tenantId, (current) => ({
    ...current,
    offboarding: {
      at: now,
      keys_unusable_at: unusableAt,
      keys_irrecoverable_at: irrecoverableAt,
      ...current.offboarding,
      data_removed_at: operator.clock.now(),
    },
  }))
  return true
}

function isRemoved({ at, data_removed_at: removed }: Offboarding, now: number): boolean {
  const end = at + lateMilliseconds
  return removed !== undefined && (removed >= end || now < end)
}

async function removeObjects(objects: ObjectStore, tenant: string): Promise<void> {
  for await (const { name } of everyItem((after) => objects.list({ tenant, prefix: '', limit: atATime, ...after })))
    await objects.delete({ tenant, name })
}
