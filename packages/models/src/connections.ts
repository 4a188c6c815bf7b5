/** HTTP to model providers. @module */
import { Agent, fetch } from 'undici'
import { boundedAnswer } from './bounded-answer.ts'

/**
 * A `fetch` for calls that may take long. Connections are kept and used again. How long to wait for an answer, or in the middle
 * of one, is the caller's to say, by its signal; only connecting has a limit, 10 seconds. Redirects aren't followed: prompts and
 * keys go nowhere but where the settings say. Of an answer no more is read than can be held.
 */
export function createProviderFetch(): typeof globalThis.fetch {
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 })
  // The same standard, declared twice: by undici and by the platform.
  const send = fetch as unknown as typeof globalThis.fetch
  return async (input, init) =>
    boundedAnswer(await send(input, { ...init, redirect: 'manual', dispatcher } as unknown as RequestInit))
}
