import { readFile } from 'node:fs/promises'
import { InvalidInputError, PlinthError } from '@plinth/core'
import { Command } from 'commander'
import { Client } from '../client.ts'
import { serverEvents } from '../server-events.ts'

interface RunOptions {
  readonly plan?: string
  readonly approve?: boolean
  readonly usd?: string
  readonly tokens?: string
  readonly seconds?: string
  readonly wait?: boolean
  readonly json?: boolean
}

interface Workflow {
  readonly workflow_id: string
  readonly status: string
  readonly plan: {
    readonly source: string
    readonly steps: readonly { readonly id: string; readonly agent_type: string }[]
  } | null
  readonly result: { readonly text: string; readonly sources: readonly string[] } | null
  readonly error?: { readonly code: string; readonly message: string }
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number; readonly usd: number }
}

export function runCommand(): Command {
  return new Command('run')
    .description('Have agents work on a request: it is planned, done step by step, and ends in one answer.')
    .argument('<request>', 'what is wanted, such as "Compare … and report …"')
    .option('--plan <file>', 'a plan of your own, JSON: {"steps": [{"id", "agent_type", "prompt", "dependencies"}]}')
    .option('--approve', 'show the plan, and run it only when you agree')
    .option('--usd <amount>', 'spend no more than this')
    .option('--tokens <number>', 'use no more tokens than this')
    .option('--seconds <number>', 'take no longer than this')
    .option('--no-wait', 'print the acknowledgement and end')
    .option('--json', 'print JSON; with waiting an event a line')
    .addHelpText(
      'after',
      `
Interrupted, it can be followed again: GET /api/workflows/{id}; the work goes on in any case.

  plinth ingest docs
  plinth run "Compare the limits of documents and of requests, and report them."`,
    )
    .action(run)
}

async function run(request: string, options: RunOptions): Promise<void> {
  if (request.trim() === '') throw new InvalidInputError('The request is empty.', { field: 'request' })
  const budget = {
    ...number('usd', options.usd),
    ...number('tokens', options.tokens),
    ...number('seconds', options.seconds),
  }
  const body = {
    request,
    ...(options.plan === undefined ? {} : { plan: await planOf(options.plan) }),
    ...(options.approve ? { approval: 'plan' } : {}),
    ...(Object.keys(budget).length > 0 ? { budget } : {}),
  }
  const client = await Client.fromEnvironment(process.env)
  const accepted = (await client.call('POST', '/api/workflows', { body })) as Pick<Workflow, 'workflow_id'>
  if (options.wait === false) return console.log(options.json ? JSON.stringify(accepted) : accepted.workflow_id)
  const ended = await follow(client, accepted.workflow_id, options)
  if (!options.json) show(ended)
  if (ended.status !== 'completed') {
    const { code = ended.status, message = `The workflow is ${ended.status}.` } = ended.error ?? {}
    throw new PlinthError(code, message, false)
  }
}

/** Shows what happens until the end; a plan that waits is shown, and asked for. */
async function follow(client: Client, id: string, { json, approve }: RunOptions): Promise<Workflow> {
  const bytes = await client.stream(`/api/workflows/${id}/events`, { type: 'text/event-stream' })
  for await (const { event, data } of serverEvents(bytes)) {
    if (json) console.log(JSON.stringify({ event, data }))
    else progress(event, data)
    if (event === 'plan' && approve) await agree(client, id)
    if (event === 'done' || event === 'error') return data as Workflow
  }
  throw new PlinthError('interrupted', 'The stream broke off; the workflow goes on.', true)
}

async function agree(client: Client, id: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new InvalidInputError('--approve asks in a terminal; POST …/approve does it elsewhere.', { field: 'approve' })
  process.stderr.write('Run this plan? [y/N] ')
  const answer = await new Promise<string>((resolve) => process.stdin.once('data', (bytes) => resolve(String(bytes))))
  process.stdin.pause()
  const decision = /^y(es)?\s*$/i.test(answer) ? 'approve' : 'reject'
  await client.call('POST', `/api/workflows/${id}/${decision}`, { body: {} })
}

function progress(event: string, data: unknown): void {
  if (event === 'plan') {
    const { steps } = data as {
      steps: readonly { id: string; agent_type: string; prompt: string; dependencies: readonly string[] }[]
    }
    for (const { id, agent_type, prompt, dependencies } of steps) {
      const behind = dependencies.length > 0 ? ` after ${dependencies.join(', ')}` : ''
      process.stderr.write(`  ${id} (${agent_type})${behind}: ${shortened(prompt)}\n`)
    }
  }
  if (event !== 'step') return
  const { step_id: step, status, error } = data as { step_id: string; status: string; error?: { message: string } }
  process.stderr.write(`  ${step}: ${status}${error ? `, ${error.message}` : ''}\n`)
}

function show({ result, usage }: Workflow): void {
  if (result) console.log(`\n${result.text.trimEnd()}`)
  const tokens = usage.input_tokens + usage.output_tokens
  process.stderr.write(`\n${tokens} tokens, ${usage.usd.toFixed(4)} USD at list prices\n`)
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}

function number(name: string, text: string | undefined): Record<string, number> {
  if (text === undefined) return {}
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidInputError(`--${name} must be a number above 0.`, { field: name })
  return { [name]: value }
}

async function planOf(file: string): Promise<unknown> {
  let words: string
  try {
    words = await readFile(file, 'utf8')
  } catch (cause) {
    throw new InvalidInputError(`${file} can't be read.`, { field: 'plan', cause })
  }
  try {
    return JSON.parse(words)
  } catch {
    throw new InvalidInputError(`${file} is no JSON.`, { field: 'plan' })
  }
}
