import { ConflictError, ForbiddenError, InvalidInputError, NotFoundError, UnauthorizedError } from '../errors.ts'
import { isFresh } from '../is-fresh.ts'
import type { Page } from '../ports/state-store.ts'
import type { Operator } from '../scope/operator.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import { insert } from '../scope/state.ts'
import { newTenant, type TenantSettings, tenantIdPattern, tenantPlace, tenants } from './tenant.ts'

/** So many administrators may change one tenant at a time; each try lets one of them through. */
const changeTries = 64

/** The tenants of one Plinth. */
export class TenantRegistry {
  readonly #operator: Pick<Operator, 'clock' | 'system'>
  readonly #freshMilliseconds: number
  readonly #remembered = new Map<string, { readonly settings: TenantSettings; readonly until: number }>()

  /** @param options.freshMilliseconds how old settings may be; 0, the default, reads them each time. */
  constructor(operator: Pick<Operator, 'clock' | 'system'>, options: { readonly freshMilliseconds?: number } = {}) {
    this.#operator = operator
    this.#freshMilliseconds = options.freshMilliseconds ?? 0
  }

  /** get_tenant_info of the seed (R95). */
  async get(tenantId: string): Promise<TenantSettings | undefined> {
    const { clock } = this.#operator
    const now = clock.now()
    const remembered = this.#remembered.get(tenantId)
    if (remembered && isFresh(clock, remembered.until, this.#freshMilliseconds)) return remembered.settings
    if (!tenantIdPattern.test(tenantId)) return undefined
    const settings = (await this.#operator.system.get(tenants, tenantPlace(tenantId)))?.fields
    this.#remembered.delete(tenantId)
    if (settings && this.#freshMilliseconds > 0)
      this.#remembered.set(tenantId, { settings, until: now + this.#freshMilliseconds })
    return settings
  }

  /** @throws NotFoundError */
  async find(tenantId: string): Promise<TenantSettings> {
    const settings = await this.get(tenantId)
    if (!settings) throw new NotFoundError('tenant')
    return settings
  }

  /**
   * The settings of a tenant that may work now (R95).
   * @throws UnauthorizedError `tenant_unknown`; ForbiddenError `tenant_suspended`, `tenant_offboarded`.
   */
  async active(tenantId: string): Promise<TenantSettings> {
    const settings = await this.get(tenantId)
    if (!settings) throw new UnauthorizedError('tenant_unknown', 'Invalid or inactive tenant.')
    if (settings.status !== 'active') throw new ForbiddenError(`tenant_${settings.status}`, `The tenant is ${settings.status}.`)
    return settings
  }

  /** Makes a tenant, active, and without limits. @throws what {@link add} throws. */
  create(tenantId: string, name: string): Promise<TenantSettings> {
    return this.add(newTenant(tenantId, name, this.#operator.clock.now()))
  }

  /**
   * Adds a tenant.
   * @param changed the names of what it has otherwise than any new one, for the trail.
   * @throws ConflictError when it exists, or did: an id is given once. InvalidInputError for a bad id.
   */
  async add(settings: TenantSettings, changed: readonly string[] = []): Promise<TenantSettings> {
    if (!tenantIdPattern.test(settings.tenant_id)) {
      throw new InvalidInputError('A tenant id is 1 to 63 lower-case letters, digits and hyphens.', { field: 'tenant_id' })
    }
    await this.#operator.system.commit({ writes: [insert(tenants, tenantPlace(settings.tenant_id), settings)], changed })
    return settings
  }

  /** All tenants, in the order of their ids; those that left, too. */
  async all(): Promise<TenantSettings[]> {
    const all: TenantSettings[] = []
    for await (const record of this.#operator.system.read(tenants, 'tenants')) all.push(record.fields)
    return all
  }

  /** Their ids. */
  async ids(): Promise<string[]> {
    return (await this.all()).map((settings) => settings.tenant_id)
  }

  /** A page of all tenants, newest first. */
  async list(query: { readonly limit: number; readonly after?: string }): Promise<Page<TenantSettings>> {
    const page = await this.#operator.system.list(tenants, 'created', { ...query, descending: true })
    return { ...page, items: page.items.map(({ fields }) => fields) }
  }

  /** Makes a tenant unless it is there; one that an older version made is stored anew, so that lists show it. */
  ensure(tenantId: string, name: string): Promise<void> {
    return retryConflicts(async () => {
      const record = await this.#operator.system.get(tenants, tenantPlace(tenantId))
      if (!record) await this.create(tenantId, name)
      else if (record.row.schema < tenants.schema) await this.#operator.system.update(tenants, record, record.fields)
    })
  }

  /**
   * Changes a tenant, from the next request on.
   * @param namesOf of what differs, for the trail; nothing of it, unless they are named.
   * @param change gives the new settings from those that are; is asked again when somebody else was first.
   * @throws NotFoundError, and what `change` throws.
   */
  change(
    tenantId: string,
    change: (settings: TenantSettings) => TenantSettings,
    namesOf: (before: TenantSettings, after: TenantSettings) => readonly string[] = () => [],
  ): Promise<TenantSettings> {
    return retryConflicts(async () => {
      const record = tenantIdPattern.test(tenantId) && (await this.#operator.system.get(tenants, tenantPlace(tenantId)))
      if (!record) throw new NotFoundError('tenant')
      const changed = change(record.fields)
      const told = { changed: namesOf(record.fields, changed) }
      return (await this.#operator.system.update(tenants, record, changed, told)).fields
    }, changeTries)
  }

  /** From the next request on. @throws NotFoundError. */
  async setStatus(tenantId: string, status: TenantSettings['status']): Promise<void> {
    await this.change(tenantId, (settings) => ({ ...settings, status }))
  }
}

/** Whether a commit failed because the tenant exists. */
export function isTaken(error: unknown): boolean {
  return error instanceof ConflictError && error.key.startsWith(`${tenants.name}/`)
}
