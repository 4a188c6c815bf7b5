import { isListed } from '../../ports/tool-source.ts'
import type { Scope, Uses } from '../../scope/scope.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import type { Step } from '../plan/plan.ts'
import { calculate } from './calculate.ts'
import { fetchPrefix, isHostForm } from './fetch-hosts.ts'
import { fetchUrl } from './fetch-url.ts'
import { streamTools } from './query-streams.ts'
import { readResult } from './read-result.ts'
import { searchKnowledge } from './search-knowledge.ts'
import { type SourceTools, sourceTools } from './source-tools.ts'
import { tableStatistics } from './table-statistics.ts'
import type { Tool } from './tool.ts'

/** Those that are always there; and `fetch_url:HOST` for hosts that an agent may read. */
export const builtInTools: readonly Tool[] = [searchKnowledge, ...streamTools, calculate, tableStatistics, readResult]

const builtInNames: ReadonlySet<string> = new Set(builtInTools.map(({ name }) => name))

/** Whether an agent can be given a tool of that name: one that is built in, hosts to read, or those of a server that the tenant may use. */
export function isKnownTool(scope: Uses<'tools'>, name: string): boolean {
  if (name.startsWith(fetchPrefix)) return isHostForm(name.slice(fetchPrefix.length))
  return builtInNames.has(name) || scope.tools.offers(name)
}

/**
 * What an agent may use in a step: its own tools, fewer where the step says so, never others. Of what only its definition names, it may do
 * without what can't be reached.
 * @param isBegun the agent goes on with a conversation, which may hold calls of any of its tools: none can be done without.
 * @throws ToolSourceError when a server that the step names, or that may be in the conversation, can't be asked.
 */
export async function toolsFor(
  scope: Scope,
  { tools: own }: AgentDefinition,
  { tools: only }: Pick<Step, 'tools'>,
  { signal, isBegun = false }: { readonly signal: AbortSignal; readonly isBegun?: boolean },
): Promise<SourceTools> {
  const named = only === undefined ? own : narrowed(own, only)
  const hosts = named.filter((name) => name.startsWith(fetchPrefix)).map((name) => name.slice(fetchPrefix.length))
  const { tools, unreachable } = await sourceTools(scope, named, { signal, areNeeded: isBegun || only !== undefined })
  return {
    tools: [...builtInTools.filter(({ name }) => named.includes(name)), ...(hosts.length > 0 ? [fetchUrl(hosts)] : []), ...tools],
    unreachable,
  }
}

/** Of a server's tools an agent may name all, and a step some. */
export function narrowed(own: readonly string[], only: readonly string[]): readonly string[] {
  return only.filter((name) => isListed(own, name))
}
