import type { LanguageModelV4, LanguageModelV4StreamPart, LanguageModelV4StreamResult } from '@ai-sdk/provider'
import { longestStream } from '../bounded-answer.ts'
import type { AnswerHeaders, AnswerReader, Flow } from './exchange.ts'
import { malformed } from './fields.ts'
import { requestBody } from './request-body.ts'
import type { ServerModelOptions, ServerRequest } from './server.ts'
import { ServerSentEvents } from './server-sent-events.ts'
import { StreamedAnswer, type StreamedAnswerOptions } from './streamed-answer.ts'
import { wholeAnswer } from './whole-answer.ts'

type CallOptions = Parameters<LanguageModelV4['doGenerate']>[0]

/**
 * A model that answers `chat/completions`. One call is one request: nothing is tried again here. Faults are `APICallError`s without
 * the prompt; a stream that ends without a reason has broken off, and says `error`.
 */
export function createChatModel({ modelId, name, server }: ServerModelOptions): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'openai-compatible',
    modelId,
    supportedUrls: {},
    async doGenerate(options) {
      const { body: asked, warnings } = requestBody(name, options)
      const request = requestOf(asked, options)
      const { headers, body, answer } = await (await server()).ask(request, wholeAnswer)
      if (!answer) throw malformed('The answer has no choices.')
      return { ...answer, request: { body: request.body }, response: { ...answer.response, headers, body }, warnings }
    },
    async doStream(options) {
      const { body, warnings } = requestBody(name, options)
      const request = requestOf({ ...body, stream: true, stream_options: { include_usage: true } }, options)
      const connected = await server()
      return new Promise((resolve, reject) => {
        const told = (result: LanguageModelV4StreamResult): void => resolve({ ...result, request: { body: request.body } })
        connected.send(request, new StreamReader({ warnings, raw: options.includeRawChunks ?? false }, told, reject))
      })
    },
  }
}

function requestOf(body: object, { headers, abortSignal: signal }: CallOptions): ServerRequest {
  return { path: '/chat/completions', body: JSON.stringify(body), headers, signal }
}

/** How many parts wait at most for whoever reads them, and those of one packet. */
const mostWaiting = 64

/** Gives a stream of parts, as fast as it is read. */
class StreamReader implements AnswerReader {
  readonly longest: number = longestStream
  readonly #options: Omit<StreamedAnswerOptions, 'emit'>
  readonly #resolve: (result: LanguageModelV4StreamResult) => void
  readonly #reject: (error: unknown) => void
  #parts: ReadableStreamDefaultController<LanguageModelV4StreamPart> | undefined
  #flow: Flow | undefined
  #answer: StreamedAnswer | undefined
  #events: ServerSentEvents | undefined

  constructor(
    options: Omit<StreamedAnswerOptions, 'emit'>,
    resolve: (result: LanguageModelV4StreamResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(headers: AnswerHeaders, flow: Flow): void {
    this.#flow = flow
    const stream = new ReadableStream<LanguageModelV4StreamPart>(
      {
        start: (controller) => {
          this.#parts = controller
        },
        pull: () => flow.resume(),
        cancel: () => flow.leave(),
      },
      { highWaterMark: mostWaiting },
    )
    const answer = new StreamedAnswer({ ...this.#options, emit: (part) => this.#parts?.enqueue(part) })
    this.#answer = answer
    this.#events = new ServerSentEvents((data) => answer.take(data))
    this.#resolve({ stream, response: { headers } })
  }

  data(bytes: Buffer): void {
    this.#events?.push(bytes)
    if ((this.#parts?.desiredSize ?? 0) <= 0) this.#flow?.pause()
  }

  end(): void {
    this.#answer?.end()
    this.#parts?.close()
  }

  fail(error: unknown): void {
    if (this.#parts) this.#parts.error(error)
    else this.#reject(error)
  }
}
