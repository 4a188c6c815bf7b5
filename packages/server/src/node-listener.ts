import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { UnavailableError } from '@plinth/core'
import { type Answer, type Arrival, parseTarget } from './exchange.ts'

/** A client that takes nothing of its answer for so long is cut off, milliseconds; Node may wait twice as long. */
const usualPatience = 30_000
/** Answers up to this size are the network's to deliver: nothing here waits for them. */
const small = 65_536

/** Serves Node's HTTP servers, of both versions, by a function from what arrives to what is answered, which never rejects. */
export function nodeListener(
  handle: (arrival: Arrival) => Promise<Answer>,
  refuseTarget: () => Answer,
  patience: number = usualPatience,
): RequestListener {
  return (request, response) => {
    const target = parseTarget(request.url ?? '/')
    if (!target) return write(response, refuseTarget(), patience)
    void handle(arrivalOf(request, response, target))
      .then((answer) => write(response, answer, patience))
      .catch(() => cut(response))
  }
}

function arrivalOf(request: IncomingMessage, response: ServerResponse, target: Pick<Arrival, 'path' | 'query'>): Arrival {
  const { headers, method = 'GET' } = request
  return {
    ...target,
    method,
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    from: () => request.socket.remoteAddress ?? '',
    gone: () => goneSignal(response),
    hasBody: hasBody(request),
    collect: (take) => collect(request, response, take),
  }
}

function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  const leave = (): void => controller.abort(new UnavailableError('client_gone', 'The client left before it was answered.'))
  if (isGone(response)) leave()
  response.once('close', () => {
    // Whether it was finished HTTP/2 can't tell: it ends what is cut off by itself.
    if (!response.writableEnded) leave()
  })
  return controller.signal
}

/** In HTTP/2 a body may come without a word about it. */
function hasBody(request: IncomingMessage): boolean {
  const { stream } = request as Partial<Pick<Http2ServerRequest, 'stream'>>
  if (stream) return !stream.endAfterHeaders
  const { headers } = request
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function collect(
  request: IncomingMessage,
  response: ServerResponse,
  take: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const cutOff = (): Error => new Error('The body broke off.')
    // A client that went before its body was asked for is told of by no event any more, and what had come of it is gone.
    if (request.destroyed || isGone(response)) return reject(cutOff())
    let last: Promise<void> | undefined
    const fail = (error: Error): void => {
      // The rest is passed over, so that the connection can go on.
      request.off('data', onData)
      request.resume()
      reject(error)
    }
    const onData = (chunk: Uint8Array): void => {
      try {
        const taken = take(chunk)
        if (!taken) return
        request.pause()
        last = taken.then(() => void request.resume(), fail)
      } catch (error) {
        fail(error as Error)
      }
    }
    request.on('data', onData)
    request.once('end', () => (last ? void last.then(resolve) : resolve()))
    request.once('error', fail)
    // Every request closes; making an error costs as much as reading a small body.
    request.once('close', () => {
      if (!request.readableEnded) fail(cutOff())
    })
  })
}

function write(response: ServerResponse, answer: Answer, patience: number): void {
  const { status, headers, stream, body = answer.bytes } = answer
  // Nobody tells again that a client went while its answer was made.
  if (isGone(response)) return void stream?.cancel().catch(() => {})
  if (stream) {
    response.writeHead(status, headers)
    if (response.req.method !== 'HEAD') return void pump(stream, response, patience)
    void stream.cancel().catch(() => {})
    response.end()
    return
  }
  if (body === undefined) return void response.writeHead(status, headers).end()
  const length = Buffer.byteLength(body)
  if (length > small) {
    cutWhenSilent(response)
    response.setTimeout(patience)
  }
  response.writeHead(status, { ...headers, 'content-length': length }).end(body)
}

/** Writes a stream no faster than the client reads it, and cancels it when the client goes, or doesn't read on. */
async function pump(stream: ReadableStream<Uint8Array>, response: ServerResponse, patience: number): Promise<void> {
  const reader = stream.getReader()
  let resume: (() => void) | undefined
  let gone = false
  response.on('drain', () => resume?.())
  response.once('close', () => {
    gone = true
    resume?.()
    void reader.cancel().catch(() => {})
  })
  cutWhenSilent(response)
  response.flushHeaders()
  try {
    for (let next = await reader.read(); !next.done && !gone; next = await reader.read()) {
      if (response.write(next.value)) continue
      response.setTimeout(patience)
      await new Promise<void>((resolve) => {
        if (gone) resolve()
        else resume = resolve
      })
      response.setTimeout(0)
    }
    response.setTimeout(patience)
    response.end()
  } catch {
    // The source failed after the status was sent: all that is left is to cut the stream, so that nobody takes it for whole.
    cut(response)
  }
}

/** For the time-outs that are set on it. The next answer on the same connection has none of this one's. */
function cutWhenSilent(response: ServerResponse): void {
  response.once('timeout', () => cut(response))
  response.prependOnceListener('finish', () => response.setTimeout(0))
}

function isGone(response: ServerResponse): boolean {
  const { stream } = response as Partial<Pick<Http2ServerResponse, 'stream'>>
  return stream ? stream.closed || stream.destroyed : response.destroyed
}

/** Ends an answer so that its client sees that it isn't whole. HTTP/2 has to be told so: a stream that is just dropped ends well. */
function cut(response: ServerResponse): void {
  const { stream } = response as Partial<Pick<Http2ServerResponse, 'stream'>>
  if (stream) stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else response.destroy()
}
