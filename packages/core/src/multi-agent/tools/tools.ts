import type { AgentDefinition } from '../agents/agent.ts'
import type { Step } from '../plan/plan.ts'
import { calculate } from './calculate.ts'
import { readResult } from './read-result.ts'
import { searchKnowledge } from './search-knowledge.ts'
import type { Tool } from './tool.ts'

/** Those that are always there. */
export const builtInTools: readonly Tool[] = [searchKnowledge, calculate, readResult]

/** What an agent may use in a step: its own tools, fewer where the step says so. */
export function toolsFor(agent: AgentDefinition, { tools: only }: Step): readonly Tool[] {
  return builtInTools.filter(({ name }) => agent.tools.includes(name) && (only === undefined || only.includes(name)))
}
