/** What stands between the real client packages and the protocols in these tests. @module */
import type { ChatHead, ChatPart } from '@plinth/core'
import type { Answer } from '../../../src/exchange.ts'
import type { ChatCall, Encoded } from '../../../src/gateway/protocol.ts'
import { pieces } from './arbitraries.ts'

export function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body ?? null, { status, headers })
}

/** A response whose body comes in these pieces. */
export function streamedResponse(
  parts: readonly Uint8Array[],
  headers: Readonly<Record<string, string>>,
  status = 200,
): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
  return new Response(body, { status, headers })
}

/** The whole stream of a call, with pings, cut anywhere. @param cuts shares of the whole. */
export function streamPieces(call: ChatCall, head: ChatHead, parts: readonly ChatPart[], cuts: readonly number[]): Uint8Array[] {
  const encoder = call.stream(head)
  const written = [encoder.start(), ...parts.flatMap((part) => [encoder.ping(), encoder.part(part)])]
  return pieces(Uint8Array.from(Buffer.concat(written.map(bytesOf))), cuts)
}

export function bytesOf(encoded: Encoded): Uint8Array {
  return typeof encoded === 'string' ? Buffer.from(encoded) : encoded
}

/** All that a stream gives. */
export async function received<T>(stream: ReadableStream<T>): Promise<T[]> {
  const found: T[] = []
  for await (const part of stream) found.push(part)
  return found
}
