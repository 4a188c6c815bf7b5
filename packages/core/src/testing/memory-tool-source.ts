import type { JsonObject } from '../json.ts'
import {
  isListed,
  type SourceAnswer,
  type SourceCall,
  type SourceTool,
  type ToolSource,
  ToolSourceError,
  toolServerOf,
} from '../ports/tool-source.ts'

/** A tool by a script. */
export interface MemoryTool extends SourceTool {
  /** Whose it is; absent: every tenant's. */
  readonly tenants?: readonly string[]
  answer(input: JsonObject, call: SourceCall): SourceAnswer | Promise<SourceAnswer>
}

/** Servers outside, in memory. */
export class MemoryToolSource implements ToolSource {
  /** Every call that reached a tool. */
  readonly calls: { readonly tenant: string; readonly name: string; readonly input: JsonObject; readonly key: string }[] = []
  /** Servers that can't be reached just now. */
  readonly down: Set<string> = new Set()
  readonly #tools: readonly MemoryTool[]

  constructor(tools: readonly MemoryTool[]) {
    this.#tools = tools
  }

  offers(tenant: string, name: string): boolean {
    const server = toolServerOf(name)
    return server !== undefined && this.#of(tenant).some((tool) => toolServerOf(tool.name) === server)
  }

  async list(tenant: string, names: readonly string[], signal: AbortSignal): Promise<readonly SourceTool[]> {
    signal.throwIfAborted()
    for (const name of names) this.#reach(tenant, name)
    const listed = this.#of(tenant).filter(({ name }) => isListed(names, name))
    return listed.map(({ tenants: _, answer: __, ...tool }) => tool)
  }

  async call(tenant: string, name: string, input: JsonObject, call: SourceCall): Promise<SourceAnswer> {
    const { key, signal } = call
    signal.throwIfAborted()
    const tool = this.#of(tenant).find((each) => each.name === name)
    if (!tool) throw new ToolSourceError('tool_unknown')
    this.#reach(tenant, name)
    this.calls.push({ tenant, name, input, key })
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      Promise.resolve(tool.answer(input, call)).then(resolve, reject)
    })
  }

  #of(tenant: string): readonly MemoryTool[] {
    return this.#tools.filter(({ tenants }) => tenants?.includes(tenant) ?? true)
  }

  #reach(tenant: string, name: string): void {
    if (this.offers(tenant, name) && this.down.has(toolServerOf(name) ?? '')) throw new ToolSourceError('tool_server_unavailable')
  }
}
