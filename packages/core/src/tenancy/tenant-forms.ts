/** What an administrator sends of a tenant, and is shown. @module */
import { z } from 'zod'
import { aName, answerTokens, numberBetween, pageOf, shownText, time, wholeNumber } from '../define/forms.ts'
import { timestamp } from '../ports/clock.ts'
import { tenantWeights } from '../ports/queue.ts'
import {
  type FilterRules,
  type FilterSettings,
  filterActions,
  filterKinds,
  filterSettingsForm,
  noFilters,
} from './filters/filter-settings.ts'
import {
  cacheClasses,
  type IsolationLevel,
  isolationLevels,
  type ResidencyLevel,
  residencyLevels,
  type TenantLimits,
  type TenantModelConfig,
  type TenantRetention,
  type TenantSettings,
  tenantIdPattern,
} from './tenant.ts'

const whole = wholeNumber(0, 1_000_000_000)
const modelId = shownText(300)
const region = z.string().regex(/^[a-z0-9-]{1,32}$/, 'Must be a region, such as eu-central-1.')

const modelConfig = z.strictObject({
  model_id: modelId.nullable().optional(),
  max_tokens: answerTokens.nullable().optional(),
  allowed_models: z.array(modelId).min(1).max(200).nullable().optional(),
  fallback: z.array(modelId).max(5).nullable().optional(),
  cache: z.enum(cacheClasses).nullable().optional(),
})

const limits = z.strictObject({
  requests_per_minute: whole.nullable().optional(),
  tokens_per_minute: whole.nullable().optional(),
  concurrent: wholeNumber(1, 100_000).nullable().optional(),
  monthly_budget_usd: numberBetween(0, 1_000_000_000).nullable().optional(),
  triage_calls_per_hour: wholeNumber(0, 100_000).nullable().optional(),
})

const retention = z.strictObject({
  requests_days: wholeNumber(1, 3650).nullable().optional(),
})

const action = z.enum(filterActions).nullable().optional()
// No record of zod's, which drops `__proto__` without a word.
const rules = z.strictObject(Object.fromEntries(filterKinds.map((kind) => [kind, action]))).optional()
const filters = z.strictObject({
  input: rules,
  output: rules,
  deny_list: z.array(aName()).max(500).nullable().optional(),
  max_characters: wholeNumber(1, 10_000_000).nullable().optional(),
})

/** All of it may be left out; what is an object is changed field by field, and `null` takes a setting back. */
const configurable = {
  name: aName().optional(),
  tier: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, 'Must be 1 to 32 lower-case letters, digits and hyphens.')
    .optional(),
  isolation_level: z.enum(isolationLevels).optional(),
  data_residency_region: region.nullable().optional(),
  residency: z.enum(residencyLevels).nullable().optional(),
  model_config: modelConfig.optional(),
  limits: limits.optional(),
  filters: filters.nullable().optional(),
  retention: retention.optional(),
  weight: wholeNumber(tenantWeights.least, tenantWeights.most).nullable().optional(),
}

const newTenantFields = z.strictObject({
  ...configurable,
  tenant_id: z.string().regex(tenantIdPattern, 'Must be 1 to 63 lower-case letters, digits and hyphens.'),
  name: aName(),
})
const changeFields = z.strictObject({
  ...configurable,
  status: z.enum(['active', 'suspended']).optional(),
  tokens_not_before: time.nullable().optional(),
})

/** `null` takes a setting back. */
type Changed<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | null | undefined }

type FilterChange = Changed<Omit<FilterSettings, 'input' | 'output'>> & {
  readonly input?: Changed<FilterRules> | undefined
  readonly output?: Changed<FilterRules> | undefined
}

export interface TenantChange {
  readonly name?: string | undefined
  readonly tier?: string | undefined
  readonly status?: 'active' | 'suspended' | undefined
  readonly isolation_level?: IsolationLevel | undefined
  readonly data_residency_region?: string | null | undefined
  readonly residency?: ResidencyLevel | null | undefined
  readonly model_config?: Changed<TenantModelConfig> | undefined
  readonly limits?: Changed<TenantLimits> | undefined
  readonly filters?: FilterChange | null | undefined
  readonly retention?: Changed<TenantRetention> | undefined
  readonly weight?: number | null | undefined
  /** Milliseconds UTC. */
  readonly tokens_not_before?: number | null | undefined
}

export interface NewTenant extends Omit<TenantChange, 'status' | 'tokens_not_before'> {
  readonly tenant_id: string
  readonly name: string
}

export const newTenantForm: z.ZodType<NewTenant> = newTenantFields
export const tenantChangeForm: z.ZodType<TenantChange> = changeFields as unknown as z.ZodType<TenantChange>

/** A change laid over settings: objects field by field, `null` takes back, what is left out stays. */
export function merged(settings: TenantSettings, change: TenantChange): TenantSettings {
  const { tokens_not_before, model_config, limits, filters, retention, ...rest } = change
  const revoked = typeof tokens_not_before === 'number' ? Math.ceil(tokens_not_before / 1000) : tokens_not_before
  return {
    ...withFields(settings, { ...rest, tokens_not_before: revoked }),
    model_config: withFields(settings.model_config, model_config ?? {}),
    limits: withFields(settings.limits, limits ?? {}),
    retention: withFields(settings.retention, retention ?? {}),
    filters: filters === null ? noFilters : mergedFilters(settings.filters, filters ?? {}),
  }
}

function mergedFilters(settings: FilterSettings, { input, output, ...rest }: FilterChange): FilterSettings {
  const { deny_list = noFilters.deny_list, ...others }: Partial<FilterSettings> = withFields(settings, rest)
  return {
    ...others,
    deny_list,
    input: withFields(settings.input, input ?? {}),
    output: withFields(settings.output, output ?? {}),
  }
}

function withFields<Fields extends object>(fields: Fields, changes: object): Fields {
  const changed: Record<string, unknown> = { ...(fields as Record<string, unknown>) }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete changed[name]
    else if (value !== undefined) changed[name] = value
  }
  return changed as Fields
}

const instant = z.iso.datetime()

export const tenantForm: z.ZodType = z.object({
  tenant_id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'suspended', 'offboarded']),
  tier: z.string(),
  isolation_level: z.enum(isolationLevels),
  data_residency_region: z.string().nullable(),
  residency: z.enum(residencyLevels).nullable(),
  model_config: modelConfig,
  limits,
  filters: filterSettingsForm,
  retention,
  weight: z.number().int(),
  created_at: instant,
  tokens_not_before: instant.nullable(),
  offboarding: z
    .object({
      at: instant,
      keys_unusable_at: instant,
      keys_irrecoverable_at: instant,
      data_removed_at: instant.nullable(),
    })
    .nullable(),
})
export const tenantListForm: z.ZodType = pageOf(tenantForm)

export function showTenant(settings: TenantSettings): object {
  const { created, offboarding, tokens_not_before, ...fields } = settings
  return {
    ...fields,
    data_residency_region: fields.data_residency_region ?? null,
    residency: fields.residency ?? null,
    weight: fields.weight ?? tenantWeights.usual,
    created_at: timestamp(created),
    tokens_not_before: tokens_not_before === undefined ? null : timestamp(tokens_not_before * 1000),
    offboarding: offboarding
      ? {
          at: timestamp(offboarding.at),
          keys_unusable_at: timestamp(offboarding.keys_unusable_at),
          keys_irrecoverable_at: timestamp(offboarding.keys_irrecoverable_at),
          data_removed_at: offboarding.data_removed_at === undefined ? null : timestamp(offboarding.data_removed_at),
        }
      : null,
  }
}
