import { type SourceTool, toolServerOf } from '../../ports/tool-source.ts'
import type { Scope } from '../../scope/scope.ts'
import type { Tool } from './tool.ts'

/**
 * Tools of servers outside, as agents call them.
 * @param names as the agent lists them, such as `files.*`; those that are no server's are passed over.
 * @throws ToolSourceError when a server can't be asked.
 */
export async function sourceTools(scope: Scope, names: readonly string[], signal: AbortSignal): Promise<readonly Tool[]> {
  const outside = names.filter((name) => toolServerOf(name) !== undefined)
  if (outside.length === 0) return []
  return (await scope.tools.list(outside, signal)).map(callable)
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
