/** The real client packages, and what stands between them and us in these tests. */
import { createAnthropic } from '@ai-sdk/anthropic'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import type { Answer } from '../../../../src/exchange.ts'

type Fetch = typeof globalThis.fetch

/** A fetch that keeps what is sent, and answers all of it with the same. */
export function captured(respond: () => Response): { readonly fetch: Fetch; readonly bodies: unknown[] } {
  const bodies: unknown[] = []
  const fetch: Fetch = async (_url, init) => {
    bodies.push(JSON.parse(String(init?.body)))
    return respond()
  }
  return { fetch, bodies }
}

export function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body ?? null, { status, headers })
}

/** A response whose body comes in these pieces. */
export function streamedResponse(pieces: readonly Uint8Array[], headers: Readonly<Record<string, string>>): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  return new Response(body, { headers })
}

/** All that a stream gives. */
export async function received<T>(stream: ReadableStream<T>): Promise<T[]> {
  const found: T[] = []
  for await (const part of stream) found.push(part)
  return found
}

/** Cuts bytes anywhere, in the midst of characters too. @param at shares of the whole. */
export function cut(text: string, at: readonly number[]): Uint8Array[] {
  const bytes = new TextEncoder().encode(text)
  const places = [0, ...at.map((share) => Math.floor(share * bytes.length)), bytes.length].sort((a, b) => a - b)
  return places.slice(1).map((end, index) => bytes.slice(places[index], end))
}

export const anyCuts: fc.Arbitrary<number[]> = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })

export function aiSdk(fetch: Fetch, modelId = 'claude-sonnet-4-5'): LanguageModelV4 {
  return createAnthropic({ apiKey: 'key', fetch })(modelId)
}

export function officialClient(options: { readonly fetch?: Fetch; readonly baseURL?: string }): Anthropic {
  return new Anthropic({ apiKey: 'key', logLevel: 'off', ...options })
}
