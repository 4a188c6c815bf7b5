import type { AnyRoute, Clock, Permission, Reply } from '@plinth/core'
import type { McpTool, RouteCall } from './tool.ts'
import { plinthTools } from './tools.ts'

/** One message of somebody who was let in, and what it may reach. */
export interface McpVisit {
  /** One JSON-RPC message, parsed. */
  readonly message: unknown
  /** @param name in lower case. */
  header(name: string): string | undefined
  readonly clock: Clock
  may(permission: Permission): boolean
  /** Calls a route as whoever asks. @param tool on whose behalf, for the audit trail. @throws PlinthError */
  call(tool: string, route: string, input: RouteCall): Promise<Reply>
  /** @throws ForbiddenError `permission_denied` where whoever asks may not call one of these. */
  require(routes: readonly string[]): void
  /** Is told when the message could not be handled for a reason of ours. */
  failed(error: Error | undefined): void
  /** Runs what a tool does. @returns what it gave; or what went wrong, as the HTTP API would say it. */
  watch<Result>(tool: string, work: () => Promise<Result>): Promise<{ readonly done: Result } | { readonly problem: object }>
}

/** Plinth as an MCP server: each message is answered by itself, so that any process may answer the next. */
export interface McpEndpoint {
  readonly tools: readonly McpTool[]
  /** The permission that a message asks for: of the tool that it calls. Undefined for what everyone with a token may. */
  permissionOf(message: unknown): Permission | undefined
  /** Answers in the revision that the message speaks, of 2026-07-28 and those before it. Never rejects. */
  answer(visit: McpVisit): Promise<Response>
}

export interface McpEndpointOptions {
  /** Those that are mounted. */
  readonly routes: readonly AnyRoute[]
  /** Plinth's. */
  readonly version: string
  /** Beside Plinth's own, or in the place of one. */
  readonly tools?: readonly McpTool[]
}

export function createMcpEndpoint({ routes, version, tools: more = [] }: McpEndpointOptions): McpEndpoint {
  const tools = new Map([...plinthTools(routes), ...more].map((tool) => [tool.name, tool]))
  const called = (message: unknown): McpTool | undefined => {
    const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } | null }
    return method === 'tools/call' && typeof params?.name === 'string' ? tools.get(params.name) : undefined
  }
  return {
    tools: [...tools.values()],
    permissionOf: (message) => called(message)?.permission,
    answer: async (visit) => {
      // Takes half a second to load, which a start has not to wait for.
      const { answerMessage } = await import('./answer-message.ts')
      return answerMessage(visit, [...tools.values()], version)
    },
  }
}
