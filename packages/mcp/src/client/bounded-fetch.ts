import type { FetchLike, JSONRPCMessage } from '@modelcontextprotocol/client'
import { lostAnswer, tooLargeAnswer } from './faults.ts'

export interface FetchBounds {
  /** Of one message. */
  readonly maxBytes: number
  /** Nothing else is called, whatever a server says of where to go. */
  readonly origins: readonly string[]
}

/**
 * A fetch for Streamable HTTP that keeps no more than `maxBytes` of a message, and says so in its place; and that answers, with an error, a
 * request whose stream of events broke off where nobody can go on with it. The SDK would wait for its time-out.
 */
export function boundedFetch({ maxBytes, origins }: FetchBounds): FetchLike {
  return async (url, init) => {
    if (!origins.includes(new URL(url).origin)) throw new Error('The server names an address of another origin.')
    // The SDK follows within an origin by itself, each step by another call of this.
    const response = await fetch(url, { ...init, redirect: 'manual' })
    if (!response.body) return response
    const id = requestId(init?.body)
    const isStream = /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')
    const { status, statusText, headers } = response
    const body = isStream
      ? response.body.pipeThrough(boundedEvents({ maxBytes, id }))
      : await boundedBody(response.body, { maxBytes, id, ok: response.ok })
    const shown = new Headers(headers)
    // What is handed on is unpacked, and may be shorter.
    for (const name of ['content-length', 'content-encoding']) shown.delete(name)
    return new Response(body, { status, statusText, headers: shown })
  }
}

interface Bound {
  readonly maxBytes: number
  readonly id: number | string | undefined
}

async function boundedBody(
  body: ReadableStream<Uint8Array>,
  { maxBytes, id, ok }: Bound & { readonly ok: boolean },
): Promise<Uint8Array<ArrayBuffer> | string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body) {
    length += part.byteLength
    // The loop's end cancels what is left.
    if (length > maxBytes) return id === undefined || !ok ? '' : JSON.stringify(tooLargeAnswer(id))
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}

const lineFeed = 10
const carriageReturn = 13

/** Ends a stream at an event that is too long, and a broken one with an answer. */
function boundedEvents({ maxBytes, id }: Bound): ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let event = 0
  let emptyLine = true
  let resumable = false
  let lineStart = ''
  const reader = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>()
  const writer = reader.writable.getWriter()
  const finish = async (message: JSONRPCMessage | undefined): Promise<void> => {
    if (message) await writer.write(bytesOf(`\n\ndata: ${JSON.stringify(message)}\n\n`))
    await writer.close()
  }
  const seen = (chunk: Uint8Array): boolean => {
    for (const byte of chunk) {
      event++
      if (byte === lineFeed) {
        if (emptyLine) event = 0
        emptyLine = true
        lineStart = ''
      } else if (byte !== carriageReturn) {
        emptyLine = false
        if (lineStart.length < 3) lineStart += String.fromCharCode(byte)
        if (lineStart === 'id:') resumable = true
      }
      if (event > maxBytes) return false
    }
    return true
  }
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    async write(chunk) {
      if (seen(chunk)) return writer.write(chunk)
      await finish(id === undefined ? undefined : tooLargeAnswer(id))
      throw new Error('An event was larger than is read.')
    },
    // Where the stream had ids, the SDK goes on behind the last one.
    close: () => finish(id === undefined || resumable ? undefined : lostAnswer(id)),
    abort: (reason) => (id === undefined || resumable ? writer.abort(reason) : finish(lostAnswer(id))),
  })
  return { readable: reader.readable, writable }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** Of the request that a body holds; undefined for what has no answer. */
function requestId(body: unknown): number | string | undefined {
  if (typeof body !== 'string') return undefined
  const { id, method } = JSON.parse(body) as { readonly id?: number | string; readonly method?: unknown }
  return typeof method === 'string' ? id : undefined
}
