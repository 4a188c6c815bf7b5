import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import { ForbiddenError, InvalidInputError, NotFoundError } from '../../errors.ts'
import { retryConflicts } from '../../scope/retry-conflicts.ts'
import type { Uses } from '../../scope/scope.ts'
import { insert, remove, update } from '../../scope/state.ts'
import { type AgentDefinition, agentType, usualSystemPrompt } from './agent.ts'
import { builtInAgents } from './built-in.ts'

interface AgentFields {
  readonly type: string
  readonly version: number
  readonly updated: number
}

interface AgentTexts {
  /** The definition, as JSON. */
  readonly definition: string
}

/** A tenant's own agents, and those that take the place of built-in ones (R49, R67). */
export const agents: Collection<AgentFields, AgentTexts, 'types'> = defineCollection<AgentFields, AgentTexts, 'types'>({
  name: 'agents',
  schema: 1,
  plain: z.strictObject({ type: z.string(), version: z.number().int(), updated: z.number() }),
  sealed: ['definition'],
  lists: { types: { order: ({ type }) => type } },
})

/** An agent as it is handed in (R50): only `type` is required. */
export type NewAgent = Pick<AgentDefinition, 'type'> & Partial<Omit<AgentDefinition, 'type' | 'version'>>

const mostAgents = 200

/** All agents of the tenant, its own in the place of built-in ones of the same type. */
export async function allAgents(scope: Uses<'state'>): Promise<readonly AgentDefinition[]> {
  const own: AgentDefinition[] = []
  let after: string | undefined
  do {
    const page = await scope.state.list(agents, 'types', { limit: 100, ...(after === undefined ? {} : { after }) })
    for (const record of page.items) own.push(await definitionOf(record))
    after = page.after
  } while (after !== undefined)
  const types = new Set(own.map(({ type }) => type))
  return [...builtInAgents.filter(({ type }) => !types.has(type)), ...own]
}

/** One agent. @throws NotFoundError */
export async function getAgent(scope: Uses<'state'>, type: string): Promise<AgentDefinition> {
  const record = agentType.safeParse(type).success ? await scope.state.get(agents, { partition: type }) : undefined
  const found = record ? await definitionOf(record) : builtInAgents.find((agent) => agent.type === type)
  if (!found) throw new NotFoundError('agent')
  return found
}

/**
 * create_agent of the seed (R50): registers an agent, or a new version of it; what isn't said is the role's own.
 * @param options.mustBeNew refuses a type that the tenant has already.
 * @throws InvalidInputError for a model or tool that isn't there, or too many agents.
 */
export async function putAgent(
  scope: Uses<'state' | 'models'>,
  agent: NewAgent,
  options: { readonly mustBeNew?: boolean; readonly knownTools?: ReadonlySet<string> } = {},
): Promise<AgentDefinition> {
  if (agent.model_id !== undefined) scope.models.resolve(agent.model_id)
  for (const [index, tool] of (agent.tools ?? []).entries()) {
    if (options.knownTools && !options.knownTools.has(tool) && !tool.startsWith('mcp:') && !tool.startsWith('fetch_url:'))
      throw new InvalidInputError(`There is no tool ${tool}.`, { code: 'tool_unknown', field: `tools.${index}` })
  }
  return retryConflicts(async () => {
    const record = await scope.state.get(agents, { partition: agent.type })
    if (record && options.mustBeNew)
      throw new InvalidInputError(`There is an agent ${agent.type} already; PUT changes it.`, {
        code: 'agent_exists',
        field: 'type',
      })
    if (!record && (await allAgents(scope)).length >= mostAgents)
      throw new InvalidInputError(`A tenant has at most ${mostAgents} agents.`, { code: 'too_many_agents', field: 'type' })
    const version = (record?.fields.version ?? 0) + 1
    const role = builtInAgents.find(({ type }) => type === agent.type)
    const definition: AgentDefinition = {
      type: agent.type,
      ...(agent.model_id === undefined ? {} : { model_id: agent.model_id }),
      system_prompt: agent.system_prompt ?? role?.system_prompt ?? usualSystemPrompt,
      tools: agent.tools ?? [],
      capabilities: agent.capabilities ?? [],
      limits: agent.limits ?? {},
      version,
    }
    const fields = { type: agent.type, version, updated: scope.clock.now() }
    const texts = { definition: JSON.stringify(definition) }
    const write = record ? update(agents, record, fields, texts) : insert(agents, { partition: agent.type }, fields, texts)
    await scope.state.commit({ writes: [write], resource: `agents/${agent.type}` })
    return definition
  })
}

/** Takes a tenant's own agent away; of a built-in type the built-in one is there again. @throws NotFoundError, ForbiddenError. */
export async function deleteAgent(scope: Uses<'state'>, type: string): Promise<void> {
  await retryConflicts(async () => {
    const record = agentType.safeParse(type).success ? await scope.state.get(agents, { partition: type }) : undefined
    if (!record) {
      if (builtInAgents.some((agent) => agent.type === type))
        throw new ForbiddenError('agent_built_in', 'A built-in agent can be changed, not deleted.')
      throw new NotFoundError('agent')
    }
    await scope.state.commit({ writes: [remove(agents, record)], resource: `agents/${type}` })
  })
}

async function definitionOf(record: { open(field: 'definition'): Promise<string | undefined> }): Promise<AgentDefinition> {
  return JSON.parse((await record.open('definition')) ?? '{}') as AgentDefinition
}
