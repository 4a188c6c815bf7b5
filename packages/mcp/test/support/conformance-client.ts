/**
 * What `conformance client --command` starts: asks the server at its last argument for its tools, and calls each, as an agent would. Where the scenario
 * has credentials, they are used.
 * @module
 */
import type { JsonObject } from '@plinth/core'
import { McpToolSource, readMcpServers } from '@plinth/mcp'
import { systemClock } from '@plinth/outbound'

const url = process.argv.at(-1) ?? ''
const given = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as {
  readonly client_id?: string
  readonly client_secret?: string
}

/** Whoever runs Plinth knows who issues tokens; here the server tells. */
async function issuerOf(): Promise<string> {
  const metadata = await fetch(new URL(`/.well-known/oauth-protected-resource${new URL(url).pathname}`, url))
  return ((await metadata.json()) as { readonly authorization_servers: readonly string[] }).authorization_servers[0] ?? ''
}

const { client_id: clientId, client_secret: clientSecret } = given
const oauth = clientSecret === undefined ? {} : { oauth: { issuer: await issuerOf(), clientId, clientSecret } }
const text = JSON.stringify({ mcpServers: { s: { url, tenants: ['*'], ...oauth } } })
const log = { debug() {}, info() {}, warn: console.error, error: console.error }
const servers = readMcpServers(text, { variables: {}, processes: false })
const source = new McpToolSource({ servers, clock: systemClock, variables: {}, log })
const { signal } = new AbortController()
try {
  for (const { name, inputSchema } of await source.list('alpha', ['s.*'], signal)) {
    const names = Object.keys((inputSchema.properties ?? {}) as JsonObject)
    const input = Object.fromEntries(names.map((each, at) => [each, at + 2]))
    const answer = await source.call('alpha', name, input, { key: 'k', signal })
    process.stdout.write(`${name}: ${answer.text}\n`)
  }
} finally {
  await source.close()
}
