/** What tools answer. @module */
import type { CallToolResult } from '@modelcontextprotocol/server'

/** An answer, once for programs and once, the same, for models whose client passes on texts alone. */
export function answer(content: object): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(content) }], structuredContent: { ...content } }
}

/** What went wrong, in the words of the HTTP API: a model may read them and try again otherwise. */
export function failure(problem: object): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(problem) }], isError: true }
}
