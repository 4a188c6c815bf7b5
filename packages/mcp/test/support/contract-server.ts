/** What the contract of ToolSource asks for, on the SDK's own server, which speaks both revisions. Over pipes when it is the program. @module */
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

const said = (text: unknown, isError = false) => ({ content: [{ type: 'text' as const, text: String(text) }], isError })
const empty = z.object({})
const reads = { annotations: { readOnlyHint: true } }

/** @param count counts calls of a session, however the server tells sessions apart. */
export function contractServer(count: () => number): McpServer {
  const server = new McpServer({ name: 'contract', version: '1.0.0' }, { capabilities: { tools: {} } })
  server.registerTool('say', { ...reads, inputSchema: z.object({ text: z.string() }) }, async ({ text }) => said(text))
  server.registerTool('save', { inputSchema: empty }, async () => said('saved'))
  server.registerTool('key', { ...reads, inputSchema: empty }, async (_, { mcpReq }) =>
    said((mcpReq._meta as Readonly<Record<string, unknown>> | undefined)?.['plinth/idempotency-key']),
  )
  server.registerTool('fail', { ...reads, inputSchema: empty }, async () => said('It went wrong.', true))
  server.registerTool('wait', { ...reads, inputSchema: empty }, (_, { mcpReq }) => {
    const { promise, reject } = Promise.withResolvers<never>()
    mcpReq.signal.addEventListener('abort', () => reject(new Error('cancelled')))
    return promise
  })
  server.registerTool('count', { ...reads, inputSchema: empty }, async () => said(count()))
  server.registerTool('huge', { ...reads, inputSchema: empty }, async () => said('x'.repeat(10_000_000)))
  return server
}

if (process.argv[1] === import.meta.filename) {
  let counted = 0
  serveStdio(() => contractServer(() => ++counted))
}
