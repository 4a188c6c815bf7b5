import { InvalidInputError } from '@plinth/core'

type Variables = Readonly<Record<string, string | undefined>>

/** What the environment says, checked. The models' variables are theirs to read. */
export interface Environment {
  readonly platform: 'local' | 'aws'
  readonly port: number
  readonly host: string
  readonly directory: string
  readonly masterKey: string | undefined
  readonly masterKeyFile: string | undefined
  readonly worker: boolean
  /** Whether this machine's own metrics are streamed. */
  readonly selfMetrics: boolean
  /** This process's own. */
  readonly region: string
  /** Peers by their region: a data folder, or the URL of another Plinth. */
  readonly regions: ReadonlyMap<string, string>
  /** A JSON list of trusted issuers, or the file with it. */
  readonly issuers: string | undefined
  /** What webhooks may call besides the public internet. */
  readonly outboundAllow: readonly string[]
  /** MCP servers whose tools agents may use: a JSON object, or the file with it. */
  readonly mcpServers: string | undefined
  readonly logLevel: string
}

const logLevels: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent']

/** Reads the variables of the contract. @throws InvalidInputError that names the variable. */
export function readEnvironment(variables: Variables): Environment {
  return {
    platform: choice(variables, 'PLINTH_PLATFORM', ['local', 'aws'], 'local'),
    port: port(variables.PORT),
    host: set(variables, 'PLINTH_HOST') ?? '127.0.0.1',
    directory: set(variables, 'PLINTH_DATA_DIR') ?? '.plinth',
    masterKey: set(variables, 'PLINTH_MASTER_KEY'),
    masterKeyFile: set(variables, 'PLINTH_MASTER_KEY_FILE'),
    worker: choice(variables, 'PLINTH_WORKER', ['on', 'off'], 'on') === 'on',
    selfMetrics: choice(variables, 'PLINTH_SELF_METRICS', ['on', 'off'], 'on') === 'on',
    region: region('PLINTH_REGION', set(variables, 'PLINTH_REGION') ?? set(variables, 'AWS_REGION') ?? 'local'),
    regions: regions(variables),
    issuers: set(variables, 'PLINTH_ISSUERS'),
    outboundAllow: list(variables, 'PLINTH_OUTBOUND_ALLOW'),
    mcpServers: set(variables, 'PLINTH_MCP_SERVERS'),
    logLevel: choice(variables, 'PLINTH_LOG_LEVEL', logLevels, 'info'),
  }
}

function port(text: string | undefined): number {
  if (text === undefined || text === '') return 4000
  const number = Number(text)
  if (!/^\d+$/.test(text) || number > 65_535)
    throw new InvalidInputError(`PORT must be 0 to 65535, not "${text}".`, { field: 'PORT' })
  return number
}

function choice<Value extends string>(variables: Variables, name: string, values: readonly Value[], otherwise: Value): Value {
  const value = set(variables, name) ?? otherwise
  const found = values.find((each) => each === value)
  if (found === undefined) throw new InvalidInputError(`${name} must be ${values.join(' or ')}, not "${value}".`, { field: name })
  return found
}

function region(field: string, name: string): string {
  if (/^[a-z0-9-]{1,32}$/.test(name)) return name
  throw new InvalidInputError(`${field} must name regions such as eu-central-1, not "${name}".`, { field })
}

/** `eu-central-1=.plinth-eu,us-east-1=https://us.example.com`. Whatever looks like a URL must be one. */
function regions(variables: Variables): ReadonlyMap<string, string> {
  const field = 'PLINTH_REGIONS'
  const peers = new Map<string, string>()
  for (const part of list(variables, field)) {
    const [name = '', ...rest] = part.split('=')
    const place = rest.join('=')
    const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(place)
    const good = isUrl ? /^https?:/i.test(place) && URL.canParse(place) : place !== ''
    if (!good || peers.has(region(field, name)))
      throw new InvalidInputError(`${field} is a list of region=folder or region=URL, each once, not "${part}".`, { field })
    peers.set(name, isUrl ? place.replace(/\/+$/, '') : place)
  }
  return peers
}

/** Parts between commas; empty ones don't count. */
function list(variables: Variables, name: string): readonly string[] {
  const parts = (set(variables, name) ?? '').split(',').map((part) => part.trim())
  return parts.filter((part) => part !== '')
}

/** An empty variable counts as one that isn't set. */
function set(variables: Variables, name: string): string | undefined {
  const value = variables[name]
  return value === '' ? undefined : value
}
