import { call, type Page } from '../../test/e2e/support/api.ts'
import { type FinalWorkflow, foreignAnswers, type Reading } from './final-state.ts'
import type { OutsideLedger } from './ledger.ts'
import type { TenantName } from './marks.ts'

interface Budget {
  readonly budget: { readonly limit_usd: number | null; readonly taken_usd: number }
}

const atATime = 20
const rounding = 1e-7

/** A look at one tenant while everything goes on: what may be said of it at any time. A server that dies meanwhile is no finding. */
export async function look(reading: Reading, tenant: TenantName, ledger: OutsideLedger): Promise<void> {
  const { url, tokens } = reading
  const token = tokens[tenant]
  try {
    const keyOf = new Map(ledger.entries.flatMap((entry) => (entry.type === 'workflow' ? [[entry.id, entry.key]] : [])))
    const { body } = await call<Page<{ readonly workflow_id: string }>>(url, `/api/workflows?limit=${atATime}`, { token })
    for (const { workflow_id } of body.items) {
      const shown = await call<FinalWorkflow>(url, `/api/workflows/${workflow_id}`, { token })
      for (const [step, { status }] of Object.entries(shown.body.steps))
        if (status === 'completed' && keyOf.has(workflow_id))
          ledger.add({ type: 'seen', tenant, step: `${keyOf.get(workflow_id)}-${step}` })
    }
    const { budget } = (await call<Budget>(url, `/api/tenants/${tenant}/usage`, { token })).body
    if (budget.limit_usd !== null && budget.taken_usd > budget.limit_usd + rounding)
      ledger.odd(`${tenant}: ${budget.taken_usd} USD are taken of ${budget.limit_usd}`)
    const audit = await call<{ readonly valid: boolean }>(url, `/api/tenants/${tenant}/audit/verify`, { token })
    if (audit.status === 200 && !audit.body.valid) ledger.odd(`${tenant}: the audit trail does not verify: ${audit.text}`)
    for (const words of await foreignAnswers(reading, tenant)) ledger.odd(`${tenant} was shown ${words}`)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** A connection that broke, or an answer that never came whole. */
function isGone(error: unknown): boolean {
  return error instanceof TypeError
}
