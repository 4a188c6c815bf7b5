/** The real client packages, and what stands between them and us. */
import { Readable } from 'node:stream'
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider'
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import type { ChatAnswer, ChatHead, ChatPart } from '@plinth/core'
import type { Answer } from '../../../../src/exchange.ts'
import type { ChatCall } from '../../../../src/gateway/protocol.ts'
import { streamedResponse, streamPieces } from '../../support/wire.ts'

/** A response, its body in the pieces in which it comes. */
export interface Wire {
  readonly status: number
  readonly headers: Record<string, string>
  readonly pieces: readonly Uint8Array[]
}

export function wireOf({ status, headers, body = '' }: Answer): Wire {
  return { status, headers, pieces: [Buffer.from(body)] }
}

/** The whole stream of a call, cut anywhere. @param cuts shares of the whole. */
export function streamedWire(call: ChatCall, head: ChatHead, parts: readonly ChatPart[], cuts: readonly number[] = []): Wire {
  return { status: 200, headers: { ...call.stream(head).headers }, pieces: streamPieces(call, head, parts, cuts) }
}

export interface Sent {
  readonly path: string
  readonly body: unknown
}

/** The AI SDK's provider. @param sent what it sends is kept there. */
function aiSdk(wire: () => Wire, sent: Sent[] = []): ReturnType<typeof createAmazonBedrock> {
  return createAmazonBedrock({
    region: 'us-east-1',
    apiKey: 'key',
    fetch: async (url, init) => {
      sent.push({ path: new URL(String(url)).pathname, body: JSON.parse(String(init?.body)) })
      const { status, headers, pieces } = wire()
      return streamedResponse(pieces, headers, status)
    },
  })
}

export function aiModel(modelId: string, wire: () => Wire, sent: Sent[] = []): LanguageModelV4 {
  return aiSdk(wire, sent)(modelId)
}

export function aiEmbedding(modelId: string, wire: () => Wire, sent: Sent[] = []): EmbeddingModelV4 {
  return aiSdk(wire, sent).embedding(modelId)
}

/** AWS's client over no network. It reads answers by the service model. */
export function awsClient(wire: () => Wire, sent: Sent[] = []): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: 'us-east-1',
    token: { token: 'key' },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: 1,
    requestHandler: {
      async handle(request: { path: string; body: string | Uint8Array }) {
        const text = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body)
        sent.push({ path: request.path, body: JSON.parse(text) })
        const { status, headers, pieces } = wire()
        return { response: { statusCode: status, headers, body: Readable.from(pieces) } }
      },
    } as never,
  })
}

export const head: ChatHead = { id: '7f9f0a52-5f3e-4f38-9d30-3b7a0c1c9b11', modelId: 'm', created: 0 }

/** An answer of one text. */
export function answerOf(text: string, finish: Partial<ChatAnswer['finish']> = {}): ChatAnswer {
  const usage = {
    inputTokens: 13,
    outputTokens: 5,
    cacheReadTokens: 2,
    cacheWriteTokens: 1,
    reasoningTokens: 0,
    latencyMs: 41.6,
  }
  return { ...head, content: [{ type: 'text', text }], finish: { reason: 'stop', usage, ...finish } }
}

/** A stream of one text, in these pieces. */
export function textParts(deltas: readonly string[], finish: Partial<ChatAnswer['finish']> = {}): ChatPart[] {
  return [
    { type: 'text-start', id: '0' },
    ...deltas.map((delta) => ({ type: 'text-delta' as const, id: '0', delta })),
    { type: 'text-end', id: '0' },
    { type: 'finish', finish: answerOf('', finish).finish },
  ]
}
