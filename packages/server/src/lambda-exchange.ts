import type { Writable } from 'node:stream'
import { type Answer, type Arrival, parseTarget } from './exchange.ts'

/** What API Gateway's REST API hands to a function, as far as it is looked at. */
export interface ProxyEvent {
  readonly httpMethod: string
  /** Decoded nowhere, without the stage. */
  readonly path: string
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[]>> | null
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | null
  readonly body?: string | null
  readonly isBase64Encoded?: boolean
  readonly requestContext?: { readonly identity?: { readonly sourceIp?: string } }
}

/** @returns undefined when its target can't be read. */
export function arrivalOf(event: ProxyEvent): Arrival | undefined {
  const target = parseTarget(targetOf(event))
  if (!target) return undefined
  const headers = new Map<string, string>()
  for (const [name, values] of Object.entries(event.multiValueHeaders ?? {})) {
    const key = name.toLowerCase()
    // HTTP/2 lets a client send its cookies one by one (RFC 9113, 8.2.3).
    headers.set(key, values.join(key === 'cookie' ? '; ' : ', '))
  }
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  return {
    ...target,
    method: event.httpMethod,
    header: (name) => headers.get(name),
    from: () => event.requestContext?.identity?.sourceIp ?? '',
    hasBody: body.byteLength > 0,
    collect: async (take) => take(body),
  }
}

/** API Gateway has taken the query apart; it is put together again. */
function targetOf({ path, multiValueQueryStringParameters }: ProxyEvent): string {
  const query = new URLSearchParams()
  for (const [name, values] of Object.entries(multiValueQueryStringParameters ?? {}))
    for (const value of values) query.append(name, value)
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}

/** Between the head of a streamed response and its body. */
const headEnd = new Uint8Array(8)

/**
 * Writes an answer in the form that a streaming proxy integration reads: status and headers as JSON, eight zero bytes, the body. A
 * client that goes ends the answer's stream.
 */
export async function writeAnswer(
  response: Writable,
  { status, headers, body, bytes, stream }: Answer,
  head: boolean,
): Promise<void> {
  response.write(JSON.stringify({ statusCode: status, headers }))
  response.write(headEnd)
  if (head) await stream?.cancel()
  else if (stream) await pipe(stream, response)
  else if (body !== undefined || bytes) response.write(body ?? bytes)
  // One that is gone calls nobody back.
  if (!response.destroyed) await new Promise<void>((resolve) => response.end(resolve))
}

async function pipe(stream: ReadableStream<Uint8Array>, response: Writable): Promise<void> {
  const reader = stream.getReader()
  const gone = (): void => void reader.cancel().catch(() => {})
  response.once('close', gone)
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      if (response.destroyed) return
      if (!response.write(chunk.value)) await new Promise<void>((resolve) => whenReady(response, resolve))
    }
  } finally {
    response.off('close', gone)
  }
}

function whenReady(response: Writable, resolve: () => void): void {
  const ready = (): void => {
    response.off('drain', ready)
    response.off('close', ready)
    resolve()
  }
  response.on('drain', ready)
  response.on('close', ready)
}
