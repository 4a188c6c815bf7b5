/** What a server answers below `/api/tenants`, as far as it is printed for people. @module */

type Rules = Readonly<Record<string, string>>

export interface ShownTenant {
  readonly tenant_id: string
  readonly name: string
  readonly status: string
  readonly tier: string
  readonly isolation_level: string
  readonly data_residency_region: string | null
  readonly residency: string | null
  readonly model_config: {
    readonly model_id?: string
    readonly max_tokens?: number
    readonly allowed_models?: readonly string[]
    readonly fallback?: readonly string[]
    readonly cache?: string
  }
  readonly limits: {
    readonly requests_per_minute?: number
    readonly tokens_per_minute?: number
    readonly concurrent?: number
    readonly triage_calls_per_hour?: number
    readonly monthly_budget_usd?: number
  }
  readonly filters: {
    readonly input: Rules
    readonly output: Rules
    readonly deny_list: readonly string[]
    readonly max_characters?: number
  }
  readonly retention: { readonly requests_days?: number }
  readonly created_at: string
  readonly tokens_not_before: string | null
  readonly offboarding: {
    readonly at: string
    readonly keys_unusable_at: string
    readonly keys_irrecoverable_at: string
    readonly data_removed_at: string | null
  } | null
}

export interface ShownKey {
  readonly key_id: string
  readonly name: string
  readonly user_id: string
  readonly permissions: readonly string[]
  readonly created_at: string
  readonly expires_at: string | null
  readonly revoked_at: string | null
}

/** With the key itself, this once. */
export interface NewKey extends ShownKey {
  readonly key: string
}

interface UsageCounts {
  readonly requests: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
}

export interface ShownUsage {
  readonly from: string
  readonly to: string
  readonly items: readonly (UsageCounts & { readonly day: string; readonly model_id: string; readonly user_id: string })[]
  readonly total: UsageCounts
  readonly budget: { readonly month: string; readonly limit_usd: number | null; readonly taken_usd: number }
}

export interface ShownEntry {
  readonly at: string
  readonly who: string
  readonly key_id: string | null
  readonly what: string
  readonly resource: string
  readonly decision: string
  /** Of the block that it is sealed in. */
  readonly sequence: number | null
}

export interface AuditFault {
  readonly kind: string
  readonly sequence?: number
  readonly entry_id?: string
}

export interface Verdict {
  readonly valid: boolean
  readonly entries: number
  readonly pending: number
  readonly fault?: AuditFault
}
