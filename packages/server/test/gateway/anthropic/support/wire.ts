/** The real client packages. */
import { createAnthropic } from '@ai-sdk/anthropic'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import Anthropic from '@anthropic-ai/sdk'

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

export function aiSdk(fetch: Fetch, modelId = 'claude-sonnet-4-5'): LanguageModelV4 {
  return createAnthropic({ apiKey: 'key', fetch })(modelId)
}

export function officialClient(options: { readonly fetch?: Fetch; readonly baseURL?: string }): Anthropic {
  return new Anthropic({ apiKey: 'key', logLevel: 'off', ...options })
}
