import type { Command } from 'commander'
import { Client } from '../client.ts'
import { readJsonObject } from '../json-file.ts'
import { limitOf, moreWords, readList } from '../read-list.ts'
import { type Outcome, subcommand, verb } from '../subcommand.ts'
import { withAgentsHint } from '../workflows/agents-hint.ts'
import type { ChangedWorkflow, ShownWorkflow, WorkflowSummary } from '../workflows/answers.ts'
import { workflowPath } from '../workflows/path.ts'
import { showProgress } from '../workflows/show-progress.ts'
import { changedWords, workflowTable, workflowWords } from '../workflows/workflow-words.ts'

interface Decision {
  readonly step?: string
  readonly reason?: string
  readonly plan?: string
  readonly call?: readonly string[]
  readonly revision?: string
}

interface Fork {
  readonly step: string
  readonly prompt?: string
  readonly result?: string
}

export function workflowsCommand(): Command {
  return verb(
    'workflows',
    'What agents work on: look at it, agree to it, end it, go on with it. plinth run begins one.',
    commands(),
  )
}

function commands(): Command[] {
  return [
    subcommand<ListOptions>('list', 'Workflows, newest first.', ({ options }) => list(options))
      .option('--status <status>', 'planning, awaiting_approval, running, completed, failed or cancelled')
      .option('--session <id>', 'your own of this session')
      .option('--limit <number>', 'the most that are shown', '50'),
    subcommand<{ readonly follow?: boolean }>('get', 'One workflow: its steps with their cost, its result.', (asked) =>
      asked.options.follow ? follow(asked.args[0], asked.json) : get(asked.args[0]),
    )
      .argument('<id>')
      .option('--follow', 'show what happens until it ends, and ask for what has to be agreed to'),
    subcommand<Decision>('approve', 'Agree to the plan, to a step, or to calls that it waits with.', ({ args: [id], options }) =>
      act(id, '/approve', {
        ...about(options),
        ...(options.plan === undefined ? {} : { plan: readJsonObject(options.plan, 'plan') }),
      }),
    )
      .argument('<id>')
      .option('--step <step>', 'the step that waits')
      .option('--call <id...>', 'the calls that it waits with, as get shows them: others are not agreed to')
      .option('--revision <number>', 'the plan that waits, where it was made anew')
      .option('--plan <file>', 'the plan as it is to be, JSON; of a workflow that you asked for'),
    subcommand<Decision>('reject', 'Reject the plan, which ends the workflow, or a step, which fails.', (asked) =>
      act(asked.args[0], '/reject', {
        ...about(asked.options),
        ...(asked.options.reason === undefined ? {} : { reason: asked.options.reason }),
      }),
    )
      .argument('<id>')
      .option('--step <step>', 'the step that waits')
      .option('--call <id...>', 'the calls that it waits with; its agent is told why they are not made')
      .option('--revision <number>', 'the plan that waits, where it was made anew')
      .option('--reason <words>', 'why not'),
    subcommand<Decision>('cancel', 'End it, and what its steps do.', ({ args: [id], options }) => act(id, '/cancel', options))
      .argument('<id>')
      .option('--reason <words>', 'why'),
    subcommand('resume', 'Wake it, when it waits for its time.', ({ args: [id] }) => act(id, '/resume')).argument('<id>'),
    subcommand('retry', 'Have a step of a failed workflow done again, and what was left out behind it.', ({ args }) =>
      act(args[0], `/steps/${encodeURIComponent(args[1] ?? '')}/retry`),
    )
      .argument('<id>')
      .argument('<step>'),
    subcommand<Fork>('fork', 'Begin another one that goes its own way from a step on; what is done besides is kept.', (asked) =>
      fork(asked.args[0], asked.options),
    )
      .argument('<id>')
      .requiredOption('--step <step>', 'the step that is done anew, and what depends on it')
      .option('--prompt <words>', 'what the step is to do instead')
      .option('--result <text>', 'what the step is taken to have given, instead of being done'),
  ]
}

/** What a word is about. */
function about({ step, call, revision }: Decision): { readonly step?: string } {
  return {
    ...(step === undefined ? {} : { step }),
    ...(call === undefined ? {} : { calls: call }),
    ...(revision === undefined ? {} : { revision: Number(revision) }),
  }
}

interface ListOptions {
  readonly limit: string
  readonly status?: string
  readonly session?: string
}

async function list({ limit, status, session }: ListOptions): Promise<Outcome> {
  const client = await Client.fromEnvironment(process.env)
  const query = new URLSearchParams({
    ...(status === undefined ? {} : { status }),
    ...(session === undefined ? {} : { session_id: session }),
  }).toString()
  const found = await readList<WorkflowSummary>(client, '/api/workflows', limitOf(limit), query)
  return { good: true, facts: found, words: [...workflowTable(found.items), ...moreWords(found)] }
}

async function get(id: string | undefined): Promise<Outcome> {
  const path = workflowPath(id)
  const workflow = (await (await Client.fromEnvironment(process.env)).call('GET', path)) as ShownWorkflow
  return { good: true, facts: workflow, words: workflowWords(workflow) }
}

async function follow(id: string | undefined, json: boolean): Promise<undefined> {
  workflowPath(id)
  await showProgress(await Client.fromEnvironment(process.env), id ?? '', { json })
}

/** @param body absent: the route takes none. */
async function act(id: string | undefined, verb: string, body?: object): Promise<Outcome> {
  const path = workflowPath(id, verb)
  const client = await Client.fromEnvironment(process.env)
  const workflow = (await withAgentsHint(client.call('POST', path, body ? { body } : {}))) as ChangedWorkflow
  return { good: true, facts: workflow, words: changedWords(workflow, verb.slice(verb.lastIndexOf('/') + 1), body) }
}

async function fork(id: string | undefined, body: Fork): Promise<Outcome> {
  const path = workflowPath(id, '/fork')
  const client = await Client.fromEnvironment(process.env)
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const begun = (await client.callPatiently('POST', path, { body, headers })) as WorkflowSummary
  const words = [`${begun.workflow_id} goes on from there. To see how: plinth workflows get ${begun.workflow_id} --follow`]
  return { good: true, facts: begun, words }
}
