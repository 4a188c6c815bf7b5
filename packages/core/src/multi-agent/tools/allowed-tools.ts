import { isListed } from '../../ports/tool-source.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import type { Tool } from './tool.ts'

/** Whether an agent may call a tool without asking: it changes nothing, or its definition says so. */
export function mayCall({ allow }: Pick<AgentDefinition, 'allow'>, { name, changes }: Pick<Tool, 'name' | 'changes'>): boolean {
  return !changes || isListed(allow ?? [], name)
}
