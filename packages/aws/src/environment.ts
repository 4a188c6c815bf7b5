/**
 * What the AWS platform is told by its environment: read here, written by the CDK constructs through {@link variablesOf}, so that
 * code and infrastructure can't drift apart. No SDK is imported here.
 * @module
 */
import {
  eventBusName,
  InvalidInputError,
  type Lane,
  laneWeights,
  type PatternName,
  patternNames,
  pooledKeyAlias,
} from '@plinth/core'

export interface AwsEnvironment {
  readonly region: string
  /** Another address than the region's own: an emulator. */
  readonly endpoint?: string
  readonly table: string
  readonly bucket: string
  readonly bus: string
  /** Queues are named `<prefix>-<job, dots as dashes>-<lane>`, by {@link hostOf} a job; their dead-letter queue `<prefix>-dead`. */
  readonly queuePrefix: string
  /** The key of every tenant without one of its own: an alias, a key's id or its ARN. */
  readonly pooledKey: string
  /** The stream of Kinesis that holds the entries of all streams of all tenants. */
  readonly stream: string
  /** What comes before the name of an SNS topic in its ARN; absent: SNS is asked, which takes leave to make topics. */
  readonly topicArns?: string
  /** Make what is missing at the start. For emulators and first tries. */
  readonly create: boolean
  /** Where documents are searched; absent: sealed segments in the bucket. */
  readonly search?: AwsSearch
  /** What reads scanned pages; absent: see {@link ocrOf}. */
  readonly ocr?: AwsOcr
  /** Whose routes and jobs a function serves; absent: those of all. A process serves all, whatever this says. */
  readonly patterns?: readonly PatternName[]
}

export type AwsSearch =
  | { readonly engine: 's3vectors'; readonly vectorBucket: string }
  | { readonly engine: 'opensearch'; readonly endpoint: string; readonly service: 'es' | 'aoss' }

const ocrEngines = ['textract', 'tesseract', 'off'] as const
export type AwsOcr = (typeof ocrEngines)[number]

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
  stream: {
    name: 'PLINTH_STREAM',
    pattern: /^[\w.-]{1,128}$/,
    words: 'the name of a stream of Kinesis: 1 to 128 letters, digits, _ . -',
    otherwise: 'plinth',
  },
} as const satisfies Readonly<Record<string, Variable>>

const topicArns: Variable = {
  name: 'PLINTH_TOPIC_ARNS',
  pattern: /^arn:[\w-]+:sns:[\w-]+:\d{12}:$/,
  words: 'what comes before the names of SNS topics, such as arn:aws:sns:eu-central-1:111122223333:',
}

const vectorBucket: Variable = {
  name: 'PLINTH_VECTOR_BUCKET',
  pattern: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  words: 'the name of a vector bucket of S3 Vectors',
}
const searchEngines = ['segments', 's3vectors', 'opensearch'] as const
const openSearchServices = ['es', 'aoss'] as const

/** Variables of this platform alone: those that are good or bad by themselves, and those that say together where documents are searched. */
export const awsVariables: { readonly alone: readonly string[]; readonly search: readonly string[] } = {
  alone: [
    ...Object.values(variables).map(({ name }) => name),
    topicArns.name,
    'PLINTH_AWS_CREATE',
    'PLINTH_OCR',
    'PLINTH_PATTERNS',
  ],
  search: ['PLINTH_SEARCH', vectorBucket.name, 'PLINTH_OPENSEARCH_ENDPOINT', 'PLINTH_OPENSEARCH_SERVICE'],
}

const regionPattern = /^[a-z]{2}(?:-[a-z]+)+-\d$/

/** Reads the variables. @throws InvalidInputError that names the one at fault. */
export function readAwsEnvironment(environment: Variables): AwsEnvironment {
  const create = choice(environment, 'PLINTH_AWS_CREATE')
  const endpoint = endpointOf(environment)
  const search = searchOf(environment)
  const ocr = oneOf(environment, 'PLINTH_OCR', ocrEngines)
  const patterns = patternsOf(environment)
  return {
    region: regionOf(environment),
    ...(endpoint === undefined ? {} : { endpoint }),
    table: read(environment, variables.table),
    bucket: read(environment, variables.bucket),
    bus: read(environment, variables.bus),
    queuePrefix: read(environment, variables.queuePrefix),
    pooledKey: read(environment, variables.pooledKey),
    stream: read(environment, variables.stream),
    create,
    ...(environment[topicArns.name] ? { topicArns: read(environment, topicArns) } : {}),
    ...(search === undefined ? {} : { search }),
    ...(ocr === undefined ? {} : { ocr }),
    ...(patterns === undefined ? {} : { patterns }),
  }
}

/** What reads scanned pages: Textract unless told otherwise; against an emulator, which reads nothing, the engine that needs no service. */
export function ocrOf({ ocr, endpoint }: Pick<AwsEnvironment, 'ocr' | 'endpoint'>): AwsOcr {
  return ocr ?? (endpoint === undefined ? 'textract' : 'tesseract')
}

/** What a function is told; one that tells nothing of events needs no bus, and one that has to do with no stream none. */
export type FunctionEnvironment = Omit<AwsEnvironment, 'region' | 'endpoint' | 'create' | 'bus' | 'stream'> &
  Partial<Pick<AwsEnvironment, 'bus' | 'stream'>>

/** The variables that a function needs, as {@link readAwsEnvironment} reads them; the region is Lambda's own. */
export function variablesOf(environment: FunctionEnvironment): Record<string, string> {
  const { table, bucket, bus, stream, topicArns: topics, queuePrefix, pooledKey, search, ocr, patterns } = environment
  return {
    PLINTH_PLATFORM: 'aws',
    [variables.table.name]: table,
    [variables.bucket.name]: bucket,
    ...(bus === undefined ? {} : { [variables.bus.name]: bus }),
    [variables.queuePrefix.name]: queuePrefix,
    [variables.pooledKey.name]: pooledKey,
    ...(stream === undefined ? {} : streamVariable(stream)),
    ...(topics === undefined ? {} : { [topicArns.name]: topics }),
    ...(search ? searchVariables(search) : {}),
    ...(ocr ? { PLINTH_OCR: ocr } : {}),
    ...(patterns ? patternVariables(patterns) : {}),
  }
}

/** What tells a function of the stream of Kinesis. */
export function streamVariable(stream: string): Record<string, string> {
  return { [variables.stream.name]: stream }
}

/** What tells a function which patterns it serves. */
export function patternVariables(patterns: readonly PatternName[]): Record<string, string> {
  return { PLINTH_PATTERNS: patterns.join(',') }
}

function searchVariables(search: AwsSearch): Record<string, string> {
  if (search.engine === 's3vectors') return { PLINTH_SEARCH: search.engine, [vectorBucket.name]: search.vectorBucket }
  const { engine, endpoint, service } = search
  return { PLINTH_SEARCH: engine, PLINTH_OPENSEARCH_ENDPOINT: endpoint, PLINTH_OPENSEARCH_SERVICE: service }
}

/**
 * Jobs that lie in the queues of another, which the same function works. A queue of their own would mostly stand empty, and cost all the
 * same: Lambda asks each queue for jobs, day and night, and an alarm watches each. What must not stand behind others has its own.
 */
const hosts: ReadonlyMap<string, string> = new Map([
  ['event-driven.replay', 'event-driven.deliver'],
  ['rag.clean', 'rag.embed'],
  ['rag.maintain', 'rag.embed'],
  ['rag.reindex', 'rag.embed'],
  ['multi-agent.forget', 'multi-agent.advance'],
  ['analytics.heartbeat', 'analytics.tick'],
  ['analytics.publish', 'analytics.tick'],
  ['analytics.clean', 'analytics.tick'],
])

/** Lanes of jobs that aren't sent in all. One that is sent in another lane nevertheless joins the last of these. */
const ownLanes: ReadonlyMap<string, readonly Lane[]> = new Map<string, readonly Lane[]>([
  ['event-driven.expire', ['normal']],
  // Events that are told anew don't hold up those that happen.
  ['event-driven.deliver', ['normal', 'low']],
  ['rag.ingest', ['normal']],
  ['rag.embed', ['normal']],
  // Somebody waits for a run to go on that they agreed to: it doesn't stand behind those that begin.
  ['multi-agent.advance', ['high', 'normal']],
  ['analytics.tick', ['normal']],
  ['analytics.triage', ['normal']],
])

/** The job in whose queues this one lies: mostly itself. */
export function hostOf(job: string): string {
  return hosts.get(job) ?? job
}

/** The lanes in which a job has a queue, the most urgent first. */
export function lanesOf(job: string): readonly Lane[] {
  return ownLanes.get(hostOf(job)) ?? (Object.keys(laneWeights) as Lane[])
}

/** The name of the SQS queue for a job in a lane. */
export function queueName(prefix: string, job: string, lane: string): string {
  const lanes: readonly string[] = lanesOf(job)
  return `${prefix}-${hostOf(job).replaceAll('.', '-')}-${lanes.includes(lane) ? lane : lanes.at(-1)}`
}

/** The names of the SQS queues in which these jobs lie, each once. */
export function queueNames(prefix: string, jobs: readonly string[]): readonly string[] {
  return [...new Set(jobs.flatMap((job) => lanesOf(job).map((lane) => queueName(prefix, job, lane))))]
}

/**
 * The secret of Secrets Manager with the virtual key by which executions of the state machine start a tenant's workflows.
 * @param tenant `*` in a policy, for those of all tenants.
 */
export function workflowKeyName(prefix: string, tenant: string): string {
  return `${prefix}/workflow-keys/${tenant}`
}

/** The name of the SNS topic on which alerts of a type are published (R82). */
export function alertTopicName(alertType: string): string {
  return `genai-alerts-${alertType}`
}

/**
 * Says of a key of KMS for which alias it was made, set together with it. Policies ask for it from the key's first moment; an alias they know
 * after five minutes at the most, and a new tenant's first request would be refused.
 */
export const keyTag = 'plinth:alias'

/** Where content is staged in the bucket until it is whole, and images until they are read: no tenant's name has a dot. */
export const stagingPrefix = '.incoming/'

/**
 * How often a job's message is received before it is put with the dead letters: the most that SQS allows. The port promises a job until an
 * outcome is kept, and patterns count attempts, and keep dead letters of their own, which can be read and redriven. So only what ended its
 * consumer a thousand times, over eight hours at a lease each, ends there.
 */
export const jobReceives = 1_000

/** How often a message is received from a queue to which the bus brings events, before it is put with the dead letters; executions send there, too. */
export const eventReceives = 5

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

function patternsOf(environment: Variables): readonly PatternName[] | undefined {
  const name = 'PLINTH_PATTERNS'
  const value = environment[name]
  if (!value) return undefined
  return value.split(',').map((each) => {
    const known = patternNames.find((pattern) => pattern === each.trim())
    if (known !== undefined) return known
    throw new InvalidInputError(`${name} must name some of ${patternNames.join(', ')}, not "${each}".`, { field: name })
  })
}

function endpointOf(environment: Variables): string | undefined {
  const value = environment.AWS_ENDPOINT_URL
  if (!value) return undefined
  if (!/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    throw new InvalidInputError(`AWS_ENDPOINT_URL must be an http or https URL, not "${value}".`, { field: 'AWS_ENDPOINT_URL' })
  return value
}

function searchOf(environment: Variables): AwsSearch | undefined {
  const engine = oneOf(environment, 'PLINTH_SEARCH', searchEngines)
  if (engine === 's3vectors') return { engine, vectorBucket: read(environment, vectorBucket) }
  if (engine !== 'opensearch') return undefined
  const name = 'PLINTH_OPENSEARCH_ENDPOINT'
  const endpoint = environment[name] ?? ''
  const url = URL.parse(endpoint)
  // The requests carry documents, and their signature is good for whoever reads it.
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && /^(?:localhost|127\.0\.0\.1)$/.test(url.hostname))
  if (!url || !safe || url.pathname !== '/' || url.search !== '' || url.username !== '')
    throw new InvalidInputError(`${name} must be the https URL of a domain or collection, without a path.`, { field: name })
  const guess = url.hostname.includes('.aoss.') ? 'aoss' : 'es'
  return { engine, endpoint: url.origin, service: oneOf(environment, 'PLINTH_OPENSEARCH_SERVICE', openSearchServices) ?? guess }
}

function oneOf<Value extends string>(environment: Variables, name: string, values: readonly Value[]): Value | undefined {
  const value = environment[name]
  if (!value) return undefined
  const known = values.find((one) => one === value)
  if (known === undefined)
    throw new InvalidInputError(`${name} must be one of ${values.join(', ')}, not "${value}".`, { field: name })
  return known
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
