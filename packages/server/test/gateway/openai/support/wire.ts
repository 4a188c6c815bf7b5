import { createOpenAICompatible, type OpenAICompatibleProvider } from '@ai-sdk/openai-compatible'
import type { ChatHead, ChatPart } from '@plinth/core'
import OpenAI from 'openai'
import type { Answer } from '../../../../src/exchange.ts'
import { readChatCompletion } from '../../../../src/gateway/openai/read-chat.ts'
import type { ChatCall, Encoded } from '../../../../src/gateway/protocol.ts'

/** Answers a client, whatever it asks for. */
export type Reply = (body: unknown) => Response

const baseURL = 'http://gateway.test/v1'

function fetching(reply: Reply): (url: unknown, init?: { body?: unknown }) => Promise<Response> {
  return async (_, init) => reply(init?.body === undefined ? undefined : JSON.parse(String(init.body)))
}

/** The official client, which is not told that it is not on a network. */
export function officialClient(reply: Reply): OpenAI {
  return new OpenAI({ apiKey: 'token', baseURL, maxRetries: 0, fetch: fetching(reply) })
}

export function aiSdkProvider(reply: Reply): OpenAICompatibleProvider {
  return createOpenAICompatible({
    name: 'plinth',
    apiKey: 'token',
    baseURL,
    includeUsage: true,
    supportsStructuredOutputs: true,
    supportsMultiPartToolContent: true,
    fetch: fetching(reply),
  })
}

export function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body ?? null, { status, headers })
}

/** The whole stream in pieces of so many bytes, in turn: cut within lines and within marks. */
export function streamedResponse(call: ChatCall, head: ChatHead, parts: readonly ChatPart[], sizes: readonly number[]): Response {
  const encoder = call.stream(head)
  const bytes = Buffer.concat([encoder.start(), encoder.ping(), ...parts.map((part) => encoder.part(part))].map(bytesOf))
  let at = 0
  let turn = 0
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      const size = sizes[turn++ % sizes.length] ?? bytes.length
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + size)))
      at += size
    },
  })
  return new Response(stream, { headers: encoder.headers })
}

function bytesOf(encoded: Encoded): Uint8Array {
  return typeof encoded === 'string' ? new TextEncoder().encode(encoded) : encoded
}

export const smallBody = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] }

export function smallCall(more: object = {}): ChatCall {
  return readChatCompletion({ ...smallBody, ...more })
}
