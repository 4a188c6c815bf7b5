/**
 * What the AWS platform is told by its environment: read here, written by the CDK constructs through {@link variablesOf}, so that
 * code and infrastructure can't drift apart. No SDK is imported here.
 * @module
 */
import { eventBusName, InvalidInputError, pooledKeyAlias } from '@plinth/core'

export interface AwsEnvironment {
  readonly region: string
  /** Another address than the region's own: an emulator. */
  readonly endpoint?: string
  readonly table: string
  readonly bucket: string
  readonly bus: string
  /** Queues are named `<prefix>-<job, dots as dashes>-<lane>`, their dead-letter queue `<prefix>-dead`. */
  readonly queuePrefix: string
  /** The key of every tenant without one of its own: an alias, a key's id or its ARN. */
  readonly pooledKey: string
  /** Make what is missing at the start. For emulators and first tries. */
  readonly create: boolean
}

type Variables = Readonly<Record<string, string | undefined>>

interface Variable {
  readonly name: string
  readonly pattern: RegExp
  /** For the error. */
  readonly words: string
  readonly otherwise?: string
}

const variables = {
  table: { name: 'PLINTH_TABLE', pattern: /^[\w.-]{3,255}$/, words: '3 to 255 letters, digits, _ . -', otherwise: 'plinth' },
  bucket: {
    name: 'PLINTH_BUCKET',
    pattern: /^(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    words: 'the name of an S3 bucket',
    otherwise: 'plinth',
  },
  bus: { name: 'PLINTH_BUS', pattern: /^[\w./:-]{1,256}$/, words: "an event bus's name or ARN", otherwise: eventBusName },
  queuePrefix: {
    name: 'PLINTH_QUEUE_PREFIX',
    pattern: /^[\w-]{1,40}$/,
    words: '1 to 40 letters, digits, _ -',
    otherwise: 'plinth',
  },
  pooledKey: {
    name: 'PLINTH_POOLED_KEY',
    pattern: /^[\w:/-]{1,256}$/,
    words: "a KMS key's alias, id or ARN",
    otherwise: pooledKeyAlias,
  },
} as const satisfies Readonly<Record<string, Variable>>

const regionPattern = /^[a-z]{2}(?:-[a-z]+)+-\d$/

/** Reads the variables. @throws InvalidInputError that names the one at fault. */
export function readAwsEnvironment(environment: Variables): AwsEnvironment {
  const create = choice(environment, 'PLINTH_AWS_CREATE')
  const endpoint = endpointOf(environment)
  return {
    region: regionOf(environment),
    ...(endpoint === undefined ? {} : { endpoint }),
    table: read(environment, variables.table),
    bucket: read(environment, variables.bucket),
    bus: read(environment, variables.bus),
    queuePrefix: read(environment, variables.queuePrefix),
    pooledKey: read(environment, variables.pooledKey),
    create,
  }
}

/** The variables that a function needs, as {@link readAwsEnvironment} reads them; the region is Lambda's own. */
export function variablesOf(environment: Omit<AwsEnvironment, 'region' | 'endpoint' | 'create'>): Record<string, string> {
  const { table, bucket, bus, queuePrefix, pooledKey } = environment
  return {
    PLINTH_PLATFORM: 'aws',
    [variables.table.name]: table,
    [variables.bucket.name]: bucket,
    [variables.bus.name]: bus,
    [variables.queuePrefix.name]: queuePrefix,
    [variables.pooledKey.name]: pooledKey,
  }
}

/** The name of the SQS queue of a job's lane. */
export function queueName(prefix: string, job: string, lane: string): string {
  return `${prefix}-${job.replaceAll('.', '-')}-${lane}`
}

/** The name of the queue where messages end that were delivered too often. */
export function deadLetterQueueName(prefix: string): string {
  return `${prefix}-dead`
}

function regionOf(environment: Variables): string {
  for (const name of ['PLINTH_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION']) {
    const value = environment[name]
    if (!value) continue
    if (!regionPattern.test(value))
      throw new InvalidInputError(`${name} must be a region of AWS, such as eu-central-1, not "${value}".`, { field: name })
    return value
  }
  throw new InvalidInputError('AWS_REGION must be set on the platform aws, such as to eu-central-1.', { field: 'AWS_REGION' })
}

function endpointOf(environment: Variables): string | undefined {
  const value = environment.AWS_ENDPOINT_URL
  if (!value) return undefined
  if (!/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    throw new InvalidInputError(`AWS_ENDPOINT_URL must be an http or https URL, not "${value}".`, { field: 'AWS_ENDPOINT_URL' })
  return value
}

function read(environment: Variables, { name, pattern, words, otherwise }: Variable): string {
  const value = environment[name] || otherwise
  if (value === undefined) throw new InvalidInputError(`${name} must be set: ${words}.`, { field: name })
  if (!pattern.test(value)) throw new InvalidInputError(`${name} must be ${words}, not "${value}".`, { field: name })
  return value
}

function choice(environment: Variables, name: string): boolean {
  const value = environment[name] || 'off'
  if (value === 'on' || value === 'off') return value === 'on'
  throw new InvalidInputError(`${name} must be on or off, not "${value}".`, { field: name })
}
