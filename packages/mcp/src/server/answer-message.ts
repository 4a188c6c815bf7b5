/** Answers one message by the SDK, which speaks the protocol in the revision that the message is of. @module */
import { type CallToolResult, createMcpHandler, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server'
import { idempotencyKey } from '../idempotency-key.ts'
import type { McpVisit } from './endpoint.ts'
import { failure } from './results.ts'
import type { McpTool, ToolContext } from './tool.ts'

const instructions =
  'Plinth answers from documents that were ingested, with citations (ask, search, ingest), works on prompts in the background (submit, ' +
  'get_request), and has several agents work on one request (run_workflow, get_workflow, cancel_workflow, list_agents). All of it belongs to the tenant of ' +
  'the token. Tools that the token does not permit are not listed. Where a tool takes an idempotency_key, send the same one when you try again.'

/** What the SDK looks at, of a request's headers. */
const headersRead = ['content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name']
const both = 'application/json, text/event-stream'

/** @param tools all that there are; those that whoever asks may not call are not shown. Never rejects. */
export async function answerMessage(visit: McpVisit, tools: readonly McpTool[], version: string): Promise<Response> {
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
}

/** For one message. */
function serverFor(visit: McpVisit, tools: readonly McpTool[], version: string): Server {
  const server = new Server({ name: 'plinth', title: 'Plinth', version }, { capabilities: { tools: {} }, instructions })
  const open = tools.filter(({ permission }) => permission === undefined || visit.may(permission))
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

/** The body was read already; the address is nobody's business. Whoever leaves cancels the answer's stream, which every call of a tool has. */
function requestOf({ header }: McpVisit): Request {
  const headers = new Headers()
  for (const name of headersRead) {
    const value = header(name)
    if (value !== undefined) headers.set(name, value)
  }
  const accept = header('accept') ?? '*/*'
  // Whoever takes anything takes both.
  headers.set('accept', accept.includes('*/*') ? both : accept)
  return new Request('http://plinth/mcp', { method: 'POST', headers })
}
