import { type PageQuery, pageOfAll } from '../define/forms.ts'
import { type AnyRoute, defineRoute } from '../define/route.ts'
import { InvalidInputError } from '../errors.ts'
import type { Uses } from '../scope/scope.ts'
import { agentType, agentTypeFault } from './agents/agent.ts'
import { allAgents, deleteAgent, getAgent, type NewAgent, putAgent } from './agents/registry.ts'
import { builtInTools } from './tools/tools.ts'
import * as forms from './workflow-forms.ts'

const list = defineRoute<Record<never, never>, PageQuery>({
  method: 'GET',
  path: '/api/agents',
  permission: 'agents:read',
  summary: 'All agents: own ones, newest first, then those that are built in.',
  query: forms.agentListQuery,
  replies: { 200: { summary: 'A page.', body: forms.agentListForm } },
  async handle(scope, { query }) {
    const { items, next_cursor } = pageOfAll(await allAgents(scope), query, ({ type }) => type)
    return { status: 200, body: { items: items.map((agent) => forms.showAgent(agent, usualModel(scope))), next_cursor } }
  },
})

const create = defineRoute<Record<never, never>, Record<never, never>, NewAgent>({
  method: 'POST',
  path: '/api/agents',
  permission: 'agents:write',
  summary:
    'Register an agent; the same body again gives the same agent. What is left out is the tenant’s model, the role’s own prompt, no tools, ' +
    'no capabilities.',
  body: forms.newAgent,
  replies: { 201: { summary: 'Registered.', body: forms.agentForm } },
  async handle(scope, { body }) {
    const agent = await putAgent(scope, body, { must: 'be_new' })
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

const change = defineRoute<forms.AgentParams, Record<never, never>, forms.ChangedAgent>({
  method: 'PUT',
  path: '/api/agents/{type}',
  permission: 'agents:write',
  summary:
    'Register a new version of an agent, which runs that are under way don’t see; with version only while it is at that one, 0 being the ' +
    'built-in one.',
  params: forms.agentParams,
  body: forms.changedAgent,
  replies: { 200: { summary: 'As it is now.', body: forms.agentForm } },
  async handle(scope, { params, body: { version, ...body } }) {
    const type = checkedType(params.type, body.type)
    const agent = await putAgent(scope, { ...body, type }, { must: 'be_there', version })
    return { status: 200, body: forms.showAgent(agent, usualModel(scope)) }
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

const tools = defineRoute({
  method: 'GET',
  path: '/api/tools',
  permission: 'agents:read',
  summary:
    'The tools that any agent can be given by name. Besides them there are hosts to read, as `fetch_url:HOST`, and tools of servers that ' +
    'whoever runs Plinth has set up, as `SERVER.TOOL`.',
  replies: { 200: { summary: 'All of them.', body: forms.toolListForm } },
  async handle() {
    return { status: 200, body: { items: builtInTools.map(forms.showTool), next_cursor: null } }
  },
})

function usualModel({ models }: Uses<'models'>): string {
  return models.defaultModel
}

function checkedType(path: string, body: string | undefined): string {
  if (body !== undefined && body !== path) throw new InvalidInputError('Must be the type of the path.', { field: 'type' })
  if (!agentType.safeParse(path).success) throw new InvalidInputError(agentTypeFault, { field: 'type' })
  return path
}

export const agentRoutes: readonly AnyRoute[] = [list, create, read, change, remove, tools]
