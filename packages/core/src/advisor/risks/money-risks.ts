import { figure, hasWorkflow, type RiskRule } from './risk-rule.ts'

/** Tenants with a key of their own from which on keys are dear, at 1 USD a month. */
const manyKeys = 1_000

/** What it may cost, and what holds it. */
export const moneyRisks: readonly RiskRule[] = [
  {
    id: 'budget-below-cost',
    severity: 'high',
    when: ({ profile, cost }) => profile.monthly_budget_usd !== undefined && cost.likely > profile.monthly_budget_usd,
    risk: ({ profile, cost }) =>
      `It likely costs ${figure(cost.likely)} USD a month, and the budget is ${figure(profile.monthly_budget_usd ?? 0)}.`,
    what_to_do:
      'Look at the dearest lines first: a smaller model, a lower `max_tokens`, the cache of `plinth tenants configure --cache`. A budget of `--budget` refuses work with 402 rather than be passed.',
    practices: ['GENCOST01-BP01', 'GENCOST03-BP02', 'AGENTCOST07-BP01'],
    runbook: 'cost-spike',
  },
  {
    id: 'budget-below-worst-case',
    severity: 'medium',
    when: ({ profile, cost }) =>
      profile.monthly_budget_usd !== undefined &&
      cost.likely <= profile.monthly_budget_usd &&
      cost.max > profile.monthly_budget_usd,
    risk: ({ profile, cost }) =>
      `The budget of ${figure(profile.monthly_budget_usd ?? 0)} USD holds what is likely, and not a bad month, which is ${figure(cost.max)}.`,
    what_to_do:
      'Set it as the tenants’ budget by `plinth tenants configure --budget`, and have a look at `plinth tenants usage` before the month ends.',
    practices: ['AGENTCOST07-BP01'],
    runbook: 'cost-spike',
  },
  {
    id: 'no-budget',
    severity: 'medium',
    when: ({ profile }) => profile.monthly_budget_usd === undefined,
    risk: 'No budget was named, and a new tenant has none: a loop in a client spends until somebody sees it.',
    what_to_do: 'Give each tenant one by `plinth tenants configure --budget`. It is held before a model is called.',
    practices: ['AGENTCOST07-BP01'],
    runbook: 'cost-spike',
  },
  {
    id: 'runs-without-an-end',
    severity: 'medium',
    when: ({ profile }) => hasWorkflow(profile),
    risk: 'Agents ask a model again and again: each turn brings along all that was said before it.',
    what_to_do:
      'Give each workflow a `budget` of `usd`, `tokens` and `seconds` (`plinth run --budget-usd --budget-tokens --budget-seconds`), and agents narrower `limits` than 8 turns and 30 calls of tools a step.',
    practices: ['AGENTCOST01-BP01', 'GENCOST05-BP01', 'GENREL03-BP02'],
    runbook: 'cost-spike',
  },
  {
    id: 'a-key-for-each-tenant',
    severity: 'medium',
    when: ({ profile: { tenants } }) => tenants.isolation === 'silo' && tenants.count >= manyKeys,
    risk: ({ profile: { tenants } }) =>
      `${figure(tenants.count)} tenants with keys of their own are as many US dollars a month on AWS, used or not.`,
    what_to_do:
      'Keep tenants that aren’t owed a key of their own in the pool (`--isolation pool`): theirs are data keys, wrapped by one key for all, and destroyed with them as well.',
    practices: ['AGENTPERF07-BP01', 'GENCOST02-BP02'],
  },
]
