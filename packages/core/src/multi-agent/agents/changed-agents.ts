import { canonicalJson, type JsonObject } from '../../json.ts'
import type { Uses } from '../../scope/scope.ts'
import type { AgentDefinition } from './agent.ts'
import { allAgents } from './registry.ts'

/** An agent with its model by name, where it is the tenant's own: that may be set to another one while a run goes on. */
export function withTenantModel({ tenant }: Uses<never>, agent: AgentDefinition): AgentDefinition {
  const { model_id: usual } = tenant.model_config
  return agent.model_id !== undefined || usual === undefined ? agent : { ...agent, model_id: usual }
}

/** Types of agents that are defined in another way by now than when a run began, or not at all. */
export async function changedAgents(
  scope: Uses<'state'>,
  begun: ReadonlyMap<string, AgentDefinition>,
): Promise<readonly string[]> {
  const now = new Map((await allAgents(scope)).map((agent) => [agent.type, contentOf(withTenantModel(scope, agent))]))
  return [...begun.values()].filter((agent) => now.get(agent.type) !== contentOf(agent)).map(({ type }) => type)
}

/** What tells definitions apart; one that was saved again as it was is the same. */
function contentOf({ version: _, ...content }: AgentDefinition): string {
  return canonicalJson(content as unknown as JsonObject)
}
