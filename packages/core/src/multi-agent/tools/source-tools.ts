import { type SourceTool, ToolSourceError, toolServerOf } from '../../ports/tool-source.ts'
import type { Scope } from '../../scope/scope.ts'
import type { Tool } from './tool.ts'

export interface SourceTools {
  readonly tools: readonly Tool[]
  /** Servers that can't be asked now. */
  readonly unreachable: readonly string[]
}

/**
 * Tools of servers outside, as agents call them. A server that can't be asked takes only its own tools away.
 * @param names as the agent lists them, such as `files.*`; those that are no server's are passed over.
 * @param options.areNeeded none of them can be done without.
 * @throws ToolSourceError when one that is needed can't be asked.
 */
export async function sourceTools(
  scope: Scope,
  names: readonly string[],
  { signal, areNeeded }: { readonly signal: AbortSignal; readonly areNeeded: boolean },
): Promise<SourceTools> {
  const servers = Map.groupBy(names, toolServerOf)
  servers.delete(undefined)
  const unreachable: string[] = []
  const found = await Promise.all(
    [...servers].map(async ([server = '', own]) => {
      try {
        return await scope.tools.list(own, signal)
      } catch (error) {
        if (!(error instanceof ToolSourceError) || areNeeded) throw error
        unreachable.push(server)
        return []
      }
    }),
  )
  return { tools: found.flat().map(callable), unreachable: unreachable.sort() }
}

function callable(tool: SourceTool): Tool {
  const { name } = tool
  return {
    ...tool,
    async run({ scope, input, key, signal }) {
      const { text, failed } = await scope.tools.call(name, input, { key, signal })
      return { text, failed }
    },
  }
}
