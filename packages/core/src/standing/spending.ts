import type { Uses } from '../scope/scope.ts'
import { dayOf } from '../tenancy/meter/records.ts'
import { usageReport } from '../tenancy/meter/usage-report.ts'

/** What a tenant's calls of models cost, at list prices in USD. Days and months are of UTC. */
export interface SpendingFigures {
  readonly today_usd: number
  /** Spent, or reserved by work that was accepted. */
  readonly month_usd: number
  /** null: none is set. */
  readonly monthly_budget_usd: number | null
}

/** The caller's tenant alone; who of it spent what is for whoever administers tenants. */
export async function spendingOf({ state, tenant, clock }: Uses<'state'>): Promise<SpendingFigures> {
  const now = clock.now()
  const today = dayOf(now)
  const { total, budget } = await usageReport(state, tenant, now, { from: today, to: today })
  return { today_usd: total.usd, month_usd: budget.taken_usd, monthly_budget_usd: budget.limit_usd }
}
