import { Client, type FetchLike, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll } from 'vitest'

/** What `auto` finds, and what a client of last year speaks. */
export const revisions = ['2026-07-28', '2025-11-25'] as const
export type Revision = (typeof revisions)[number]

const open = new Set<Client>()
afterAll(() => Promise.all([...open].map((client) => client.close())))

/** The official client, connected over a socket, or by a fetch of the test's own; closed when the test file is done. */
export async function connect(
  url: string,
  token: string,
  options: {
    readonly revision?: Revision
    readonly headers?: Readonly<Record<string, string>>
    readonly fetch?: FetchLike
  } = {},
): Promise<Client> {
  const { revision = '2026-07-28', headers = {}, fetch } = options
  const mode = revision === '2025-11-25' ? 'legacy' : 'auto'
  const client = new Client({ name: 'tests', version: '1.0.0' }, { versionNegotiation: { mode } })
  const requestInit = { headers: { authorization: `Bearer ${token}`, ...headers } }
  const ways = { requestInit, ...(fetch ? { fetch } : {}) }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), ways))
  open.add(client)
  return client
}

export interface ToolAnswer {
  readonly isError: boolean
  /** The structured content; of an error, the problem. */
  readonly content: Readonly<Record<string, unknown>>
}

/** Calls a tool. The client itself checks what comes against the tool's schema. */
export async function callTool(
  client: Client,
  name: string,
  given: Record<string, unknown> = {},
  options: Parameters<Client['callTool']>[1] = {},
): Promise<ToolAnswer> {
  const { isError = false, content, structuredContent } = await client.callTool({ name, arguments: given }, options)
  const [first] = content
  const text = JSON.parse(first?.type === 'text' ? first.text : '{}') as Record<string, unknown>
  return { isError, content: isError ? text : ((structuredContent ?? text) as Record<string, unknown>) }
}
