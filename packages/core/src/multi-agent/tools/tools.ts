import type { AgentDefinition } from '../agents/agent.ts'
import type { Step } from '../plan/plan.ts'
import { calculate } from './calculate.ts'
import { fetchPrefix, fetchUrl } from './fetch-url.ts'
import { readResult } from './read-result.ts'
import { searchKnowledge } from './search-knowledge.ts'
import { tableStatistics } from './table-statistics.ts'
import type { Tool } from './tool.ts'

/** Those that are always there; and `fetch_url:HOST` for hosts that an agent may read. */
export const builtInTools: readonly Tool[] = [searchKnowledge, calculate, tableStatistics, readResult]

/** What an agent may use in a step: its own tools, fewer where the step says so. */
export function toolsFor({ tools: own }: AgentDefinition, { tools: only }: Step): readonly Tool[] {
  const named = own.filter((name) => only === undefined || only.includes(name))
  const hosts = named.filter((name) => name.startsWith(fetchPrefix)).map((name) => name.slice(fetchPrefix.length))
  return [...builtInTools.filter(({ name }) => named.includes(name)), ...(hosts.length > 0 ? [fetchUrl(hosts)] : [])]
}
