import type { McpEndpoint } from './endpoint.ts'

const message = {
  type: 'object',
  required: ['jsonrpc'],
  properties: {
    jsonrpc: { const: '2.0' },
    id: { type: ['string', 'integer', 'null'] },
    method: { type: 'string' },
    params: { type: 'object' },
    result: { type: 'object' },
    error: { type: 'object' },
  },
}

/** `/mcp` in OpenAPI's words. What its messages hold, the protocol itself says; what its tools take, its `tools/list`. */
export function describeMcp(tools: McpEndpoint['tools']): Readonly<Record<string, object>> {
  const listed = tools.map(({ name, permission }) => (permission === undefined ? name : `${name} (${permission})`)).join(', ')
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  const json = { 'application/json': { schema: message } }
  return {
    '/mcp': {
      post: {
        summary:
          'The Model Context Protocol over Streamable HTTP, without sessions, in its revisions 2026-07-28, 2025-11-25 and before: one ' +
          `JSON-RPC message a request. Tools, each with its permission: ${listed}.`,
        tags: ['mcp'],
        parameters: [
          { name: 'Accept', in: 'header', required: true, schema: { const: 'application/json, text/event-stream' } },
          { name: 'MCP-Protocol-Version', in: 'header', required: false, schema: { type: 'string' } },
        ],
        requestBody: { required: true, content: json },
        responses: {
          200: { description: 'The answer, as an event or as JSON.', content: { 'text/event-stream': {}, ...json } },
          202: { description: 'A notification was taken.' },
          400: { description: 'This is no message.', content: json },
          default: { description: 'A problem.', content: problem },
        },
      },
    },
  }
}
