import { type Clock, type Log, silentLog } from '@plinth/core'
import { McpToolSource, readMcpServers } from '@plinth/mcp'
import { systemClock } from '@plinth/outbound'
import { afterEach } from 'vitest'

const opened: McpToolSource[] = []
afterEach(async () => {
  for (const source of opened.splice(0)) await source.close()
})

/** What a process of a test sees of our environment: with secrets, of which nothing may be handed on. */
const variables: Readonly<Record<string, string | undefined>> = {
  ...process.env,
  PLINTH_MASTER_KEY: 'SECRET-1',
  AWS_SECRET_ACCESS_KEY: 'SECRET-2',
  OPENAI_API_KEY: 'SECRET-3',
}

/** A server as the file has it, of all tenants unless it says so. */
export type Entry = Readonly<Record<string, unknown>>

/** Opens a source over servers; it is closed after the test, unless `keep` says that somebody else does. */
export function openSource(
  servers: Readonly<Record<string, Entry>>,
  options: { readonly clock?: Clock; readonly log?: Log; readonly keep?: boolean; readonly maxSessions?: number } = {},
): McpToolSource {
  const entries = Object.entries(servers).map(([name, entry]) => [name, { tenants: ['*'], ...entry }])
  const source = new McpToolSource({
    servers: readMcpServers(JSON.stringify({ mcpServers: Object.fromEntries(entries) }), { variables, processes: true }),
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    variables,
    ...(options.maxSessions === undefined ? {} : { maxSessions: options.maxSessions }),
  })
  if (!options.keep) opened.push(source)
  return source
}

const program = (file: string): string => `${import.meta.dirname}/${file}`

/** The hand-written server. */
export function small(mode = '', more: Entry = {}): Entry {
  return { command: process.execPath, args: [program('small-server.ts'), mode], ...more }
}

/** The SDK's own, over pipes. */
export const contractOverPipes: Entry = {
  command: process.execPath,
  args: ['--conditions=@plinth/source', program('contract-server.ts')],
}

/** A server that others made, by its package's name. */
export function published(name: string, args: readonly string[] = [], more: Entry = {}): Entry {
  const manifest = import.meta.resolve(`@modelcontextprotocol/${name}/package.json`)
  return { command: process.execPath, args: [new URL('dist/index.js', manifest).pathname, ...args], ...more }
}

export const signal: AbortSignal = new AbortController().signal
