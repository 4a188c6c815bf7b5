import { InvalidInputError, PlinthError } from '@plinth/core'
import type { Command } from 'commander'
import { Client } from '../client.ts'
import { readJsonObject } from '../json-file.ts'
import { printable } from '../printable.ts'
import { limitOf, moreWords, readList } from '../read-list.ts'
import { type Outcome, subcommand, verb } from '../subcommand.ts'
import { table } from '../table.ts'
import type { ShownAgent } from '../workflows/answers.ts'

interface Definition {
  readonly file?: string
  readonly model?: string
  readonly prompt?: string
  readonly tools?: string
  readonly capability?: readonly string[]
}

export function agentsCommand(): Command {
  return verb('agents', 'Who does the steps of workflows: a role, its model, its tools.', [
    subcommand<{ readonly limit: string }>('list', 'All agents, own ones first.', ({ options }) => list(options.limit)).option(
      '--limit <number>',
      'the most that are shown',
      '200',
    ),
    subcommand<Definition>('put', 'Make an agent, or a new version of it; runs that are under way do not see it.', (asked) =>
      put(asked.args[0], asked.options),
    )
      .argument('<type>', 'its name: small letters, digits, hyphens and underscores')
      .option('--file <agent.json>', 'the definition, JSON: {"system_prompt", "model_id", "tools", "capabilities", "limits"}')
      .option('--prompt <words>', 'what its model is told of its role')
      .option('--model <id>', "its model (default: the tenant's)")
      .option('--tools <names>', 'what it may use, such as search_knowledge,calculate')
      .option('--capability <words...>', 'what it is good for, as the planner is told'),
    subcommand('delete', 'Take an own agent away; of a built-in type, the built-in one is there again.', ({ args: [type] }) =>
      remove(type),
    ).argument('<type>'),
  ])
}

async function list(limit: string): Promise<Outcome> {
  const found = await readList<ShownAgent>(await Client.fromEnvironment(process.env), '/api/agents', limitOf(limit))
  const rows = found.items.map(({ type, version, built_in, model_id, tools, capabilities }) => [
    type,
    built_in ? 'built in' : String(version),
    model_id,
    tools.join(', ') || '-',
    capabilities.join(', ') || '-',
  ])
  const words = [...table(['AGENT', 'VERSION', 'MODEL', 'TOOLS', 'GOOD FOR'], rows), ...moreWords(found)]
  return { good: true, facts: found, words }
}

async function put(type: string | undefined, { file, model, prompt, tools, capability }: Definition): Promise<Outcome> {
  const path = agentPath(type)
  const given: { readonly type?: unknown } = file === undefined ? {} : readJsonObject(file, 'file')
  if (given.type !== undefined && given.type !== type)
    throw new InvalidInputError(`${file} defines the agent ${printable(String(given.type))}, not ${type}.`, { field: 'type' })
  const body = {
    ...given,
    ...(model === undefined ? {} : { model_id: model }),
    ...(prompt === undefined ? {} : { system_prompt: prompt }),
    ...(tools === undefined ? {} : { tools: tools.split(',').flatMap((name) => name.trim() || []) }),
    ...(capability === undefined ? {} : { capabilities: capability }),
  }
  const client = await Client.fromEnvironment(process.env)
  const agent = (await orMade(client, path, { ...body, type })) as ShownAgent
  return { good: true, facts: agent, words: [`${agent.type} is there in version ${agent.version}.`] }
}

async function orMade(client: Client, path: string, body: object): Promise<unknown> {
  try {
    return await client.call('PUT', path, { body })
  } catch (error) {
    if (!PlinthError.is(error) || error.code !== 'not_found') throw error
    return client.call('POST', '/api/agents', { body })
  }
}

async function remove(type: string | undefined): Promise<Outcome> {
  const path = agentPath(type)
  await (await Client.fromEnvironment(process.env)).call('DELETE', path)
  return { good: true, facts: { type, deleted: true }, words: [`${type} is deleted.`] }
}

/** @throws InvalidInputError for what is no name, and would be another path. */
function agentPath(type: string | undefined): string {
  if (type !== undefined && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(type)) return `/api/agents/${type}`
  const message = `An agent's name is 1 to 64 small letters, digits, hyphens and underscores, not "${type}".`
  throw new InvalidInputError(message, { field: 'type' })
}
