/** A tenant in words for a person. @module */

import { printable } from '../printable.ts'
import { fieldList, table } from '../table.ts'
import type { ShownTenant } from './answers.ts'

export function tenantTable(tenants: readonly ShownTenant[]): string[] {
  return table(
    ['TENANT', 'NAME', 'STATUS', 'TIER', 'ISOLATION', 'REGION', 'BUDGET', 'MADE'],
    tenants.map((tenant) => [
      tenant.tenant_id,
      tenant.name,
      tenant.status,
      tenant.tier,
      tenant.isolation_level,
      tenant.data_residency_region ?? 'any',
      budgetOf(tenant) ?? '-',
      tenant.created_at.slice(0, 10),
    ]),
    new Set([6]),
  )
}

/** All that is known of it; what isn't set isn't said. */
export function tenantWords(tenant: ShownTenant): string[] {
  const { model_config: models, limits, filters, retention, tokens_not_before, offboarding } = tenant
  return [
    printable(`${tenant.tenant_id}  ${tenant.name}`),
    ...fieldList({
      status: tenant.status,
      tier: tenant.tier,
      isolation: tenant.isolation_level,
      region: tenant.data_residency_region ?? undefined,
      residency: tenant.residency ?? undefined,
      model: models.model_id,
      'max tokens': textOf(models.max_tokens),
      allowed: models.allowed_models?.join(', '),
      fallback: models.fallback?.join(', '),
      'answers kept': models.cache,
      'requests per minute': textOf(limits.requests_per_minute),
      'tokens per minute': textOf(limits.tokens_per_minute),
      'calls at a time': textOf(limits.concurrent),
      'calls an hour for streams': textOf(limits.triage_calls_per_hour),
      'budget of a month': budgetOf(tenant),
      'filters in': rulesOf(filters.input),
      'filters out': rulesOf(filters.output),
      'deny list': filters.deny_list.length === 0 ? undefined : String(filters.deny_list.length),
      'most characters': textOf(filters.max_characters),
      'days requests stay': textOf(retention.requests_days),
      made: tenant.created_at,
      'tokens refused': tokens_not_before === null ? undefined : `issued before ${tokens_not_before}`,
      offboarded: offboarding?.at,
      'keys unusable': offboarding?.keys_unusable_at,
      'keys irrecoverable': offboarding?.keys_irrecoverable_at,
      'data removed': offboarding ? (offboarding.data_removed_at ?? 'not yet') : undefined,
    }),
  ]
}

function textOf(amount: number | undefined): string | undefined {
  return amount === undefined ? undefined : String(amount)
}

function budgetOf({ limits }: ShownTenant): string | undefined {
  return limits.monthly_budget_usd === undefined ? undefined : `${limits.monthly_budget_usd} USD`
}

function rulesOf(rules: Readonly<Record<string, string>>): string | undefined {
  const words = Object.entries(rules).map(([kind, action]) => `${kind}: ${action}`)
  return words.length === 0 ? undefined : words.join(', ')
}
