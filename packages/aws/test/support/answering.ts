/** A request as the SDK hands it to its request handler, signed. */
export interface SentRequest {
  readonly method: string
  readonly hostname: string
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  /** What it asks for: the operation's name, for services that name it. */
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

/** What stands where the SDK's HTTP would be: it keeps what is sent, and answers what the test says. */
export class Answering {
  readonly sent: SentRequest[] = []
  readonly #answer: (request: SentRequest) => GivenAnswer | Error | Promise<GivenAnswer | Error>

  constructor(answer: (request: SentRequest) => GivenAnswer | Error | Promise<GivenAnswer | Error>) {
    this.#answer = answer
  }

  readonly metadata: { readonly handlerProtocol: string } = { handlerProtocol: 'http/1.1' }

  // biome-ignore lint/suspicious/noExplicitAny: the SDK's own class of requests, of which only plain fields are read
  async handle(request: any, options: { readonly abortSignal?: unknown } = {}): Promise<any> {
    const { method, hostname, path, query, headers, body } = request
    const signal = options.abortSignal instanceof AbortSignal ? options.abortSignal : undefined
    const operation = String(headers['x-amz-target'] ?? path).replace(/^.*[./]/, '')
    const sent = { method, hostname, path, query, headers, operation, body: bytesOf(body), signal }
    signal?.throwIfAborted()
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

function bytesOf(body: unknown): Buffer {
  return ArrayBuffer.isView(body) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : Buffer.from(String(body ?? ''))
}
