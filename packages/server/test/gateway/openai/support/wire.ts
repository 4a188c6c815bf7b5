import { createOpenAICompatible, type OpenAICompatibleProvider } from '@ai-sdk/openai-compatible'
import type { ChatHead, ChatPart } from '@plinth/core'
import OpenAI from 'openai'
import { readChatCompletion } from '../../../../src/gateway/openai/read-chat.ts'
import type { ChatCall } from '../../../../src/gateway/protocol.ts'
import { streamedResponse, streamPieces } from '../../support/wire.ts'

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

/** The whole stream of a call, cut anywhere. @param cuts shares of the whole. */
export function streamedAnswer(call: ChatCall, head: ChatHead, parts: readonly ChatPart[], cuts: readonly number[]): Response {
  return streamedResponse(streamPieces(call, head, parts, cuts), call.stream(head).headers)
}

export const smallBody = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] }

export function smallCall(more: object = {}): ChatCall {
  return readChatCompletion({ ...smallBody, ...more })
}
