/** A server of the protocol. @module */
import { Pool } from 'undici'
import { longestAnswer } from '../bounded-answer.ts'
import type { OpenAICompatibleOptions } from '../openai-compatible.ts'
import { type AnswerHeaders, type AnswerReader, apiError, Exchange } from './exchange.ts'
import { malformed } from './fields.ts'

export interface ServerRequest {
  /** Below the server's address. */
  readonly path: '/chat/completions' | '/embeddings' | '/rerank'
  /** JSON. */
  readonly body: string
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  readonly signal?: AbortSignal | undefined
}

/** A model of a server. */
export interface ServerModelOptions {
  /** As it is called here. */
  readonly modelId: string
  /** As the server calls it. */
  readonly name: string
  /** Asked at every call. */
  readonly server: () => Promise<OpenAICompatibleServer>
}

/** An answer that came whole. */
export interface ServerAnswer<Answer> {
  readonly headers: AnswerHeaders
  /** What its JSON says. */
  readonly body: unknown
  /** What that means. */
  readonly answer: Answer
}

/**
 * Connections are kept and used again. How long to wait for an answer, or in the middle of one, is the caller's to say, by its
 * signal; only connecting has a limit, 10 seconds. Redirects aren't followed: prompts and keys go nowhere but where the settings say.
 */
export class OpenAICompatibleServer {
  readonly #pool: Pool
  readonly #origin: string
  readonly #root: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ baseUrl, apiKey }: OpenAICompatibleOptions) {
    const { origin, pathname } = new URL(baseUrl)
    this.#origin = origin
    this.#root = pathname.replace(/\/$/, '')
    this.#pool = new Pool(origin, { headersTimeout: 0, bodyTimeout: 0 })
    this.#headers = {
      'content-type': 'application/json',
      accept: '*/*',
      // Nothing is unpacked here.
      'accept-encoding': 'identity',
      'user-agent': 'plinth',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    }
  }

  /** Sends a request, and its answer to `reader`, which is told of all that goes wrong. */
  send({ path, body, headers, signal }: ServerRequest, reader: AnswerReader): void {
    const exchange = new Exchange({ url: this.#urlOf(path), reader, signal })
    if (exchange.over) return
    this.#pool.dispatch({ method: 'POST', path: this.#root + path, body, headers: this.#headersWith(headers) }, exchange)
  }

  /**
   * Asks for an answer as a whole.
   * @param read says what its JSON means; what it throws becomes the cause of an APICallError.
   * @throws APICallError; ModelFailure `too_large`; the signal's reason.
   */
  ask<Answer>(request: ServerRequest, read: (body: unknown) => Answer): Promise<ServerAnswer<Answer>> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let headers: AnswerHeaders = {}
      this.send(request, {
        longest: longestAnswer,
        begin: (given) => {
          headers = given
        },
        data: (bytes) => void chunks.push(bytes),
        end: () => {
          try {
            const body = parsed(chunks)
            resolve({ headers, body, answer: read(body) })
          } catch (cause) {
            const answered = { url: this.#urlOf(request.path), headers, status: 200 }
            reject(apiError(answered, { message: 'The answer makes no sense.', cause }))
          }
        },
        fail: reject,
      })
    })
  }

  #urlOf(path: string): string {
    return this.#origin + this.#root + path
  }

  #headersWith(more: ServerRequest['headers']): Record<string, string> {
    const all: Record<string, string> = { ...this.#headers }
    for (const name in more) {
      const value = more[name]
      if (value !== undefined) all[name.toLowerCase()] = value
    }
    return all
  }
}

function parsed(chunks: readonly Buffer[]): unknown {
  const [first] = chunks
  const text = (first && chunks.length === 1 ? first : Buffer.concat(chunks)).toString()
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
  } catch {
    // What was thrown would quote the answer.
    throw malformed('The answer is no JSON.')
  }
}
