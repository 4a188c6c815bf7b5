import { z } from 'zod'
import { type Collection, defineCollection } from '../define/collection.ts'
import { tenantWeights } from '../ports/queue.ts'

/** What is known of a tenant. */
export interface TenantSettings {
  readonly tenant_id: string
  readonly name: string
  readonly status: 'active' | 'suspended' | 'offboarded'
  /** Milliseconds UTC. */
  readonly created: number
  /** Its share of the work next to the other tenants', within {@link tenantWeights}; absent: the usual. */
  readonly weight?: number
}

/** Lower-case letters, digits and hyphens; so no tenant can be named like the system's own {@link systemTenant}. */
export const tenantIdPattern: RegExp = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Under this name lie the registry and the issuer's key. No token can carry it. */
export const systemTenant = '_system'

export const tenants: Collection<TenantSettings> = defineCollection<TenantSettings>({
  name: 'tenants',
  schema: 1,
  plain: z.strictObject({
    tenant_id: z.string().regex(tenantIdPattern),
    name: z.string().min(1).max(200),
    status: z.enum(['active', 'suspended', 'offboarded']),
    created: z.number(),
    weight: z.number().int().min(tenantWeights.least).max(tenantWeights.most).exactOptional(),
  }),
  sealed: [],
  lists: {},
})
