import { z } from 'zod'
import { changedFields } from '../../changed-fields.ts'
import { type Collection, defineCollection } from '../../define/collection.ts'
import { ForbiddenError, InvalidInputError, NotFoundError, ReusedError, WrongStateError } from '../../errors.ts'
import { isListed } from '../../ports/tool-source.ts'
import type { StoredRecord } from '../../scope/record.ts'
import { retryConflicts } from '../../scope/retry-conflicts.ts'
import type { Uses } from '../../scope/scope.ts'
import { insert, remove, update } from '../../scope/state.ts'
import { isKnownTool } from '../tools/tools.ts'
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
export const agents: Collection<AgentFields, AgentTexts> = defineCollection<AgentFields, AgentTexts>({
  name: 'agents',
  schema: 1,
  plain: z.strictObject({ type: z.string(), version: z.number().int(), updated: z.number() }),
  sealed: ['definition'],
  lists: {},
})

/** An agent as it is handed in (R50): only `type` is required. */
export type NewAgent = Pick<AgentDefinition, 'type'> & Partial<Omit<AgentDefinition, 'type' | 'version'>>

/** One of which nothing is said. */
const bareAgent = { system_prompt: usualSystemPrompt, tools: [], capabilities: [], limits: {} }
const mostAgents = 200
/** All stand together, so that a run finds those that were registered a moment before. */
const shelf = 'agents'

/** All agents of the tenant: its own, those that changed last first, then the built-in ones of whose types it has none. */
export async function allAgents(scope: Uses<'state'>): Promise<readonly AgentDefinition[]> {
  const own: { readonly updated: number; readonly agent: AgentDefinition }[] = []
  for await (const record of scope.state.read(agents, shelf))
    own.push({ updated: record.fields.updated, agent: await definitionOf(record) })
  own.sort((one, other) => other.updated - one.updated)
  const types = new Set(own.map(({ agent: { type } }) => type))
  return [...own.map(({ agent }) => agent), ...builtInAgents.filter(({ type }) => !types.has(type))]
}

/** One agent. @throws NotFoundError */
export async function getAgent(scope: Uses<'state'>, type: string): Promise<AgentDefinition> {
  const record = await findOwn(scope, type)
  const found = record ? await definitionOf(record) : builtInAgents.find((agent) => agent.type === type)
  if (!found) throw new NotFoundError('agent')
  return found
}

/**
 * create_agent of the seed (R50): registers an agent, or a new version of it; what isn't said is the role's own.
 * @param options.must `be_new`: what the tenant has already is given back when it is the same; `be_there`: nothing is made.
 * @param options.version of the agent that it replaces, when it has to be that one; 0: the built-in one.
 * @throws InvalidInputError for a model or tool that isn't there, or too many agents; ReusedError; NotFoundError; WrongStateError for another
 * version.
 */
export async function putAgent(
  scope: Uses<'state' | 'models' | 'tools'>,
  agent: NewAgent,
  options: { readonly must?: 'be_new' | 'be_there'; readonly version?: number | undefined } = {},
): Promise<AgentDefinition> {
  if (agent.model_id !== undefined) scope.models.resolve(agent.model_id)
  checkTools(scope, agent)
  return retryConflicts(async () => {
    const record = await findOwn(scope, agent.type)
    if (!record && (await allAgents(scope)).length >= mostAgents)
      throw new InvalidInputError(`A tenant has at most ${mostAgents} agents.`, { code: 'too_many_agents', field: 'type' })
    const role = builtInAgents.find(({ type }) => type === agent.type)
    if (!record && !role && options.must === 'be_there') throw new NotFoundError('agent')
    const now = record?.fields.version ?? 0
    if (options.version !== undefined && options.version !== now)
      throw new WrongStateError(`The agent is at version ${now} by now.`)
    const version = now + 1
    const definition: AgentDefinition = {
      type: agent.type,
      ...(agent.model_id === undefined ? {} : { model_id: agent.model_id }),
      system_prompt: agent.system_prompt ?? role?.system_prompt ?? usualSystemPrompt,
      tools: agent.tools ?? [],
      ...(agent.allow === undefined ? {} : { allow: agent.allow }),
      capabilities: agent.capabilities ?? [],
      limits: agent.limits ?? {},
      version,
    }
    if (record && options.must === 'be_new') return sameAgent(await definitionOf(record), definition)
    const fields = { type: agent.type, version, updated: scope.clock.now() }
    const texts = { definition: JSON.stringify(definition) }
    const write = record
      ? update(agents, record, fields, texts)
      : insert(agents, { partition: shelf, sort: agent.type }, fields, texts)
    const before = record ? await definitionOf(record) : (role ?? bareAgent)
    const changed = changedFields({ ...before, type: agent.type, version }, definition, ['limits'])
    await scope.state.commit({ writes: [write], resource: `agents/${agent.type}`, changed })
    return definition
  })
}

function checkTools(scope: Uses<'tools'>, { tools = [], allow = [] }: NewAgent): void {
  for (const [index, tool] of tools.entries())
    if (!isKnownTool(scope, tool))
      throw new InvalidInputError(`There is no tool ${tool}.`, { code: 'tool_unknown', field: `tools.${index}` })
  for (const [index, tool] of allow.entries())
    if (!isListed(tools, tool))
      throw new InvalidInputError(`${tool} is none of the agent's tools.`, { code: 'tool_unknown', field: `allow.${index}` })
}

function sameAgent(found: AgentDefinition, wanted: AgentDefinition): AgentDefinition {
  const { version } = found
  if (JSON.stringify(found) === JSON.stringify({ ...wanted, version })) return found
  throw new ReusedError('type', 'type')
}

/** Takes a tenant's own agent away; of a built-in type the built-in one is there again. @throws NotFoundError, ForbiddenError. */
export async function deleteAgent(scope: Uses<'state'>, type: string): Promise<void> {
  await retryConflicts(async () => {
    const record = await findOwn(scope, type)
    if (!record) {
      if (builtInAgents.some((agent) => agent.type === type))
        throw new ForbiddenError('agent_built_in', 'A built-in agent can be changed, not deleted.')
      throw new NotFoundError('agent')
    }
    await scope.state.commit({ writes: [remove(agents, record)], resource: `agents/${type}` })
  })
}

async function findOwn(scope: Uses<'state'>, type: string): Promise<StoredRecord<AgentFields, AgentTexts> | undefined> {
  return agentType.safeParse(type).success ? scope.state.get(agents, { partition: shelf, sort: type }) : undefined
}

async function definitionOf(record: { open(field: 'definition'): Promise<string | undefined> }): Promise<AgentDefinition> {
  return JSON.parse((await record.open('definition')) ?? '{}') as AgentDefinition
}
