import { z } from 'zod'
import { type Collection, defineCollection, type NoFields } from '../define/collection.ts'
import { timeOrder } from '../ids.ts'
import { tenantWeights } from '../ports/queue.ts'
import { type FilterSettings, noFilters } from './filters/filter-settings.ts'

/** pool: its data keys are wrapped by the key of all · silo: by a key of its own, `alias/tenant-{tenant_id}-key` (R106). */
export const isolationLevels = ['pool', 'silo'] as const
export type IsolationLevel = (typeof isolationLevels)[number]

/**
 * How far a tenant's prompts may travel to a model: not out of its region, within its geography (profiles such as `eu.`), or
 * anywhere (`global.`).
 */
export const residencyLevels = ['in-region', 'geo', 'global'] as const
export type ResidencyLevel = (typeof residencyLevels)[number]

/** How long the gateway may answer the same question by the same answer. */
export const cacheClasses = ['24h', '1h', '5m'] as const
export type CacheClass = (typeof cacheClasses)[number]

/** Which models a tenant has, and how it calls them (R99). */
export interface TenantModelConfig {
  /** What a request without a model gets; absent: the default of the whole Plinth. */
  readonly model_id?: string
  /** What a request gets without `max_tokens`, and the most that one may ask for. */
  readonly max_tokens?: number
  /** Absent: all of the catalogue. */
  readonly allowed_models?: readonly string[]
  /** What is asked, in this order, when a model can't answer. */
  readonly fallback?: readonly string[]
  /** Absent: every question is asked anew. */
  readonly cache?: CacheClass
}

/** What is absent is not limited. */
export interface TenantLimits {
  readonly requests_per_minute?: number
  /** Input and the most output together. */
  readonly tokens_per_minute?: number
  /** Calls of models at a time. */
  readonly concurrent?: number
  /** In a month of UTC, at list prices. */
  readonly monthly_budget_usd?: number
  /** Calls of models in an hour that explain what streams found; absent: 60. */
  readonly triage_calls_per_hour?: number
}

/** What a virtual key may use, beside its tenant's limits. */
export type KeyLimits = Omit<TenantLimits, 'concurrent' | 'triage_calls_per_hour'>

export interface TenantRetention {
  /** Days for which finished requests are kept. */
  readonly requests_days?: number
}

/** What became of a tenant that left. Times are milliseconds UTC. */
export interface Offboarding {
  readonly at: number
  /** From when on no process can use its keys any more. */
  readonly keys_unusable_at: number
  /** From when on nobody, the operator included, can bring its keys back. */
  readonly keys_irrecoverable_at: number
  /** When the last of its data was removed. */
  readonly data_removed_at?: number
}

/** What is known of a tenant. */
export interface TenantSettings {
  readonly tenant_id: string
  readonly name: string
  readonly status: 'active' | 'suspended' | 'offboarded'
  /** Milliseconds UTC. */
  readonly created: number
  /** Its share of the work next to the other tenants', within {@link tenantWeights}; absent: the usual. */
  readonly weight?: number
  /** A class of the operator's; the one thing of a tenant that metrics may show. */
  readonly tier: string
  readonly isolation_level: IsolationLevel
  /** The only region that may hold, log or process what is the tenant's (R109); absent: any. */
  readonly data_residency_region?: string
  readonly residency?: ResidencyLevel
  readonly model_config: TenantModelConfig
  readonly limits: TenantLimits
  readonly filters: FilterSettings
  readonly retention: TenantRetention
  /** Tokens issued before, in seconds since 1970, are refused: the tenant's tokens were revoked then. */
  readonly tokens_not_before?: number
  readonly offboarding?: Offboarding
}

/** Lower-case letters, digits and hyphens; so no tenant can be named like the system's own {@link systemTenant}. */
export const tenantIdPattern: RegExp = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Under this name lie the registry and the issuer's key. No token can carry it. */
export const systemTenant = '_system'

/** A new tenant: active, pooled, with all models, and without limits, filters or residency until they are set. */
export function newTenant(tenantId: string, name: string, created: number): TenantSettings {
  return { tenant_id: tenantId, name, status: 'active', created, ...defaults }
}

const defaults = {
  tier: 'standard',
  isolation_level: 'pool',
  model_config: {},
  limits: {},
  filters: noFilters,
  retention: {},
} as const

/** The rest was checked when it was set (tenant-forms.ts). */
const plain: z.ZodType<TenantSettings> = z.looseObject({
  tenant_id: z.string().regex(tenantIdPattern),
  name: z.string().min(1).max(200),
  status: z.enum(['active', 'suspended', 'offboarded']),
  created: z.number(),
  weight: z.number().int().min(tenantWeights.least).max(tenantWeights.most).exactOptional(),
  tier: z.string(),
  isolation_level: z.enum(isolationLevels),
}) as unknown as z.ZodType<TenantSettings>

/** Where a tenant's settings are among the system's records. */
export function tenantPlace(tenantId: string): { readonly partition: string; readonly sort: string } {
  return { partition: 'tenants', sort: tenantId }
}

export const tenants: Collection<TenantSettings, NoFields, 'created'> = defineCollection<TenantSettings, NoFields, 'created'>({
  name: 'tenants',
  schema: 2,
  plain,
  sealed: [],
  lists: { created: { order: ({ created, tenant_id }) => `${timeOrder(created)}~${tenant_id}` } },
  upgrades: {
    1: (older: Pick<TenantSettings, 'tenant_id' | 'name' | 'status' | 'created' | 'weight'>): TenantSettings => ({
      ...older,
      ...defaults,
    }),
  },
})
