import type { Profile } from '../profile.ts'
import type { CostEstimate } from './estimate.ts'
import type { PricedLine } from './priced-lines.ts'
import type { Sensitivity } from './sensitivity.ts'
import type { Variant } from './variants.ts'

export interface Driver {
  readonly service: string
  readonly what: string
  readonly usd: number
  /** Of the likely month. */
  readonly share: number
}

/** An estimate, and what to make of it. USD, a month where nothing else is said. */
export interface Cost extends CostEstimate {
  readonly lines: readonly PricedLine[]
  readonly by_service: readonly { readonly service: string; readonly usd: number; readonly share: number }[]
  /** Null with less than one. */
  readonly per_request: number | null
  readonly per_tenant: number
  /** The largest tenant's part: its share of what varies, an equal part of what doesn't. */
  readonly largest_tenant: number
  /** The three dearest lines of a month. */
  readonly drivers: readonly Driver[]
  readonly sensitivity: readonly Sensitivity[]
  readonly variants: readonly Variant[]
  /** Whether the likely month is; null without a budget. */
  readonly within_budget: boolean | null
  /** Whether the dearest month is. */
  readonly max_within_budget: boolean | null
}

const driverCount = 3

/** An estimate divided up. */
export function divideCost(
  profile: Profile,
  estimate: CostEstimate,
  lines: readonly PricedLine[],
): Omit<Cost, 'sensitivity' | 'variants'> {
  const { likely, max, fixed, variable } = estimate
  const { requests_per_month: requests, tenants, monthly_budget_usd: budget } = profile
  const share = (usd: number): number => (likely === 0 ? 0 : usd / likely)
  const monthly = lines.filter(({ kind }) => kind !== 'one_off')
  const services = [...Map.groupBy(monthly, ({ service }) => service)]
  return {
    ...estimate,
    lines,
    by_service: services
      .map(([service, all]) => ({ service, usd: all.reduce((sum, { usd }) => sum + usd, 0) }))
      .map((each) => ({ ...each, share: share(each.usd) }))
      .toSorted((one, other) => other.usd - one.usd),
    per_request: requests < 1 ? null : likely / requests,
    per_tenant: likely / tenants.count,
    largest_tenant: fixed / tenants.count + variable * tenants.largest_share,
    drivers: monthly.slice(0, driverCount).map(({ service, what, usd }) => ({ service, what, usd, share: share(usd) })),
    within_budget: budget === undefined ? null : likely <= budget,
    max_within_budget: budget === undefined ? null : max <= budget,
  }
}
