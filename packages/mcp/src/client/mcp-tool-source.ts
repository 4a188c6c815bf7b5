import type { Tool } from '@modelcontextprotocol/client'
import {
  type Clock,
  isListed,
  type JsonObject,
  type Log,
  orLeft,
  type SourceAnswer,
  type SourceCall,
  type SourceTool,
  silentLog,
  type ToolSource,
  ToolSourceError,
  toolServerOf,
} from '@plinth/core'
import { type OfferedTool, offeredTools } from './offered-tools.ts'
import { ServerSlot } from './server-slot.ts'
import { addressFor, type McpServer, type McpServers } from './servers.ts'
import type { Session } from './session.ts'

const usualSessions = 100
const version = '0.1.0'

export interface McpToolSourceOptions {
  readonly servers: McpServers
  readonly clock: Clock
  /** The process's environment: servers that are processes get what they need of it to find their way, and what their `env` says. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly log?: Log
  /** The most processes and connections, over all tenants. Default: 100. */
  readonly maxSessions?: number
}

/** Tools of MCP servers, each tenant with sessions of its own unless a server is shared. */
export class McpToolSource implements ToolSource {
  readonly #options: McpToolSourceOptions
  readonly #log: Log
  /** In the order in which they were last used. */
  readonly #slots = new Map<string, ServerSlot>()
  readonly #ending = new Set<Promise<void>>()
  /** By the list that a server gave. */
  readonly #offered = new WeakMap<readonly Tool[], readonly OfferedTool[]>()
  #closed = false

  constructor(options: McpToolSourceOptions) {
    this.#options = options
    this.#log = options.log ?? silentLog
  }

  offers(tenant: string, name: string): boolean {
    return this.#serverOf(tenant, name) !== undefined
  }

  async list(tenant: string, names: readonly string[], signal: AbortSignal): Promise<readonly SourceTool[]> {
    const servers = new Set(names.flatMap((name) => this.#serverOf(tenant, name) ?? []))
    const lists = await Promise.all(
      [...servers].map((server) => this.#slot(server, tenant).use(signal, (session) => this.#toolsOf(server, session, signal))),
    )
    const listed = lists.flat().filter(({ name }) => isListed(names, name))
    return listed.map(({ original: _, ...tool }) => tool)
  }

  async call(tenant: string, name: string, input: JsonObject, call: SourceCall): Promise<SourceAnswer> {
    const server = this.#serverOf(tenant, name)
    if (!server) throw new ToolSourceError('tool_unknown')
    return this.#slot(server, tenant).use(call.signal, async (session) => {
      const tools = await this.#toolsOf(server, session, call.signal)
      const tool = tools.find((each) => each.name === name)
      if (!tool) throw new ToolSourceError('tool_unknown')
      return session.call(tool.original, input, call)
    })
  }

  /** Ends all sessions and processes. */
  async close(): Promise<void> {
    this.#closed = true
    for (const key of [...this.#slots.keys()]) this.#end(key)
    await Promise.all(this.#ending)
  }

  async #toolsOf(server: McpServer, session: Session, signal: AbortSignal): Promise<readonly OfferedTool[]> {
    const tools = await orLeft(session.tools(), signal)
    const known = this.#offered.get(tools)
    if (known) return known
    const offered = offeredTools(server, tools, (count) =>
      this.#log.warn({ server: server.name, count }, 'Tools of an MCP server are too large or too many to be offered.'),
    )
    this.#offered.set(tools, offered)
    return offered
  }

  #serverOf(tenant: string, name: string): McpServer | undefined {
    const server = this.#options.servers.get(toolServerOf(name) ?? '')
    return server && (server.tenants.includes('*') || server.tenants.includes(tenant)) ? server : undefined
  }

  #slot(server: McpServer, tenant: string): ServerSlot {
    if (this.#closed) throw new ToolSourceError('tool_server_unavailable')
    const key = server.shared ? server.name : `${server.name} ${tenant}`
    const found = this.#slots.get(key)
    const slot = found ?? this.#newSlot(key, server, tenant)
    this.#slots.delete(key)
    this.#slots.set(key, slot)
    return slot
  }

  #newSlot(key: string, server: McpServer, tenant: string): ServerSlot {
    if (this.#slots.size >= (this.#options.maxSessions ?? usualSessions)) {
      const idle = [...this.#slots].find(([, slot]) => !slot.busy)
      if (!idle) throw new ToolSourceError('tool_server_unavailable')
      this.#end(idle[0])
    }
    const { clock, variables } = this.#options
    const { limits } = server
    return new ServerSlot(
      server,
      { address: addressFor(server, tenant), limits, variables, clock, version },
      { log: this.#log, onIdle: () => this.#end(key) },
    )
  }

  #end(key: string): void {
    const slot = this.#slots.get(key)
    if (!slot) return
    this.#slots.delete(key)
    const ending = slot.close()
    this.#ending.add(ending)
    void ending.then(() => this.#ending.delete(ending))
  }
}
