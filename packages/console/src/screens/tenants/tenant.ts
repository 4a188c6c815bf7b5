/** What `/api/tenants` takes and gives, as far as the screen shows it. @module */

export interface Tenant {
  readonly tenant_id: string
  readonly name: string
  readonly status: 'active' | 'suspended' | 'offboarded'
  readonly tier: string
  readonly isolation_level: 'pool' | 'silo'
  readonly data_residency_region: string | null
  readonly residency: string | null
  readonly model_config: Readonly<Record<string, unknown>>
  readonly limits: Readonly<Record<string, number | undefined>>
  readonly filters: Readonly<Record<string, unknown>>
  readonly retention: { readonly requests_days?: number }
  readonly weight: number
  readonly created_at: string
  readonly tokens_not_before: string | null
  readonly offboarding: {
    readonly at: string
    readonly keys_unusable_at: string
    readonly keys_irrecoverable_at: string
    readonly data_removed_at: string | null
  } | null
}

export interface UsageLine {
  readonly day: string
  readonly model_id: string
  readonly user_id: string
  readonly requests: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
}

export interface Usage {
  readonly from: string
  readonly to: string
  readonly items: readonly UsageLine[]
  readonly total: Omit<UsageLine, 'day' | 'model_id' | 'user_id'>
  readonly budget: {
    readonly month: string
    readonly limit_usd: number | null
    readonly taken_usd: number
    readonly keys: readonly { readonly key_id: string; readonly taken_usd: number }[]
  }
}

export interface VirtualKey {
  readonly key_id: string
  readonly name: string
  readonly user_id: string
  readonly permissions: readonly string[]
  readonly groups: readonly string[]
  readonly limits: Readonly<Record<string, number | undefined>>
  readonly made_by: string
  readonly created_at: string
  readonly expires_at: string | null
  readonly revoked_at: string | null
}

export interface AuditEntry {
  readonly entry_id: string
  readonly at: string
  readonly who: string
  readonly what: string
  readonly resource: string
  readonly decision: string
  readonly key_id: string | null
  readonly correlation_id: string
  readonly detail: Readonly<Record<string, string | number | boolean>>
  readonly sequence: number | null
}

export interface Verdict {
  readonly valid: boolean
  readonly entries: number
  readonly pending: number
  readonly faults: readonly { readonly kind: string; readonly sequence?: number; readonly entry_id?: string }[]
}
