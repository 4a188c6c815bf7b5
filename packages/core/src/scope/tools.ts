import type { JsonObject } from '../json.ts'
import { type SourceAnswer, type SourceCall, type SourceTool, type ToolSource, ToolSourceError } from '../ports/tool-source.ts'

/** The tools of servers outside that one tenant may use; see {@link ToolSource}. */
export interface Tools {
  offers(name: string): boolean
  list(names: readonly string[], signal: AbortSignal): Promise<readonly SourceTool[]>
  call(name: string, input: JsonObject, call: SourceCall): Promise<SourceAnswer>
}

/** Binds a tenant to the ToolSource; without one there are no tools. */
export function tenantTools(tenant: string, source: ToolSource | undefined): Tools {
  if (!source)
    return {
      offers: () => false,
      list: async () => [],
      call: async () => {
        throw new ToolSourceError('tool_unknown')
      },
    }
  return {
    offers: (name) => source.offers(tenant, name),
    list: (names, signal) => source.list(tenant, names, signal),
    call: (name, input, call) => source.call(tenant, name, input, call),
  }
}
