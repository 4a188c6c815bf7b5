/** What a tool of `/mcp` is, and what it may reach. @module */
import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/server'
import type { Clock, Permission, Reply } from '@plinth/core'

export type Arguments = Readonly<Record<string, unknown>>
export type JsonSchema = Readonly<Record<string, unknown>>

/** How a route is called without HTTP: what it takes, unchecked; the route's own forms check it. */
export interface RouteCall {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly idempotencyKey?: string | undefined
  /** Ends the call, or the events that it gives. */
  readonly signal: AbortSignal
}

/** What a call of a tool works with: routes, as whoever asks, and word of how far it is. */
export interface ToolContext {
  readonly clock: Clock
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** What the client says that this call goes by, beside its arguments. Unchecked. */
  readonly idempotencyKey: unknown
  /** @param route such as `POST /api/requests`. @throws PlinthError what the route throws, `permission_denied` among it. */
  call(route: string, input: RouteCall): Promise<Reply>
  /** @throws ForbiddenError `permission_denied` where whoever asks may not call one of these. */
  require(routes: readonly string[]): void
  /** Tells a client that asked for it. `done` has to grow from one call to the next. */
  progress(done: number, total: number | undefined, message: string): Promise<void>
}

/** One tool: an entry in a table. */
export interface McpTool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: JsonSchema
  readonly outputSchema?: JsonSchema
  readonly annotations: ToolAnnotations
  /** Shown to, and to be called by, those alone who hold it; undefined: everyone with a token. */
  readonly permission: Permission | undefined
  /** @throws PlinthError, which becomes a result that says so. */
  run(given: Arguments, context: ToolContext): Promise<CallToolResult>
}
