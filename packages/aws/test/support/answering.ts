/** A request as the SDK hands it to its request handler, signed. */
export interface SentRequest {
  readonly method: string
  readonly hostname: string
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  /** What it asks for: the operation's name. */
  readonly operation: string
  readonly body: Buffer
  readonly signal: AbortSignal | undefined
}

export interface GivenAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** As JSON, unless it is text. */
  readonly body?: unknown
}

/** Operations that a double answers, by their names in IAM's way, such as `s3vectors:QueryVectors`. */
export type DoubledOperations = ReadonlySet<string>

/**
 * Names what no emulator answers as AWS does, so that a double may. docs/aws.md lists all of it, and what an account has to show:
 * only-on-an-account.test.ts compares the two.
 */
export function onlyOnAnAccount(...operations: readonly string[]): DoubledOperations {
  return new Set(operations)
}

/** What stands where the SDK's HTTP would be: it keeps what is sent, and answers what the test says to these operations and no other. */
export class Answering {
  readonly sent: SentRequest[] = []
  readonly #operations: DoubledOperations
  readonly #answer: (request: SentRequest) => GivenAnswer | Error | Promise<GivenAnswer | Error>

  constructor(
    operations: DoubledOperations,
    answer: (request: SentRequest) => GivenAnswer | Error | Promise<GivenAnswer | Error>,
  ) {
    this.#operations = operations
    this.#answer = answer
  }

  readonly metadata: { readonly handlerProtocol: string } = { handlerProtocol: 'http/1.1' }

  // biome-ignore lint/suspicious/noExplicitAny: the SDK's own class of requests, of which only plain fields are read
  async handle(request: any, options: { readonly abortSignal?: unknown } = {}): Promise<any> {
    const { method, hostname, path, query, headers, body } = request
    const signal = options.abortSignal instanceof AbortSignal ? options.abortSignal : undefined
    const bytes = bytesOf(body)
    const operation = operationOf({ method, hostname, path, query, headers, body: bytes })
    const sent = { method, hostname, path, query, headers, operation, body: bytes, signal }
    signal?.throwIfAborted()
    const asked = `${serviceOf(hostname)}:${operation}`
    if (!this.#operations.has(asked))
      throw new Error(`${asked} isn't answered here; see docs/aws.md, What only an account shows.`)
    this.sent.push(sent)
    const answer = await this.#answer(sent)
    if (answer instanceof Error) throw answer
    const content = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {})
    return { response: { statusCode: answer.status ?? 200, headers: answer.headers ?? {}, body: Buffer.from(content) } }
  }

  destroy(): void {}

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  operations(): string[] {
    return this.sent.map(({ operation }) => operation)
  }
}

/** An error as AWS's JSON protocols write it. */
export function awsError(name: string, status = 400): GivenAnswer {
  return { status, headers: { 'x-amzn-errortype': name }, body: { __type: name, message: `${name} was given.` } }
}

/** For clients that never leave this process. */
export const nowhere = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
} as const

function serviceOf(hostname: string): string {
  return hostname.split('.')[0] ?? ''
}

/** JSON's protocols name it in a header, or as the path's end; the Query protocol in its form; S3 by the method alone. */
function operationOf({ method, hostname, path, query, headers, body }: Omit<SentRequest, 'operation' | 'signal'>): string {
  if (serviceOf(hostname) === 's3') return 'delete' in query ? 'DeleteObjects' : `${s3Verbs[method] ?? method}Object`
  if (headers['content-type'] === 'application/x-www-form-urlencoded')
    return new URLSearchParams(String(body)).get('Action') ?? ''
  return String(headers['x-amz-target'] ?? path).replace(/^.*[./]/, '')
}

const s3Verbs: Readonly<Record<string, string>> = { DELETE: 'Delete', GET: 'Get', HEAD: 'Head', PUT: 'Put' }

function bytesOf(body: unknown): Buffer {
  return ArrayBuffer.isView(body) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : Buffer.from(String(body ?? ''))
}
