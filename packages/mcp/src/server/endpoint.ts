import { type CallToolResult, createMcpHandler, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server'
import type { AnyRoute, Clock, Permission, Reply } from '@plinth/core'
import { idempotencyKey } from '../idempotency-key.ts'
import { failure } from './results.ts'
import type { McpTool, RouteCall, ToolContext } from './tool.ts'
import { plinthTools } from './tools.ts'

/** One message of somebody who was let in, and what it may reach. */
export interface McpVisit {
  /** One JSON-RPC message, parsed. */
  readonly message: unknown
  /** @param name in lower case. */
  header(name: string): string | undefined
  /** Fires when whoever asks is gone. */
  readonly signal: AbortSignal
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

const instructions =
  'Plinth answers from documents that were ingested, with citations (ask, search, ingest), works on prompts in the background (submit, ' +
  'get_request), and has several agents work on one request (run_workflow, get_workflow, list_agents). All of it belongs to the tenant of ' +
  'the token. Tools that the token does not permit are not listed. Where a tool takes an idempotency_key, send the same one when you try again.'

/** What the SDK looks at, of a request's headers. */
const headersRead = ['content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name']
const both = 'application/json, text/event-stream'

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
      let trouble: Error | undefined
      const onerror = (error: Error): void => {
        trouble = error
      }
      // Nobody is told of changes, since nothing here changes: so no stream stays open.
      const options = { responseMode: 'sse', maxSubscriptions: 0, onerror } as const
      const handler = createMcpHandler(() => serverFor(visit, tools, version), options)
      const response = await handler.fetch(requestOf(visit), { parsedBody: visit.message })
      if (response.status === 500) visit.failed(trouble)
      return response
    },
  }
}

/** For one message. The SDK speaks the protocol, in the revision that the message is of. */
function serverFor(visit: McpVisit, tools: ReadonlyMap<string, McpTool>, version: string): Server {
  const server = new Server({ name: 'plinth', title: 'Plinth', version }, { capabilities: { tools: {} }, instructions })
  const open = [...tools.values()].filter(({ permission }) => permission === undefined || visit.may(permission))
  server.setRequestHandler('tools/list', () => ({ tools: open.map(shown) }))
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }): Promise<CallToolResult> => {
    const { name, arguments: given = {} } = params
    const tool = open.find((each) => each.name === name)
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name.slice(0, 128)}`)
    const token = mcpReq._meta?.progressToken
    const context: ToolContext = {
      clock: visit.clock,
      signal: mcpReq.signal,
      idempotencyKey: mcpReq._meta?.[idempotencyKey],
      call: (route, input) => visit.call(name, route, input),
      require: (asked) => visit.require(asked),
      progress: async (progress, total, message) => {
        if (token === undefined) return
        const params = { progressToken: token, progress, ...(total === undefined ? {} : { total }), message }
        // Whoever is gone needs no word; the signal says so to whoever works.
        await mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
      },
    }
    const ended = await visit.watch(name, () => tool.run(given, context))
    return 'done' in ended ? ended.done : failure(ended.problem)
  })
  return server
}

/** A tool as clients see it. */
function shown({ name, title, description, inputSchema, outputSchema, annotations }: McpTool) {
  return {
    ...{ name, title, description, annotations },
    inputSchema: { type: 'object' as const, ...inputSchema },
    ...(outputSchema ? { outputSchema: { type: 'object' as const, ...outputSchema } } : {}),
  }
}

/** The body was read already; the address is nobody's business. */
function requestOf({ header, signal }: McpVisit): Request {
  const headers = new Headers()
  for (const name of headersRead) {
    const value = header(name)
    if (value !== undefined) headers.set(name, value)
  }
  const accept = header('accept') ?? '*/*'
  // Whoever takes anything takes both.
  headers.set('accept', accept.includes('*/*') ? both : accept)
  return new Request('http://plinth/mcp', { method: 'POST', headers, signal })
}
