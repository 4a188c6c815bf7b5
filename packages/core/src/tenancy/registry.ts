import { ForbiddenError, InvalidInputError, NotFoundError, UnauthorizedError } from '../errors.ts'
import type { Operator } from '../scope/operator.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import { insert } from '../scope/state.ts'
import { newTenant, type TenantSettings, tenantIdPattern, tenants } from './tenant.ts'

const place = (tenantId: string): { partition: string; sort: string } => ({ partition: 'tenants', sort: tenantId })

/** The tenants of one Plinth. */
export class TenantRegistry {
  readonly #operator: Operator
  readonly #freshMilliseconds: number
  readonly #remembered = new Map<string, { readonly settings: TenantSettings; readonly until: number }>()

  /** @param options.freshMilliseconds how old settings may be; 0, the default, reads them each time. */
  constructor(operator: Operator, options: { readonly freshMilliseconds?: number } = {}) {
    this.#operator = operator
    this.#freshMilliseconds = options.freshMilliseconds ?? 0
  }

  async get(tenantId: string): Promise<TenantSettings | undefined> {
    const now = this.#operator.clock.now()
    const remembered = this.#remembered.get(tenantId)
    if (remembered && remembered.until > now) return remembered.settings
    if (!tenantIdPattern.test(tenantId)) return undefined
    const settings = (await this.#operator.system.get(tenants, place(tenantId)))?.fields
    this.#remembered.delete(tenantId)
    if (settings && this.#freshMilliseconds > 0)
      this.#remembered.set(tenantId, { settings, until: now + this.#freshMilliseconds })
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

  /** Makes a tenant, active and without limits. @throws ConflictError when it exists, InvalidInputError for a bad id. */
  async create(tenantId: string, name: string): Promise<TenantSettings> {
    if (!tenantIdPattern.test(tenantId)) {
      throw new InvalidInputError('A tenant id is 1 to 63 lower-case letters, digits and hyphens.', { field: 'tenant_id' })
    }
    const settings = newTenant(tenantId, name, this.#operator.clock.now())
    await this.#operator.system.commit({ writes: [insert(tenants, place(tenantId), settings)] })
    return settings
  }

  /** The ids of all tenants, in order. */
  async ids(): Promise<string[]> {
    const ids: string[] = []
    for await (const record of this.#operator.system.read(tenants, 'tenants')) ids.push(record.fields.tenant_id)
    return ids
  }

  /** Makes a tenant unless it is there. */
  ensure(tenantId: string, name: string): Promise<void> {
    return retryConflicts(async () => {
      if (!(await this.get(tenantId))) await this.create(tenantId, name)
    })
  }

  /** From the next request on. @throws NotFoundError. */
  setStatus(tenantId: string, status: TenantSettings['status']): Promise<void> {
    return retryConflicts(async () => {
      const record = await this.#operator.system.get(tenants, place(tenantId))
      if (!record) throw new NotFoundError('tenant')
      await this.#operator.system.update(tenants, record, { ...record.fields, status })
    })
  }
}
