import { InvalidInputError } from '@plinth/core'
import type { Command } from 'commander'
import type { Asked, Outcome } from '../subcommand.ts'
import { table } from '../table.ts'
import type { ShownUsage } from './answers.ts'
import { writeOut } from './standard-output.ts'
import { administrator, subcommand, tenantPath } from './subcommand.ts'

interface UsageOptions {
  readonly from?: string
  readonly to?: string
  readonly csv?: boolean
}

export function usageCommand(): Command {
  return subcommand('usage', 'What it used, by day (UTC), model and user; this month unless said otherwise.', usage)
    .argument('<id>', 'the tenant')
    .option('--from <day>', 'the first day, such as 2026-01-31')
    .option('--to <day>', 'the last day')
    .option('--csv', 'print CSV')
}

async function usage({ args: [id], options, json }: Asked<UsageOptions>): Promise<Outcome | undefined> {
  const { from, to, csv = false } = options
  if (csv && json) throw new InvalidInputError('Give one of --csv and --json.', { field: 'csv' })
  const query = new URLSearchParams({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) })
  if (csv) query.set('format', 'csv')
  const path = `${tenantPath(id, '/usage')}?${query}`
  const client = await administrator()
  if (csv) {
    for await (const chunk of await client.stream(path, { type: 'text/csv' })) await writeOut(chunk)
    return undefined
  }
  const found = (await client.call('GET', path)) as ShownUsage
  return { good: true, facts: found, words: usageWords(found) }
}

function usageWords({ from, to, items, total, budget }: ShownUsage): string[] {
  const rows = [...items, { ...total, day: 'all', model_id: '', user_id: '' }].map((line) => [
    line.day,
    line.model_id,
    line.user_id,
    String(line.requests),
    String(line.input_tokens),
    String(line.output_tokens),
    line.usd.toFixed(6),
  ])
  const of = budget.limit_usd === null ? '; no budget is set' : ` of ${budget.limit_usd} USD`
  return [
    `From ${from} to ${to}, at list prices:`,
    ...table(['DAY', 'MODEL', 'USER', 'REQUESTS', 'TOKENS IN', 'TOKENS OUT', 'USD'], rows, new Set([3, 4, 5, 6])),
    `Spent or reserved in ${budget.month}: ${budget.taken_usd.toFixed(6)} USD${of}.`,
  ]
}
