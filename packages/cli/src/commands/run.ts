import { InvalidInputError } from '@plinth/core'
import { Command } from 'commander'
import { Client } from '../client.ts'
import { readJsonObject } from '../json-file.ts'
import { withAgentsHint } from '../workflows/agents-hint.ts'
import type { WorkflowSummary } from '../workflows/answers.ts'
import { showProgress } from '../workflows/show-progress.ts'

interface RunOptions {
  readonly plan?: string
  readonly approval?: boolean
  readonly budgetUsd?: string
  readonly budgetTokens?: string
  readonly budgetSeconds?: string
  readonly session?: string
  readonly detach?: boolean
  readonly json?: boolean
}

export function runCommand(): Command {
  return new Command('run')
    .description('Have agents work on a request: it is planned, done step by step, and ends in one answer.')
    .argument('<request>', 'what is wanted, such as "Compare … and report …"')
    .option('--plan <file>', 'a plan of your own, JSON: {"steps": [{"id", "agent_type", "prompt", "dependencies"}]}')
    .option('--approval', 'show the plan, and run it only when somebody agrees')
    .option('--budget-usd <amount>', 'spend no more than this')
    .option('--budget-tokens <number>', 'use no more tokens than this')
    .option('--budget-seconds <number>', 'take no longer than this; what it waits for approval is not counted')
    .option('--session <id>', 'your runs under the same id are told what came of those before')
    .option('--detach', 'print the workflow id and end; the work goes on')
    .option('--json', 'print JSON, an event a line')
    .addHelpText(
      'after',
      `
Progress goes to standard error, the answer to standard output. On a terminal it asks for what has to be agreed to; elsewhere it
prints the commands. Interrupted, the work goes on: plinth workflows get ID --follow.

Exit codes: 0 completed; 1 failed, cancelled or refused; 2 it waits for approval.

  plinth ingest docs/decisions/*.md
  plinth run "What does a refusal cost, and when is a budget overspent? Report it." > report.md`,
    )
    .action(run)
}

async function run(request: string, options: RunOptions): Promise<void> {
  const json = options.json ?? false
  if (request.trim() === '') throw new InvalidInputError('The request is empty.', { field: 'request' })
  const budget = {
    ...amount('usd', options.budgetUsd),
    ...amount('tokens', options.budgetTokens),
    ...amount('seconds', options.budgetSeconds),
  }
  const body = {
    request,
    ...(options.plan === undefined ? {} : { plan: readJsonObject(options.plan, 'plan') }),
    ...(options.approval ? { approval: 'plan' } : {}),
    ...(Object.keys(budget).length > 0 ? { budget } : {}),
    ...(options.session === undefined ? {} : { session_id: options.session }),
  }
  const client = await Client.fromEnvironment(process.env)
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const accepted = (await withAgentsHint(client.callPatiently('POST', '/api/workflows', { body, headers }))) as WorkflowSummary
  if (options.detach) return console.log(json ? JSON.stringify(accepted) : accepted.workflow_id)
  if (!json) process.stderr.write(`${accepted.workflow_id}\n`)
  await showProgress(client, accepted.workflow_id, { json })
}

function amount(name: string, text: string | undefined): Record<string, number> {
  if (text === undefined) return {}
  const value = Number(text)
  const whole = name === 'tokens'
  if (text.trim() !== '' && Number.isFinite(value) && value > 0 && (!whole || Number.isInteger(value))) return { [name]: value }
  throw new InvalidInputError(`--budget-${name} must be a ${whole ? 'whole ' : ''}number above 0.`, { field: `budget-${name}` })
}
