import { type AnyRoute, defineRoute } from '../define/route.ts'
import { InvalidInputError } from '../errors.ts'
import type { Uses } from '../scope/scope.ts'
import { allAgents, deleteAgent, getAgent, type NewAgent, putAgent } from './agents/registry.ts'
import { builtInTools } from './tools/tools.ts'
import * as forms from './workflow-forms.ts'

const knownTools: ReadonlySet<string> = new Set(builtInTools.map(({ name }) => name))

const list = defineRoute({
  method: 'GET',
  path: '/api/agents',
  permission: 'agents:read',
  summary: 'All agents, built-in and own.',
  replies: { 200: { summary: 'The agents.', body: forms.agentListForm } },
  async handle(scope) {
    const agents = await allAgents(scope)
    return { status: 200, body: { items: agents.map((agent) => forms.showAgent(agent, usualModel(scope))), next_cursor: null } }
  },
})

const create = defineRoute<Record<never, never>, Record<never, never>, NewAgent>({
  method: 'POST',
  path: '/api/agents',
  permission: 'agents:write',
  summary: 'Register an agent. What is left out is the tenant’s model, the role’s own prompt, no tools, no capabilities.',
  body: forms.newAgent,
  replies: { 201: { summary: 'Registered.', body: forms.agentForm } },
  async handle(scope, { body }) {
    const agent = await putAgent(scope, body, { mustBeNew: true, knownTools })
    return { status: 201, body: forms.showAgent(agent, usualModel(scope)), headers: { location: `/api/agents/${agent.type}` } }
  },
})

const read = defineRoute<forms.AgentParams>({
  method: 'GET',
  path: '/api/agents/{type}',
  permission: 'agents:read',
  summary: 'One agent.',
  params: forms.agentParams,
  replies: { 200: { summary: 'The agent.', body: forms.agentForm } },
  async handle(scope, { params }) {
    return { status: 200, body: forms.showAgent(await getAgent(scope, params.type), usualModel(scope)) }
  },
})

const change = defineRoute<forms.AgentParams, Record<never, never>, Partial<NewAgent>>({
  method: 'PUT',
  path: '/api/agents/{type}',
  permission: 'agents:write',
  summary: 'Register an agent, or a new version of it, which runs that are under way don’t see.',
  params: forms.agentParams,
  body: forms.changedAgent,
  replies: { 200: { summary: 'As it is now.', body: forms.agentForm } },
  async handle(scope, { params, body }) {
    const { type } = forms.newAgent.parse({ type: checkedType(params.type, body.type) })
    return { status: 200, body: forms.showAgent(await putAgent(scope, { ...body, type }, { knownTools }), usualModel(scope)) }
  },
})

const remove = defineRoute<forms.AgentParams>({
  method: 'DELETE',
  path: '/api/agents/{type}',
  permission: 'agents:write',
  summary: 'Take an own agent away. Of a built-in type, the built-in one is there again.',
  params: forms.agentParams,
  replies: { 204: { summary: 'Gone.', body: null } },
  async handle(scope, { params }) {
    await deleteAgent(scope, params.type)
    return { status: 204 }
  },
})

function usualModel({ models }: Uses<'models'>): string {
  return models.defaultModel
}

function checkedType(path: string, body: string | undefined): string {
  if (body !== undefined && body !== path) throw new InvalidInputError('must be the type of the path', { field: 'type' })
  if (!forms.newAgent.safeParse({ type: path }).success) {
    throw new InvalidInputError('must be 1 to 64 small letters, digits, hyphens and underscores', { field: 'type' })
  }
  return path
}

export const agentRoutes: readonly AnyRoute[] = [list, create, read, change, remove]
