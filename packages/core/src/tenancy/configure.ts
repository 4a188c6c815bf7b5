import { changedFields } from '../changed-fields.ts'
import { InvalidInputError, PlinthError, ReusedError, WrongStateError } from '../errors.ts'
import { everyItem } from '../every-item.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import { type Models, resolveAnyKind } from '../language-model/catalogue.ts'
import type { Operator } from '../scope/operator.ts'
import type { Administration } from './administration.ts'
import { auditNames } from './audit/collections.ts'
import { isTaken } from './registry.ts'
import { newTenant, type TenantModelConfig, type TenantSettings } from './tenant.ts'
import { merged, type NewTenant, showTenant, type TenantChange } from './tenant-forms.ts'

/**
 * Onboards a tenant: it may work from the next request on. Again with the same body it gives the tenant that is there.
 * @throws ReusedError when the id was given with another body, also to a tenant that left; InvalidInputError for an unknown model.
 */
export async function onboardTenant(administration: Administration, request: NewTenant): Promise<TenantSettings> {
  const { registry, models, clock } = administration
  const { tenant_id, ...change } = request
  const bare = newTenant(tenant_id, request.name, clock.now())
  const settings = merged(bare, change)
  checkModels(models, settings.model_config)
  const found = (await registry.get(tenant_id)) ?? (await make())
  if (sameBut(found, settings)) return found
  throw new ReusedError('tenant id', 'tenant_id')

  async function make(): Promise<TenantSettings> {
    if (settings.isolation_level === 'silo') await administration.operatorOf(settings).dataKeys.prepareOwn(tenant_id)
    try {
      return await registry.add(settings, changedIn(bare, settings))
    } catch (error) {
      if (isTaken(error)) return registry.find(tenant_id)
      throw error
    }
  }
}

/**
 * Configures, suspends or activates a tenant, from the next request on.
 * @throws NotFoundError; WrongStateError for a tenant that left, and for another region than where its data lies; InvalidInputError for
 * an unknown model.
 */
export async function changeTenant(
  administration: Administration,
  tenantId: string,
  change: TenantChange,
): Promise<TenantSettings> {
  const { registry, models } = administration
  if (change.data_residency_region !== undefined) await checkMove()
  if (change.isolation_level === 'silo') await prepareOwn()
  const after = await registry.change(tenantId, changedBy, changedIn)
  // Said again, it is done again: what was cut off in between goes on.
  if (change.isolation_level !== undefined) await administration.operatorOf(after).dataKeys.rewrap(tenantId)
  return after

  function changedBy(settings: TenantSettings): TenantSettings {
    if (settings.status === 'offboarded') throw new WrongStateError('The tenant has left.')
    const changed = merged(settings, change)
    // Not else: a tenant whose model has left the catalogue can still be suspended.
    if (change.model_config) checkModels(models, changed.model_config)
    return changed
  }

  /** What it has would stay where it was, and nobody would look for it there, nor remove it when the tenant leaves. */
  async function checkMove(): Promise<void> {
    const settings = await registry.find(tenantId)
    const from = administration.operatorOf(settings)
    if (from.store === administration.operatorOf(merged(settings, change)).store || !(await hasData(from, tenantId))) return
    throw new WrongStateError('What the tenant has can not move to another region. Export it, and onboard a tenant there.')
  }

  /** Before the registry says that it is there. */
  async function prepareOwn(): Promise<void> {
    const settings = await registry.find(tenantId)
    if (settings.status !== 'offboarded') await administration.operatorOf(settings).dataKeys.prepareOwn(tenantId)
  }
}

/** By the names that an administrator knows. */
function changedIn(before: TenantSettings, after: TenantSettings): readonly string[] {
  return changedFields(showTenant(before), showTenant(after), ['model_config', 'limits', 'filters', 'retention'])
}

async function hasData({ operations }: Operator, tenantId: string): Promise<boolean> {
  for await (const { collection } of everyItem((after) => operations.rows(tenantId, { limit: 1_000, ...after })))
    if (!auditNames.includes(collection)) return true
  return false
}

/** Every id that a tenant is set to must be of the catalogue, and one that it may use. */
function checkModels(models: Models, { model_id, allowed_models, fallback = [] }: TenantModelConfig): void {
  const idOf = (id: string, field: string): string => {
    try {
      return (field === 'allowed_models' ? resolveAnyKind(models, id) : models.resolve(id)).entry.id
    } catch (error) {
      if (!PlinthError.is(error)) throw error
      throw new InvalidInputError(error.message, { code: error.code, field: `model_config.${field}`, cause: error })
    }
  }
  const allowed = allowed_models?.map((id) => idOf(id, 'allowed_models'))
  const used = [...(model_id === undefined ? [] : [{ id: model_id, field: 'model_id' }]), ...fallback.map(asFallback)]
  for (const { id, field } of used) {
    const known = idOf(id, field)
    if (allowed && !allowed.includes(known))
      throw new InvalidInputError('Is not among the allowed models.', { field: `model_config.${field}` })
  }
}

function asFallback(id: string): { readonly id: string; readonly field: string } {
  return { id, field: 'fallback' }
}

function sameBut({ created: _, ...left }: TenantSettings, { created: __, ...right }: TenantSettings): boolean {
  return canonicalJson(left as unknown as JsonObject) === canonicalJson(right as unknown as JsonObject)
}
