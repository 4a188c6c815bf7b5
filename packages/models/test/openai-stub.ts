import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the stub does with a call. */
export type OpenAIReply =
  | { readonly completion: object }
  /** Bytes of a stream, written in so many at a time, what to wait for, or the connection's end. */
  | { readonly stream: readonly (string | Promise<void> | 'reset')[]; readonly piece?: number }
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | 'reset'
  | 'silence'

export interface OpenAICall {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
}

/**
 * A server of OpenAI's protocol, its answers written out as OpenAI's API reference shows them (objects `chat.completion` and
 * `chat.completion.chunk`, server-sent events that end with `[DONE]`, lists of `embedding`).
 */
export class OpenAIStub {
  readonly calls: OpenAICall[] = []
  /** How many connections there were. */
  connections = 0
  /** How many calls were given up by the caller before they were answered. */
  abandoned = 0
  readonly #server: Server
  #replies: OpenAIReply[] = []

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response))
    this.#server.on('connection', () => this.connections++)
  }

  static async start(port = 0): Promise<OpenAIStub> {
    const stub = new OpenAIStub()
    await new Promise<void>((resolve) => stub.#server.listen(port, '127.0.0.1', resolve))
    return stub
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`
  }

  /** What the next calls get, one each; after them all get {@link completion}, {@link chunks} or {@link embeddings}. */
  reply(...replies: readonly OpenAIReply[]): void {
    this.#replies.push(...replies)
  }

  /** Forgets calls and replies. */
  reset(): void {
    this.calls.length = 0
    this.#replies = []
    this.connections = 0
    this.abandoned = 0
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    response.on('close', () => {
      if (!response.writableFinished) this.abandoned++
    })
    const path = request.url ?? ''
    const served = operations.find((each) => path === each.path)
    if (request.method !== 'POST' || !served) return send(response, 404, '404 page not found')
    const body = JSON.parse(text) as Record<string, unknown>
    this.calls.push({ path, body, headers })
    const wrong = served.violations(body)
    if (wrong !== undefined) return send(response, 400, errorBody(wrong, 'invalid_request_error', null))
    await carryOut(this.#replies.shift() ?? served.usual(body), response)
  }
}

type Body = Readonly<Record<string, unknown>>

const operations: readonly {
  path: string
  violations: (body: Body) => string | undefined
  usual: (body: Body) => OpenAIReply
}[] = [
  { path: '/v1/chat/completions', violations: (body) => violations(body), usual: (body) => usual(body) },
  {
    path: '/v1/embeddings',
    violations: (body) => embeddingViolations(body),
    usual: (body) => ({ completion: embeddings(body) }),
  },
  { path: '/v1/rerank', violations: (body) => rerankViolations(body), usual: (body) => ({ completion: ranking(body) }) },
]

const usage = {
  prompt_tokens: 19,
  completion_tokens: 10,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 3,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
}

/** What all calls get unless told otherwise. */
export const text = 'Grüße, 漢字 und 😀!'

/** A whole answer. */
export function completion(message: object = {}, finish_reason: string | null = 'stop', parts: object = {}): object {
  return {
    id: 'chatcmpl-123',
    object: 'chat.completion',
    created: 1741569952,
    model: 'llama3.2',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null, annotations: [], ...message },
        logprobs: null,
        finish_reason,
      },
    ],
    usage,
    service_tier: 'default',
    ...parts,
  }
}

/** A piece of an answer. */
export function chunk(delta: object, finish_reason: string | null = null): string {
  return event({ choices: [{ index: 0, delta, logprobs: null, finish_reason }], usage: null })
}

/** The last piece when usage was asked for. */
export const usageChunk: string = event({ choices: [], usage })
export const done = 'data: [DONE]\n\n'

/** An answer in pieces: one character each. */
export function chunks(words = text): readonly string[] {
  return [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...[...words].map((content) => chunk({ content })),
    chunk({}, 'stop'),
    usageChunk,
    done,
  ]
}

function event(parts: object): string {
  const frame = {
    id: 'chatcmpl-123',
    object: 'chat.completion.chunk',
    created: 1694268190,
    model: 'llama3.2',
    system_fingerprint: 'fp_44709d6fcb',
  }
  return `data: ${JSON.stringify({ ...frame, ...parts })}\n\n`
}

/** The body of an error. */
export function errorBody(message: string, type: string, code: string | number | null): string {
  return JSON.stringify({ error: { message, type, param: null, code } })
}

function usual(body: Readonly<Record<string, unknown>>): OpenAIReply {
  if (body.stream !== true) return { completion: completion() }
  const options = body.stream_options as { readonly include_usage?: boolean } | undefined
  return { stream: chunks().filter((part) => part !== usageChunk || options?.include_usage === true) }
}

const known = [
  ...['model', 'messages', 'max_tokens', 'stream', 'stream_options', 'response_format', 'tools', 'tool_choice'],
  ...['temperature', 'top_p', 'stop', 'seed', 'frequency_penalty', 'presence_penalty', 'user'],
]

function violations(body: Readonly<Record<string, unknown>>): string | undefined {
  const odd = Object.keys(body).find((name) => !known.includes(name))
  if (odd !== undefined) return `Unrecognized request argument supplied: ${odd}`
  if (typeof body.model !== 'string') return 'you must provide a model parameter'
  if (!Array.isArray(body.messages) || body.messages.length === 0) return "[] is too short - 'messages'"
  if (body.stream_options !== undefined && body.stream !== true)
    return "The 'stream_options' parameter is only allowed when 'stream' is enabled."
  return undefined
}

/** A vector for each text: its length in UTF-16 code units and zeros; as bytes where that is asked for. */
function embeddings(body: Readonly<Record<string, unknown>>): object {
  const { model, input, dimensions = 4, encoding_format } = body as Readonly<Record<string, number>>
  const data = ([input].flat() as unknown as string[]).map((text, index) => {
    const vector = [text.length, ...Array.from({ length: Number(dimensions) - 1 }, () => 0)]
    const bytes = Buffer.from(new Float32Array(vector).buffer).toString('base64')
    return { object: 'embedding', index, embedding: String(encoding_format) === 'base64' ? bytes : vector }
  })
  return { object: 'list', data, model, usage: { prompt_tokens: 5 * data.length, total_tokens: 5 * data.length } }
}

function embeddingViolations(body: Readonly<Record<string, unknown>>): string | undefined {
  const odd = Object.keys(body).find((name) => !['model', 'input', 'encoding_format', 'dimensions', 'user'].includes(name))
  if (odd !== undefined) return `Unrecognized request argument supplied: ${odd}`
  if (typeof body.model !== 'string') return 'you must provide a model parameter'
  const texts = [body.input].flat()
  if (texts.length === 0 || texts.some((text) => typeof text !== 'string')) return "'$.input' is invalid."
  return texts.length > 2048 ? "'$.input' is too long." : undefined
}

/** As vLLM and llama.cpp answer: best first; here longer is better. */
function ranking(body: Body): object {
  const documents = body.documents as readonly string[]
  const results = documents
    .map((text, index) => ({ index, relevance_score: text.length / 100 }))
    .sort((one, other) => other.relevance_score - one.relevance_score)
  return { model: body.model, results, usage: { prompt_tokens: 7, total_tokens: 7 } }
}

function rerankViolations(body: Body): string | undefined {
  const odd = Object.keys(body).find((name) => !['model', 'query', 'documents', 'top_n', 'return_documents'].includes(name))
  if (odd !== undefined) return `Unrecognized request argument supplied: ${odd}`
  if (typeof body.model !== 'string' || typeof body.query !== 'string' || body.query === '')
    return 'a query and a model are needed'
  const { documents } = body
  return Array.isArray(documents) && documents.length > 0 && documents.every((text) => typeof text === 'string')
    ? undefined
    : 'documents must be a list of texts'
}

async function carryOut(reply: OpenAIReply, response: ServerResponse): Promise<void> {
  if (reply === 'silence') return
  if (reply === 'reset') return void response.socket?.resetAndDestroy()
  if ('completion' in reply) return send(response, 200, JSON.stringify(reply.completion))
  if ('status' in reply) return send(response, reply.status, reply.body, reply.headers)
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  for (const part of reply.stream) {
    if (part === 'reset') return void response.socket?.resetAndDestroy()
    if (typeof part !== 'string') {
      await part
      continue
    }
    const bytes = Buffer.from(part)
    const piece = reply.piece ?? bytes.length
    for (let at = 0; at < bytes.length; at += piece) {
      response.write(bytes.subarray(at, at + piece))
      // Another packet.
      await new Promise(setImmediate)
    }
  }
  response.end()
}

function send(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}
