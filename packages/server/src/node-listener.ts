import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Answer, type Arrival, parseTarget } from './exchange.ts'

/** Serves Node's HTTP server by a function from what arrives to what is answered, which never rejects. */
export function nodeListener(handle: (arrival: Arrival) => Promise<Answer>, refuseTarget: () => Answer): RequestListener {
  return (request, response) => {
    const target = parseTarget(request.url ?? '/')
    if (!target) return write(response, refuseTarget())
    void handle(arrivalOf(request, target)).then((answer) => write(response, answer))
  }
}

function arrivalOf(request: IncomingMessage, target: Pick<Arrival, 'path' | 'query'>): Arrival {
  const { headers, method = 'GET' } = request
  return {
    ...target,
    method,
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    hasBody: headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0,
    collect: (take) => collect(request, take),
  }
}

function collect(request: IncomingMessage, take: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      // The rest is passed over, so that the connection can go on.
      request.off('data', onData)
      request.resume()
      reject(error)
    }
    const onData = (chunk: Uint8Array): void => {
      try {
        take(chunk)
      } catch (error) {
        fail(error as Error)
      }
    }
    request.on('data', onData)
    request.once('end', resolve)
    request.once('error', fail)
    // Every request closes; making an error costs as much as reading a small body.
    request.once('close', () => {
      if (!request.readableEnded) fail(new Error('The body broke off.'))
    })
  })
}

function write(response: ServerResponse, { status, headers, body, stream }: Answer): void {
  if (stream) {
    response.writeHead(status, headers)
    if (response.req.method !== 'HEAD') return void pump(stream, response)
    void stream.cancel()
    response.end()
    return
  }
  if (body === undefined) response.writeHead(status, headers).end()
  else response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

/** Writes a stream no faster than the client reads it, and cancels it when the client goes. */
async function pump(stream: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  const reader = stream.getReader()
  response.once('close', () => void reader.cancel().catch(() => {}))
  response.flushHeaders()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (response.write(next.value)) continue
      await new Promise<void>((resolve) => {
        response.once('drain', resolve)
        response.once('close', resolve)
      })
    }
    response.end()
  } catch {
    // The source failed after the status was sent: all that is left is to cut the stream, so that nobody takes it for whole.
    response.destroy()
  }
}
