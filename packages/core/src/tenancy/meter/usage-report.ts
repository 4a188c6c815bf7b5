import { z } from 'zod'
import { InvalidInputError } from '../../errors.ts'
import type { State } from '../../scope/state.ts'
import type { TenantSettings } from '../tenant.ts'
import { dayOf, monthOf, nano, ofTenant, spending, type UsageCounts, usage, usageKey } from './records.ts'

/** Days of UTC, both included. */
export interface UsageQuery {
  readonly from: string
  readonly to: string
}

export interface UsageLine {
  readonly day: string
  readonly model_id: string
  readonly user_id: string
  readonly requests: number
  readonly input_tokens: number
  readonly output_tokens: number
  /** At list prices. */
  readonly usd: number
}

export interface UsageReport extends UsageQuery {
  readonly tenant_id: string
  readonly items: readonly UsageLine[]
  readonly total: Omit<UsageLine, 'day' | 'model_id' | 'user_id'>
  /** Of this month, whatever was asked for. */
  readonly budget: {
    readonly month: string
    readonly limit_usd: number | null
    /** Spent, or reserved by work that was accepted. */
    readonly taken_usd: number
    /** The same of the virtual keys that have budgets of their own. */
    readonly keys: readonly { readonly key_id: string; readonly taken_usd: number }[]
  }
}

/** A longer period would read a month for each, whether there is anything in it or not. */
const mostMonths = 37
const line = {
  requests: z.number().int(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  usd: z.number(),
}
export const usageReportForm: z.ZodType = z.object({
  tenant_id: z.string(),
  from: z.string(),
  to: z.string(),
  items: z.array(z.object({ day: z.string(), model_id: z.string(), user_id: z.string(), ...line })),
  total: z.object(line),
  budget: z.object({
    month: z.string(),
    limit_usd: z.number().nullable(),
    taken_usd: z.number(),
    keys: z.array(z.object({ key_id: z.string(), taken_usd: z.number() })),
  }),
})

/**
 * calculate_usage_metrics of the seed (R104, R126), from what was counted with each call's end: by the day on which the work was
 * accepted, so that a month's sum is what its budget spent.
 * @throws InvalidInputError for more than three years.
 */
export async function usageReport(state: State, settings: TenantSettings, now: number, query: UsageQuery): Promise<UsageReport> {
  const items: UsageLine[] = []
  const sum = { requests: 0, input_tokens: 0, output_tokens: 0, nano_usd: 0 }
  for (const month of monthsOf(query)) {
    for await (const { sort, fields } of state.read(usage, month, query.from)) {
      const key = usageKey(sort)
      if (!key) continue
      if (key.day > query.to) break
      const { requests = 0, input_tokens = 0, output_tokens = 0, nano_usd = 0 } = fields as Partial<UsageCounts>
      const counts = { requests, input_tokens, output_tokens, usd: nano_usd / nano }
      items.push({ day: key.day, model_id: key.model, user_id: key.user, ...counts })
      sum.requests += requests
      sum.input_tokens += input_tokens
      sum.output_tokens += output_tokens
      sum.nano_usd += nano_usd
    }
  }
  const { nano_usd, ...counts } = sum
  const total = { ...counts, usd: nano_usd / nano }
  return { tenant_id: settings.tenant_id, ...query, items, total, budget: await budgetOf(state, settings, now) }
}

/** From the first of this month to today. */
export function thisMonth(now: number): UsageQuery {
  const today = dayOf(now)
  return { from: `${monthOf(today)}-01`, to: today }
}

async function budgetOf(state: State, { limits }: TenantSettings, now: number): Promise<UsageReport['budget']> {
  const month = monthOf(dayOf(now))
  let taken_usd = 0
  const keys: { key_id: string; taken_usd: number }[] = []
  for await (const { sort, fields } of state.read(spending, month)) {
    if (sort === ofTenant) taken_usd = fields.taken / nano
    else keys.push({ key_id: sort, taken_usd: fields.taken / nano })
  }
  return { month, limit_usd: limits.monthly_budget_usd ?? null, taken_usd, keys }
}

function monthsOf({ from, to }: UsageQuery): string[] {
  const [first, last] = [from, to].map((day) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1)
  const months: string[] = []
  for (let month = first ?? 0; month <= (last ?? -1); month++) {
    if (months.length === mostMonths)
      throw new InvalidInputError('Must not be more than three years before to.', { field: 'from' })
    months.push(`${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`)
  }
  return months
}

/** The report's lines as CSV (RFC 4180). */
export function usageCsv(report: UsageReport): string {
  const names = ['tenant_id', 'day', 'model_id', 'user_id', 'requests', 'input_tokens', 'output_tokens', 'usd'] as const
  const lines = report.items.map((item) => names.map((name) => cell(name === 'tenant_id' ? report.tenant_id : item[name])))
  return [names, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('')
}

/** What a spreadsheet takes for the beginning of a formula, also behind spaces, and in the wide forms of East Asian input. */
const formula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/

/** A name that would be a formula is held to be text by an apostrophe before it (OWASP, "CSV Injection"). */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
