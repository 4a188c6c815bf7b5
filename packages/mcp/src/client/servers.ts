import { InvalidInputError, isToolServerName, tryInput } from '@plinth/core'
import { z } from 'zod'

/** How a server is reached: a process that is started here, or a URL. */
export type McpAddress =
  | {
      readonly kind: 'process'
      readonly command: string
      readonly args: readonly string[]
      readonly env: Readonly<Record<string, string>>
      readonly cwd: string | undefined
    }
  | {
      readonly kind: 'url'
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
      /** Tokens come from there, by the flow of client credentials. */
      readonly oauth?: McpClientCredentials
    }

export interface McpClientCredentials {
  /** The one authorization server that is given the secret, whatever the MCP server says. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
}

/** One server that whoever runs Plinth lets agents use. */
export interface McpServer {
  readonly name: string
  /** With `${tenant}` where the tenant's id belongs. */
  readonly address: McpAddress
  /** Which tenants may use it; `*`: all. */
  readonly tenants: readonly string[]
  /** Patterns of the tools that are offered, by the server's own names. */
  readonly tools: readonly string[]
  /** Patterns of the tools that change nothing; absent: those that the server says it of. */
  readonly readOnly: readonly string[] | undefined
  /** One session for all tenants. */
  readonly shared: boolean
  /** Milliseconds. */
  readonly limits: {
    readonly call: number
    readonly start: number
    /** How long a session that nobody uses is kept. */
    readonly idle: number
  }
}

/** The longest time that a server that ends again and again is not started, in milliseconds. */
export const longestBackOff = 30_000

export type McpServers = ReadonlyMap<string, McpServer>

const seconds = (most: number): z.ZodNumber => z.number().min(0.1).max(most)
const patterns = z.array(z.string().min(1).max(128)).max(500)
const additions = {
  type: z.enum(['stdio', 'http', 'streamable-http', 'streamableHttp']).optional(),
  description: z.string().optional(),
  disabled: z.boolean().optional(),
  tenants: z.array(z.string().min(1).max(128)).max(10_000),
  tools: patterns.optional(),
  readOnly: patterns.optional(),
  shared: z.boolean().optional(),
  timeout: seconds(3_600).optional(),
  startTimeout: seconds(600).optional(),
  idleTimeout: seconds(86_400).optional(),
}
const texts = z.record(z.string(), z.string())
const stdioForm = z.strictObject({
  ...additions,
  command: z.string().min(1),
  args: z.array(z.string()).optional(),
  env: texts.optional(),
  cwd: z.string().optional(),
})
const credentialsForm = z.strictObject({
  issuer: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  scope: z.string().optional(),
})
const urlForm = z.strictObject({ ...additions, url: z.string(), headers: texts.optional(), oauth: credentialsForm.optional() })
type Entry = z.infer<typeof stdioForm> | z.infer<typeof urlForm>

const field = 'PLINTH_MCP_SERVERS'
const refuse = (message: string): InvalidInputError => new InvalidInputError(`${field}: ${message}`, { field })

/**
 * Reads the file that MCP hosts use, `{"mcpServers": {name: {command, args, env} | {url, headers}}}`, with what Plinth adds to it: docs of
 * the pattern. `${NAME}` in `env`, `headers`, `args`, `url` and `clientSecret` is a variable of `variables`, so that secrets needn't be in the file.
 * @param options.processes whether servers may be processes of this machine: they can't where nothing lives on between two calls.
 * @throws InvalidInputError that says which server and what.
 */
export function readMcpServers(
  text: string,
  options: { readonly variables: Readonly<Record<string, string | undefined>>; readonly processes: boolean },
): McpServers {
  const servers = new Map<string, McpServer>()
  for (const [name, value] of Object.entries(entriesOf(text))) {
    if (!isToolServerName(name))
      throw refuse(`"${name}" must be 1 to 32 letters and digits, with single hyphens or underscores between them.`)
    const entry = entryOf(name, value)
    if (entry.disabled) continue
    servers.set(name, serverOf(name, entry, options))
  }
  return servers
}

function entriesOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refuse('this is no JSON.')
  }
  const parsed = z.strictObject({ mcpServers: z.record(z.string(), z.unknown()) }).safeParse(value)
  if (!parsed.success) throw refuse('it must be {"mcpServers": {name: {…}}}.')
  return parsed.data.mcpServers
}

function entryOf(name: string, value: unknown): Entry {
  if (typeof value !== 'object' || value === null) throw refuse(`the server ${name} must be an object.`)
  const isProcess = 'command' in value
  if (isProcess === 'url' in value) throw refuse(`the server ${name} needs a command or a url.`)
  if (!('tenants' in value))
    throw refuse(`the server ${name} must say who may use it: "tenants": ["demo"], or ["*"] for all tenants.`)
  const read = tryInput<Entry>(isProcess ? stdioForm : urlForm, value)
  if ('value' in read) return read.value
  throw refuse(`the server ${name}: ${read.fault.path.join('.')}: ${read.fault.message}`)
}

function serverOf(name: string, entry: Entry, options: Parameters<typeof readMcpServers>[1]): McpServer {
  const address = addressOf(name, entry, options)
  const shared = entry.shared ?? false
  if (shared && JSON.stringify(address).includes(tenantPlace))
    throw refuse(`the server ${name} is shared by tenants, and names ${tenantPlace}.`)
  return {
    name,
    address,
    tenants: entry.tenants,
    tools: entry.tools ?? ['*'],
    readOnly: entry.readOnly,
    shared,
    limits: {
      call: (entry.timeout ?? 60) * 1_000,
      start: (entry.startTimeout ?? 30) * 1_000,
      idle: (entry.idleTimeout ?? 300) * 1_000,
    },
  }
}

function addressOf(name: string, entry: Entry, { variables, processes }: Parameters<typeof readMcpServers>[1]): McpAddress {
  const filled = (text: string): string => fill(name, text, variables)
  if ('command' in entry) {
    if (!processes) throw refuse(`the server ${name} is a command, and none can be started here: servers with a url only.`)
    const { command, args = [], env = {}, cwd } = entry
    return { kind: 'process', command, args: args.map(filled), env: changed(env, filled), cwd }
  }
  const url = filled(entry.url)
  const sample = url.replaceAll(tenantPlace, 'tenant')
  if (!URL.canParse(sample) || !/^https?:$/.test(new URL(sample).protocol))
    throw refuse(`the server ${name} needs a url of http or https.`)
  const address = { kind: 'url', url, headers: changed(entry.headers ?? {}, filled) } as const
  if (!entry.oauth) return address
  const { scope, ...credentials } = entry.oauth
  const oauth = { ...credentials, clientSecret: filled(credentials.clientSecret), ...(scope === undefined ? {} : { scope }) }
  return { ...address, oauth }
}

const tenantPlace = `\${tenant}`

function fill(server: string, text: string, variables: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (place, name: string) => {
    if (place === tenantPlace) return place
    const value = variables[name]
    if (value === undefined) throw refuse(`the server ${server} names \${${name}}, which isn't set.`)
    return value
  })
}

/** The address as it is for one tenant. A tenant's id is letters, digits and hyphens: it can't leave its place. */
export function addressFor({ address }: McpServer, tenant: string): McpAddress {
  const put = (text: string): string => text.replaceAll(tenantPlace, tenant)
  return address.kind === 'process'
    ? { ...address, args: address.args.map(put), env: changed(address.env, put), cwd: address.cwd && put(address.cwd) }
    : { ...address, url: put(address.url), headers: changed(address.headers, put) }
}

function changed(values: Readonly<Record<string, string>>, change: (text: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))
}

/** Whether a name fits one of the patterns, in which `*` is anything. */
export function fits(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => fitsOne(pattern.split('*'), name))
}

/** Without a regular expression: what a server calls its tools may be long, and is of its making. */
function fitsOne([first = '', ...rest]: readonly string[], name: string): boolean {
  const last = rest.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found === -1 || found + part.length > name.length - last.length) return false
    at = found + part.length
  }
  return true
}
